//! SOME/IP: the parts of a car call each other (AUTOSAR, SOME/IP Protocol Specification).
//!
//! Recognised by a header whose length is exact.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The SOME/IP protocol.
pub struct SomeIp;

/// Bytes that the length does not count.
const BEFORE: u32 = 8;

static SERVICE: Field = Field::number("someip.service", "the service that is called first; 65535 looks for services");

// Exact length (96 dB), version (24 dB), kind (18 dB), how it went (20 dB).
static MESSAGE: Sign = Sign::new("parts of a car call each other (SOME/IP)", 95);

static PROFILE: Profile = Profile {
    name: "someip",
    title: "SOME/IP",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[30490],
    first: First::Shapes(&[Shape::datagram().at(4, Bytes::Of(&[0])).at(5, Bytes::Of(&[0]))]),
    fields: &[&SERVICE],
    signs: &[&MESSAGE],
};

impl Single for SomeIp {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (service, _method, length) = (reader.be16()?, reader.be16()?, reader.be32()?);
        let fits = length >= 8 && u64::from(length) + u64::from(BEFORE) == u64::from(opening.wire_len);
        reader.skip(4)?;
        let (version, _own, kind, state) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
        // Calls, notes and answers, also in parts (0x20).
        let known = matches!(kind & !0x20, 0 | 1 | 2 | 0x40 | 0x80 | 0x81 | 0xc0) && version == 1 && state <= 0x5e;
        (fits && known).then(|| Heard::by(&MESSAGE).number(&SERVICE, service))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_length_must_be_exact() {
        let call = [0x12, 0x34, 0, 1, 0, 0, 0, 9, 0, 0, 0, 1, 1, 1, 0, 0, 7];
        assert_eq!(tell(&SomeIp, Transport::Udp, &[(Side::Client, &call)]).number(&SERVICE), Some(0x1234));
        assert!(tell(&SomeIp, Transport::Udp, &[(Side::Client, &call[..16])]).matched.is_none());
    }
}
