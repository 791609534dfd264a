//! EGD: values of a plant, sent to whoever wants them (Ethernet Global Data, GE GFK-2224).
//!
//! Recognised on its port by a header whose reserved word is empty and whose clock is one.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The EGD protocol.
pub struct Egd;

const PORTS: [u16; 1] = [18_246];
/// Data, in the one version that there is.
const DATA: u8 = 13;
const VERSION: u8 = 1;
/// Longest data behind the header of 32 bytes.
const LONGEST: u32 = 1432;
const SECOND: u32 = 1_000_000_000;

static EXCHANGE: Field = Field::number("egd.exchange", "the number of the exchange, as its producer counts them");

// Kind and version (48 dB), a part of a second (6 dB), status in one byte of four (72 dB), a reserved word (96 dB); of small
// numbers much less, and the port (6 dB).
static VALUES: Sign = Sign::new("values of a plant, sent in their turn (EGD)", 60);

static PROFILE: Profile = Profile {
    name: "egd",
    title: "EGD (Ethernet Global Data)",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Shapes(&[Shape::datagram()
        .at(0, Bytes::Of(&[DATA]))
        .at(1, Bytes::Of(&[VERSION]))
        .long(32, 32 + LONGEST)
        .on(&PORTS)]),
    fields: &[&EXCHANGE],
    signs: &[&VALUES],
};

impl Single for Egd {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        // Kind, version, number of the message, producer.
        reader.skip(8)?;
        let (exchange, _seconds, part) = (reader.le32()?, reader.le32()?, reader.le32()?);
        let (status, _signature, reserved) = (reader.le32()?, reader.le32()?, reader.le32()?);
        let fits = part < SECOND && status <= 0xff && reserved == 0 && exchange > 0;
        (opening.on_port(&PORTS) && fits).then(|| Heard::by(&VALUES).number(&EXCHANGE, exchange))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn values_are_told_on_their_port() {
        let mut values = vec![0; 40];
        (values[0], values[1], values[8], values[20]) = (DATA, VERSION, 5, 1);
        let plant = Endpoint { port: 18_246, ..SERVER };
        let talk: [(Side, &[u8]); 1] = [(Side::Client, &values)];
        assert_eq!(tell_between(&Egd, Transport::Udp, CLIENT, plant, &talk).number(&EXCHANGE), Some(5));
        assert!(tell_between(&Egd, Transport::Udp, CLIENT, SERVER, &talk).matched.is_none());
        values[28] = 1;
        let talk: [(Side, &[u8]); 1] = [(Side::Client, &values)];
        assert!(tell_between(&Egd, Transport::Udp, CLIENT, plant, &talk).matched.is_none());
    }
}
