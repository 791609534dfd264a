//! LINE: the messages by which its telephones reach the relay of a call, over UDP.
//!
//! Recognised by a mark, a kind, and a length that is that of the rest. (No published format: the kinds and their lengths
//! are those that nDPI reads, which were found in captures.)

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The LINE protocol.
pub struct Line;

static CALL: Field = Field::flag("line.call", "the relay of a call is asked");

// A mark (24), three kinds (19) and the length that each has (42 at best, less among small numbers).
static RELAY: Sign = Sign::new("a message to the relay of a LINE call, with the length of its kind", 50);

static PROFILE: Profile = Profile {
    name: "line",
    title: "LINE calls",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[],
    first: First::Of(&[MARK]),
    fields: &[&CALL],
    signs: &[&RELAY],
};

const MARK: u8 = 0xb6;
/// Kinds, and how many bytes follow the length.
const KINDS: [(u8, u16); 3] = [(0x07, 4), (0x09, 12), (0x18, 106)];

impl Protocol for Line {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match message(opening) {
            Some(true) => Match::Yes(&RELAY),
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Line)
    }
}

fn message(payload: &Payload<'_>) -> Option<bool> {
    let mut reader = Reader::new(payload.bytes);
    let (mark, kind, length) = (reader.u8()?, reader.u8()?, reader.be16()?);
    let known = mark == MARK && KINDS.contains(&(kind, length));
    Some(known && payload.wire_len == u32::from(length) + 4)
}

impl Parser for Line {
    fn feed(&mut self, _payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        facts.flag(&CALL);
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_message_has_the_length_of_its_kind() {
        let seen = |bytes: &[u8]| tell(&Line, Transport::Udp, &[(Side::Client, bytes)]).has(&CALL);
        assert!(seen(&[0xb6, 7, 0, 4, 1, 2, 3, 4]));
        assert!(!seen(&[0xb6, 7, 0, 4, 1, 2, 3]));
        assert!(!seen(&[0xb6, 8, 0, 4, 1, 2, 3, 4]));
    }
}
