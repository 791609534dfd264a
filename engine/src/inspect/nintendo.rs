//! Nintendo's Pia: players of Nintendo's consoles straight to each other (as the wiki of NintendoClients describes it).
//!
//! Recognised by the mark before every message, in the clear and encrypted.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The protocol of Nintendo's consoles.
pub struct Nintendo;

// Four fixed bytes (96 dB), a known version (12 dB).
static MESSAGE: Sign = Sign::new("players of Nintendo's consoles speak to each other (Pia)", 95);

static PROFILE: Profile = Profile {
    name: "nintendo",
    title: "Nintendo Pia",
    category: Category::Game,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[],
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&[0x32])).at(1, Bytes::Of(&[0xab]))]),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for Nintendo {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        // Behind the mark whether it is encrypted, and since newer versions which version.
        matches!(opening.bytes, [0x32, 0xab, 0x98, 0x64, 1..=2 | 0x80..=0x90, ..]).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_mark_is_told() {
        assert!(tell(&Nintendo, Transport::Udp, &[(Side::Client, &[0x32, 0xab, 0x98, 0x64, 2, 0, 0, 0])]).saw(&MESSAGE));
        assert!(tell(&Nintendo, Transport::Udp, &[(Side::Client, &[0x32, 0xab, 0x98, 0x64, 0x77])]).matched.is_none());
    }
}
