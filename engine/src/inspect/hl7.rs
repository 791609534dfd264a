//! HL7: a hospital's programs tell each other of patients (HL7 version 2 by the minimal lower layer protocol).
//!
//! Recognised by the mark before a message, and its first segment.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The HL7 protocol.
pub struct Hl7;

const START: &[u8] = b"\x0bMSH|";

// Five fixed bytes.
static MESSAGE: Sign = Sign::new("a message between a hospital's programs (HL7)", 110);

static PROFILE: Profile = Profile {
    name: "hl7",
    title: "HL7",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[2575],
    first: First::Of(&[0x0b]),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for Hl7 {
    const LEAST: usize = START.len();

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        opening.bytes.starts_with(START).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_message_is_told() {
        assert!(tell(&Hl7, Transport::Tcp, &[(Side::Client, b"\x0bMS"), (Side::Client, b"H|^~\\&|A|B")]).saw(&MESSAGE));
    }
}
