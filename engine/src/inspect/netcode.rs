//! Netcode: games over UDP that encrypt what they say (netcode 1.0, its STANDARD.md).
//!
//! Recognised by the request for a connection, which names the version in words.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The netcode protocol.
pub struct Netcode;

const START: &[u8] = b"\0NETCODE 1.0";

// Twelve fixed bytes.
static REQUEST: Sign = Sign::new("a player asks for a connection to a game (netcode)", 150);

static PROFILE: Profile = Profile {
    name: "netcode",
    title: "Netcode",
    category: Category::Game,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[40000],
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&[0])).at(1, Bytes::Of(b"N")).at(2, Bytes::Of(b"E"))]),
    fields: &[],
    signs: &[&REQUEST],
};

impl Single for Netcode {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        opening.bytes.starts_with(START).then(|| Heard::by(&REQUEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_request_is_told() {
        assert!(tell(&Netcode, Transport::Udp, &[(Side::Client, b"\0NETCODE 1.02\0\0\0")]).saw(&REQUEST));
    }
}
