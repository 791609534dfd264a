//! Tox over UDP: the distributed hash table, onion routing, and the encrypted connection of two friends.

use super::{ACTIVITY, PACKET, PUBLIC_KEY};
use crate::bytes::{be16, byte, Reader};
use crate::facts::{Facts, Sign};
use crate::inspect::noise::is_noise;
use crate::inspect::{Match, Next, Payload};
use crate::packet::{Side, Time};

// A kind is 1 in 256, 24; a fixed length some 1 in 100, less for the small numbers that many protocols begin with.
pub(super) static KEYED: Sign =
    Sign::new("a datagram with the kind and length of a Tox ping or node search, and a key", 30);
// Kind and length once more.
pub(super) static ANSWERED: Sign =
    Sign::new("the Tox answer that belongs to the request before it, by kind and length", 32);
// 32 random bytes that come again: nothing else does that at this place.
pub(super) static SAME_KEY: Sign = Sign::new("the same public key again in another Tox packet of this side", 90);
pub(super) static COOKIE: Sign =
    Sign::new("a datagram with the kind and length of a Tox cookie, before two peers connect", 32);
pub(super) static HANDSHAKE: Sign =
    Sign::new("a datagram with the kind and length of a handshake between Tox peers", 36);
// Kind 24, length a multiple of eight 9; games and media use small first bytes too.
pub(super) static CRYPTO: Sign =
    Sign::new("a datagram with the kind of Tox's encrypted data, its length a multiple of eight", 24);
// Four more, each with a counter that goes on where it was.
pub(super) static CRYPTO_RUN: Sign =
    Sign::new("Tox's encrypted data, packet after packet with its counter going up", 80);
// First bytes of 128 and on are RTP's too, which has all lengths.
pub(super) static ONION: Sign = Sign::new("a datagram with the kind and length of a packet through Tox's onion", 20);
pub(super) static ONION_ANSWER: Sign = Sign::new("an answer back through Tox's onion, by kind and length", 40);
pub(super) static ANNOUNCE: Sign = Sign::new("a datagram with the kind and length of a Tox announcement", 30);
pub(super) static DISCOVERY: Sign =
    Sign::new("a datagram with the kind, length and key of a Tox search of the local network", 28);
// Its port besides, where anybody may listen.
pub(super) static DISCOVERY_ON_PORT: Sign = Sign::new("a Tox search of the local network on its usual port", 50);
pub(super) static BOOTSTRAP: Sign =
    Sign::new("a question to a Tox bootstrap node for its version, by kind and length", 30);

/// First bytes of all packets, also of those that have no length of their own.
pub(super) const KINDS: [u8; 27] = [
    0x00, 0x01, 0x02, 0x04, 0x18, 0x19, 0x1a, 0x1b, 0x20, 0x21, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x8c, 0x8d,
    0x8e, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0xf0,
];
/// First of the ports that nodes listen on.
const PORT: u16 = 33445;
const KEY: usize = 32;
/// Kind, key, nonce and authentication tag around what a packet of the hash table says.
const SEALED: usize = 1 + KEY + 24 + 16;
const PING: usize = SEALED + 9;
const NODES_REQUEST: usize = SEALED + KEY + 8;
const NODES_RESPONSE: usize = SEALED + 1 + 8;
const COOKIE_REQUEST: usize = SEALED + 2 * KEY + 8;
const COOKIE_RESPONSE: usize = 161;
const HANDSHAKE_LENGTH: usize = 385;
/// Two bytes of counter, a tag, and eight bytes of numbers; then at least five of data and padding to eight.
const SMALLEST_CRYPTO: usize = 32;
/// An announcement's own bytes and three layers of return path.
const ANNOUNCE_REQUEST: usize = 354;
const ANNOUNCE_RESPONSE: usize = 82;
/// What each further layer of the onion adds to a request, and to its answer.
const ONION_REQUESTS: [(u8, usize); 3] = [(0x80, 403), (0x81, 395), (0x82, 387)];
const ONION_ANSWERS: [(u8, usize); 3] = [(0x8c, 178), (0x8d, 119), (0x8e, 60)];
const BOOTSTRAP_REQUEST: usize = 78;
const ANSWER_WITHIN: u64 = 10 * Time::SECOND;
const RUN: u8 = 4;
/// Datagrams after which an exchange that proved nothing is left.
const PATIENCE: u8 = 60;

