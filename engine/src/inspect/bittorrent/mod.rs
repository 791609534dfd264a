//! BitTorrent: files from many peers at once (BEP 3), with everything that finds those peers.
//!
//! Recognised by the handshake of two peers, over TCP and inside µTP (BEP 29), by the distributed hash table (BEP 5),
//! by questions to trackers over UDP (BEP 15) and HTTP (BEP 3) and by the search of the local network (BEP 14). The
//! obfuscated handshake has no fixed byte: its lengths are weak evidence, and what makes it certain is that a tracker
//! or the hash table named that peer before.

mod client;
mod dht;
mod obfuscated;
mod peer;
mod tracker;
mod utp;

use super::noise::ENCRYPTED;
use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Announcement, Facts, Field, Sign};
use crate::packet::{Addr, Endpoint, Side, Transport};

/// The BitTorrent protocol.
pub struct BitTorrent;

static EXCHANGE: Field =
    Field::text("bittorrent.exchange", "what the flow is for: peer, dht, tracker, discovery, obfuscated");
static CLIENT: Field = Field::text("bittorrent.client", "program of the one who asks, by its peer identifier");
static PEER_CLIENT: Field = Field::text("bittorrent.peer_client", "program of the one who answers");
static INFO_HASH: Field = Field::bytes("bittorrent.info_hash", "which torrent: SHA-1 of its description");
static QUERY: Field = Field::text("bittorrent.query", "the question to the hash table: ping, find_node, get_peers");

// A line of words and forty digits of a hash.
static SEARCH: Sign = Sign::new("BitTorrent's search of the local network", 80);

static PROFILE: Profile = Profile {
    name: "bittorrent",
    title: "BitTorrent",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889, 6969, 6771, 51413],
    first: First::Shapes(&[
        // The hash table, local search, trackers, µTP.
        Shape::datagram().at(0, Bytes::Of(b"d")).at(1, Bytes::Of(b"12")),
        Shape::datagram().at(0, Bytes::Of(b"B")).at(1, Bytes::Of(b"T")),
        Shape::datagram()
            .at(0, Bytes::Of(&[0]))
            .at(1, Bytes::Of(&[0]))
            .at(2, Bytes::Of(&[4]))
            .at(3, Bytes::Of(&[0x17])),
        Shape::datagram().at(0, Bytes::Of(&[0x01, 0x11, 0x21, 0x31, 0x41])).at(1, Bytes::Range(0, 3)),
        // Peers, trackers, peers that were joined late; what is obfuscated.
        Shape::stream().at(0, Bytes::Of(&[0x13, b'G', 0])),
        ENCRYPTED[0].long(0, obfuscated::LONGEST),
        ENCRYPTED[1].long(0, obfuscated::LONGEST),
    ]),
    fields: &[&EXCHANGE, &CLIENT, &PEER_CLIENT, &INFO_HASH, &QUERY],
    signs: &[
        &peer::HANDSHAKE,
        &peer::PART,
        &utp::HEADER,
        &utp::SYN,
        &utp::SYN_ANSWER,
        &utp::CLOCK,
        &utp::IDENTIFIERS,
        &dht::MESSAGE,
        &tracker::CONNECT,
        &tracker::TRANSACTION,
        &tracker::ANNOUNCE,
        &tracker::PEERS,
        &obfuscated::OPENING,
        &obfuscated::ANSWER,
        &obfuscated::FIRST_LENGTH,
        &obfuscated::SECOND_LENGTH,
        &SEARCH,
    ],
};

impl Protocol for BitTorrent {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match opening.transport {
            Transport::Udp => datagram_sign(opening).map_or(Match::No, Match::Yes),
            Transport::Tcp => stream_match(opening),
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<BitTorrentParser>::default()
    }
}

