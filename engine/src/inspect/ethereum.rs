//! Ethereum's network of nodes: how they find each other, and the encrypted streams between them.
//!
//! The search (devp2p's discv4) signs datagrams: a hash, a signature whose last byte is 0 or 1, a kind, and a list whose
//! length has to fit. A stream (RLPx, EIP-8) opens with its own length and the mark of an uncompressed point of a curve.
//! The newer search (discv5) hides every byte under the address of the one that is asked, and is not recognised.

use super::noise::is_noise;
use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The Ethereum node protocols.
pub struct Ethereum;

static MESSAGE: Field =
    Field::text("ethereum.message", "the first message: ping, pong, find, neighbours, record, handshake");

// Two of 256, one of 36, and a length that fits in one or two bytes: 21, 16 and 24 or more.
static SEARCH: Sign =
    Sign::new("a signed datagram of Ethereum's search for nodes, whose list has the right length", 60);
// Two bytes of length, 48, and one fixed, 24.
static OPENING: Sign =
    Sign::new("the opening of an encrypted stream between Ethereum nodes: its length, and a key", 60);
static ANSWER: Sign = Sign::new("an answer in the same form", 60);

static PROFILE: Profile = Profile {
    name: "ethereum",
    title: "Ethereum",
    category: Category::Blockchain,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[30303, 30304, 30301],
    first: First::Shapes(&[
        Shape::datagram().at(97, Bytes::Range(1, 6)),
        Shape::stream().at(2, Bytes::Of(&[POINT])),
        Shape::stream().at(0, Bytes::Of(&[POINT])),
    ]),
    fields: &[&MESSAGE],
    signs: &[&SEARCH, &OPENING, &ANSWER],
};

/// Hash and signature before the kind.
const HASH: usize = 32;
const SIGNATURE: usize = 65;
/// Longest datagram of the search.
const LONGEST: u32 = 1280;
/// Mark of an uncompressed point in an encrypted key.
const POINT: u8 = 4;
/// A key, an initial value, a tag: the least around what is encrypted, and the most that padding makes of it.
const OPENINGS: std::ops::RangeInclusive<usize> = 115..=2048;
/// Before EIP-8 an opening and its answer had one length each.
const OLD_OPENING: usize = 307;

impl Protocol for Ethereum {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.transport == Transport::Udp {
            return search(opening).map_or(Match::No, |_| Match::Yes(&SEARCH));
        }
        match stream(opening.bytes) {
            Some(true) => Match::Yes(&OPENING),
            Some(false) => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Handshake>::default()
    }
}

/// What a datagram of the search is.
fn search(payload: &Payload<'_>) -> Option<&'static [u8]> {
    let mut reader = Reader::new(payload.bytes);
    let hash = reader.take(HASH)?;
    let signature = reader.take(SIGNATURE)?;
    let message = match reader.u8()? {
        1 => &b"ping"[..],
        2 => b"pong",
        3 => b"find",
        4 => b"neighbours",
        5 | 6 => b"record",
        _ => return None,
    };
    let behind = payload.wire_len.checked_sub(u32::try_from(reader.position()).ok()?)?;
    let fits = match reader.u8()? {
        short @ 0xc0..=0xf7 => behind == u32::from(short - 0xc0) + 1,
        0xf8 => behind == u32::from(reader.u8()?) + 2,
        0xf9 => behind == u32::from(reader.be16()?) + 3,
        _ => false,
    };
    let signed = signature.last().is_some_and(|last| *last <= 1) && is_noise(hash) && is_noise(signature);
    (fits && signed && payload.wire_len <= LONGEST).then_some(message)
}

/// Whether an opening is a stream's: it is, it may be with more, or it is not.
fn stream(bytes: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(bytes);
    if bytes.len() == OLD_OPENING && reader.peek_u8() == Some(POINT) && is_noise(bytes) {
        return Some(true);
    }
    let (Some(length), Some(mark)) = (reader.be16(), reader.u8()) else { return Some(false) };
    let whole = usize::from(length) + 2;
    if mark != POINT || !OPENINGS.contains(&whole) || bytes.len() > whole || !is_noise(reader.rest()) {
        return None;
    }
    Some(bytes.len() == whole)
}

/// Waits for the answer to an opening.
#[derive(Default)]
struct Handshake {
    opened_by: Option<Side>,
}

impl Parser for Handshake {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.transport == Transport::Udp {
            let Some(message) = search(payload) else { return Next::NotMine };
            facts.text(&MESSAGE, message);
            return Next::Done;
        }
        facts.text(&MESSAGE, b"handshake");
        if self.opened_by.is_none_or(|side| side == payload.side) {
            self.opened_by = Some(payload.side);
            return Next::More;
        }
        // The answer's first segment has to be whole; one that is cut says nothing.
        if stream(payload.bytes) == Some(true) {
            facts.sign(&ANSWER);
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::noise::tests::cipher;
    use crate::inspect::testing::tell;

    #[test]
    fn a_signed_ping_is_told_where_its_list_has_the_right_length() {
        let ping = |length: u8| [&cipher(1, 32)[..], &cipher(2, 64), &[1, 1, 0xc0 + length], &cipher(3, 30)].concat();
        let told = tell(&Ethereum, Transport::Udp, &[(Side::Client, &ping(30))]);
        assert!(told.saw(&SEARCH));
        assert_eq!(told.text(&MESSAGE).unwrap(), "ping");
        assert!(tell(&Ethereum, Transport::Udp, &[(Side::Client, &ping(31))]).matched.is_none());
    }

    #[test]
    fn an_opening_and_its_answer_are_told_by_their_lengths() {
        let opening =
            |seed: u64, length: u16| [&length.to_be_bytes()[..], &[4], &cipher(seed, usize::from(length) - 1)].concat();
        let (asked, answered) = (opening(1, 427), opening(2, 394));
        let told = tell(&Ethereum, Transport::Tcp, &[(Side::Client, &asked), (Side::Server, &answered)]);
        assert!(told.saw(&OPENING) && told.saw(&ANSWER));
        let (one, other) = asked.split_at(100);
        assert!(tell(&Ethereum, Transport::Tcp, &[(Side::Client, one), (Side::Client, other)]).saw(&OPENING));
        let longer = [&asked[..], &[0]].concat();
        assert!(tell(&Ethereum, Transport::Tcp, &[(Side::Client, &longer)]).matched.is_none());
    }
}
