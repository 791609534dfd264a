//! MQTT: sensors and programs publish and subscribe through a broker (OASIS, MQTT 3.1.1 and 5.0).
//!
//! Recognised by the message that connects.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The MQTT protocol.
pub struct Mqtt;

/// The kind of the message that connects, without flags.
const CONNECT: u8 = 0x10;
/// Longest name that is waited for.
const LONGEST_NAME: u16 = 255;

static VERSION: Field = Field::number("mqtt.version", "3 for 3.1, 4 for 3.1.1, 5");
static CLIENT: Field = Field::text("mqtt.client", "what the client calls itself");

// Kind (24 dB), the protocol's name with its length (144 dB), the version.
static SIGN: Sign = Sign::new("a client connects to an MQTT broker", 150);

static PROFILE: Profile = Profile {
    name: "mqtt",
    title: "MQTT",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[1883, 8883],
    first: First::Of(&[CONNECT]),
    fields: &[&VERSION, &CLIENT],
    signs: &[&SIGN],
};

impl Single for Mqtt {
    const LEAST: usize = 14;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        reader.skip(1)?;
        number(&mut reader)?;
        let length = reader.be16()?;
        // The name of 3.1 was longer.
        if !matches!(reader.take(length.into())?, b"MQTT" | b"MQIsdp") {
            return None;
        }
        let version = reader.u8().filter(|version| (3..=5).contains(version))?;
        // Flags, and how long it may be silent.
        let behind = reader.skip(3);
        let client = behind.and_then(|()| client(&mut reader, version));
        let heard = Heard::by(&SIGN).number(&VERSION, version);
        match client {
            Some(name) => Some(heard.text(&CLIENT, name)),
            None if opening.bytes.len() < usize::from(LONGEST_NAME) => Some(Heard::Part),
            None => Some(heard),
        }
    }
}

/// The client's name, behind the properties that version 5 put before it.
fn client<'a>(reader: &mut Reader<'a>, version: u8) -> Option<&'a [u8]> {
    if version == 5 {
        let properties = number(reader)?;
        reader.skip(properties)?;
    }
    let length = reader.be16()?;
    reader.take(length.min(LONGEST_NAME).into())
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn number(reader: &mut Reader<'_>) -> Option<usize> {
    let mut all = 0;
    for place in 0..4 {
        let byte = reader.u8()?;
        all |= usize::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some(all);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_client_that_connects_tells_its_name() {
        for (version, properties) in [(4, &[][..]), (5, &[2, 0x21, 0])] {
            let body = [&[0, 4][..], b"MQTT", &[version, 2, 0, 60], properties, &[0, 6], b"sensor"].concat();
            let bytes = [&[CONNECT, u8::try_from(body.len()).unwrap()], &body[..]].concat();
            for split in 1..bytes.len() {
                let (one, two) = bytes.split_at(split);
                let told = tell(&Mqtt, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
                assert_eq!(told.text(&CLIENT).as_deref(), Some("sensor"));
                assert_eq!(told.number(&VERSION), Some(version.into()));
            }
        }
    }
}
