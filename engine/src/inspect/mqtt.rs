//! MQTT: sensors and programs publish and subscribe through a broker (OASIS, MQTT 3.1.1 and 5.0).
//!
//! Recognised by the message that connects; on its port also, where that went by unseen, by one that publishes.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The MQTT protocol.
pub struct Mqtt;

/// The kind of the message that connects, without flags.
const CONNECT: u8 = 0x10;
/// The kinds of message that publishes, with every wish for safe delivery that there is.
const PUBLISH: &[u8] = &[0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3a, 0x3b, 0x3c, 0x3d];
/// Where brokers listen.
const PORTS: [u16; 1] = [1883];
/// Longest name that is waited for.
const LONGEST_NAME: u16 = 255;

static VERSION: Field = Field::number("mqtt.version", "3 for 3.1, 4 for 3.1.1, 5");
static CLIENT: Field = Field::text("mqtt.client", "what the client calls itself");

// Kind (24 dB), the protocol's name with its length (144 dB), the version.
static SIGN: Sign = Sign::new("a client connects to an MQTT broker", 150);

// Kind (14 dB), a length that leads to the end or to another kind (14 dB), a topic of printable letters with its length (30 dB),
// and the port (6 dB).
static PUBLISHED: Sign = Sign::new("a message is published, on the port of MQTT", 60);

static PROFILE: Profile = Profile {
    name: "mqtt",
    title: "MQTT",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[1883, 8883],
    first: First::Shapes(&[
        Shape::stream().at(0, Bytes::Of(&[CONNECT])),
        Shape::stream().at(0, Bytes::Of(PUBLISH)).on(&PORTS),
    ]),
    fields: &[&VERSION, &CLIENT],
    signs: &[&SIGN, &PUBLISHED],
};

impl Single for Mqtt {
    const LEAST: usize = 14;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        if reader.u8()? != CONNECT {
            return published(opening.bytes);
        }
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

/// Messages that publish, one behind the other (MQTT 3.1.1 §3.3); the last may be cut.
fn published<'a>(bytes: &[u8]) -> Option<Heard<'a>> {
    let (mut reader, mut whole) = (Reader::new(bytes), 0);
    while let Some(kind) = reader.u8() {
        if !PUBLISH.contains(&kind) {
            return None;
        }
        let Some(mut message) = number(&mut reader).and_then(|length| reader.sub(length)) else { break };
        if !is_plain(&mut message)? {
            return None;
        }
        whole += 1;
    }
    match whole {
        0 if bytes.len() < usize::from(LONGEST_NAME) => Some(Heard::Part),
        0 => None,
        _ => Some(Heard::by(&PUBLISHED)),
    }
}

/// Whether a message begins with a topic: wildcards are for those who subscribe.
fn is_plain(message: &mut Reader<'_>) -> Option<bool> {
    /// `a/b` at least.
    const SHORTEST_TOPIC: usize = 3;
    let length = message.be16()?;
    let topic = message.take(length.into())?;
    let plain = topic.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'+' | b'#'));
    Some(topic.len() >= SHORTEST_TOPIC && plain)
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
    use crate::inspect::testing::{self, tell, tell_between, SERVER};
    use crate::packet::{Endpoint, Side};

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

    #[test]
    fn what_is_published_is_told_on_the_port_where_brokers_listen() {
        let broker = Endpoint { port: 1883, ..SERVER };
        let published =
            [&[0x30, 13, 0, 6][..], b"room/1", b"21.5\n", &[0x32, 9, 0, 3], b"a/b", &[0, 7], b"on"].concat();
        let heard = |bytes| tell_between(&Mqtt, Transport::Tcp, testing::CLIENT, broker, &[(Side::Client, bytes)]);
        assert!(heard(&published).saw(&PUBLISHED));
        assert!(heard(&published[..20]).saw(&PUBLISHED), "the second is cut by the segment");
        assert!(heard(&published[..14]).matched.is_none(), "none is whole");
        assert!(tell(&Mqtt, Transport::Tcp, &[(Side::Client, &published)]).matched.is_none());
    }
}
