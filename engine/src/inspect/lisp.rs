//! LISP: routers ask where an address lives, and pack packets for there (RFC 9300, RFC 9301).
//!
//! Recognised on its ports: what routers say to each other by the fields of its kind; packed packets by the header of IP inside.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::{be16, Reader};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The LISP protocol.
pub struct Lisp;

/// Packed packets, and what routers say to each other.
const DATA: u16 = 4341;
const CONTROL: u16 = 4342;
const PORTS: [u16; 2] = [DATA, CONTROL];
/// Families of addresses: none, IPv4, IPv6, and LISP's own list of more (RFC 9301 §5.1, RFC 8060).
const FAMILIES: [u16; 4] = [0, 1, 2, 16_387];
/// Most records of one message.
const MOST_RECORDS: u8 = 32;

static KIND: Field =
    Field::number("lisp.kind", "the first message: 1 question, 2 answer, 3 registration, 4 its answer, 8 packed");

// Kind and its reserved bits (20 dB), number of records (9 dB), a family of addresses (42 dB) or the length of a proof
// (48 dB); of small numbers less, and the port (6 dB).
static MESSAGE: Sign = Sign::new("routers ask or say where addresses live (LISP)", 45);
// Flags (9 dB), a header of IP with its exact length (60 dB), the port; of small numbers much less.
static PACKED: Sign = Sign::new("a packet that a router packed for another (LISP)", 44);

static PROFILE: Profile = Profile {
    name: "lisp",
    title: "LISP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Shapes(&[Shape::datagram().on(&PORTS)]),
    fields: &[&KIND],
    signs: &[&MESSAGE, &PACKED],
};

impl Single for Lisp {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        if opening.on_port(&[CONTROL]) {
            let kind = message(opening)?;
            return Some(Heard::by(&MESSAGE).number(&KIND, kind));
        }
        (opening.on_port(&[DATA]) && packed(opening.bytes.get(8..)?, opening.wire_len)).then(|| Heard::by(&PACKED))
    }
}

/// The kind of a message between routers.
fn message(opening: &Payload<'_>) -> Option<u8> {
    let mut reader = Reader::new(opening.bytes);
    let (kind, reserved) = (reader.u8()? >> 4, reader.be16()?);
    let records = reader.u8()?;
    let counted = (1..=MOST_RECORDS).contains(&records);
    // A number drawn by lot follows, but in a packed message.
    let fits = match kind {
        1 => {
            reader.skip(8)?;
            reserved & 0x01e0 == 0 && counted && FAMILIES.contains(&reader.be16()?)
        }
        2 => {
            reader.skip(8)?;
            reserved == 0 && counted && is_record(&mut reader)?
        }
        3 | 4 => {
            reader.skip(10)?;
            let proof = reader.be16()?;
            reader.skip(proof.into())?;
            matches!(proof, 0 | 12 | 16 | 20 | 32) && counted && is_record(&mut reader)?
        }
        8 => packed(reader.rest(), opening.wire_len),
        _ => false,
    };
    fits.then_some(kind)
}

/// Where one range of addresses lives (RFC 9301 §5.4).
fn is_record(reader: &mut Reader<'_>) -> Option<bool> {
    let (_life, _locators, mask) = (reader.be32()?, reader.u8()?, reader.u8()?);
    let (_action, version, family) = (reader.be16()?, reader.be16()?, reader.be16()?);
    Some(mask <= 128 && version & 0xf000 == 0 && FAMILIES.contains(&family))
}

/// Whether a packet of IP begins here that fills a datagram of this length behind LISP's header.
fn packed(packet: &[u8], datagram: u32) -> bool {
    let length = match packet.first() {
        Some(0x45..=0x4f) => be16(packet, 2).map(u32::from),
        Some(0x60..=0x6f) => be16(packet, 4).map(|behind| u32::from(behind) + 40),
        _ => None,
    };
    length.is_some_and(|length| length >= 20 && (length + 8 == datagram || length + 4 == datagram))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, Told, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    fn told(bytes: &[u8], port: u16) -> Told {
        tell_between(&Lisp, Transport::Udp, CLIENT, Endpoint { port, ..SERVER }, &[(Side::Client, bytes)])
    }

    #[test]
    fn messages_are_told_on_their_port() {
        let question = [&[0x10, 0, 0, 1][..], &[7; 8], &[0, 1, 10, 0, 0, 1, 0, 1]].concat();
        let proof = [9; 20];
        let record = [0, 0, 0, 60, 1, 32, 0x10, 0, 0, 0, 0, 1, 10, 0, 0, 1];
        let registration = [&[0x38, 0, 1, 1][..], &[7; 8], &[0, 1, 0, 20], &proof, &record].concat();
        for (kind, message) in [(1, question), (3, registration)] {
            assert_eq!(told(&message, CONTROL).number(&KIND), Some(kind));
            assert!(told(&message, 443).matched.is_none());
        }
    }

    #[test]
    fn a_packed_packet_is_told_by_its_length() {
        let mut packed = vec![0x80, 1, 2, 3, 0, 0, 0, 0, 0x45, 0, 0, 28];
        packed.resize(36, 0);
        assert!(told(&packed, DATA).saw(&PACKED));
        packed.push(0);
        assert!(told(&packed, DATA).matched.is_none());
    }
}
