//! KNXnet/IP: lights, blinds and heating of a house (ISO 22510).
//!
//! Recognised by a header whose length is exact.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The KNX protocol.
pub struct Knx;

// Two fixed bytes (48 dB), service (20 dB), exact length (48 dB).
static MESSAGE: Sign = Sign::new("a message between a house's controllers (KNX)", 95);

static PROFILE: Profile = Profile {
    name: "knx",
    title: "KNXnet/IP",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[3671],
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&[6])).at(1, Bytes::Of(&[0x10]))]),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for Knx {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (header, version, service, length) = (reader.u8()?, reader.u8()?, reader.be16()?, reader.be16()?);
        let known = matches!(service >> 8, 2..=9);
        (header == 6 && version == 0x10 && known && u32::from(length) == opening.wire_len).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_search_is_told() {
        let search = [6, 0x10, 2, 1, 0, 14, 8, 1, 192, 0, 2, 1, 0x0e, 0x57];
        assert!(tell(&Knx, Transport::Udp, &[(Side::Client, &search)]).saw(&MESSAGE));
        assert!(tell(&Knx, Transport::Udp, &[(Side::Client, &search[..13])]).matched.is_none());
    }
}
