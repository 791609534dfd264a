//! EtherNet/IP: a plant's controllers are read and set by CIP (ODVA, CIP Networks Library volume 2).
//!
//! Recognised by the header of a command, whose state and options are empty; over UDP also by what is sent all the time.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The EtherNet/IP protocol.
pub struct Enip;

static COMMAND: Field = Field::number("enip.command", "the first command: 99 who is there, 101 session, 111 call");

// Command (36 dB), state and options (192 dB, empty), length (30 dB); zeros and small numbers are common.
static HEADER: Sign = Sign::new("a controller of a plant is called (EtherNet/IP)", 50);
// Two parts, their kinds and the first one's length: eight fixed bytes.
static VALUES: Sign = Sign::new("values of a plant, sent all the time (EtherNet/IP)", 95);

static PROFILE: Profile = Profile {
    name: "enip",
    title: "EtherNet/IP (CIP)",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[44818, 2222],
    first: First::Shapes(&[
        Shape::stream().at(0, Bytes::Of(&[0x04, 0x63, 0x64, 0x65, 0x66, 0x6f, 0x70])).at(1, Bytes::Of(&[0])),
        Shape::datagram().at(0, Bytes::Of(&[0x02, 0x04, 0x63, 0x64, 0x65, 0x66, 0x6f, 0x70])).at(1, Bytes::Of(&[0])),
    ]),
    fields: &[&COMMAND],
    signs: &[&HEADER, &VALUES],
};

impl Single for Enip {
    const LEAST: usize = 24;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        if opening.transport == Transport::Udp && opening.bytes.starts_with(&[2, 0, 2, 0x80, 8, 0]) {
            // Two parts: the address with a counter, eight bytes; then the values.
            return (opening.bytes.get(14..16)? == [0xb1, 0]).then(|| Heard::by(&VALUES));
        }
        let mut reader = Reader::new(opening.bytes);
        let (command, length, _session) = (reader.le16()?, reader.le16()?, reader.le32()?);
        let (state, _context, options) = (reader.le32()?, reader.le64()?, reader.le32()?);
        let known = matches!((command, length), (4 | 0x63 | 0x64 | 0x66, 0) | (0x65, 4) | (0x6f | 0x70, 16..=1024));
        (known && state == 0 && options == 0).then(|| Heard::by(&HEADER).number(&COMMAND, command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_session_and_values_are_told() {
        let mut session = vec![0x65, 0, 4, 0];
        session.resize(24, 0);
        session.extend([1, 0, 0, 0]);
        let told = tell(&Enip, Transport::Tcp, &[(Side::Client, &session[..9]), (Side::Client, &session[9..])]);
        assert_eq!(told.number(&COMMAND), Some(0x65));
        let values = [2, 0, 2, 0x80, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xb1, 0, 4, 0, 1, 0, 9, 9];
        assert!(tell(&Enip, Transport::Udp, &[(Side::Client, &values)]).saw(&VALUES));
    }
}
