//! Oracle's databases: a session by its Transparent Network Substrate (TNS).
//!
//! Recognised by the packet that opens a session, which describes what it wants in words. Oracle publishes no format; it
//! is documented by the readers of it.

use memchr::memmem;

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Oracle protocol.
pub struct Oracle;

static SERVICE: Field = Field::text("oracle.service", "the database that is asked for");

// Kind and empty fields (120 dB), versions (20 dB), words.
static CONNECT: Sign = Sign::new("a session with an Oracle database is opened", 95);

static PROFILE: Profile = Profile {
    name: "oracle",
    title: "Oracle (TNS)",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[1521],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Range(0, 4))
        .at(2, Bytes::Of(&[0]))
        .at(3, Bytes::Of(&[0]))
        .at(4, Bytes::Of(&[1]))]),
    fields: &[&SERVICE],
    signs: &[&CONNECT],
};

/// Longest description that is waited for.
const LONGEST: usize = 1024;
/// What stands before the database's name, newer and older.
const NAMES: [&[u8]; 2] = [b"SERVICE_NAME=", b"SID="];

impl Single for Oracle {
    const LEAST: usize = 12;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (length, sum, kind, reserved) = (reader.be16()?, reader.be16()?, reader.u8()?, reader.u8()?);
        let (own_sum, version, compatible) = (reader.be16()?, reader.be16()?, reader.be16()?);
        let plain = sum == 0 && kind == 1 && reserved == 0 && own_sum == 0;
        let known = (300..400).contains(&version) && (100..=version).contains(&compatible);
        let length = usize::from(length);
        if !(plain && known && (58..=LONGEST).contains(&length)) {
            return None;
        }
        let Some(packet) = opening.bytes.get(..length) else { return Some(Heard::Part) };
        Some(Heard::by(&CONNECT).text(&SERVICE, service(packet)))
    }
}

fn service(packet: &[u8]) -> Option<&[u8]> {
    let name = NAMES.iter().find_map(|name| packet.get(memmem::find(packet, name)? + name.len()..))?;
    name.split(|byte| *byte == b')').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_session_tells_its_database() {
        let words = b"(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=books)(CID=(USER=ann))))";
        let mut packet = vec![0, 0, 0, 0, 1, 0, 0, 0, 1, 0x3c, 1, 0x2c];
        packet.resize(58, 0);
        packet.extend_from_slice(words);
        packet[1] = u8::try_from(packet.len()).unwrap();
        for split in 1..packet.len() {
            let (one, two) = packet.split_at(split);
            let told = tell(&Oracle, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&SERVICE).as_deref(), Some("books"));
        }
    }
}
