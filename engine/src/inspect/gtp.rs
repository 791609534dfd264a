//! GTP: a mobile network's machines command tunnels (3GPP TS 29.060, TS 29.274) and count what went through (TS 32.295).
//!
//! Recognised on its ports by a header whose length is exact. What is inside a tunnel of users is opened before anything
//! asks here.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The GTP protocol.
pub struct Gtp;

/// Commands, users' packets, and accounts.
const PORTS: [u16; 3] = [2123, 2152, 3386];

/// Version, whether it is of accounts, and bits that are not given out.
const FLAGS: [u8; 19] =
    [0x0e, 0x0f, 0x2e, 0x2f, 0x4e, 0x1e, 0x1f, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x40, 0x48, 0x50, 0x58];

static VERSION: Field = Field::number("gtp.version", "1 or 2 of the commands; 0 of the first networks and of accounts");

// Exact length (48 dB), version and bits (11 dB), kind (5 dB), the port (6 dB); small numbers are common.
static HEADER: Sign = Sign::new("a command between machines of a mobile network (GTP)", 40);

static PROFILE: Profile = Profile {
    name: "gtp",
    title: "GTP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&FLAGS)).on(&PORTS)]),
    fields: &[&VERSION],
    signs: &[&HEADER],
};

impl Single for Gtp {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (flags, kind, length) = (reader.u8()?, reader.u8()?, reader.be16()?);
        let version = flags >> 5;
        let header = match version {
            2 if flags & 0x06 == 0 => 4,
            // Accounts, in their first version with six bytes or twenty, as the last bit says.
            0 if flags & 0x11 == 0 => 20,
            _ if flags & 0x10 == 0 => 6,
            0 => 20,
            _ => 8,
        };
        let exact = u32::from(length) + header == opening.wire_len;
        (opening.on_port(&PORTS) && exact && is_given_out(kind)).then(|| Heard::by(&HEADER).number(&VERSION, version))
    }
}

/// Echoes, sessions, mobility and accounts (TS 29.060 §7.1, TS 29.274 §6.1, TS 32.295 §6.2); 255 is users' packets.
fn is_given_out(kind: u8) -> bool {
    let common = matches!(kind, 1..=7 | 16..=40 | 48..=73 | 95..=104 | 128..=141 | 149..=170);
    common || matches!(kind, 176..=177 | 179..=180 | 200..=201 | 211..=212 | 240..=241 | 254..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn the_length_of_either_version_must_be_exact() {
        let machine = Endpoint { port: 2123, ..SERVER };
        for (version, bytes) in
            [(1, [0x32, 1, 0, 4, 0, 0, 0, 0, 0, 7, 0, 0]), (2, [0x40, 1, 0, 8, 0, 0, 7, 0, 3, 0, 1, 0])]
        {
            let told = tell_between(&Gtp, Transport::Udp, CLIENT, machine, &[(Side::Client, &bytes)]);
            assert_eq!(told.number(&VERSION), Some(version));
            let short = tell_between(&Gtp, Transport::Udp, CLIENT, machine, &[(Side::Client, &bytes[..11])]);
            assert!(short.matched.is_none());
        }
    }
}
