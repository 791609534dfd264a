//! Modbus/TCP: a plant's controllers are read and set (Modbus Messaging on TCP/IP, 1.0b).
//!
//! Recognised by a header whose length fits the function that is called.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Modbus protocol.
pub struct Modbus;

const PORT: u16 = 502;

static FUNCTION: Field = Field::number("modbus.function", "what is called first: 1 to 4 read, 5, 6, 15 and 16 write …");

// Protocol (48 dB), length (48 dB), function (18 dB), how many (15 dB); small numbers are common, so that half is claimed.
static READING: Sign = Sign::new("a controller of a plant is read (Modbus)", 60);
// Protocol (48 dB), the length (36 dB), of which less than half is claimed; the port (20 dB).
static ON_PORT: Sign = Sign::new("a Modbus header on its port", 40);

static PROFILE: Profile = Profile {
    name: "modbus",
    title: "Modbus/TCP",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[PORT],
    first: First::Shapes(&[Shape::stream().at(2, Bytes::Of(&[0])).at(3, Bytes::Of(&[0])).at(4, Bytes::Of(&[0]))]),
    fields: &[&FUNCTION],
    signs: &[&READING, &ON_PORT],
};

impl Single for Modbus {
    const LEAST: usize = 8;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (_number, protocol, length) = (reader.be16()?, reader.be16()?, reader.be16()?);
        let (_unit, function) = (reader.u8()?, reader.u8()?);
        if protocol != 0 || !(2..=254).contains(&length) || function == 0 {
            return None;
        }
        if opening.on_port(&[PORT]) {
            // Behind it comes nothing, or another of this protocol.
            return match opening.bytes.get(usize::from(length) + 6..) {
                Some([] | [_, _, 0, 0, ..]) => Some(Heard::by(&ON_PORT).number(&FUNCTION, function)),
                Some(_) => None,
                None => Some(Heard::Part),
            };
        }
        // To read: a place and how many, and nothing more.
        if !(1..=4).contains(&function) || length != 6 || opening.bytes.len() > 12 {
            return None;
        }
        let (Some(_place), Some(count)) = (reader.be16(), reader.be16()) else { return Some(Heard::Part) };
        (1..=2000).contains(&count).then(|| Heard::by(&READING).number(&FUNCTION, function))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_reading_is_told_anywhere_and_other_calls_on_their_port() {
        let reads = [0, 7, 0, 0, 0, 6, 1, 3, 0, 100, 0, 2];
        let told = tell(&Modbus, Transport::Tcp, &[(Side::Client, &reads[..9]), (Side::Client, &reads[9..])]);
        assert_eq!(told.number(&FUNCTION), Some(3));
        let other: [(Side, &[u8]); 1] = [(Side::Client, &[0, 7, 0, 0, 0, 5, 1, 43, 14, 1, 0])];
        assert!(tell(&Modbus, Transport::Tcp, &other).matched.is_none());
        let plant = Endpoint { port: PORT, ..SERVER };
        assert!(tell_between(&Modbus, Transport::Tcp, CLIENT, plant, &other).saw(&ON_PORT));
    }
}
