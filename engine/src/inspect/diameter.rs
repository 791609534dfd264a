//! Diameter: who may use a mobile network, asked between its machines (RFC 6733).
//!
//! Recognised by the header of a message, and of its first attribute.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Diameter protocol.
pub struct Diameter;

/// Bits that are not given out (RFC 6733 §3 and §4.1).
const RESERVED: u8 = 0x0f;
const RESERVED_OF_ATTRIBUTE: u8 = 0x1f;

static COMMAND: Field = Field::number("diameter.command", "the first message: 257 meets, 272 accounts, 280 lives …");

// Version (24 dB), length in words (14 dB), reserved bits (12 dB), command of 512 (45 dB), the attribute's flags and length;
// small numbers are common, so that less than half is claimed.
static MESSAGE: Sign = Sign::new("a Diameter message", 60);

static PROFILE: Profile = Profile {
    name: "diameter",
    title: "Diameter",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[3868],
    first: First::Shapes(&[Shape::stream().at(0, Bytes::Of(&[1])).at(1, Bytes::Of(&[0]))]),
    fields: &[&COMMAND],
    signs: &[&MESSAGE],
};

impl Single for Diameter {
    const LEAST: usize = 28;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (version, length) = (reader.u8()?, reader.be24()?);
        let (flags, command) = (reader.u8()?, reader.be24()?);
        // Application and two numbers; then the first attribute.
        reader.skip(12)?;
        let (_code, own_flags, own_length) = (reader.be32()?, reader.u8()?, reader.be24()?);
        let header = version == 1 && length % 4 == 0 && (28..65_536).contains(&length) && flags & RESERVED == 0;
        // Base commands, and those of the 3GPP (RFC 5516).
        let known = matches!(command, 257..=287 | 300..=330 | 8_388_608..=8_388_730);
        let attribute = own_flags & RESERVED_OF_ATTRIBUTE == 0 && (8..=length.saturating_sub(20)).contains(&own_length);
        (header && known && attribute).then(|| Heard::by(&MESSAGE).number(&COMMAND, command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn two_machines_that_meet_are_told() {
        let header = [1, 0, 0, 32, 0x80, 0, 1, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        let message = [&header[..], &[0, 0, 1, 8, 0x40, 0, 0, 12, b'm', b'm', b'e', 0]].concat();
        let told = tell(&Diameter, Transport::Tcp, &[(Side::Client, &message[..9]), (Side::Client, &message[9..])]);
        assert_eq!(told.number(&COMMAND), Some(257));
        let short = [1, 0, 0, 8, 0x80, 0, 1, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 1, 8, 0x40, 0, 0, 12];
        assert!(tell(&Diameter, Transport::Tcp, &[(Side::Client, &short)]).matched.is_none());
    }
}
