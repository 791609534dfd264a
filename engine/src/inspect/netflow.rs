//! NetFlow and IPFIX: routers report the flows that passed them (RFC 3954, RFC 7011).
//!
//! Recognised by the header of a report: of version 5 the number of records gives the length, of 10 it is told, of 9 the
//! sets inside must fit.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::{be32, Reader};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The NetFlow protocol.
pub struct NetFlow;

static VERSION: Field = Field::number("netflow.version", "5 or 9; 10 is IPFIX");

// Version (48 dB), and a length that is exact or a set that fits (36 dB at least), and a time; small numbers are common.
static REPORT: Sign = Sign::new("a router's report of what passed it (NetFlow)", 50);

static PROFILE: Profile = Profile {
    name: "netflow",
    title: "NetFlow (IPFIX)",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[2055, 4739, 9995, 9996],
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&[0])).at(1, Bytes::Of(&[5, 9, 10]))]),
    fields: &[&VERSION],
    signs: &[&REPORT],
};

/// Header and record of version 5.
const HEADER: u32 = 24;
const RECORD: u32 = 48;
/// The first second of 2000.
const THIS_CENTURY: u32 = 946_684_800;

impl Single for NetFlow {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (version, count) = (reader.be16()?, reader.be16()?);
        // When it was sent: of the newest behind the length, else behind how long the router runs.
        let recent = be32(opening.bytes, if version == 10 { 4 } else { 8 })? > THIS_CENTURY;
        let fits = match version {
            5 => (1..=30).contains(&count) && opening.wire_len == HEADER + RECORD * u32::from(count),
            9 => reader.skip(16).is_some() && (1..=512).contains(&count) && set(reader, 0),
            10 => u32::from(count) == opening.wire_len && reader.skip(12).is_some() && set(reader, 2),
            _ => false,
        } && recent;
        fits.then(|| Heard::by(&REPORT).number(&VERSION, version))
    }
}

/// Whether a set begins: templates, in two numbers from `first` on, or data of the templates from 256 on.
fn set(mut reader: Reader<'_>, first: u16) -> bool {
    let (Some(id), Some(length)) = (reader.be16(), reader.be16()) else { return false };
    let known = id == first || id == first + 1 || id >= 256;
    known && length >= 8 && usize::from(length) <= reader.remaining() + 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn each_version_has_its_own_proof() {
        let mut five = vec![0, 5, 0, 1];
        five.resize(72, 0x60);
        let nine = [&[0, 9, 0, 1][..], &[0x60; 16], &[1, 0, 0, 8, 1, 2, 3, 4]].concat();
        let ten = [&[0, 10, 0, 24][..], &[0x60; 12], &[0, 2, 0, 8, 1, 2, 3, 4]].concat();
        for (version, bytes) in [(5, &five), (9, &nine), (10, &ten)] {
            let told = tell(&NetFlow, Transport::Udp, &[(Side::Client, bytes)]);
            assert_eq!(told.number(&VERSION), Some(version));
            assert!(tell(&NetFlow, Transport::Udp, &[(Side::Client, &bytes[1..])]).matched.is_none());
        }
    }
}
