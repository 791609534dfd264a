//! OpenDHT: the hash table in which users of Jami find each other, over UDP (its published sources).
//!
//! Recognised by a MessagePack map with its one-letter keys and the mark of its implementation.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;
use memchr::memmem;

/// The OpenDHT protocol.
pub struct OpenDht;

static METHOD: Field = Field::text("opendht.method", "the first question: ping, find, get, listen, put …");

// Seven fixed bytes, and a map with one-letter keys.
static MARK: Sign = Sign::new("an OpenDHT message", 96);

static PROFILE: Profile = Profile {
    name: "opendht",
    title: "OpenDHT",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[4222],
    first: First::Range(0x82, 0x8f),
    fields: &[&METHOD],
    signs: &[&MARK],
};

impl Protocol for OpenDht {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if is_message(opening.bytes) {
            Match::Yes(&MARK)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(OpenDht)
    }
}

impl Parser for OpenDht {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(method) = method(payload.bytes) {
            facts.text(&METHOD, method);
        }
        Next::Done
    }
}

/// A map whose first key is one letter, and in it `"v": "RNG1"`, the author's library.
fn is_message(bytes: &[u8]) -> bool {
    let map =
        matches!(bytes, [0x82..=0x8f, 0xa1, b'a' | b'e' | b'r' | b'q' | b't' | b'y' | b'v' | b'n' | b'p' | b's', ..]);
    map && memmem::find(bytes, b"\xa1v\xa4RNG1").is_some()
}

/// `"q": "ping"`: a short text, its length in the low bits.
fn method(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes.get(memmem::find(bytes, b"\xa1q")? + 2..)?);
    let kind = reader.u8()?;
    (kind >> 5 == 5).then(|| reader.take(usize::from(kind & 0x1f)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_question_is_told_with_its_method() {
        let bytes =
            [&[0x85, 0xa1, b'a', 0x81, 0xa2][..], b"id\xc4\x14", &[7; 20], b"\xa1q\xa4ping\xa1v\xa4RNG1"].concat();
        assert_eq!(tell(&OpenDht, Transport::Udp, &[(Side::Client, &bytes)]).text(&METHOD).as_deref(), Some("ping"));
        assert!(tell(&OpenDht, Transport::Udp, &[(Side::Client, &bytes[..20])]).matched.is_none());
    }
}
