//! QUIC: what carries HTTP/3, and more and more of the web (RFC 9000, RFC 9001; version 2: RFC 9369).
//!
//! Recognised by a long header of a known version: 1, 2, the IETF's drafts, Google's and Facebook's own. The client's
//! first packets are protected with keys that their own connection ID gives, so that the hello in them can be read by
//! anybody: the server's name, the application protocol, how the client says hello (JA4), the program where it tells.
//! The hello may lie in many pieces over several packets. A flow of which only the server is seen is still known by its
//! version; one that was joined late only by a guess.

mod google;
mod initial;
mod packet;
#[cfg(test)]
mod tests;
mod version;

use super::crypto::InitialKeys;
use super::tls::hello::{ClientHello, Over};
use super::tls::tell::ClientFields;
use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};
use crate::text::Text;
use google::PublicHeader;
use initial::{open, whole_message, Handshake};
use packet::{varint, Invariants, Kind, Packet, LONG};
use version::{Form, Version};

/// The QUIC protocol.
pub struct Quic;

static VERSION: Field = Field::text("quic.version", "version: 1, 2, a draft's number, Google's or Facebook's own");
static SERVER_NAME: Field = Field::text("quic.server_name", "name of the server that the client asks for");
static ALPN: Field = Field::text("quic.alpn", "application protocols that the client offers, commas between");
static JA4: Field = Field::text("quic.ja4", "how the client says hello: the same for every run of one program");
static ECH: Field = Field::flag("quic.ech", "the client may ask for another name, encrypted (ECH)");
static USER_AGENT: Field = Field::text("quic.user_agent", "the program, where it tells");

static CLIENT: ClientFields =
    ClientFields { server_name: &SERVER_NAME, alpn: &ALPN, offered: None, ja4: &JA4, ech: &ECH, srtp: None };

// 40 known versions of 2^32, but version 1 is a small number, and so are lengths that fit.
static LONG_HEADER: Sign = Sign::new("a QUIC long header of a known version", 44);
// The tag of AES-GCM: 1 of 2^128.
static OPENED: Sign = Sign::new("a QUIC Initial packet that the key made from its connection ID opens", 200);
// No version, which is four zeros, and a list of versions in which one is known, as version 1 is among small numbers.
static NEGOTIATION: Sign = Sign::new("a QUIC Version Negotiation packet", 40);
// 16 fixed bits of the version, a long connection ID and the size that only a first packet has: 1 of 2^20.
static UNKNOWN_VERSION: Sign = Sign::new("a QUIC long header that asks for a version that does not exist", 50);
// "Q0" and two digits where the version is, and flags that agree: 1 of 2^27.
static GOOGLE: Sign = Sign::new("a header of Google's QUIC with its version", 80);
// Two tags of four letters and a table that fits: 1 of 2^60.
static REJECTION: Sign = Sign::new("a rejection by a server of Google's QUIC", 90);
// Two bits; that UDP on port 443 is QUIC at all is what most of this rests on.
static SHORT_HEADER: Sign = Sign::new("what may be QUIC's short header, on its port", 12);

static PROFILE: Profile = Profile {
    name: "quic",
    title: "QUIC",
    category: Category::Web,
    layer: Layer::Session,
    transports: &[Transport::Udp],
    ports: &[PORT],
    first: First::Shapes(&[
        // A long header with a version; Google's header, or a rejection; a short header on its port.
        Shape::datagram().at(0, Bytes::Masked(LONG, &[LONG])).at(1, Bytes::Of(&version::BEGINNINGS)),
        Shape::datagram().at(0, Bytes::Masked(LONG | FIXED, &[0])),
        Shape::datagram().at(0, Bytes::Masked(LONG | FIXED, &[FIXED])).on(&[PORT]),
    ]),
    fields: &[&VERSION, &SERVER_NAME, &ALPN, &JA4, &ECH, &USER_AGENT],
    signs: &[&LONG_HEADER, &OPENED, &NEGOTIATION, &UNKNOWN_VERSION, &GOOGLE, &REJECTION, &SHORT_HEADER],
};

