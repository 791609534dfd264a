//! Spotify: its programs in one house look for each other.
//!
//! Recognised by the eight letters that each search begins with. Spotify publishes no format; seen in captures.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Spotify protocol.
pub struct Spotify;

// Eight letters.
static SEARCH: Sign = Sign::new("Spotify's programs look for each other", 150);

static PROFILE: Profile = Profile {
    name: "spotify",
    title: "Spotify search",
    category: Category::Streaming,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[57621],
    first: First::Of(b"S"),
    fields: &[],
    signs: &[&SEARCH],
};

impl Single for Spotify {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        opening.bytes.starts_with(b"SpotUdp0").then(|| Heard::by(&SEARCH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_search_is_told() {
        assert!(tell(&Spotify, Transport::Udp, &[(Side::Client, b"SpotUdp0\x12\x34")]).saw(&SEARCH));
    }
}
