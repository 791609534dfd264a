//! ZeroMQ: programs pass each other messages without a server between (ZMTP 3, RFC 23).
//!
//! Recognised by the signature that both sides begin with.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The ZMTP protocol.
pub struct Zmtp;

// Nine of ten bytes are fixed (216 dB), but seven of them are empty.
static SIGNATURE: Sign = Sign::new("the signature that ZeroMQ begins with", 90);

static PROFILE: Profile = Profile {
    name: "zmtp",
    title: "ZeroMQ (ZMTP)",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[5555],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[0xff]))
        .at(1, Bytes::Of(&[0]))
        .at(2, Bytes::Of(&[0]))
        .at(3, Bytes::Of(&[0]))]),
    fields: &[],
    signs: &[&SIGNATURE],
};

impl Single for Zmtp {
    const LEAST: usize = 10;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        matches!(opening.bytes, [0xff, 0, 0, 0, 0, 0, 0, 0, _, 0x7f, ..]).then(|| Heard::by(&SIGNATURE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_signature_is_told() {
        let signature = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3];
        assert!(tell(&Zmtp, Transport::Tcp, &[(Side::Client, &signature)]).saw(&SIGNATURE));
        assert!(tell(&Zmtp, Transport::Tcp, &[(Side::Client, &[0xff; 10])]).matched.is_none());
    }
}
