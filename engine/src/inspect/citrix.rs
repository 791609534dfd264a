//! Citrix: programs that run on a server and are shown here, by ICA and the gateway protocol before it (CGP).
//!
//! Recognised by the marks that either opens with. Citrix publishes no format; they are what every reader of them knows.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Citrix protocols.
pub struct Citrix;

// Six fixed bytes: 144 dB.
static MARK: Sign = Sign::new("the mark that Citrix opens with", 95);

static PROFILE: Profile = Profile {
    name: "citrix",
    title: "Citrix",
    category: Category::Remote,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[1494, 2598],
    first: First::Of(&[0x7f, 0x1a]),
    fields: &[],
    signs: &[&MARK],
};

impl Single for Citrix {
    const LEAST: usize = 7;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let marks: [&[u8]; 2] = [b"\x7f\x7fICA\0", b"\x1aCGP/01"];
        marks.iter().any(|mark| opening.bytes.starts_with(mark)).then(|| Heard::by(&MARK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_marks_are_told() {
        for mark in [&b"\x7f\x7fICA\0\x7f\x7fICA\0"[..], b"\x1aCGP/01\0\0"] {
            assert!(tell(&Citrix, Transport::Tcp, &[(Side::Server, mark)]).saw(&MARK));
        }
    }
}