const PORT: u16 = 443;
/// A client's first datagram is at least so long (RFC 9000 §14.1).
const FIRST_DATAGRAM: u32 = 1200;
/// A client's first destination connection ID is at least so long (RFC 9000 §7.2).
const FIRST_ID: usize = 8;
/// Shortest packet with a short header that a host sends which cannot be taken for a reset (RFC 9000 §10.3).
const SHORT_PACKET: u32 = 21;
/// The bit of the first byte that is always one (RFC 9000 §17.3).
const FIXED: u8 = 0x40;

impl Protocol for Quic {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        sign_of(opening).map_or(Match::No, Match::Yes)
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<QuicParser>::default()
    }
}

fn sign_of(payload: &Payload<'_>) -> Option<&'static Sign> {
    let bytes = payload.bytes;
    let first = *bytes.first()?;
    if first & LONG != 0 {
        return sign_of_long(payload);
    }
    let version = PublicHeader::read(bytes).and_then(|header| header.version).and_then(Version::of);
    if version.is_some_and(|version| version.form == Form::Google) {
        return Some(&GOOGLE);
    }
    if first & FIXED == 0 {
        return google::is_rejection(bytes).then_some(&REJECTION);
    }
    let short = payload.wire_len >= SHORT_PACKET && payload.on_port(&[PORT]);
    let other_fits = payload.other.first().is_none_or(|first| first & FIXED != 0);
    (short && other_fits).then_some(&SHORT_HEADER)
}

fn sign_of_long(payload: &Payload<'_>) -> Option<&'static Sign> {
    let bytes = payload.bytes;
    let number = Reader::new(bytes.get(1..)?).be32()?;
    if Version::of(number).is_some_and(|version| version.form == Form::Google) {
        return Some(&GOOGLE);
    }
    if Packet::read(bytes, missing(payload)).is_some() {
        return Some(&LONG_HEADER);
    }
    let head = Invariants::read(bytes)?;
    if let Some(mut offered) = head.offered() {
        return offered.any(|version| Version::of(version).is_some()).then_some(&NEGOTIATION);
    }
    let first_of_client = head.destination.len() >= FIRST_ID && payload.wire_len >= FIRST_DATAGRAM;
    (Version::is_grease(number) && first_of_client).then_some(&UNKNOWN_VERSION)
}

fn missing(payload: &Payload<'_>) -> usize {
    usize::try_from(payload.wire_len).unwrap_or_default().saturating_sub(payload.bytes.len())
}

/// Datagrams after which no hello will come.
const MOST_DATAGRAMS: u8 = 24;
/// Connection IDs that are tried: the first, the one after a Retry, and as many again for a flow joined late.
const MOST_KEYS: u8 = 4;

/// Reads one QUIC connection.
#[derive(Default)]
struct QuicParser {
    keys: Option<Box<InitialKeys>>,
    /// Who sent what the keys opened.
    opener: Option<Side>,
    handshake: Handshake,
    datagrams: u8,
    tried: u8,
}

impl Parser for QuicParser {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.datagrams += 1;
        let Some(first) = payload.bytes.first() else { return Next::More };
        let known = match first & LONG {
            0 => take_public(payload, facts),
            _ => self.take_long(payload, facts),
        };
        match known {
            Known::Hello => Next::Done,
            Known::NotMine => Next::NotMine,
            Known::More if self.datagrams >= MOST_DATAGRAMS => Next::Done,
            Known::More => Next::More,
        }
    }

    fn turned(&mut self) {
        self.opener = self.opener.map(Side::other);
    }

    fn kept(&self) -> usize {
        self.handshake.kept() + self.keys.as_ref().map_or(0, |_| size_of::<InitialKeys>())
    }
}

/// What a datagram told.
enum Known {
    /// The client's hello: there is no more to tell.
    Hello,
    /// Something, or nothing.
    More,
    /// It is no QUIC.
    NotMine,
}

impl QuicParser {
    fn take_long(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Known {
        let mut rest = payload.bytes;
        while let Some((packet, others)) = Packet::read(rest, missing(payload)) {
            facts.text(&VERSION, packet.version.name.as_bytes());
            if packet.kind == Kind::Initial && self.take_initial(&packet, payload, facts).is_some() {
                return Known::Hello;
            }
            rest = others;
        }
        if rest.len() < payload.bytes.len() {
            return Known::More;
        }
        take_other_long(payload, facts)
    }

    /// Opens a client's packet; gives something when the hello was told.
    fn take_initial(&mut self, packet: &Packet<'_>, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Option<()> {
        let side = payload.side;
        if self.opener.is_some_and(|opener| opener != side) {
            return None;
        }
        let (frames, keys) = self.open(packet)?;
        self.opener = Some(side);
        facts.client_is(side);
        facts.sign(&OPENED);
        if let Some(hello) = google::client_hello(&frames) {
            tell_google(&hello, facts);
            return Some(());
        }
        if let Some(message) = whole_message(&frames) {
            return tell_hello(message, payload, facts);
        }
        if let Some(keys) = keys {
            self.keys = Some(Box::new(keys));
        }
        self.handshake.take_frames(&frames);
        tell_hello(self.handshake.message()?, payload, facts)
    }

    /// The frames of a packet, and its keys where they are new.
    fn open(&mut self, packet: &Packet<'_>) -> Option<(Vec<u8>, Option<InitialKeys>)> {
        // Keys stay those of the first packet, also when the client takes the server's connection ID (RFC 9001 §5.2).
        if let Some(frames) = self.keys.as_ref().and_then(|keys| open(packet, keys)) {
            return Some((frames, None));
        }
        if self.tried >= MOST_KEYS {
            return None;
        }
        self.tried += 1;
        let version = packet.version.keys?;
        let keys = InitialKeys::of_client(version.salt, version.labels, packet.destination)?;
        Some((open(packet, &keys)?, Some(keys)))
    }
}

/// Tells what a ClientHello says; nothing where the message is another.
fn tell_hello((kind, body): (u8, &[u8]), payload: &Payload<'_>, facts: &mut Facts<'_>) -> Option<()> {
    let hello = ClientHello::parse(body, Over::Quic, true).filter(|_| kind == 1)?;
    CLIENT.tell(&hello, Over::Quic, Some(payload.destination().addr), facts);
    if let Some(agent) = user_agent(hello.quic) {
        facts.text(&USER_AGENT, agent);
    }
    Some(())
}

/// Version Negotiation, and Google's long header.
fn take_other_long(payload: &Payload<'_>, facts: &mut Facts<'_>) -> Known {
    let number = payload.bytes.get(1..).and_then(|bytes| Reader::new(bytes).be32());
    match number.map(|number| (number, Version::of(number))) {
        Some((_, Some(version))) if version.form == Form::Google => take_google(payload, version, facts),
        Some((0, _)) => {
            facts.client_is(payload.side.other());
            facts.sign(&NEGOTIATION);
            Known::More
        }
        Some((number, _)) if Version::is_grease(number) => Known::More,
        // TURN channels and RTP also begin with a high bit, and share ports with QUIC in WebRTC.
        _ => Known::NotMine,
    }
}

fn take_public(payload: &Payload<'_>, facts: &mut Facts<'_>) -> Known {
    let version = PublicHeader::read(payload.bytes).and_then(|header| header.version);
    match version.and_then(Version::of) {
        Some(version) if version.form == Form::Google => take_google(payload, version, facts),
        _ => {
            if google::is_rejection(payload.bytes) {
                facts.client_is(payload.side.other());
            }
            Known::More
        }
    }
}

fn take_google(payload: &Payload<'_>, version: Version, facts: &mut Facts<'_>) -> Known {
    facts.text(&VERSION, version.name.as_bytes());
    let Some(hello) = google::client_hello(payload.bytes) else { return Known::More };
    facts.client_is(payload.side);
    tell_google(&hello, facts);
    Known::Hello
}

fn tell_google(hello: &google::Hello<'_>, facts: &mut Facts<'_>) {
    if let Some(name) = hello.server_name {
        facts.text(&SERVER_NAME, Text::of_small(name).as_bytes());
    }
    if let Some(agent) = hello.user_agent {
        facts.text(&USER_AGENT, agent);
    }
}

/// Chrome's name for itself, among the transport parameters (RFC 9000 §18).
fn user_agent(parameters: &[u8]) -> Option<&[u8]> {
    const USER_AGENT_ID: u64 = 0x3129;
    let mut reader = Reader::new(parameters);
    loop {
        let id = varint(&mut reader)?;
        let length = usize::try_from(varint(&mut reader)?).ok()?;
        let value = reader.take(length)?;
        if id == USER_AGENT_ID && !value.is_empty() {
            return Some(value);
        }
    }
}
