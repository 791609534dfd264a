//! fastd: a private network over UDP, of community networks above all (its documentation, "Protocol specification").
//!
//! Recognised by a handshake: records of a known kind with their lengths, that fill the datagram exactly. From version 22 on
//! there may be a header of L2TP before it, by which receivers tell it from their data.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The fastd protocol.
pub struct Fastd;

static VERSION: Field = Field::text("fastd.version", "the program's version, as it names itself");

// Two fixed bytes (48 dB), the exact length (48 dB), a chain of records of 16 known kinds with the kind of handshake first.
static HANDSHAKE: Sign = Sign::new("a handshake of fastd, whose records fill it exactly", 110);

static PROFILE: Profile = Profile {
    name: "fastd",
    title: "fastd",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[10_000],
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Of(&[1])).at(1, Bytes::Of(&[0])).at(4, Bytes::Of(&[0])),
        Shape::datagram().at(0, Bytes::Of(&[0xc8])).at(1, Bytes::Of(&[3])).at(12, Bytes::Of(&[1])),
    ]),
    fields: &[&VERSION],
    signs: &[&HANDSHAKE],
};

/// An empty message of L2TP (RFC 2661 §3.1): control, with length and numbers, of version 3, all else zero.
const L2TP: &[u8] = &[0xc8, 3, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0];
const VERSION_NAME: u16 = 0x000d;
const LAST_KIND: u16 = 0x000f;

impl Single for Fastd {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let bytes = opening.bytes.strip_prefix(L2TP).unwrap_or(opening.bytes);
        let mut reader = Reader::new(bytes);
        let (kind, reserved, length) = (reader.u8()?, reader.u8()?, reader.be16()?);
        let whole = usize::from(length) == reader.remaining() && opening.is_whole();
        (kind == 1 && reserved == 0 && whole).then_some(())?;
        let mut version = None;
        // It says first which of the three handshakes it is.
        let (first, one, which) = (reader.le16()?, reader.le16()?, reader.u8()?);
        (first == 0 && one == 1 && (1..=3).contains(&which)).then_some(())?;
        while reader.remaining() > 0 {
            let (kind, length) = (reader.le16()?, reader.le16()?);
            let value = reader.take(length.into())?;
            (kind <= LAST_KIND).then_some(())?;
            version = version.or((kind == VERSION_NAME).then_some(value));
        }
        Some(Heard::by(&HANDSHAKE).text(&VERSION, version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_handshake_is_told_with_and_without_the_header_of_l2tp() {
        let records = [0, 0, 1, 0, 1, 4, 0, 1, 0, 1, 0x0d, 0, 3, 0, b'v', b'2', b'2'];
        let bare = [&[1, 0, 0, 17][..], &records].concat();
        for bytes in [bare.clone(), [L2TP, &bare].concat()] {
            let told = tell(&Fastd, Transport::Udp, &[(Side::Client, &bytes)]);
            assert_eq!(told.text(&VERSION).as_deref(), Some("v22"));
            assert!(tell(&Fastd, Transport::Udp, &[(Side::Client, &bytes[..bytes.len() - 1])]).matched.is_none());
        }
        let strange = [&[1, 0, 0, 9][..], &records[..5], &[0x1f, 0, 0, 0]].concat();
        assert!(tell(&Fastd, Transport::Udp, &[(Side::Client, &strange)]).matched.is_none());
    }
}
