//! Zug: the consensus of a ledger's nodes, over UDP.
//!
//! There is no published specification; what is known comes from captures: the datagram's own length in two bytes, then
//! `UG` and 16. That is 40 fixed bits, and enough.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The Zug protocol.
pub struct Zug;

// A length of 16 bits that fits, 48, and three fixed bytes, 72; less because nobody has published it.
static HEADER: Sign = Sign::new("a datagram with its own length and the mark of Zug", 70);

static PROFILE: Profile = Profile {
    name: "zug",
    title: "Zug",
    category: Category::Blockchain,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[19000],
    first: First::Range(0, 5),
    fields: &[],
    signs: &[&HEADER],
};

impl Protocol for Zug {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let mut reader = Reader::new(opening.bytes);
        let length = reader.be16().map(u32::from);
        if length == Some(opening.wire_len) && reader.rest().starts_with(b"UG\x10") {
            Match::Yes(&HEADER)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Zug)
    }
}

impl Parser for Zug {
    fn feed(&mut self, _payload: &Payload<'_>, _facts: &mut Facts<'_>) -> Next {
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_length_has_to_fit() {
        let datagram = |length: u8| [&[0, length][..], b"UG\x10", &[7; 20]].concat();
        assert!(tell(&Zug, Transport::Udp, &[(Side::Client, &datagram(25))]).saw(&HEADER));
        assert!(tell(&Zug, Transport::Udp, &[(Side::Client, &datagram(26))]).matched.is_none());
    }
}
