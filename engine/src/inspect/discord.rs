//! Discord voice: the opening of its media flows, in which the client learns its own public address
//! (Discord's developer documentation, "Voice Connections", IP discovery).
//!
//! Recognised by the request or answer of 74 bytes, or by its keep-alives. The RTP that follows is told by its own file.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The Discord voice protocol.
pub struct Discord;

/// Bytes of a request and of its answer.
const DISCOVERY_LEN: u32 = 74;

static SSRC: Field = Field::number("discord.ssrc", "number of the source that the client was given");
static ADDRESS: Field = Field::text("discord.address", "the client's public address, as the server saw it");

// Kind and length (four bytes, 96 dB), and the size of the datagram.
static DISCOVERY: Sign = Sign::new("a Discord request for its own address", 90);
// A fixed word of 96 dB in a datagram of eight bytes.
static KEEP_ALIVE: Sign = Sign::new("a Discord keep-alive", 90);

static PROFILE: Profile = Profile {
    name: "discord",
    title: "Discord voice",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[],
    first: First::Of(&[0x00, 0x13]),
    fields: &[&SSRC, &ADDRESS],
    signs: &[&DISCOVERY, &KEEP_ALIVE],
};

impl Protocol for Discord {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if discovery(opening).is_some() {
            Match::Yes(&DISCOVERY)
        } else if is_keep_alive(opening.bytes) {
            Match::Yes(&KEEP_ALIVE)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Discord)
    }
}

impl Parser for Discord {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if is_keep_alive(payload.bytes) {
            facts.sign(&KEEP_ALIVE);
            return Next::More;
        }
        let Some((source, address)) = discovery(payload) else { return Next::NotMine };
        facts.sign(&DISCOVERY);
        facts.number(&SSRC, source.into());
        if !address.is_empty() {
            facts.text(&ADDRESS, address);
        }
        Next::More
    }
}

/// Kind (1 asks, 2 answers), length of the rest, source, address as text in 64 bytes, port.
fn discovery<'a>(payload: &Payload<'a>) -> Option<(u32, &'a [u8])> {
    let mut reader = Reader::new(payload.bytes);
    let kind = reader.be16()?;
    let length = reader.be16()?;
    let source = reader.be32()?;
    let address = reader.rest();
    let address = address.get(..address.iter().position(|byte| *byte == 0).unwrap_or(64).min(64))?;
    let readable = address.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'));
    let fits = payload.wire_len == DISCOVERY_LEN && length == 70 && matches!(kind, 1 | 2) && readable;
    fits.then_some((source, address))
}

fn is_keep_alive(bytes: &[u8]) -> bool {
    bytes.len() == 8 && bytes.starts_with(&[0x13, 0x37, 0xca, 0xfe])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn discovery_tells_source_and_address_and_leaves_the_media_alone() {
        let mut question = vec![0, 1, 0, 70, 0, 3, 0xcf, 0xa8];
        question.resize(74, 0);
        let mut answer = question.clone();
        answer[1] = 2;
        answer[8..19].copy_from_slice(b"203.0.113.9");
        let rtp = [0x90, 0x78, 0, 1, 0, 0, 0, 1, 0, 3, 0xcf, 0xa8];
        let talk: [(Side, &[u8]); 3] = [(Side::Client, &question), (Side::Server, &answer), (Side::Client, &rtp)];
        let told = tell(&Discord, Transport::Udp, &talk);
        assert_eq!(told.number(&SSRC), Some(0x3_cfa8));
        assert_eq!(told.text(&ADDRESS).as_deref(), Some("203.0.113.9"));
        assert!(matches!(told.last, Next::NotMine));
        assert!(
            tell(&Discord, Transport::Udp, &[(Side::Client, &[0x13, 0x37, 0xca, 0xfe, 1, 0, 0, 0])]).saw(&KEEP_ALIVE)
        );
    }
}
