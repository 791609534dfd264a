//! Gearman: work is handed out to many machines (Gearman protocol).
//!
//! Recognised by the mark of requests and answers, and a kind that is known.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Gearman protocol.
pub struct Gearman;

// Mark (96 dB), kind (75 dB), length (24 dB).
static PACKET: Sign = Sign::new("work is handed out (Gearman)", 95);

static PROFILE: Profile = Profile {
    name: "gearman",
    title: "Gearman",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[4730],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[0]))
        .at(1, Bytes::Of(b"R"))
        .at(2, Bytes::Of(b"E"))
        .at(3, Bytes::Of(b"QS"))]),
    fields: &[],
    signs: &[&PACKET],
};

impl Single for Gearman {
    const LEAST: usize = 9;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let known = matches!(opening.bytes, [0, b'R', b'E', b'Q' | b'S', 0, 0, 0, 1..=48, 0, ..]);
        known.then(|| Heard::by(&PACKET))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_request_is_told() {
        let request = b"\0REQ\0\0\0\x01\0\0\0\x02wc";
        assert!(tell(&Gearman, Transport::Tcp, &[(Side::Client, &request[..5]), (Side::Client, &request[5..])])
            .saw(&PACKET));
        assert!(tell(&Gearman, Transport::Tcp, &[(Side::Client, b"\0REQUEST")]).matched.is_none());
    }
}
