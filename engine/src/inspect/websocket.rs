//! WebSocket: messages both ways over what began as HTTP (RFC 6455). Web pages chat, signal calls and play over it.
//!
//! Never recognised by its own bytes, which are too plain: HTTP's upgrade leads here. Told is whether the frames are
//! what the RFC wants: programs that only borrow the upgrade to get through a proxy send something else.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The WebSocket protocol.
pub struct WebSocket;

static KIND: Field = Field::text("websocket.kind", "what the first message is: text or binary");
static MALFORMED: Field = Field::flag("websocket.malformed", "what follows the upgrade is no WebSocket");

// The upgrade itself is the proof; a frame that fits adds what its five fixed bits are worth.
static FRAME: Sign = Sign::new("a WebSocket frame after HTTP's upgrade", 15);

static PROFILE: Profile = Profile {
    name: "websocket",
    title: "WebSocket",
    category: Category::Web,
    layer: Layer::Session,
    transports: &[Transport::Tcp],
    ports: &[],
    first: First::Of(&[]),
    fields: &[&KIND, &MALFORMED],
    signs: &[&FRAME],
};

impl Protocol for WebSocket {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, _opening: &Payload<'_>) -> Match {
        Match::No
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Frames)
    }
}

/// Looks at the first frame of either side that holds a message.
struct Frames;

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PONG: u8 = 10;

impl Parser for Frames {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let mut reader = Reader::new(payload.bytes);
        let Some(first) = reader.u8() else { return Next::More };
        let kind = first & 0x0f;
        let reserved_for_extensions = first & 0x30 == 0;
        let masked = reader.u8().map(|second| second & 0x80 != 0);
        // Clients mask, servers do not (RFC 6455 §5.1).
        let fits = reserved_for_extensions && masked.is_none_or(|masked| masked == (payload.side == Side::Client));
        match kind {
            TEXT | BINARY if fits => {
                facts.sign(&FRAME);
                facts.text(&KIND, if kind == TEXT { b"text" } else { b"binary" });
                Next::Done
            }
            CLOSE..=PONG if fits => Next::More,
            _ => {
                facts.flag(&MALFORMED);
                Next::Done
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{FactStore, Signs};
    use crate::inspect::registry;
    use crate::inspect::testing::{CLIENT, SERVER};
    use crate::packet::Time;

    fn feed(side: Side, bytes: &[u8]) -> (FactStore, Next) {
        let _ = registry();
        let (mut store, mut signs, mut announced) = (FactStore::default(), Signs::new(), Vec::new());
        let mut facts = Facts::new(&mut store, &mut signs, &mut announced, 1, 1);
        let payload = Payload {
            bytes,
            wire_len: 0,
            other: &[],
            side,
            time: Time(0),
            transport: Transport::Tcp,
            client: CLIENT,
            server: SERVER,
        };
        let next = Frames.feed(&payload, &mut facts);
        (store, next)
    }

    #[test]
    fn messages_are_text_or_binary() {
        assert_eq!(feed(Side::Server, b"\x81\x02hi").0.get(&KIND), Some(&b"text"[..]));
        assert_eq!(feed(Side::Client, b"\xc2\x81abcd0").0.get(&KIND), Some(&b"binary"[..]));
        assert!(matches!(feed(Side::Server, b"\x89\x00").1, Next::More));
    }

    #[test]
    fn a_server_that_masks_is_malformed() {
        assert!(feed(Side::Server, b"\x81\x82abcd12").0.get(&MALFORMED).is_some());
        assert!(feed(Side::Client, b"HELO").0.get(&MALFORMED).is_some());
    }
}
