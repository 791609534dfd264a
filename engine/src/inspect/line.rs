//! LINE: the messages by which its telephones reach the relay of a call, over UDP.
//!
//! Recognised by a mark, a kind, and a length that is that of the rest. (No published format: the kinds and their lengths
//! are those that nDPI reads, which were found in captures.)

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
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

impl Single for Line {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (_mark, kind, length) = (reader.u8()?, reader.u8()?, reader.be16()?);
        let fits = KINDS.contains(&(kind, length)) && opening.wire_len == u32::from(length) + 4;
        fits.then(|| Heard::by(&RELAY).flag(&CALL))
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
