//! Rsync: files are brought up to date, by its own server (rsync daemon protocol).
//!
//! Recognised by the line that both sides begin with.

use super::single::Greeting;
use super::{Category, First, Layer, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The rsync protocol.
pub struct Rsync;

// Nine letters.
static GREETING: Sign = Sign::new("the line that rsync begins with", 150);

static PROFILE: Profile = Profile {
    name: "rsync",
    title: "rsync",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[873],
    first: First::Of(b"@"),
    fields: &[],
    signs: &[&GREETING],
};

impl Greeting for Rsync {
    const WORDS: &'static [u8] = b"@RSYNCD: ";

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
        assert!(tell(&Rsync, Transport::Tcp, &[(Side::Server, b"@RSYN"), (Side::Server, b"CD: 31.0\n")]).saw(&GREETING));
    }
}
