//! Wake on LAN: a sleeping computer is woken (AMD, Magic Packet Technology).
//!
//! Recognised by six full bytes and one hardware address sixteen times.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Wake on LAN protocol.
pub struct Wol;

/// How often the address stands there, and its length.
const TIMES: usize = 16;
const ADDRESS: usize = 6;

static WOKEN: Field = Field::bytes("wol.address", "the hardware address of who is woken");

// Fifteen repetitions of six bytes.
static MAGIC: Sign = Sign::new("a sleeping computer is woken (Wake on LAN)", 150);

static PROFILE: Profile = Profile {
    name: "wol",
    title: "Wake on LAN",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[7, 9],
    first: First::Shapes(&[Shape::datagram()
        .at(0, Bytes::Of(&[0xff]))
        .at(1, Bytes::Of(&[0xff]))
        .at(2, Bytes::Of(&[0xff]))
        .at(3, Bytes::Of(&[0xff]))]),
    fields: &[&WOKEN],
    signs: &[&MAGIC],
};

impl Single for Wol {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let rest = opening.bytes.strip_prefix(&[0xff; ADDRESS])?;
        let address = rest.get(..ADDRESS)?;
        let repeated = rest.get(..TIMES * ADDRESS)?.chunks(ADDRESS).all(|part| part == address);
        (repeated && address != [0xff; ADDRESS]).then(|| Heard::by(&MAGIC).bytes(&WOKEN, address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_address_must_stand_sixteen_times() {
        let magic = [&[0xff; 6][..], &[0, 1, 2, 3, 4, 5].repeat(16)].concat();
        assert!(tell(&Wol, Transport::Udp, &[(Side::Client, &magic)]).has(&WOKEN));
        assert!(tell(&Wol, Transport::Udp, &[(Side::Client, &magic[..90])]).matched.is_none());
        assert!(tell(&Wol, Transport::Udp, &[(Side::Client, &[0xff; 102])]).matched.is_none());
    }
}
