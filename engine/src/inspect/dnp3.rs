//! DNP3: the stations of a power or water network are read and set (IEEE 1815).
//!
//! Recognised by the header of a frame, whose checksum must be right.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The DNP3 protocol.
pub struct Dnp3;

/// Bytes under the checksum.
const HEADER: usize = 8;

// Two fixed bytes (48 dB) and a checksum of two (48 dB).
static FRAME: Sign = Sign::new("a frame to a station, its checksum right (DNP3)", 95);

static PROFILE: Profile = Profile {
    name: "dnp3",
    title: "DNP3",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[20000],
    first: First::Shapes(&[
        Shape::stream().at(0, Bytes::Of(&[5])).at(1, Bytes::Of(&[0x64])),
        Shape::datagram().at(0, Bytes::Of(&[5])).at(1, Bytes::Of(&[0x64])),
    ]),
    fields: &[],
    signs: &[&FRAME],
};

impl Single for Dnp3 {
    const LEAST: usize = HEADER + 2;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let header = reader.take(HEADER)?;
        let told = reader.le16()?;
        (matches!(header, [0x05, 0x64, 5..=255, ..]) && sum(header) == told).then(|| Heard::by(&FRAME))
    }
}

/// CRC-16 of DNP: the polynomial 0x3d65, lowest bit first, turned over at the end.
fn sum(bytes: &[u8]) -> u16 {
    let step = |sum: u16, _| if sum & 1 == 1 { sum >> 1 ^ 0xa6bc } else { sum >> 1 };
    !bytes.iter().fold(0, |sum, byte| (0..8).fold(sum ^ u16::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_checksum_must_be_right() {
        assert_eq!(sum(b"123456789"), 0xea82);
        let mut frame = vec![0x05, 0x64, 5, 0xc0, 1, 0, 0, 4];
        frame.extend(sum(&frame).to_le_bytes());
        assert!(tell(&Dnp3, Transport::Tcp, &[(Side::Client, &frame[..3]), (Side::Client, &frame[3..])]).saw(&FRAME));
        frame[4] = 2;
        assert!(tell(&Dnp3, Transport::Tcp, &[(Side::Client, &frame)]).matched.is_none());
    }
}
