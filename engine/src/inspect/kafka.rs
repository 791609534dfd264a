//! Kafka: programs leave each other messages in long queues (Kafka protocol guide).
//!
//! Recognised by the header of a request, with the client's name in it.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Kafka protocol.
pub struct Kafka;

/// Highest numbers of a request and of its version, with room for a few years.
const LAST_REQUEST: u16 = 100;
const LAST_VERSION: u16 = 25;
/// Longest name of a client that is waited for.
const LONGEST_NAME: u16 = 249;

static CLIENT: Field = Field::text("kafka.client", "what the client calls itself");

// Length (24 dB), request and version (60 dB), a name in printable letters (5 dB each); small numbers are common.
static REQUEST: Sign = Sign::new("a request to a Kafka server, with the client's name", 70);

static PROFILE: Profile = Profile {
    name: "kafka",
    title: "Kafka",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[9092],
    first: First::Shapes(&[Shape::stream().at(0, Bytes::Of(&[0])).at(4, Bytes::Of(&[0])).at(6, Bytes::Of(&[0]))]),
    fields: &[&CLIENT],
    signs: &[&REQUEST],
};

impl Single for Kafka {
    const LEAST: usize = 14;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (length, request, version) = (reader.be32()?, reader.be16()?, reader.be16()?);
        let (_number, name) = (reader.be32()?, reader.be16()?);
        let small = request <= LAST_REQUEST && version <= LAST_VERSION && (3..=LONGEST_NAME).contains(&name);
        if !small || length >= 1 << 20 || length < 10 + u32::from(name) {
            return None;
        }
        let Some(name) = reader.take(name.into()) else { return Some(Heard::Part) };
        let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        plain.then(|| Heard::by(&REQUEST).text(&CLIENT, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_request_tells_its_client() {
        let request = [&[0, 0, 0, 20, 0, 18, 0, 3, 0, 0, 0, 1, 0, 9][..], b"console-1", &[0]].concat();
        for split in 1..request.len() {
            let (one, two) = request.split_at(split);
            let told = tell(&Kafka, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&CLIENT).as_deref(), Some("console-1"));
        }
    }
}
