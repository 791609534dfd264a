//! BACnet/IP: heating, doors and lights of a building (ISO 16484-5, annex J).
//!
//! Recognised by a header whose length is exact, and the version behind it.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The BACnet protocol.
pub struct Bacnet;

// Mark (24 dB), function (13 dB), exact length (48 dB), version (24 dB where there is one).
static MESSAGE: Sign = Sign::new("a message between a building's controllers (BACnet)", 85);

static PROFILE: Profile = Profile {
    name: "bacnet",
    title: "BACnet/IP",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[47808],
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&[0x81])).at(1, Bytes::Range(0, 11))]),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for Bacnet {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (_mark, function, length) = (reader.u8()?, reader.u8()?, reader.be16()?);
        let known = match function {
            // A message passed on has its sender's address before it.
            4 => reader.skip(6).is_some() && reader.u8() == Some(1),
            9..=11 => reader.u8() == Some(1),
            0..=8 => true,
            _ => false,
        };
        (u32::from(length) == opening.wire_len && known).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_question_to_all_is_told() {
        let who_is = [0x81, 11, 0, 12, 1, 0x20, 0xff, 0xff, 0, 0xff, 0x10, 8];
        assert!(tell(&Bacnet, Transport::Udp, &[(Side::Client, &who_is)]).saw(&MESSAGE));
        assert!(tell(&Bacnet, Transport::Udp, &[(Side::Client, &who_is[..11])]).matched.is_none());
    }
}
