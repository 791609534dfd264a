//! BFCP: who may speak in a conference (RFC 8855), over TCP and UDP.
//!
//! Recognised by an answer that repeats the conference, transaction and user of the question, or by messages whose length
//! is exact.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The BFCP protocol.
pub struct Bfcp;

/// Bytes before the attributes.
const HEADER: usize = 12;

static PRIMITIVE: Field = Field::number("bfcp.primitive", "kind of the first message: 1 floor request, 11 hello …");

// Eight bytes repeated (192 dB) and two known kinds.
static ECHO: Sign = Sign::new("a BFCP answer to the question of the other side", 96);
// Version and kind (3 of 8 bits and 18 of 256: 20 dB), exact length in words (48 dB), less what small
// numbers are worth.
static MESSAGE: Sign = Sign::new("a BFCP message with the exact length", 38);

static PROFILE: Profile = Profile {
    name: "bfcp",
    title: "BFCP",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[],
    first: First::Range(0x20, 0x5f),
    fields: &[&PRIMITIVE],
    signs: &[&ECHO, &MESSAGE],
};

impl Protocol for Bfcp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let Some(message) = header(opening.bytes) else {
            return if begins(opening) { Match::Unsure } else { Match::No };
        };
        let asked = header(opening.other).map(|other| other.ids);
        if asked == Some(message.ids) {
            return Match::Yes(&ECHO);
        }
        if message.is_exact(opening) {
            Match::Yes(&MESSAGE)
        } else {
            // The answer may prove what the question alone does not.
            Match::Unsure
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Bfcp)
    }
}

impl Parser for Bfcp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(message) = header(payload.bytes) {
            facts.number(&PRIMITIVE, message.primitive.into());
        }
        Next::Done
    }
}

struct Message {
    primitive: u8,
    words: u16,
    /// Conference, transaction and user.
    ids: [u8; 8],
}

impl Message {
    fn is_exact(&self, payload: &Payload<'_>) -> bool {
        payload.is_whole() && payload.bytes.len() == HEADER + usize::from(self.words) * 4
    }
}

fn header(bytes: &[u8]) -> Option<Message> {
    let mut reader = Reader::new(bytes);
    let (first, primitive) = (reader.u8()?, reader.u8()?);
    let words = reader.be16()?;
    let ids: [u8; 8] = reader.array()?;
    // A conference is never 0 (RFC 8855 §5.1).
    let known = is_first(first) && is_primitive(primitive) && words <= 256;
    (known && !ids.starts_with(&[0; 4])).then_some(Message { primitive, words, ids })
}

/// Version 1 over TCP, 2 over UDP; then two flags and three empty bits (RFC 8855 §5.1).
const fn is_first(byte: u8) -> bool {
    matches!(byte >> 5, 1 | 2) && byte.trailing_zeros() >= 3
}

const fn is_primitive(byte: u8) -> bool {
    matches!(byte, 1..=18)
}

/// Whether a stream's first bytes may become a header.
fn begins(opening: &Payload<'_>) -> bool {
    let fits = match opening.bytes {
        [first] => is_first(*first),
        [first, primitive, ..] => is_first(*first) && is_primitive(*primitive),
        [] => false,
    };
    opening.transport == Transport::Tcp && opening.bytes.len() < HEADER && fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn an_answer_proves_the_question() {
        let hello = [0x20, 11, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3];
        let answer = [0x20, 12, 0, 1, 0, 0, 0, 1, 0, 2, 0, 3];
        let told = tell(&Bfcp, Transport::Tcp, &[(Side::Client, &hello[..11]), (Side::Client, &hello[11..])]);
        assert!(told.saw(&MESSAGE));
        let unsure = [0x20, 11, 0, 9, 0, 0, 0, 1, 0, 2, 0, 3];
        let told = tell(&Bfcp, Transport::Udp, &[(Side::Client, &unsure), (Side::Server, &answer)]);
        assert!(told.saw(&ECHO));
    }
}
