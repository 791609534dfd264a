//! Viber: its messages over TCP, and the media relay of its calls over UDP.
//!
//! Messages are recognised by the exact length and the mark in the client's first; the relay by kinds and sizes, where both
//! sides share their first two bytes. Documented by the programs that recognise it, and seen in captures; its maker publishes
//! no format. Its relays also speak TURN, and its files go through TLS: those are told by names.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::{Side, Transport};

/// The Viber protocol.
pub struct Viber;

// Kind and size fit on both sides (40 dB each), and two bytes are repeated (48 dB).
static BOTH: Sign = Sign::new("messages of a Viber relay, both sides of one session", 90);
// Two bytes of the kind (48 dB) and the size (16 dB) on random bytes; small numbers there are common.
static MESSAGE: Sign = Sign::new("a message of a Viber relay of known kind and size", 32);
// The exact length (48 dB), a mark of two bytes (48 dB), and one of another (24 dB).
static GREETING: Sign = Sign::new("the first message of a Viber client, of exact length", 90);

// An exact length (48 dB) and a mark of two bytes (48 dB), and the port.
static SERVER_GREETING: Sign = Sign::new("the first message of a Viber server, of exact length, on its port", 75);
// The same two bytes (48 dB), another kind and size that fit (40 dB); other protocols repeat their first bytes too.
static SAME: Sign = Sign::new("another message of the same session of a Viber relay", 30);

static PROFILE: Profile = Profile {
    name: "viber",
    title: "Viber",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &PORTS,
    first: First::Shapes(&[
        Shape::datagram().at(2, Bytes::Of(&[1, 3, 9, 0x0b, 0x0c, 0x11, 0x19, 0x1a])).at(3, Bytes::Of(&[0])),
        Shape::stream().at(1, Bytes::Range(0, 4)),
    ]),
    fields: &[],
    signs: &[&BOTH, &MESSAGE, &GREETING, &SERVER_GREETING, &SAME],
};

impl Protocol for Viber {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.transport == Transport::Tcp {
            return greeting(opening);
        }
        let Some(session) = session(opening.bytes, opening.wire_len) else { return Match::No };
        if opening.other.starts_with(&session) && opening.other.get(3) == Some(&0) {
            Match::Yes(&BOTH)
        } else {
            Match::Yes(&MESSAGE)
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Relay>::default()
    }
}

/// Messages after which the other side will not speak any more.
const ENOUGH: u8 = 24;

/// A talk with a relay: what its first message called the session, and which side sent it.
#[derive(Default)]
struct Relay {
    first: Option<([u8; 2], Side)>,
    kind: Option<u8>,
    read: u8,
}

impl Parser for Relay {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.transport == Transport::Tcp {
            return Next::Done;
        }
        let Some(session) = session(payload.bytes, payload.wire_len) else { return Next::More };
        let (first, side) = *self.first.get_or_insert((session, payload.side));
        let kind = payload.bytes.get(2).copied();
        self.read += 1;
        if first == session && side != payload.side {
            facts.sign(&BOTH);
            return Next::Done;
        }
        // Of one side alone the same kind again says nothing more.
        if first == session && self.read > 1 && self.kind != kind {
            facts.sign(&SAME);
        }
        self.kind = kind;
        if self.read < ENOUGH {
            Next::More
        } else {
            Next::Done
        }
    }

    fn turned(&mut self) {
        self.first = self.first.map(|(session, side)| (session, side.other()));
    }
}

/// For messages and for relays.
const PORTS: [u16; 4] = [4244, 5242, 7985, 7987];

/// Length of all of it, least significant byte first; a number; the mark; its kind, 3 or 5.
fn greeting(opening: &Payload<'_>) -> Match {
    let bytes = opening.bytes;
    let mut reader = Reader::new(bytes);
    let Some(length) = reader.le16() else { return Match::Unsure };
    if !(16..=1024).contains(&length) || bytes.len() > usize::from(length) {
        return Match::No;
    }
    if bytes.len() < usize::from(length) {
        return Match::Unsure;
    }
    // The client's number is not given yet; the server's answer has one, and the mark behind it.
    match bytes.get(2..10) {
        Some([_, _, _, _, 0xfc, 0xff, 3 | 5, 0x80]) => Match::Yes(&GREETING),
        Some([_, _, 3 | 5, 0x80, 0, 0, 0, 0]) if opening.on_port(&PORTS) => Match::Yes(&SERVER_GREETING),
        _ => Match::No,
    }
}

/// Number of the session: the first two bytes; then the kind, least significant byte first, that decides the size.
fn session(bytes: &[u8], length: u32) -> Option<[u8; 2]> {
    let mut reader = Reader::new(bytes);
    let session: [u8; 2] = reader.array()?;
    let kind = reader.le16()?;
    let fits = match kind {
        // The request: its first field is 5 in every capture.
        0x01 => length > 200 && reader.le16()? == 5,
        0x03 => length == 12,
        0x09 | 0x1a => length == 20,
        0x0b | 0x19 => length == 34,
        0x0c => length == 76,
        0x11 => length == 18,
        _ => false,
    };
    (fits && session != [0, 0]).then_some(session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::Endpoint;

    #[test]
    fn a_greeting_is_told_by_length_and_mark() {
        let bytes = [&[0x18, 0, 0, 0, 0, 0, 0xfc, 0xff, 5, 0x80][..], &[0; 14]].concat();
        let talk = [(Side::Client, &bytes[..9]), (Side::Client, &bytes[9..])];
        assert!(tell(&Viber, Transport::Tcp, &talk).saw(&GREETING));
        let longer = [&bytes[..], &[0]].concat();
        assert!(tell(&Viber, Transport::Tcp, &[(Side::Client, &longer)]).matched.is_none());
    }

    #[test]
    fn a_server_s_greeting_counts_on_its_port() {
        let bytes = [&[0x10, 0, 0xed, 3, 3, 0x80, 0, 0, 0, 0][..], &[9; 6]].concat();
        let server = Endpoint { port: 5242, ..SERVER };
        let talk: [(Side, &[u8]); 1] = [(Side::Server, &bytes)];
        assert!(tell_between(&Viber, Transport::Tcp, CLIENT, server, &talk).saw(&SERVER_GREETING));
        assert!(tell(&Viber, Transport::Tcp, &talk).matched.is_none());
    }

    #[test]
    fn both_sides_of_a_session_prove_it() {
        let ping = [&[0xed, 0xf6, 9, 0][..], &[0x33; 16]].concat();
        let answer = [&[0xed, 0xf6, 0x0b, 0][..], &[0x44; 30]].concat();
        let told = tell(&Viber, Transport::Udp, &[(Side::Client, &ping), (Side::Server, &answer)]);
        assert!(told.saw(&BOTH));
        let stranger = [&[0xed, 0xf7, 0x0b, 0][..], &[0x44; 30]].concat();
        let told = tell(&Viber, Transport::Udp, &[(Side::Client, &ping), (Side::Server, &stranger)]);
        assert!(told.saw(&MESSAGE) && !told.saw(&BOTH));
    }
}
