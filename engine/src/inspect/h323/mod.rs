//! H.323: calls by the ITU's rules: H.225 sets them up over TCP, H.245 agrees on media, RAS talks to a gatekeeper over UDP.
//!
//! Recognised by TPKT framing with a Q.931 message inside, and by the object identifiers of H.225 and H.245 at the start of
//! what they say. Both say where control and media will be received, which is passed on (`places.rs`).

mod places;

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape, MOST_KEPT};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The H.323 protocol.
pub struct H323;

/// Version 3, reserved 0 (RFC 1006 §6).
const TPKT: u16 = 0x0300;
/// Its bytes.
const FRAMING: usize = 4;
/// The mark that a message of H.225 begins with (Q.931 §4.2).
const Q931: u8 = 8;
/// itu-t recommendation h 2250 version, as PER writes it.
const H225: [u8; 6] = [0x06, 0x00, 0x08, 0x91, 0x4a, 0x00];
/// itu-t recommendation h 245 version.
const H245: [u8; 6] = [0x06, 0x00, 0x08, 0x81, 0x75, 0x00];
/// Identifiers stand among the first fields.
const NEAR: usize = 32;

static PART: Field = Field::text("h323.part", "h225, h245 or ras");
static MESSAGE: Field = Field::number("h323.message", "the first H.225 message: 5 setup, 7 connect …");

// TPKT (48 dB), length that fits (10 dB), protocol mark, the length of the call number, known kind (60 dB).
static SETUP: Sign = Sign::new("an H.225 message in TPKT framing", 75);
// Six fixed bytes near the start.
static IDENTIFIER: Sign = Sign::new("the object identifier of H.225 or H.245", 96);

static PROFILE: Profile = Profile {
    name: "h323",
    title: "H.323",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[1719, 1720],
    first: First::Shapes(&[Shape::datagram(), Shape::stream().at(0, Bytes::Of(&[3])).at(1, Bytes::Of(&[0]))]),
    fields: &[&PART, &MESSAGE],
    signs: &[&SETUP, &IDENTIFIER],
};

impl Protocol for H323 {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match part(opening) {
            Some(Part::Says(_, _, sign)) => Match::Yes(sign),
            Some(Part::MayBe) => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Talk>::default()
    }
}

/// Longest message that is waited for.
const LONGEST: usize = MOST_KEPT / 4;
/// Channels are opened early; after so many messages of a stream nothing new is expected.
const MOST_MESSAGES: u8 = 200;

/// One flow. What opens a stream was said before the other's messages may be in order, so that each side has its own rest.
#[derive(Default)]
struct Talk {
    kept: [Vec<u8>; 2],
    messages: u8,
}

impl Parser for Talk {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(Part::Says(name, kind, _)) = part(payload) {
            facts.text(&PART, name.as_bytes());
            if let Some(kind) = kind {
                facts.number(&MESSAGE, kind.into());
            }
        }
        if payload.transport == Transport::Udp {
            return Next::Done;
        }
        self.stream(payload, facts)
    }

    fn turned(&mut self) {
        self.kept.reverse();
    }

    fn kept(&self) -> usize {
        self.kept.iter().map(Vec::len).sum()
    }
}

impl Talk {
    fn stream(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some(kept) = self.kept.get_mut(payload.side.index()) else { return Next::Done };
        kept.extend_from_slice(payload.bytes);
        let mut reader = Reader::new(kept);
        let ends = [payload.client, payload.server];
        let mut used = 0;
        while let Some(message) = message(&mut reader) {
            let Ok(message) = message else { return Next::Done };
            let part = if message.first() == Some(&Q931) { places::Part::H225 } else { places::Part::H245 };
            places::announce(message, part, ends, facts);
            self.messages += 1;
            if self.messages >= MOST_MESSAGES {
                return Next::Done;
            }
            used = reader.position();
        }
        kept.drain(..used);
        if kept.len() < LONGEST {
            return Next::More;
        }
        kept.clear();
        Next::Done
    }
}

/// Not the framing of RFC 1006.
struct Unframed;

/// The next message of a stream, if it is there whole.
fn message<'a>(reader: &mut Reader<'a>) -> Option<Result<&'a [u8], Unframed>> {
    let (framing, length) = (reader.be16()?, usize::from(reader.be16()?));
    match length.checked_sub(FRAMING) {
        Some(length) if framing == TPKT => reader.take(length).map(Ok),
        _ => Some(Err(Unframed)),
    }
}

enum Part {
    Says(&'static str, Option<u8>, &'static Sign),
    MayBe,
}

fn part(payload: &Payload<'_>) -> Option<Part> {
    let bytes = payload.bytes;
    let holds = |identifier: &[u8; 6]| {
        let near = bytes.get(..NEAR).unwrap_or(bytes);
        // By its fourth byte first, which is rare: every datagram that nobody knows is searched.
        memchr::memchr(identifier[3], near).is_some_and(|_| near.windows(identifier.len()).any(|six| six == identifier))
    };
    if payload.transport == Transport::Udp {
        return holds(&H225).then_some(Part::Says("ras", None, &IDENTIFIER));
    }
    if bytes.len() < 9 {
        return [3, 0].starts_with(bytes.get(..bytes.len().min(2))?).then_some(Part::MayBe);
    }
    let mut reader = Reader::new(bytes);
    let (framing, length) = (reader.be16()?, usize::from(reader.be16()?));
    // Another frame may follow where this one ends, with the same mark.
    let fits = length >= 9 && bytes.get(length).is_none_or(|first| *first == 3);
    if framing != TPKT || !fits {
        return None;
    }
    if let Some(kind) = q931(&mut reader.clone()) {
        return Some(Part::Says("h225", Some(kind), &SETUP));
    }
    holds(&H245).then_some(Part::Says("h245", None, &IDENTIFIER))
}

/// Protocol mark 8, the call's number with its length before it, and the message's kind (Q.931 §4).
fn q931(reader: &mut Reader<'_>) -> Option<u8> {
    let mark = reader.u8()?;
    // H.225 always gives the number two bytes.
    let length = reader.u8()?;
    reader.skip(2)?;
    let kind = reader.u8()?;
    let known = matches!(kind, 0x01..=0x03 | 0x05 | 0x07 | 0x0d | 0x0f | 0x5a | 0x62 | 0x6e | 0x75 | 0x7b | 0x7d);
    (mark == Q931 && length == 2 && known).then_some(kind)
}

#[cfg(test)]
mod tests;
