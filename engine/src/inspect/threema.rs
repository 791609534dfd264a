//! Threema: messages over TCP in its own encrypted protocol (Threema Cryptography Whitepaper, "Client-server protocol").
//!
//! All of it looks like chance, so that only sizes tell: a hello of 48 bytes, an answer of 80, then messages that each have
//! their length before them.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::{Side, Transport};

/// The Threema protocol.
pub struct Threema;

const PORTS: [u16; 2] = [5222, 443];
/// Bytes of the client's hello: a key and half of a nonce.
const HELLO: usize = 48;
/// Bytes of the server's: half of a nonce, and its key in a box.
const ANSWER: usize = LONGEST as usize;
const LONGEST: u32 = 80;
/// Segments after which a message should have come.
const ENOUGH: u8 = 12;

// Two exact sizes (20 dB each) on one of its ports, less what other protocols do at these sizes.
static SIZES: Sign = Sign::new("an exchange of 48 and 80 bytes, as Threema begins", 30);
// An exact length (48 dB) in the first message after the exchange, less as much for having looked for it.
static FRAMES: Sign = Sign::new("messages of Threema with their exact length", 30);

static PROFILE: Profile = Profile {
    name: "threema",
    title: "Threema",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &PORTS,
    first: First::Shapes(&[Shape::stream().on(&PORTS).long(1, LONGEST)]),
    fields: &[],
    signs: &[&SIZES, &FRAMES],
};

impl Protocol for Threema {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if !opening.on_port(&PORTS) {
            return Match::No;
        }
        match (opening.side, opening.bytes.len(), opening.other.len()) {
            (Side::Client, 1..=HELLO, 0) if !is_text(opening.bytes) => Match::Unsure,
            (Side::Server, 1..ANSWER, HELLO) => Match::Unsure,
            (Side::Server, ANSWER, HELLO) if !is_text(opening.bytes) => Match::Yes(&SIZES),
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Session>::default()
    }
}

/// One connection: its log-on and the first messages.
#[derive(Default)]
struct Session {
    read: u8,
}

impl Parser for Session {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.read += 1;
        let length = Reader::new(payload.bytes).le16().map(usize::from);
        if length.is_some_and(|length| length >= 16 && length + 2 == payload.bytes.len()) {
            facts.sign(&FRAMES);
            return Next::Done;
        }
        if self.read >= ENOUGH {
            Next::Done
        } else {
            Next::More
        }
    }
}

/// Whether it begins with what people read: then it is another's.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().take(8).all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::Endpoint;

    #[test]
    fn the_two_sizes_and_then_a_length_are_needed() {
        let server = Endpoint { port: 5222, ..SERVER };
        let frame = [&[20, 0][..], &[0xa7; 20]].concat();
        let talk: [(Side, &[u8]); 3] =
            [(Side::Client, &[0xc1; 48]), (Side::Server, &[0xe4; 80]), (Side::Server, &frame)];
        let told = tell_between(&Threema, Transport::Tcp, CLIENT, server, &talk);
        assert!(told.saw(&SIZES) && told.saw(&FRAMES));
        let talk: [(Side, &[u8]); 2] = [(Side::Client, &[0xc1; 48]), (Side::Server, &[0xe4; 81])];
        assert!(tell_between(&Threema, Transport::Tcp, CLIENT, server, &talk).matched.is_none());
    }
}
