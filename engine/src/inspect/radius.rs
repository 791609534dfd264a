//! RADIUS: who may use the network, asked of a server (RFC 2865, RFC 2866).
//!
//! Recognised by a packet whose length is exact and whose attributes fill it.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The RADIUS protocol.
pub struct Radius;

/// Code, number, length, authenticator.
const HEADER: u16 = 20;
/// The attribute that names who asks.
const USER_NAME: u8 = 1;

static CODE: Field = Field::number("radius.code", "the first packet: 1 may they, 2 yes, 3 no, 4 and 5 accounts");
static USER: Field = Field::text("radius.user", "who wants to use the network");

// Exact length (48 dB), code (12 dB), and attributes whose lengths fill the rest: two on average, 24 dB each at best.
static PACKET: Sign = Sign::new("a RADIUS packet, filled by its attributes", 75);

static PROFILE: Profile = Profile {
    name: "radius",
    title: "RADIUS",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[1812, 1813, 1645, 1646, 3799],
    first: First::Of(&[1, 2, 3, 4, 5, 11, 12, 13, 40, 41, 42, 43, 44, 45]),
    fields: &[&CODE, &USER],
    signs: &[&PACKET],
};

impl Single for Radius {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (code, _number, length) = (reader.u8()?, reader.u8()?, reader.be16()?);
        // An answer without attributes shows too little anywhere but on its port.
        let fits = u32::from(length) == opening.wire_len && (length > HEADER + 2 || opening.on_port(PROFILE.ports));
        reader.skip(16).filter(|()| fits)?;
        let mut user = None;
        while !reader.is_empty() {
            let (kind, length) = (reader.u8()?, reader.u8()?);
            let value = reader.take(usize::from(length).checked_sub(2)?)?;
            if kind == 0 {
                return None;
            }
            if kind == USER_NAME {
                user = Some(value);
            }
        }
        Some(Heard::by(&PACKET).number(&CODE, code).text(&USER, user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn attributes_must_fill_the_packet() {
        let asked = [&[1, 7, 0, 31][..], &[9; 16], &[1, 5, b'a', b'n', b'n', 4, 6, 192, 0, 2, 1]].concat();
        let told = tell(&Radius, Transport::Udp, &[(Side::Client, &asked)]);
        assert_eq!(told.text(&USER).as_deref(), Some("ann"));
        assert_eq!(told.number(&CODE), Some(1));
        let mut other = asked.clone();
        other[21] = 6;
        assert!(tell(&Radius, Transport::Udp, &[(Side::Client, &other)]).matched.is_none());
    }
}
