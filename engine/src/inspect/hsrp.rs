//! HSRP: routers agree which of them stands in for a failed one (RFC 2281, and Cisco's version 2).
//!
//! Recognised on its ports by a message whose fields are all in range.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The HSRP protocol.
pub struct Hsrp;

/// Over IPv4, and over IPv6.
const PORTS: [u16; 2] = [1985, 2029];

static VERSION: Field = Field::number("hsrp.version", "1 or 2");

// Version, operation, state (60 dB), a word (20 dB), exact length, the port (6 dB); small numbers are common.
static MESSAGE: Sign = Sign::new("routers that stand in for each other (HSRP)", 50);

static PROFILE: Profile = Profile {
    name: "hsrp",
    title: "HSRP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&[0, 1])).on(&PORTS)]),
    fields: &[&VERSION],
    signs: &[&MESSAGE],
};

impl Single for Hsrp {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let version: u8 = match opening.bytes {
            // Operation, state, times, place in the row, group, nothing; then a password, mostly "cisco".
            [0, 0..=3, 0 | 1 | 2 | 4 | 8 | 16, hello, hold, _, _, 0, rest @ ..] => {
                let word = rest.get(..8)?;
                let end = word.iter().position(|byte| *byte == 0).unwrap_or(8);
                let plain =
                    word.iter().take(end).all(u8::is_ascii_graphic) && word.iter().skip(end).all(|byte| *byte == 0);
                if opening.wire_len != 20 || hold <= hello || end < 2 || !plain {
                    return None;
                }
                1
            }
            // All that stands in a field of kind 1 and 40 bytes.
            [1, 40, 2, 0..=3, 0..=6, 4 | 6, ..] if opening.wire_len >= 42 => 2,
            _ => return None,
        };
        opening.on_port(&PORTS).then(|| Heard::by(&MESSAGE).number(&VERSION, version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn both_versions_are_told() {
        let old = [&[0, 0, 16, 3, 10, 100, 1, 0][..], b"cisco\0\0\0", &[192, 0, 2, 1]].concat();
        let new = [&[1, 40, 2, 0, 6, 4, 0, 1][..], &[0; 34]].concat();
        for (version, bytes) in [(1, &old), (2, &new)] {
            let router = Endpoint { port: 1985, ..SERVER };
            let told = tell_between(&Hsrp, Transport::Udp, CLIENT, router, &[(Side::Client, bytes)]);
            assert_eq!(told.number(&VERSION), Some(version));
        }
    }
}
