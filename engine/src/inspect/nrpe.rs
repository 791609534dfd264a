//! NRPE: Nagios has a machine check itself (NRPE protocol, versions 2 to 4).
//!
//! Recognised by a question or an answer whose checksum is right. Most encrypt it; then it is TLS.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The NRPE protocol.
pub struct Nrpe;

/// Version, kind, checksum.
const SUM: std::ops::Range<usize> = 4..8;
/// A packet of version 2: always the same size.
const PACKET: usize = 1036;

// Version and kind (90 dB), checksum (96 dB).
static QUESTION: Sign = Sign::new("Nagios has a machine check itself (NRPE)", 150);

static PROFILE: Profile = Profile {
    name: "nrpe",
    title: "NRPE",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[5666],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[0]))
        .at(1, Bytes::Of(&[2]))
        .at(2, Bytes::Of(&[0]))
        .at(3, Bytes::Of(&[1, 2]))]),
    fields: &[],
    signs: &[&QUESTION],
};

impl Single for Nrpe {
    const LEAST: usize = 4;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        if !matches!(opening.bytes, [0, 2, 0, 1 | 2, ..]) {
            return None;
        }
        let Some(packet) = opening.bytes.get(..PACKET) else { return Some(Heard::Part) };
        // Over the whole packet, with nothing where the sum stands.
        let (head, tail) = (packet.get(..SUM.start)?, packet.get(SUM.end..)?);
        let told = packet.get(SUM)?;
        let sum = crc32([head, &[0; 4], tail]);
        (sum.to_be_bytes() == told).then(|| Heard::by(&QUESTION))
    }
}

/// CRC-32 as Ethernet has it, bit by bit: it is asked for once a flow at most.
fn crc32(parts: [&[u8]; 3]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
    !parts.iter().flat_map(|part| part.iter()).fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_checksum_must_be_right() {
        let mut packet = vec![0, 2, 0, 1, 0, 0, 0, 0, 0, 0];
        packet.extend_from_slice(b"check_load");
        packet.resize(PACKET, 0);
        let sum = crc32([&packet[..], &[], &[]]);
        packet[SUM].copy_from_slice(&sum.to_be_bytes());
        let (one, two) = packet.split_at(600);
        assert!(tell(&Nrpe, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]).saw(&QUESTION));
        packet[500] = 1;
        assert!(tell(&Nrpe, Transport::Tcp, &[(Side::Client, &packet)]).matched.is_none());
    }

    #[test]
    fn the_sum_is_the_usual_one() {
        assert_eq!(crc32([b"1234", b"56789", b""]), 0xcbf4_3926);
    }
}
