//! Steam: the store's and its friends' older protocol over UDP, and the search for other computers in the house (as SteamKit's
//! and Wireshark's sources describe them).
//!
//! Recognised by the marks before a message.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Steam protocol.
pub struct Steam;

// Four letters; eight fixed bytes.
static MARK: Sign = Sign::new("a message of Steam's", 95);

static PROFILE: Profile = Profile {
    name: "steam",
    title: "Steam",
    category: Category::Game,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[27017, 27018, 27036],
    first: First::Of(b"V\xff"),
    fields: &[],
    signs: &[&MARK],
};

impl Single for Steam {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let marks: [&[u8]; 2] = [b"VS01", &[0xff, 0xff, 0xff, 0xff, 0x21, 0x4c, 0x5f, 0xa0]];
        let known = marks.iter().any(|mark| opening.bytes.starts_with(mark));
        known.then(|| Heard::by(&MARK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_marks_are_told() {
        for bytes in [&b"VS01\x24\0\x01\0"[..], b"\xff\xff\xff\xff\x21\x4c\x5f\xa0\x0a"] {
            assert!(tell(&Steam, Transport::Udp, &[(Side::Client, bytes)]).saw(&MARK));
        }
    }
}
