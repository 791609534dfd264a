//! Synchrophasors: a power network's voltages, measured at the same moment everywhere (IEEE C37.118.2).
//!
//! Recognised by a frame whose checksum is right.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The synchrophasor protocol.
pub struct Synchrophasor;

/// Longest frame of a stream that is waited for: configurations are long, commands are 18 bytes.
const LONGEST: u16 = 1500;

// Mark (24 dB), kind and version (15 dB), checksum (48 dB).
static FRAME: Sign = Sign::new("a frame of measured voltages, its checksum right (C37.118)", 85);

static PROFILE: Profile = Profile {
    name: "synchrophasor",
    title: "Synchrophasors (C37.118)",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[4712, 4713],
    first: First::Shapes(&[
        Shape::stream().at(0, Bytes::Of(&[0xaa])).at(1, Bytes::Range(0x01, 0x52)),
        Shape::datagram().at(0, Bytes::Of(&[0xaa])).at(1, Bytes::Range(0x01, 0x52)),
    ]),
    fields: &[],
    signs: &[&FRAME],
};

impl Single for Synchrophasor {
    const LEAST: usize = 4;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (_mark, kind, length) = (reader.u8()?, reader.u8()?, reader.be16()?);
        // Five kinds in the high half, versions 1 and 2 in the low.
        if kind >> 4 > 5 || !matches!(kind & 0x0f, 1 | 2) || !(18..=LONGEST).contains(&length) {
            return None;
        }
        let Some(frame) = opening.bytes.get(..length.into()) else { return Some(Heard::Part) };
        let (covered, told) = frame.split_last_chunk::<2>()?;
        (sum(covered) == u16::from_be_bytes(*told)).then(|| Heard::by(&FRAME))
    }
}

/// CRC-CCITT from all ones.
fn sum(bytes: &[u8]) -> u16 {
    let step = |sum: u16, _| if sum & 0x8000 > 0 { sum << 1 ^ 0x1021 } else { sum << 1 };
    bytes.iter().fold(u16::MAX, |sum, byte| (0..8).fold(sum ^ u16::from(*byte) << 8, step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_checksum_must_be_right() {
        assert_eq!(sum(b"123456789"), 0x29b1);
        let mut command = vec![0xaa, 0x41, 0, 18, 0, 241, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5];
        command.extend(sum(&command).to_be_bytes());
        let talk: [(Side, &[u8]); 2] = [(Side::Client, &command[..7]), (Side::Client, &command[7..])];
        assert!(tell(&Synchrophasor, Transport::Tcp, &talk).saw(&FRAME));
        command[15] = 4;
        assert!(tell(&Synchrophasor, Transport::Udp, &[(Side::Client, &command)]).matched.is_none());
    }
}
