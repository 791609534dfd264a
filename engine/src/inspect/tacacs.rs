//! TACACS+: who may command a network's devices, asked of a server (RFC 8907).
//!
//! Recognised by the header before the encrypted part.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The TACACS+ protocol.
pub struct Tacacs;

const PORT: u16 = 49;
/// Longest body that is believed: rights and their arguments.
const LONGEST: u32 = 65_536;

// Version (21 dB), kind (19 dB), first in its session (24 dB), flags (18 dB), length (48 dB); small numbers are
// common, so that half is claimed.
static HEADER: Sign = Sign::new("the header of a TACACS+ session", 60);

static PROFILE: Profile = Profile {
    name: "tacacs",
    title: "TACACS+",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[PORT],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[0xc0, 0xc1]))
        .at(1, Bytes::Range(1, 3))
        .at(2, Bytes::Of(&[1]))]),
    fields: &[],
    signs: &[&HEADER],
};

impl Single for Tacacs {
    const LEAST: usize = 12;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (_version, kind, number, flags) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
        let (_session, length) = (reader.be32()?, reader.be32()?);
        let fits = matches!(kind, 1..=3) && number == 1 && flags & !0x05 == 0 && (5..LONGEST).contains(&length);
        fits.then(|| Heard::by(&HEADER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_first_packet_of_a_session_is_told() {
        let mut bytes = vec![0xc0, 1, 1, 0, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 24];
        bytes.resize(36, 0x5a);
        assert!(tell(&Tacacs, Transport::Tcp, &[(Side::Client, &bytes[..7]), (Side::Client, &bytes[7..])]).saw(&HEADER));
        bytes[2] = 9;
        assert!(tell(&Tacacs, Transport::Tcp, &[(Side::Client, &bytes)]).matched.is_none());
    }
}
