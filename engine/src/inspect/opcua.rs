//! OPC UA: machines' values and commands, across makers (IEC 62541-6, its binary form over TCP).
//!
//! Recognised by the message that greets, with the address that is asked for.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The OPC UA protocol.
pub struct OpcUa;

/// Greeting; or the channel of a connection that was greeted before.
const HELLO: &[u8] = b"HELF";
const CHANNEL: &[u8] = b"OPNF";
/// Longest address that is waited for.
const LONGEST: u32 = 255;

static ENDPOINT: Field = Field::text("opcua.endpoint", "the address that is asked for: opc.tcp://…");

// Four letters (96 dB), length (40 dB).
static GREETING: Sign = Sign::new("a machine is greeted (OPC UA)", 95);

static PROFILE: Profile = Profile {
    name: "opcua",
    title: "OPC UA",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[4840],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(b"HO"))
        .at(1, Bytes::Of(b"EP"))
        .at(2, Bytes::Of(b"LN"))
        .at(3, Bytes::Of(b"F"))]),
    fields: &[&ENDPOINT],
    signs: &[&GREETING],
};

impl Single for OpcUa {
    const LEAST: usize = 8;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (kind, length) = (reader.take(4)?, reader.le32()?);
        if kind == CHANNEL {
            return (32..1 << 16).contains(&length).then(|| Heard::by(&GREETING));
        }
        if kind != HELLO || !(32..4096).contains(&length) {
            return None;
        }
        // Version, and four sizes.
        let name = reader.skip(20).and_then(|()| reader.le32());
        match name {
            None => Some(Heard::Part),
            Some(name) if name > LONGEST => Some(Heard::by(&GREETING)),
            Some(name) => Some(match reader.take(name as usize) {
                Some(endpoint) => Heard::by(&GREETING).text(&ENDPOINT, endpoint),
                None => Heard::Part,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_greeting_tells_the_address() {
        let greeting = [&b"HELF\x36\0\0\0"[..], &[0; 20], &[22, 0, 0, 0], b"opc.tcp://machine:4840"].concat();
        for split in 1..greeting.len() {
            let (one, two) = greeting.split_at(split);
            let told = tell(&OpcUa, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&ENDPOINT).as_deref(), Some("opc.tcp://machine:4840"));
        }
        assert!(tell(&OpcUa, Transport::Tcp, &[(Side::Client, b"HELO pc.example\r\n")]).matched.is_none());
    }
}
