//! Munin: machines tell a server how they are, in lines (Munin node protocol).
//!
//! Recognised by the line that a machine greets with.

use super::single::Greeting;
use super::{Category, First, Layer, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Munin protocol.
pub struct Munin;

// Sixteen letters.
static GREETING: Sign = Sign::new("the greeting of a machine that Munin watches", 150);

static PROFILE: Profile = Profile {
    name: "munin",
    title: "Munin",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[4949],
    first: First::Of(b"#"),
    fields: &[],
    signs: &[&GREETING],
};

impl Greeting for Munin {
    const WORDS: &'static [u8] = b"# munin node at ";

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
    fn the_greeting_is_told() {
        let talk: [(Side, &[u8]); 2] = [(Side::Server, b"# munin"), (Side::Server, b" node at pc\n")];
        assert!(tell(&Munin, Transport::Tcp, &talk).saw(&GREETING));
    }
}
