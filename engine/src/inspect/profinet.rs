//! PROFINET: a plant's controller sets up what it exchanges with its devices (PN-IO CM, IEC 61158-6-10), by remote procedure calls.
//!
//! Recognised by the interface that a call names. What is exchanged afterwards (RT), and the search for devices (DCP), are frames
//! of Ethernet's own without addresses of IP: they make no flow.

use super::dcerpc::{self, LITTLE};
use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The PROFINET protocol.
pub struct Profinet;

static ROLE: Field =
    Field::number("profinet.role", "whose interface is called: 1 device, 2 controller, 3 supervisor, 4 server");

// A call of DCE/RPC with its exact length (60 dB), and the sixteen bytes of one of four interfaces.
static CALL: Sign = Sign::new("a controller and a device of a plant agree on their exchange (PROFINET)", 150);

static PROFILE: Profile = Profile {
    name: "profinet",
    title: "PROFINET IO",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[34_964],
    first: First::Shapes(&[Shape::datagram()
        .at(0, Bytes::Of(&[4]))
        .at(5, Bytes::Of(&[0]))
        .at(6, Bytes::Of(&[0]))
        .at(31, Bytes::Of(&[0xd1, 0x11]))]),
    fields: &[&ROLE],
    signs: &[&CALL],
};

impl Single for Profinet {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        dcerpc::datagram(opening)?;
        role(opening.bytes).map(|role| Heard::by(&CALL).number(&ROLE, role))
    }
}

/// Which of PROFINET's interfaces a call names: DEA0000n-6C97-11D1-8271-00A02442DF7D, numbers written as the call says.
pub(super) fn role(call: &[u8]) -> Option<u8> {
    /// Behind the object.
    const INTERFACE: usize = 24;
    let little = call.get(4..7)? == LITTLE;
    let mut reader = Reader::new(call.get(INTERFACE..)?);
    let (first, second, third) = if little {
        (reader.le32()?, reader.le16()?, reader.le16()?)
    } else {
        (reader.be32()?, reader.be16()?, reader.be16()?)
    };
    let known = (second, third) == (0x6c97, 0x11d1)
        && reader.take(8)? == [0x82, 0x71, 0, 0xa0, 0x24, 0x42, 0xdf, 0x7d]
        && first & 0xffff_fff8 == 0xdea0_0000;
    u8::try_from(first & 7).ok().filter(|role| known && (1..=4).contains(role))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::dcerpc::DceRpc;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_interface_tells_it_from_other_calls_in_both_ways_of_writing() {
        let interfaces =
            [(0x10, [1, 0, 0xa0, 0xde, 0x97, 0x6c, 0xd1, 0x11]), (0, [0xde, 0xa0, 0, 1, 0x6c, 0x97, 0x11, 0xd1])];
        for (writing, interface) in interfaces {
            let mut call = vec![0; 80];
            (call[0], call[4]) = (4, writing);
            call[24..32].copy_from_slice(&interface);
            call[32..40].copy_from_slice(&[0x82, 0x71, 0, 0xa0, 0x24, 0x42, 0xdf, 0x7d]);
            let told = tell(&Profinet, Transport::Udp, &[(Side::Client, &call)]);
            assert_eq!(told.number(&ROLE), Some(1));
            assert!(tell(&DceRpc, Transport::Udp, &[(Side::Client, &call)]).matched.is_none());
            call[39] = 0;
            assert!(tell(&Profinet, Transport::Udp, &[(Side::Client, &call)]).matched.is_none());
        }
    }
}
