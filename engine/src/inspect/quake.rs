//! Quake and its many relatives (Call of Duty, Urban Terror, Xonotic …): messages outside a game (Quake III's source).
//!
//! Recognised by the mark and one of the words that servers and lists of servers know.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Quake protocol.
pub struct Quake;

const MARK: [u8; 4] = [0xff; 4];
/// From clients, from servers, and from and to the lists of servers.
const WORDS: [&[u8]; 12] = [
    b"getstatus",
    b"getinfo",
    b"getchallenge",
    b"connect ",
    b"statusResponse",
    b"infoResponse",
    b"challengeResponse",
    b"connectResponse",
    b"getservers",
    b"heartbeat",
    b"print\n",
    b"rcon ",
];

// Five letters and more behind the mark.
static MESSAGE: Sign = Sign::new("a message between a game and its server (Quake's family)", 110);

static PROFILE: Profile = Profile {
    name: "quake",
    title: "Quake family",
    category: Category::Game,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[27960, 26000, 28960],
    first: First::Shapes(&[Shape::datagram()
        .at(0, Bytes::Of(&[0xff]))
        .at(1, Bytes::Of(&[0xff]))
        .at(2, Bytes::Of(&[0xff]))
        .at(3, Bytes::Of(&[0xff]))]),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for Quake {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let message = opening.bytes.strip_prefix(&MARK)?;
        WORDS.iter().any(|word| message.starts_with(word)).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_words_are_told() {
        let question = [&MARK[..], b"getstatus\n"].concat();
        assert!(tell(&Quake, Transport::Udp, &[(Side::Client, &question)]).saw(&MESSAGE));
        assert!(tell(&Quake, Transport::Udp, &[(Side::Client, &question[1..])]).matched.is_none());
    }
}
