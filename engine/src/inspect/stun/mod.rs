//! STUN and TURN: how two programs behind NAT find a way to each other, directly or through a relay
//! (RFC 8489, RFC 8656, RFC 3489; ICE: RFC 8445; over TCP also in the frames of RFC 4571).
//!
//! Recognised by the magic cookie and an exact chain of attributes; messages without the cookie by their type, length
//! and chain. A relay's channels (RFC 8656 §12) and Microsoft's multiplexed ones are opened, so that what is inside
//! is recognised too. Everything else on the port is left to its owner (RFC 7983).

mod message;
mod stream;
mod tell;

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};
use message::Message;

/// The STUN protocol.
pub struct Stun;

/// Bytes before the data of a relay's channel (RFC 8656 §12.4).
const CHANNEL_HEADER: usize = 4;
/// Bytes before the RTP header in Microsoft's channel: mark, length, and eight that count and name the allocation.
const MULTIPLEX_HEADER: usize = 12;
/// Datagrams read of one flow. The first tell who is there; later ones only repeat it.
const ENOUGH: u16 = 128;

pub(crate) static METHOD: Field = Field::text("stun.method", "what was asked first: binding, allocate, …");
static SOFTWARE: Field = Field::text("stun.software", "the program, as it names itself");
static REALM: Field = Field::text("stun.realm", "the relay's own name, to which a client logs on");
static ORIGIN: Field = Field::text("stun.origin", "the web page that asks for the relay");
static UFRAG: Field = Field::text("stun.ufrag", "the two ends' fragments of an ICE check's user name");
static ATTRIBUTES: Field = Field::text("stun.attributes", "types of the first request's attributes, in hexadecimal");
static VENDOR: Field = Field::text("stun.vendor", "whose own attributes it has: microsoft, google, meta, zoom, cisco");
pub(crate) static ICE: Field = Field::flag("stun.ice", "the ends check a path between themselves");
pub(crate) static TURN: Field = Field::flag("stun.turn", "a relay is used or asked for");
static MAPPED: Field = Field::text("stun.mapped", "the client's address and port, as the server saw them");
static RELAYED: Field = Field::text("stun.relayed", "the address and port that the relay lent");
static PEER: Field = Field::text("stun.peer", "the address and port behind the relay");

// The cookie alone leaves 1 of 2^32; type bits and exact length only add to it.
static COOKIE: Sign = Sign::new("a STUN message with its magic cookie", 96);
// 17 types of 2^16 (36 dB) and an exact length (48 dB) on random bytes; but counters and small numbers are common
// where other protocols begin, so half of it.
static CLASSIC: Sign = Sign::new("a STUN message of the old kind: known type, exact length and attributes", 44);
// A bare request is 00 01 00 00 and 16 bytes: the length is right for any 20 bytes that begin with a small number.
static BARE: Sign = Sign::new("a bare STUN request of the old kind", 24);
// Four first bits of 16 (12 dB, but short QUIC headers share them) and an exact length (48 dB, twice for padding).
static CHANNEL: Sign = Sign::new("a TURN channel's header with the exact length", 44);
// Two fixed bytes (48 dB) and an exact length (48 dB).
static MULTIPLEX: Sign = Sign::new("Microsoft's multiplexed relay channel with the exact length", 90);

static PROFILE: Profile = Profile {
    name: "stun",
    title: "STUN and TURN",
    category: Category::Network,
    layer: Layer::Carrier,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[3478, 3479, 5349, 19302],
    first: First::Shapes(&[
        // Messages, TURN's channels, Microsoft's framing; over TCP the cookie, behind a length or not.
        Shape::datagram().at(0, Bytes::Range(0, 0x3f)).at(4, Bytes::Of(&[0x21])).at(5, Bytes::Of(&[0x12])),
        // Without the cookie only the methods of old.
        Shape::datagram().at(0, Bytes::Of(&[0, 1])).at(1, Bytes::Masked(0xef, &[1, 2, 3, 4, 6, 0x25])),
        Shape::datagram().at(0, Bytes::Range(0x40, 0x4f)),
        Shape::datagram().at(0, Bytes::Of(&[0xff])).at(1, Bytes::Of(&[0x10])),
        Shape::stream().at(0, Bytes::Range(0, 0x3f)).at(4, Bytes::Of(&[0x21])),
        Shape::stream().at(2, Bytes::Range(0, 0x3f)).at(6, Bytes::Of(&[0x21])),
    ]),
    fields: &[&METHOD, &SOFTWARE, &REALM, &ORIGIN, &UFRAG, &ATTRIBUTES, &VENDOR, &ICE, &TURN, &MAPPED, &RELAYED, &PEER],
    signs: &[&COOKIE, &CLASSIC, &BARE, &CHANNEL, &MULTIPLEX],
};

