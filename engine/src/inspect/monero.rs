//! Monero's network of nodes, and other ledgers of its kind (CryptoNote).
//!
//! Recognised by the eight fixed bytes before every message of its transport (Levin, in the Monero source's
//! `levin_base.h`), and the fields behind them.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The Monero node protocol.
pub struct Monero;

static COMMAND: Field =
    Field::number("monero.command", "the first command: 1001 handshake, 1003 ping, 2001 and up blocks");

// Eight fixed bytes, 192; a specification of somebody else could have taken them over.
static HEADER: Sign = Sign::new("the header of a message between Monero nodes", 95);

static PROFILE: Profile = Profile {
    name: "monero",
    title: "Monero",
    category: Category::Blockchain,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[18080, 28080, 38080],
    first: First::Of(&[0x01]),
    fields: &[&COMMAND],
    signs: &[&HEADER],
};

const MAGIC: [u8; 8] = [1, 0x21, 1, 1, 1, 1, 1, 1];
const HEADER_LENGTH: usize = 33;

impl Protocol for Monero {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.bytes.starts_with(&MAGIC) {
            if opening.bytes.len() >= HEADER_LENGTH {
                Match::Yes(&HEADER)
            } else {
                Match::Unsure
            }
        } else if MAGIC.starts_with(opening.bytes) {
            Match::Unsure
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Monero)
    }
}

impl Parser for Monero {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let mut reader = Reader::new(payload.bytes);
        // Length of what follows, and whether an answer is wanted.
        let command = reader.skip(MAGIC.len() + 9).and_then(|()| reader.le32());
        if let Some(command) = command {
            facts.number(&COMMAND, command.into());
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_handshake_is_told_by_its_header() {
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&[0xe2, 0, 0, 0, 0, 0, 0, 0, 1, 0xe9, 3, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
        let (one, other) = header.split_at(9);
        let told = tell(&Monero, Transport::Tcp, &[(Side::Client, one), (Side::Client, other)]);
        assert!(told.saw(&HEADER));
        assert_eq!(told.number(&COMMAND), Some(1001));
    }
}
