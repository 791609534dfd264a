//! VTun: a tunnel whose two ends agree over TCP, and carry on there or over UDP (its `auth.c`).
//!
//! Recognised by the line with which the server greets.

use super::single::Greeting;
use super::{Category, First, Layer, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The VTun protocol.
pub struct Vtun;

// Sixteen fixed characters.
static GREETING: Sign = Sign::new("the greeting of a VTun server", 150);

static PROFILE: Profile = Profile {
    name: "vtun",
    title: "VTun",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[5000],
    first: First::Of(b"V"),
    fields: &[],
    signs: &[&GREETING],
};

impl Greeting for Vtun {
    const WORDS: &'static [u8] = b"VTUN server ver ";

    fn greeting() -> (&'static Profile, &'static Sign) {
        (&PROFILE, &GREETING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_greeting_is_told() {
        let said = b"VTUN server ver 3.X 05/14/2022\n";
        assert!(tell(&Vtun, Transport::Tcp, &[(Side::Server, said)]).saw(&GREETING));
        assert!(tell(&Vtun, Transport::Tcp, &[(Side::Server, b"VTUN servant is here")]).matched.is_none());
    }
}
