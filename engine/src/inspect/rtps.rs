//! RTPS: robots' and machines' parts publish and subscribe (OMG, DDS Interoperability Wire Protocol).
//!
//! Recognised by the header of a message.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The RTPS protocol.
pub struct Rtps;

// Four letters and the version (96 + 40 dB).
static HEADER: Sign = Sign::new("parts of a machine publish and subscribe (RTPS)", 110);

static PROFILE: Profile = Profile {
    name: "rtps",
    title: "RTPS (DDS)",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[7400, 7401, 7410, 7411],
    first: First::Of(b"R"),
    fields: &[],
    signs: &[&HEADER],
};

impl Single for Rtps {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        // Version 1 or 2, and its part.
        matches!(opening.bytes, [b'R', b'T', b'P', b'S', 1 | 2, 0..=9, ..]).then(|| Heard::by(&HEADER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_header_is_told() {
        assert!(tell(&Rtps, Transport::Udp, &[(Side::Client, b"RTPS\x02\x01\x01\x01NDDSPING")]).saw(&HEADER));
        assert!(tell(&Rtps, Transport::Udp, &[(Side::Client, b"RTPS and others")]).matched.is_none());
    }
}