/// What a datagram is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ping,
    Pong,
    Search,
    Nodes,
    CookieRequest,
    CookieResponse,
    Handshake,
    Crypto,
    OnionRequest(u8),
    OnionAnswer(u8),
    Announce,
    Announced,
    Discovery,
    Bootstrap,
}

impl Kind {
    fn read(bytes: &[u8], length: usize) -> Option<Self> {
        let kind = byte(bytes, 0)?;
        let found = match kind {
            0x00 if length == PING => Self::Ping,
            0x01 if length == PING => Self::Pong,
            // The newer search for announcements (0x93) has the same form.
            0x02 | 0x93 if length == NODES_REQUEST => Self::Search,
            0x04 if is_node_list(length, NODES_RESPONSE) => Self::Nodes,
            0x18 if length == COOKIE_REQUEST => Self::CookieRequest,
            0x19 if length == COOKIE_RESPONSE => Self::CookieResponse,
            0x1a if length == HANDSHAKE_LENGTH => Self::Handshake,
            0x1b if length >= SMALLEST_CRYPTO && length.is_multiple_of(8) => Self::Crypto,
            0x21 if length == 1 + KEY => Self::Discovery,
            0x80..=0x82 if ONION_REQUESTS.contains(&(kind, length)) => Self::OnionRequest(kind & 0xf),
            0x83 if length == ANNOUNCE_REQUEST => Self::Announce,
            0x84 if is_node_list(length, ANNOUNCE_RESPONSE) => Self::Announced,
            0x8c..=0x8e if answers_onion(kind, length) => Self::OnionAnswer(0x8e - kind),
            0xf0 if length == BOOTSTRAP_REQUEST => Self::Bootstrap,
            _ => return None,
        };
        let key_or_nonce = bytes.get(1..bytes.len().min(1 + KEY))?;
        // The rest of a bootstrap question is not cipher text; encrypted data has only its counter in the clear.
        (found == Self::Bootstrap || is_noise(key_or_nonce)).then_some(found)
    }

    const fn name(self) -> &'static [u8] {
        match self {
            Self::Ping | Self::Pong => b"ping",
            Self::Search | Self::Nodes => b"nodes",
            Self::CookieRequest | Self::CookieResponse => b"cookie",
            Self::Handshake => b"handshake",
            Self::Crypto => b"crypto",
            Self::OnionRequest(_) | Self::OnionAnswer(_) => b"onion",
            Self::Announce | Self::Announced => b"announce",
            Self::Discovery => b"discovery",
            Self::Bootstrap => b"bootstrap",
        }
    }

    fn alone(self, payload: &Payload<'_>) -> &'static Sign {
        match self {
            Self::Ping | Self::Pong | Self::Search | Self::Nodes => &KEYED,
            Self::CookieRequest | Self::CookieResponse => &COOKIE,
            Self::Handshake => &HANDSHAKE,
            Self::Crypto => &CRYPTO,
            Self::OnionRequest(_) | Self::OnionAnswer(_) => &ONION,
            Self::Announce | Self::Announced => &ANNOUNCE,
            Self::Discovery if payload.destination().port == PORT => &DISCOVERY_ON_PORT,
            Self::Discovery => &DISCOVERY,
            Self::Bootstrap => &BOOTSTRAP,
        }
    }

    /// What the sender of this waits for.
    const fn is_answered_by(self, answer: Self) -> Option<&'static Sign> {
        match (self, answer) {
            (Self::Ping, Self::Pong)
            | (Self::Search, Self::Nodes)
            | (Self::CookieRequest, Self::CookieResponse)
            | (Self::Handshake, Self::Handshake)
            | (Self::Announce, Self::Announced) => Some(&ANSWERED),
            (Self::OnionRequest(one), Self::OnionAnswer(other)) if one == other => Some(&ONION_ANSWER),
            _ => None,
        }
    }

    /// Whether the sender's public key follows the kind.
    const fn has_key(self) -> bool {
        matches!(self, Self::Ping | Self::Pong | Self::Search | Self::Nodes | Self::CookieRequest | Self::Discovery)
    }

    const fn is_bootstrapping(self) -> bool {
        matches!(self, Self::Search | Self::Nodes | Self::Bootstrap | Self::OnionRequest(_) | Self::Announce)
    }
}