impl Protocol for Stun {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.transport == Transport::Tcp {
            return stream::matches(opening.bytes);
        }
        kind(opening).map_or(Match::No, |kind| Match::Yes(kind.sign()))
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Reading>::default()
    }
}

/// What one datagram is.
enum Kind<'a> {
    Message(Message<'a>),
    Channel,
    Multiplex,
}

impl Kind<'_> {
    fn sign(&self) -> &'static Sign {
        match self {
            Self::Message(message) if message.cookie => &COOKIE,
            Self::Message(message) if message.length == message::HEADER => &BARE,
            Self::Message(_) => &CLASSIC,
            Self::Channel => &CHANNEL,
            Self::Multiplex => &MULTIPLEX,
        }
    }
}

/// Tells the three kinds of datagram apart by their first bytes, or says that it is none.
fn kind<'a>(payload: &Payload<'a>) -> Option<Kind<'a>> {
    let mut reader = Reader::new(payload.bytes);
    let (first, second) = (reader.u8()?, reader.u8()?);
    let length = u32::from(reader.be16()?);
    match first {
        0..=0x3f => datagram(payload).map(Kind::Message),
        0x40..=0x4f => {
            let data = payload.wire_len.checked_sub(4)?;
            let padded = length.next_multiple_of(4);
            (length > 0 && (data == length || data == padded)).then_some(Kind::Channel)
        }
        0xff if second == 0x10 && length >= 20 && payload.wire_len == length + 4 => Some(Kind::Multiplex),
        _ => None,
    }
}

/// One message that fills its datagram.
fn datagram<'a>(payload: &Payload<'a>) -> Option<Message<'a>> {
    let message = Message::read(payload.bytes)?;
    let length = u32::try_from(message.length).ok()?;
    let fits = length == payload.wire_len && (!payload.is_whole() || message.is_exact());
    (fits && (message.cookie || is_classic(&message))).then_some(message)
}

/// Whether a message without the cookie is one of those that RFC 3489 or Microsoft's first TURN knew.
fn is_classic(message: &Message<'_>) -> bool {
    let known_type = matches!(message.method, 1..=4 | 6 | 0x15);
    // RFC 3489 §11.2 ends at 0x0b, MS-TURN at 0x1a; from 0x8000 on are the optional ones.
    let known = |kind: u16| matches!(kind, 1..=0x1a | 0x20..=0x25 | 0x8000..=0x80ff);
    let random = message.length > message::HEADER || message.has_mixed_transaction();
    known_type && random && message.attributes().all(|attribute| known(attribute.kind))
}

/// One flow.
#[derive(Default)]
struct Reading {
    read: u16,
    streams: [stream::Stream; 2],
}

impl Parser for Reading {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.transport == Transport::Tcp {
            let stream = match payload.side {
                Side::Client => &mut self.streams[0],
                Side::Server => &mut self.streams[1],
            };
            return stream.feed(payload, facts);
        }
        let Some(kind) = kind(payload) else { return Next::NotMine };
        self.read += 1;
        facts.sign(kind.sign());
        let next = match kind {
            Kind::Message(message) => tell::message(&message, payload.bytes.len(), facts),
            Kind::Channel => {
                facts.flag(&TURN);
                Next::Inside(CHANNEL_HEADER)
            }
            Kind::Multiplex => {
                facts.flag(&TURN);
                facts.text(&VENDOR, b"microsoft");
                Next::Inside(MULTIPLEX_HEADER)
            }
        };
        match next {
            Next::More if self.read >= ENOUGH => Next::Done,
            next => next,
        }
    }

    fn lost(&mut self, _side: Side) -> Next {
        Next::Done
    }

    fn datagrams(&mut self) -> Vec<Vec<u8>> {
        self.streams.iter_mut().flat_map(stream::Stream::datagrams).collect()
    }

    fn kept(&self) -> usize {
        self.streams.iter().map(stream::Stream::kept).sum()
    }
}

#[cfg(test)]
mod tests;
