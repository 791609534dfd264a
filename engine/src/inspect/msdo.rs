//! Delivery Optimization: computers of Windows give each other parts of updates (MS-DO, as Microsoft describes its use).
//!
//! Recognised by the handshake between two computers. It is a swarm, if an innocent one: a company may want it inside and not
//! outside.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Delivery Optimization protocol.
pub struct Msdo;

const HANDSHAKE: &[u8] = b"\x0eSwarm protocol";

// Fifteen fixed bytes.
static SWARM: Sign = Sign::new("computers give each other parts of Windows' updates (Delivery Optimization)", 150);

static PROFILE: Profile = Profile {
    name: "msdo",
    title: "Delivery Optimization",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[7680],
    first: First::Shapes(&[Shape::stream().at(0, Bytes::Of(&[0x0e])).at(1, Bytes::Of(b"S"))]),
    fields: &[],
    signs: &[&SWARM],
};

impl Single for Msdo {
    const LEAST: usize = HANDSHAKE.len();

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        opening.bytes.starts_with(HANDSHAKE).then(|| Heard::by(&SWARM))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_handshake_is_told() {
        let handshake = [HANDSHAKE, &[0; 60]].concat();
        assert!(tell(&Msdo, Transport::Tcp, &[(Side::Client, &handshake[..5]), (Side::Client, &handshake[5..])])
            .saw(&SWARM));
    }
}
