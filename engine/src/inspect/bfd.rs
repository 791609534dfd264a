//! BFD: two routers notice at once when the line between them breaks (RFC 5880, RFC 5881).
//!
//! Recognised on its ports by a packet whose length is exact.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The BFD protocol.
pub struct Bfd;

/// One hop, many hops, and the links of a bundle (RFC 5883, RFC 7130).
const PORTS: [u16; 3] = [3784, 4784, 6784];

/// Flags: with a proof of who sends, which takes more room; of one to many, which is not in use (RFC 5880 §4.1).
const PROVEN: u8 = 4;
const MANY: u8 = 1;

// Version and reason (14 dB), exact length (24 dB), flags (6 dB), the port (6 dB).
static PACKET: Sign = Sign::new("routers that watch the line between them (BFD)", 45);

static PROFILE: Profile = Profile {
    name: "bfd",
    title: "BFD",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Range(0x20, 0x29)).on(&PORTS)]),
    fields: &[],
    signs: &[&PACKET],
};

impl Single for Bfd {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (_reason, flags) = (reader.u8()?, reader.u8()?);
        let (times, length, own) = (reader.u8()?, reader.u8()?, reader.be32()?);
        let exact = u32::from(length) == opening.wire_len && (length > 24 || length == 24 && flags & PROVEN == 0);
        (opening.on_port(&PORTS) && exact && flags & MANY == 0 && times > 0 && own > 0).then(|| Heard::by(&PACKET))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_packet_is_told_on_its_port() {
        let mut packet = vec![0x20, 0xc0, 3, 24, 0, 0, 0, 1];
        packet.resize(24, 0);
        let talk: [(Side, &[u8]); 1] = [(Side::Client, &packet)];
        let router = Endpoint { port: 3784, ..SERVER };
        assert!(tell_between(&Bfd, Transport::Udp, CLIENT, router, &talk).saw(&PACKET));
        assert!(tell_between(&Bfd, Transport::Udp, CLIENT, SERVER, &talk).matched.is_none());
    }
}
