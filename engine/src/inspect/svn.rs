//! Subversion: programs' sources, by its own server (ra_svn protocol).
//!
//! Recognised by the server's greeting.

use super::single::Greeting;
use super::{Category, First, Layer, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Subversion protocol.
pub struct Svn;

// Twelve letters.
static GREETING: Sign = Sign::new("the greeting of a Subversion server", 150);

static PROFILE: Profile = Profile {
    name: "svn",
    title: "Subversion",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[3690],
    first: First::Of(b"("),
    fields: &[],
    signs: &[&GREETING],
};

impl Greeting for Svn {
    const WORDS: &'static [u8] = b"( success ( ";

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
        let talk: [(Side, &[u8]); 2] =
            [(Side::Server, b"( success"), (Side::Server, b" ( 2 2 ( ) ( edit-pipeline ) ) )")];
        assert!(tell(&Svn, Transport::Tcp, &talk).saw(&GREETING));
    }
}