fn datagram_sign(payload: &Payload<'_>) -> Option<&'static Sign> {
    if dht::is_message(payload) {
        return Some(&dht::MESSAGE);
    }
    if searched_torrent(payload.bytes).is_some() {
        return Some(&SEARCH);
    }
    tracker::connect(payload.bytes).or_else(|| utp::opening(payload))
}

fn stream_match(opening: &Payload<'_>) -> Match {
    let known = peer::handshake(opening.bytes).or_else(|| tracker::request(opening));
    match known.or_else(|| peer::part(opening.bytes)) {
        Some(sign) => Match::Yes(sign),
        None if peer::may_be_handshake(opening.bytes) || tracker::may_be_request(opening.bytes) => Match::Unsure,
        None if opening.side == Side::Client => obfuscated::matches(opening.bytes),
        None => Match::No,
    }
}

/// Reads one flow of any kind.
#[derive(Default)]
struct BitTorrentParser {
    stream: Stream,
    utp: utp::Connection,
    tracker: tracker::Exchange,
}

/// What a stream turned out to be, at its first bytes.
#[derive(Default)]
enum Stream {
    #[default]
    Unknown,
    Peer(peer::Handshakes),
    Tracker(tracker::Web),
    Obfuscated(obfuscated::Handshake),
    /// Joined late.
    Parts,
}

impl Parser for BitTorrentParser {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        match payload.transport {
            Transport::Udp => self.datagram(payload, facts),
            _ => self.stream.feed(payload, facts),
        }
    }

    fn kept(&self) -> usize {
        match &self.stream {
            Stream::Peer(peer) => peer.kept(),
            Stream::Tracker(web) => web.kept(),
            Stream::Obfuscated(handshake) => handshake.kept(),
            Stream::Parts | Stream::Unknown => 0,
        }
    }
}

impl BitTorrentParser {
    fn datagram(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if dht::is_message(payload) {
            return dht::tell(payload.bytes, facts);
        }
        if let Some(torrent) = searched_torrent(payload.bytes) {
            facts.sign(&SEARCH);
            facts.text(&EXCHANGE, b"discovery");
            facts.bytes(&INFO_HASH, &torrent);
            return Next::Done;
        }
        match self.tracker.feed(payload, facts) {
            Next::NotMine => self.utp.feed(payload, facts),
            next => next,
        }
    }
}

impl Stream {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if matches!(self, Self::Unknown) {
            *self = if peer::handshake(payload.bytes).is_some() {
                Self::Peer(peer::Handshakes::default())
            } else if tracker::request(payload).is_some() {
                Self::Tracker(tracker::Web::default())
            } else if peer::part(payload.bytes).is_some() {
                Self::Parts
            } else {
                Self::Obfuscated(obfuscated::Handshake::default())
            };
        }
        match self {
            Self::Peer(peer) => peer.feed(payload, facts),
            Self::Tracker(web) => web.feed(payload, facts),
            Self::Obfuscated(handshake) => handshake.feed(payload, facts),
            Self::Parts => {
                facts.sign(&peer::PART);
                facts.text(&EXCHANGE, b"peer");
                Next::Done
            }
            Self::Unknown => Next::Done,
        }
    }
}

/// The torrent in a search of the local network (BEP 14): forty hexadecimal digits behind `Infohash:`.
fn searched_torrent(bytes: &[u8]) -> Option<[u8; 20]> {
    let search = bytes.strip_prefix(b"BT-SEARCH * HTTP/1.")?;
    let at = find(search, b"Infohash: ")?;
    let digits = search.get(at..)?.get(..40)?;
    let mut torrent = [0; 20];
    for (byte, pair) in torrent.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(torrent)
}

/// Where the first thing after `wanted` begins. Looked for by its last letter: digits and colons are all over bencoding.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let (place, letter) = wanted.iter().enumerate().rfind(|(_, byte)| byte.is_ascii_alphabetic())?;
    let mut starts = memchr::memchr_iter(*letter, bytes).filter_map(|at| at.checked_sub(place));
    starts.find(|at| bytes.get(*at..).is_some_and(|rest| rest.starts_with(wanted))).map(|at| at + wanted.len())
}

/// A tracker or the hash table named these peers, in four bytes of address and two of port each: expect them.
fn announce_peers(peers: &[u8], facts: &mut Facts<'_>) {
    let mut reader = Reader::new(peers);
    while let (Some(addr), Some(port)) = (reader.array(), reader.be16()) {
        expect(Endpoint { addr: Addr::v4(addr), port }, facts);
    }
}

/// The same in sixteen bytes of address (BEP 7, BEP 32).
fn announce_peers_6(peers: &[u8], facts: &mut Facts<'_>) {
    let mut reader = Reader::new(peers);
    while let (Some(addr), Some(port)) = (reader.array(), reader.be16()) {
        expect(Endpoint { addr: Addr(addr), port }, facts);
    }
}

fn expect(endpoint: Endpoint, facts: &mut Facts<'_>) {
    for transport in [Transport::Tcp, Transport::Udp] {
        facts.announce(Announcement::Media { endpoint, transport, protocol: "bittorrent" });
    }
}

#[cfg(test)]
mod tests;
