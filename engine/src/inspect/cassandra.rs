//! Cassandra: a database spread over many machines is asked (CQL binary protocol, versions 3 to 5).
//!
//! Recognised by the client's first frame, which asks for the options or starts a session.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The Cassandra protocol.
pub struct Cassandra;

/// Starts a session; asks what there is.
const STARTUP: u8 = 1;
const OPTIONS: u8 = 5;

// Version (19 dB), flags (11 dB), first of the streams (32 dB), operation (21 dB), its exact or small length (40 dB).
static FRAME: Sign = Sign::new("a session with a Cassandra database is opened", 80);

static PROFILE: Profile = Profile {
    name: "cassandra",
    title: "Cassandra",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[9042],
    first: First::Shapes(&[Shape::stream().at(0, Bytes::Range(3, 5)).at(4, Bytes::Of(&[1, 5]))]),
    fields: &[],
    signs: &[&FRAME],
};

impl Single for Cassandra {
    const LEAST: usize = 22;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (_version, flags, stream) = (reader.u8()?, reader.u8()?, reader.be16()?);
        let (operation, length) = (reader.u8()?, reader.be32()?);
        let fits = match operation {
            OPTIONS => length == 0 && reader.is_empty(),
            // A table of words: how many, and the first with its length.
            STARTUP => length < 1024 && reader.rest().get(4..)?.starts_with(b"CQL_VERSION"),
            _ => false,
        };
        (flags & !0x10 == 0 && stream < 256 && fits).then(|| Heard::by(&FRAME))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_first_frames_are_told() {
        let options = [4, 0, 0, 0, 5, 0, 0, 0, 0];
        let startup = [&[4, 0, 0, 1, 1, 0, 0, 0, 22, 0, 1, 0, 11][..], b"CQL_VERSION", &[0, 5], b"3.0.0"].concat();
        for bytes in [&options[..], &startup] {
            assert!(tell(&Cassandra, Transport::Tcp, &[(Side::Client, bytes)]).saw(&FRAME));
        }
        assert!(tell(&Cassandra, Transport::Tcp, &[(Side::Client, &[5, 0, 11, 3, 16, 0, 0, 0, 72])]).matched.is_none());
    }
}
