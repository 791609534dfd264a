//! The Source engine and its relatives (Half-Life, Counter-Strike, Rust, ARK …): servers are asked how they are (Valve,
//! Server queries).
//!
//! Recognised by the mark of a message outside a game, and a kind whose form is known.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Source engine protocol.
pub struct Source;

/// The mark, alone or before a message in parts.
const MARK: [u8; 4] = [0xff; 4];
const QUESTION: &[u8] = b"TSource Engine Query\0";
/// Mark, kind and a number that proves the address.
const SHORT: u32 = 9;

static SERVER: Field = Field::text("source.server_name", "what the server calls itself");

// Twenty letters behind the mark.
static ASKED: Sign = Sign::new("a game's server is asked how it is (Source engine)", 150);
// The mark (96 dB, but of full bytes), kind (20 dB), size (30 dB) or the form of the answer.
static MESSAGE: Sign = Sign::new("a message between a game and its server (Source engine)", 80);

static PROFILE: Profile = Profile {
    name: "source",
    title: "Source engine",
    category: Category::Game,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[27015, 27016],
    first: First::Shapes(&[Shape::datagram()
        .at(0, Bytes::Of(&[0xff]))
        .at(1, Bytes::Of(&[0xff]))
        .at(2, Bytes::Of(&[0xff]))
        .at(3, Bytes::Of(&[0xff]))]),
    fields: &[&SERVER],
    signs: &[&ASKED, &MESSAGE],
};

impl Single for Source {
    const ANSWERED: bool = true;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let message = opening.bytes.strip_prefix(&MARK)?;
        if message.starts_with(QUESTION) {
            return Some(Heard::by(&ASKED));
        }
        match message.first()? {
            // Players, rules, a challenge; and the challenge itself.
            b'U' | b'V' | b'W' | b'A' if opening.wire_len == SHORT => Some(Heard::by(&MESSAGE)),
            // How it is: version, name, map, folder, game.
            b'I' => {
                let mut words = message.get(2..)?.split(|byte| *byte == 0);
                let name = words.next()?;
                let plain = words.by_ref().take(2).all(|word| word.len() > 1 && word.iter().all(u8::is_ascii_graphic));
                (plain && words.count() > 2).then(|| Heard::by(&MESSAGE).text(&SERVER, name))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_question_and_its_answer_are_told() {
        let question = [&MARK[..], QUESTION].concat();
        assert!(tell(&Source, Transport::Udp, &[(Side::Client, &question)]).saw(&ASKED));
        let answer = [&MARK[..], b"I\x11Our house\0de_dust2\0cstrike\0Counter-Strike\0\xf0\0\x05"].concat();
        let told = tell(&Source, Transport::Udp, &[(Side::Server, &answer)]);
        assert_eq!(told.text(&SERVER).as_deref(), Some("Our house"));
        assert!(tell(&Source, Transport::Udp, &[(Side::Client, &[0xff; 30])]).matched.is_none());
    }
}
