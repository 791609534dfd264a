//! CNP/IP: networks of a building's controllers (LonWorks), joined over IP (ISO/IEC 14908-4, EIA-852).
//!
//! Recognised on its ports by a header whose length is exact.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The CNP/IP protocol.
pub struct CnpIp;

/// Of devices, and of the server that configures them.
const PORTS: [u16; 2] = [1628, 1629];
/// Bytes of a header without its extension, which is counted in words of four.
const HEADER: u32 = 20;
const WORD: u32 = 4;

static KIND: Field = Field::number("cnpip.kind", "the first message: 1 data, 3 registration, 0x63 question …");

// Exact length (48 dB), version (24 dB), one of fourteen kinds (12 dB), a short extension (12 dB).
static MESSAGE: Sign = Sign::new("a message between networks of a building's controllers (CNP/IP)", 60);

static PROFILE: Profile = Profile {
    name: "cnpip",
    title: "CNP/IP (LonWorks over IP)",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Shapes(&[Shape::datagram().at(2, Bytes::Of(&[1])).on(&PORTS)]),
    fields: &[&KIND],
    signs: &[&MESSAGE],
};

impl Single for CnpIp {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (length, _version, kind) = (u32::from(reader.be16()?), reader.u8()?, reader.u8()?);
        let extension = u32::from(reader.u8()?) * WORD;
        // Data, set-up of devices and channels and routes, acknowledgements, times (EIA-852 §7).
        let known = matches!(kind, 1 | 3 | 4 | 6 | 7 | 8 | 0x60 | 0x63 | 0x64 | 0x66..=0x68 | 0x70..=0x72 | 0x7f);
        let exact = length == opening.wire_len && HEADER + extension <= length;
        (opening.on_port(&PORTS) && exact && known).then(|| Heard::by(&MESSAGE).number(&KIND, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_message_of_exact_length_is_told_on_its_port() {
        let mut message = vec![0, 28, 1, 1, 0, 0, 0, 0];
        message.resize(28, 7);
        let device = Endpoint { port: 1628, ..SERVER };
        let talk: [(Side, &[u8]); 1] = [(Side::Client, &message)];
        assert_eq!(tell_between(&CnpIp, Transport::Udp, CLIENT, device, &talk).number(&KIND), Some(1));
        assert!(tell_between(&CnpIp, Transport::Udp, CLIENT, SERVER, &talk).matched.is_none());
        let cut: [(Side, &[u8]); 1] = [(Side::Client, &message[..27])];
        assert!(tell_between(&CnpIp, Transport::Udp, CLIENT, device, &cut).matched.is_none());
    }
}
