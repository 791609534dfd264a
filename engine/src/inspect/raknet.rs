//! RakNet: games over UDP, Minecraft's on telephones and consoles, and Roblox among them (RakNet's source).
//!
//! Recognised by the sixteen bytes that mark every message before a connection (Roblox has kinds of its own); where those went by
//! unseen, by the messages or acknowledgements that fill a datagram of a connection.

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

// Kind (15 dB), and one or more frames whose flags and lengths lead to the exact end (20 dB): of small numbers less.
static CONNECTED: Sign = Sign::new("numbered messages that fill a datagram (RakNet)", 34);
// Kind (24 dB), the number of ranges (48 dB) and an exact length.
static RECEIVED: Sign = Sign::new("numbers of the datagrams that came (RakNet)", 50);

static PROFILE: Profile = Profile {
    name: "raknet",
    title: "RakNet",
    category: Category::Game,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[19132, 19133],
    first: First::Of(&[
        1, 2, 5, 6, 7, 8, 0x14, 0x19, ANSWER, 0x78, 0x79, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e, 0x84, 0x88, 0x8c, 0xa0, 0xc0,
    ]),
    fields: &[&SERVER],
    signs: &[&MESSAGE, &CONNECTED, &RECEIVED],
};

impl Single for RakNet {
    const ANSWERED: bool = true;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        if matches!(opening.bytes.first(), Some(0x80..)) {
            return connected(opening).map(Heard::by);
        }
        let near = opening.bytes.get(..NEAR).unwrap_or(opening.bytes);
        let mut ends = memchr::memchr_iter(MARK[15], near).map(|at| at + 1);
        let end = ends.find(|end| near.get(..*end).is_some_and(|until| until.ends_with(&MARK)))?;
        let mut reader = Reader::new(opening.bytes.get(end..)?);
        let server = (opening.bytes.first() == Some(&ANSWER)).then(|| {
            let length = reader.be16()?;
            reader.take(length.into())
        });
        Some(Heard::by(&MESSAGE).text(&SERVER, server.flatten()))
    }
}

/// What a datagram of a connection is, where all of it is read and fits.
fn connected(opening: &Payload<'_>) -> Option<&'static Sign> {
    let mut reader = Reader::new(opening.bytes);
    let received = reader.u8()? & 0x60 != 0;
    if !opening.is_whole() {
        return None;
    }
    if received {
        let ranges = reader.be16()?;
        (0..ranges).try_for_each(|_| range(&mut reader))?;
        return (ranges > 0 && reader.is_empty()).then_some(&RECEIVED);
    }
    let _number = number(&mut reader)?;
    while !reader.is_empty() {
        frame(&mut reader)?;
    }
    Some(&CONNECTED)
}

/// Three bytes, the lowest first.
fn number(reader: &mut Reader<'_>) -> Option<u32> {
    let [low, middle, high] = reader.array()?;
    Some(u32::from_le_bytes([low, middle, high, 0]))
}

/// One number, or the first and the last of several.
fn range(reader: &mut Reader<'_>) -> Option<()> {
    match reader.u8()? {
        1 => reader.skip(3),
        0 => {
            let (first, last) = (number(reader)?, number(reader)?);
            (first < last).then_some(())
        }
        _ => None,
    }
}

/// One message: how it is to be delivered, its length in bits, its numbers, and where it is a part, of what.
fn frame(reader: &mut Reader<'_>) -> Option<()> {
    let flags = reader.u8()?;
    let (delivery, is_part, unused) = (flags >> 5, flags & 0x10 != 0, flags & 0x0f);
    let bits = reader.be16()?;
    let plain = unused == 0 && bits > 0 && bits.is_multiple_of(8);
    // Reliable ones have a number, sequenced ones another, ordered ones a third and a channel (RakNet, ReliabilityLayer).
    let numbered = if matches!(delivery, 2 | 3 | 4 | 6 | 7) { 3 } else { 0 };
    let sequenced = if matches!(delivery, 1 | 4) { 3 } else { 0 };
    let ordered = if matches!(delivery, 1 | 3 | 4 | 7) { 4 } else { 0 };
    let part = if is_part { 10 } else { 0 };
    reader.skip(numbered + sequenced + ordered + part + usize::from(bits / 8))?;
    plain.then_some(())
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

    #[test]
    fn a_connection_that_was_open_before_is_told_by_what_fills_its_datagrams() {
        let message = [&[0x84, 1, 0, 0, 0x40, 0, 16, 5, 0, 0, 9, 9][..], &[0, 0, 8, 7]].concat();
        assert!(tell(&RakNet, Transport::Udp, &[(Side::Client, &message)]).saw(&CONNECTED));
        let received = [0xc0, 0, 2, 1, 5, 0, 0, 0, 7, 0, 0, 9, 0, 0];
        assert!(tell(&RakNet, Transport::Udp, &[(Side::Server, &received)]).saw(&RECEIVED));
        for cut in [&message[..11], &received[..13]] {
            assert!(tell(&RakNet, Transport::Udp, &[(Side::Client, cut)]).matched.is_none());
        }
    }
}
