//! RakNet: games over UDP, Minecraft's on telephones and consoles, and Roblox among them (RakNet's source).
//!
//! Recognised by the sixteen bytes that mark every message before a connection. Roblox has kinds of its own.

use memchr::memmem;

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The RakNet protocol.
pub struct RakNet;

const MARK: [u8; 16] = [0, 0xff, 0xff, 0, 0xfe, 0xfe, 0xfe, 0xfe, 0xfd, 0xfd, 0xfd, 0xfd, 0x12, 0x34, 0x56, 0x78];
/// How far behind the kind the mark stands at most: a time, a number, or a route.
const NEAR: usize = 64;
/// The answer to a search, which names the game and the server.
const ANSWER: u8 = 0x1c;

static SERVER: Field = Field::text("raknet.server", "what a server says of itself: MCPE;name;version …");

// Sixteen fixed bytes, at one of few places.
static MESSAGE: Sign = Sign::new("a message before a connection between a game and its server (RakNet)", 150);

static PROFILE: Profile = Profile {
    name: "raknet",
    title: "RakNet",
    category: Category::Game,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[19132, 19133],
    first: First::Of(&[1, 2, 5, 6, 7, 8, 0x14, 0x19, ANSWER, 0x78, 0x79, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e]),
    fields: &[&SERVER],
    signs: &[&MESSAGE],
};

impl Single for RakNet {
    const ANSWERED: bool = true;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let near = opening.bytes.get(..opening.bytes.len().min(NEAR))?;
        let at = memmem::find(near, &MARK)?;
        let mut reader = Reader::new(opening.bytes.get(at + MARK.len()..)?);
        let server = (opening.bytes.first() == Some(&ANSWER)).then(|| {
            let length = reader.be16()?;
            reader.take(length.into())
        });
        Some(Heard::by(&MESSAGE).text(&SERVER, server.flatten()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_search_s_answer_names_the_server() {
        let words = b"MCPE;Our house;100;2.0.15;0;20";
        let answer = [&[ANSWER][..], &[7; 16], &MARK, &[0, 30], words].concat();
        assert_eq!(
            tell(&RakNet, Transport::Udp, &[(Side::Server, &answer)]).text(&SERVER).unwrap(),
            "MCPE;Our house;100;2.0.15;0;20"
        );
        let opens = [&[5][..], &MARK, &[6, 0, 0]].concat();
        assert!(tell(&RakNet, Transport::Udp, &[(Side::Client, &opens)]).saw(&MESSAGE));
        assert!(tell(&RakNet, Transport::Udp, &[(Side::Client, &opens[..16])]).matched.is_none());
    }
}
