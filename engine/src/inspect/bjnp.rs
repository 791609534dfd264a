//! BJNP: Canon's printers and scanners are found and used.
//!
//! Recognised by the mark before every message. Canon publishes no format; it is documented by the drivers of CUPS and SANE
//! that speak it.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The BJNP protocol.
pub struct Bjnp;

// Four letters, and the kinds of device and command (33 dB).
static MESSAGE: Sign = Sign::new("a Canon printer is looked for or used (BJNP)", 110);

static PROFILE: Profile = Profile {
    name: "bjnp",
    title: "BJNP",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[8611, 8612, 8613, 8614],
    first: First::Of(b"BM"),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for Bjnp {
    const LEAST: usize = 6;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let rest = [&b"BJNP"[..], b"BJNB", b"MFNP"].iter().find_map(|mark| opening.bytes.strip_prefix(*mark))?;
        // Printer or scanner, and whether it answers; then the command.
        matches!(rest, [1 | 2 | 0x81 | 0x82, 0..=0x30, ..]).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_search_is_told() {
        let search = b"BJNP\x01\x01\0\0\0\0\0\0\0\0\0\0";
        assert!(tell(&Bjnp, Transport::Udp, &[(Side::Client, search)]).saw(&MESSAGE));
        assert!(tell(&Bjnp, Transport::Udp, &[(Side::Client, b"BJNPxx")]).matched.is_none());
    }
}
