//! CAPWAP: a wireless network's radios and their controller (RFC 5415).
//!
//! Recognised on its ports by a plain control message, or by the mark before one that DTLS seals.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The CAPWAP protocol.
pub struct Capwap;

const PORTS: [u16; 2] = [5246, 5247];
/// The header's length stands in five bits, in words of four bytes.
const WORD: usize = 4;

// Four fixed bytes and DTLS' three.
static SEALED: Sign = Sign::new("a radio and its controller, sealed (CAPWAP)", 95);
// Preamble (24 dB), empty fields (96 dB), kind (82 dB), exact length (42 dB), the port (6 dB); zeros are common.
static PLAIN: Sign = Sign::new("a radio looks for its controller (CAPWAP)", 60);

static PROFILE: Profile = Profile {
    name: "capwap",
    title: "CAPWAP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[5246, 5247],
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&[0, 1])).on(&PORTS)]),
    fields: &[],
    signs: &[&SEALED, &PLAIN],
};

impl Single for Capwap {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        if !opening.on_port(&PORTS) {
            return None;
        }
        if let [1, 0, 0, 0, 20..=23, 0xfe, 0xfd | 0xff, ..] = opening.bytes {
            return Some(Heard::by(&SEALED));
        }
        // The header's length, what the radio is of (1: Wi-Fi), and no part of anything larger.
        let [0, second, third, _, 0, 0, 0, 0, ..] = opening.bytes else { return None };
        let mut reader = Reader::new(opening.bytes);
        reader.skip(usize::from(second >> 3) * WORD)?;
        // Kind, number in turn, length of the rest; some count its own three bytes, some do not.
        let (kind, _turn, length) = (reader.be32()?, reader.u8()?, reader.be16()?);
        let left = reader.remaining();
        let fits = usize::from(length) == left + 2 || usize::from(length) + 1 == left;
        let wireless = third >> 1 & 0x1f == 1 && second >> 3 >= 2;
        ((1..=26).contains(&kind) && wireless && fits).then(|| Heard::by(&PLAIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_radio_is_told_plain_and_sealed() {
        let port = Endpoint { port: 5246, ..SERVER };
        let search = [0, 0x10, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 8, 0, 0, 20, 0, 1, 1];
        let sealed = [1, 0, 0, 0, 22, 0xfe, 0xff, 0, 0];
        for (bytes, sign) in [(&search[..], &PLAIN), (&sealed, &SEALED)] {
            assert!(tell_between(&Capwap, Transport::Udp, CLIENT, port, &[(Side::Client, bytes)]).saw(sign));
        }
    }
}
