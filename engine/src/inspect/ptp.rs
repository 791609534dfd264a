//! PTP: clocks of a plant or a studio run together to the microsecond (IEEE 1588).
//!
//! Recognised on its ports by messages of exact length.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The PTP protocol.
pub struct Ptp;

/// What must be answered in time, and everything else.
const PORTS: [u16; 2] = [319, 320];

// Version (12 dB and more), exact length (48 dB), the port (20 dB).
static MESSAGE: Sign = Sign::new("clocks that run together (PTP)", 70);

static PROFILE: Profile = Profile {
    name: "ptp",
    title: "PTP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Shapes(&[Shape::datagram().on(&PORTS)]),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for Ptp {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (kind, version, length) = (reader.u8()?, reader.u8()?, reader.be16()?);
        let known = matches!(kind & 0x0f, 0..=3 | 8..=13) && version & 0x0f == 2;
        // Some pad what they send.
        let fits = length >= 34 && u32::from(length) <= opening.wire_len;
        (opening.on_port(&PORTS) && known && fits).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_clock_is_told_on_its_port() {
        let mut message = vec![0, 2, 0, 44];
        message.resize(44, 0);
        let clock = Endpoint { port: 319, ..SERVER };
        assert!(tell_between(&Ptp, Transport::Udp, CLIENT, clock, &[(Side::Client, &message)]).saw(&MESSAGE));
        assert!(tell_between(&Ptp, Transport::Udp, CLIENT, SERVER, &[(Side::Client, &message)]).matched.is_none());
    }
}
