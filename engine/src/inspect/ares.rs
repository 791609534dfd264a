//! Ares Galaxy: files and chat rooms, with supernodes.
//!
//! There is no specification; known from public patterns (L7-filter) and captures is how a stream opens: a length of two
//! bytes, a kind, and three bytes of which the last is 5. What follows is scrambled, behind lengths of the same form.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::{Side, Transport};

/// The Ares protocol.
pub struct Ares;

// Six bytes of which four are fixed, 96; less, because small numbers are many.
static HANDSHAKE: Sign = Sign::new("the six bytes that open a stream between Ares peers", 50);
// A length of two bytes that fits, and a kind.
static ANSWER: Sign = Sign::new("the answer of an Ares supernode, which has the length that it says", 45);

static PROFILE: Profile = Profile {
    name: "ares",
    title: "Ares Galaxy",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[],
    first: First::Of(&[3]),
    fields: &[],
    signs: &[&HANDSHAKE, &ANSWER],
};

const HANDSHAKE_LENGTH: usize = 6;
const ANSWER_KIND: u8 = 0x3c;
/// Length and kind, which the length does not count.
const HEADER: usize = 3;

impl Protocol for Ares {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match opening.bytes {
            [3, 0, 0x5a | 0x5d, _, _, 5] if opening.side == Side::Client => Match::Yes(&HANDSHAKE),
            [3] | [3, 0] | [3, 0, 0x5a | 0x5d, ..] if opening.bytes.len() < HANDSHAKE_LENGTH => Match::Unsure,
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Ares)
    }
}

impl Parser for Ares {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.side == Side::Client {
            return Next::More;
        }
        let mut reader = Reader::new(payload.bytes);
        let length = reader.le16().map(|length| usize::from(length) + HEADER);
        if length == Some(payload.bytes.len()) && reader.u8() == Some(ANSWER_KIND) {
            facts.sign(&ANSWER);
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    #[test]
    fn the_handshake_and_its_answer_are_told() {
        let answer = [&[20, 0, 0x3c][..], &[7; 20]].concat();
        let told = tell(&Ares, Transport::Tcp, &[(Side::Client, &[3, 0, 0x5a, 6, 6, 5]), (Side::Server, &answer)]);
        assert!(told.saw(&HANDSHAKE) && told.saw(&ANSWER));
    }

    #[test]
    fn a_remote_desktop_is_not_ares() {
        assert!(tell(&Ares, Transport::Tcp, &[(Side::Client, &[3, 0, 0, 19, 14, 0xe0])]).matched.is_none());
    }
}
