//! X11: windows of a program that runs on another computer (X Window System Protocol, version 11).
//!
//! Recognised by the message that a program opens its display with.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The X11 protocol.
pub struct X11;

// Byte order (21 dB), six fixed bytes (144 dB), and lengths of a name that is usual.
static SETUP: Sign = Sign::new("a program that opens its windows on another screen (X11)", 95);

static PROFILE: Profile = Profile {
    name: "x11",
    title: "X11",
    category: Category::Remote,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[6000, 6001, 6002],
    first: First::Of(b"lB"),
    fields: &[],
    signs: &[&SETUP],
};

impl Single for X11 {
    const LEAST: usize = 12;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        // Order, unused, version 11.0, lengths of the name and the data of who asks, unused.
        let known = matches!(
            opening.bytes.get(..Self::LEAST)?,
            [b'l', 0, 11, 0, 0, 0, 0..=32, 0, 0..=64, 0, 0, 0] | [b'B', 0, 0, 11, 0, 0, 0, 0..=32, 0, 0..=64, 0, 0]
        );
        known.then(|| Heard::by(&SETUP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_byte_orders_are_told() {
        for setup in [[b'l', 0, 11, 0, 0, 0, 18, 0, 16, 0, 0, 0], [b'B', 0, 0, 11, 0, 0, 0, 18, 0, 16, 0, 0]] {
            assert!(tell(&X11, Transport::Tcp, &[(Side::Client, &setup)]).saw(&SETUP));
        }
    }
}