/// Whether `length` is `least` and up to four nodes, of 39 bytes (IPv4) or 51 (IPv6) each.
fn is_node_list(length: usize, least: usize) -> bool {
    (0..=4).any(|nodes| (0..=nodes).any(|six| length == least + 39 * (nodes - six) + 51 * six))
}

/// Whether `length` is a return path's and that of a list of nodes inside it. A friend's request may have any length.
fn answers_onion(kind: u8, length: usize) -> bool {
    ONION_ANSWERS.iter().any(|(known, path)| *known == kind && is_node_list(length, path + ANNOUNCE_RESPONSE))
}

pub(super) fn matches(opening: &Payload<'_>) -> Match {
    // A flow of cipher text is asked about many times: both sides have to look like it.
    let other_fits = opening.other.first().is_none_or(|kind| KINDS.contains(kind));
    match Kind::read(opening.bytes, opening.wire_len as usize) {
        Some(kind) if other_fits => Match::Yes(kind.alone(opening)),
        _ => Match::No,
    }
}

/// What was said so far on one flow.
#[derive(Default)]
pub(super) struct Exchange {
    keys: [Option<[u8; KEY]>; 2],
    asked: [Option<(Kind, Time)>; 2],
    counters: [Option<u16>; 2],
    run: u8,
    datagrams: u8,
}

impl Exchange {
    pub(super) fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.datagrams = self.datagrams.saturating_add(1);
        let Some(kind) = Kind::read(payload.bytes, payload.wire_len as usize) else {
            // Some of its packets are of any length.
            return if self.datagrams < PATIENCE { Next::More } else { Next::Done };
        };
        facts.text(&PACKET, kind.name());
        facts.sign(kind.alone(payload));
        if kind.is_bootstrapping() {
            facts.text(&ACTIVITY, b"log-on");
        }
        self.answer(kind, payload, facts);
        let proven =
            (kind.has_key() && self.key(payload, facts)) || (kind == Kind::Crypto && self.crypto(payload, facts));
        if proven || self.datagrams >= PATIENCE {
            Next::Done
        } else {
            Next::More
        }
    }

    fn answer(&mut self, kind: Kind, payload: &Payload<'_>, facts: &mut Facts<'_>) {
        let asked = self.asked.get(payload.side.other().index()).copied().flatten();
        let sign = asked
            .filter(|(_, time)| payload.time.since(*time) <= ANSWER_WITHIN)
            .and_then(|(asked, _)| asked.is_answered_by(kind));
        if let Some(sign) = sign {
            facts.sign(sign);
        }
        if let Some(own) = self.asked.get_mut(payload.side.index()) {
            *own = Some((kind, payload.time));
        }
    }

    fn key(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> bool {
        let mut reader = Reader::new(payload.bytes);
        let key = reader.skip(1).and_then(|()| reader.array());
        let (Some(known), Some(key)) = (self.keys.get_mut(payload.side.index()), key) else { return false };
        let again = *known == Some(key);
        *known = Some(key);
        if payload.side == Side::Client {
            facts.bytes(&PUBLIC_KEY, &key);
        }
        if again {
            facts.sign(&SAME_KEY);
        }
        again
    }

    /// The two bytes behind the kind are the end of a nonce that goes up by one with each packet.
    fn crypto(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> bool {
        let now = be16(payload.bytes, 1);
        let Some(known) = self.counters.get_mut(payload.side.index()) else { return false };
        let gone_on = known.zip(now).map(|(known, now)| now.wrapping_sub(known));
        *known = now;
        match gone_on {
            // A few may be lost.
            Some(1..=8) => self.run = self.run.saturating_add(1),
            Some(_) => self.run = 0,
            None => {}
        }
        let proven = self.run >= RUN;
        if proven {
            facts.sign(&CRYPTO_RUN);
        }
        proven
    }
}
