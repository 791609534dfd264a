//! World of Warcraft: its log-on and its worlds (as TrinityCore's source describes them).
//!
//! Recognised by the log-on's first message, and by the words with which a world greets.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The World of Warcraft protocol.
pub struct Wow;

/// Behind a length of two bytes.
const GREETING: &[u8] = b"WORLD OF WARCRAFT CONNECTION - ";
/// Behind kind, mistake and length.
const GAME: &[u8] = b"WoW\0";

// Thirty letters; or four, a kind and a length.
static HELLO: Sign = Sign::new("a player and a world of World of Warcraft greet", 110);

static PROFILE: Profile = Profile {
    name: "wow",
    title: "World of Warcraft",
    category: Category::Game,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[3724, 8085],
    first: First::Shapes(&[
        Shape::stream().at(2, Bytes::Of(b"W")).at(3, Bytes::Of(b"O")),
        Shape::stream().at(0, Bytes::Of(&[0])).at(4, Bytes::Of(b"W")).at(5, Bytes::Of(b"o")),
    ]),
    fields: &[],
    signs: &[&HELLO],
};

impl Single for Wow {
    const LEAST: usize = 8;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let world = opening.bytes.get(2..)?.starts_with(GREETING);
        let log_on = opening.bytes.get(4..)?.starts_with(GAME);
        if world || log_on {
            return Some(Heard::by(&HELLO));
        }
        let begun = opening.bytes.len() < GREETING.len() && GREETING.starts_with(opening.bytes.get(2..)?);
        begun.then_some(Heard::Part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_greetings_are_told() {
        let world = [&[0x30, 0][..], GREETING, b"SERVER TO CLIENT\0"].concat();
        let log_on = [&[0, 8, 0x26, 0][..], GAME, &[3, 3, 5]].concat();
        for hello in [world, log_on] {
            assert!(tell(&Wow, Transport::Tcp, &[(Side::Server, &hello[..6]), (Side::Server, &hello[6..])]).saw(&HELLO));
        }
        assert!(tell(&Wow, Transport::Tcp, &[(Side::Server, &[0; 12])]).matched.is_none());
    }
}
