//! KakaoTalk: messages in its LOCO protocol over TCP (as the free clients' node-kakao documents it).
//!
//! Recognised by the handshake that carries an encrypted key, or by a message of known name where it goes unencrypted.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The KakaoTalk protocol.
pub struct Kakaotalk;

/// Bytes of a sealed key.
const KEY_SIZE: u32 = 256;
/// What a client may say before it is encrypted.
const NAMES: [&[u8]; 5] = [b"CHECKIN", b"GETCONF", b"BUYCS", b"LOGINLIST", b"PING"];

static METHOD: Field = Field::text("kakaotalk.method", "the first message, where it can be read");

// Three words of little variety (12 bytes) and an exact size of the key.
static KEY: Sign = Sign::new("the handshake of KakaoTalk's encrypted channel", 80);
// A name of at least four letters, filled with zeros, at its place.
static MESSAGE: Sign = Sign::new("a LOCO message of KakaoTalk", 96);

static PROFILE: Profile = Profile {
    name: "kakaotalk",
    title: "KakaoTalk",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[443, 995, 5228],
    first: First::Shapes(&[
        // A key's size, 256; or the name of a first message.
        Shape::stream().at(0, Bytes::Of(&[0])).at(1, Bytes::Of(&[1])),
        Shape::stream().at(6, Bytes::Of(b"CGBLP")).at(7, Bytes::Range(b'A', b'Z')),
    ]),
    fields: &[&METHOD],
    signs: &[&KEY, &MESSAGE],
};

impl Protocol for Kakaotalk {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        if is_handshake(bytes) {
            return Match::Yes(&KEY);
        }
        if method(bytes).is_some() {
            return Match::Yes(&MESSAGE);
        }
        let key = KEY_SIZE.to_le_bytes();
        let begun = key.starts_with(bytes.get(..bytes.len().min(4)).unwrap_or_default());
        if bytes.len() < 12 && begun {
            Match::Unsure
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Kakaotalk)
    }
}

impl Parser for Kakaotalk {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(method) = method(payload.bytes) {
            facts.text(&METHOD, method);
        }
        Next::Done
    }
}

/// Size of the key, how it is sealed (RSA: 12 to 16), what it is for (AES: 2 or 3).
fn is_handshake(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    let words = (reader.le32(), reader.le32(), reader.le32());
    matches!(words, (Some(KEY_SIZE), Some(12..=16), Some(2 | 3)))
}

/// Number, status, name in eleven bytes, kind of the body (BSON), its size.
fn method(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    reader.skip(6)?;
    let name = reader.take(11)?;
    let kind = reader.u8()?;
    let size = reader.le32()?;
    let known =
        NAMES.iter().find(|known| name.strip_prefix(**known).is_some_and(|rest| rest.iter().all(|byte| *byte == 0)))?;
    (matches!(kind, 0 | 8) && size < 1 << 20).then_some(*known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn handshake_and_message_are_told() {
        let handshake = [&[0, 1, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0][..], &[0x9d; 256]].concat();
        let talk = [(Side::Client, &handshake[..7]), (Side::Client, &handshake[7..])];
        assert!(tell(&Kakaotalk, Transport::Tcp, &talk).saw(&KEY));
        let message = [&[1, 0, 0, 0, 0, 0][..], b"CHECKIN\0\0\0\0", &[0, 30, 0, 0, 0], &[7; 30]].concat();
        let told = tell(&Kakaotalk, Transport::Tcp, &[(Side::Client, &message)]);
        assert_eq!(told.text(&METHOD).as_deref(), Some("CHECKIN"));
    }
}
