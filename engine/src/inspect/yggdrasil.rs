//! Yggdrasil: a network of IPv6 laid over others, in which every node passes on (`src/core/version.go`).
//!
//! Recognised by the words with which both ends of a link begin: "meta", the protocol's version, a public key.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Yggdrasil protocol.
pub struct Yggdrasil;

static VERSION: Field = Field::text("yggdrasil.version", "version of the protocol");

// Four letters (96 dB) and a version (40 dB); a word that texts may begin with.
static GREETING: Sign = Sign::new("the words that open a link of Yggdrasil", 110);

static PROFILE: Profile = Profile {
    name: "yggdrasil",
    title: "Yggdrasil",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[],
    first: First::Of(b"m"),
    fields: &[&VERSION],
    signs: &[&GREETING],
};

/// Version 0.5: a length, then numbered fields with lengths, of which the first is the version's first number.
const FIRST_FIELD: (u16, u16) = (0, 2);
/// A key, a signature and what else is small.
const FIELDS: std::ops::RangeInclusive<u16> = 100..=400;

impl Single for Yggdrasil {
    const LEAST: usize = 10;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes.strip_prefix(b"meta")?);
        let said = reader.be16()?;
        let next = (reader.be16()?, reader.be16()?);
        let version: &[u8] = match said {
            // Version 0.4: two numbers and a key.
            4 => b"0.4",
            _ if FIELDS.contains(&said) && next == FIRST_FIELD => b"0.5",
            _ => return None,
        };
        Some(Heard::by(&GREETING).text(&VERSION, version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_versions_are_told_wherever_they_are_split() {
        let old = [&b"meta\0\x04"[..], &[7; 32]].concat();
        let new = [&b"meta\0\x87\0\0\0\x02\0\0\0\x01\0\x02\0\x05"[..], &[7; 120]].concat();
        for (bytes, version) in [(old, "0.4"), (new, "0.5")] {
            for cut in 1..bytes.len() {
                let (one, two) = bytes.split_at(cut);
                let told = tell(&Yggdrasil, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
                assert_eq!(told.text(&VERSION).as_deref(), Some(version), "{cut}");
            }
        }
        assert!(tell(&Yggdrasil, Transport::Tcp, &[(Side::Client, b"metadata is what this is")]).matched.is_none());
    }
}
