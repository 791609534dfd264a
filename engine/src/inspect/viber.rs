//! Viber: the media relay of its calls, over UDP.
//!
//! Recognised by messages of known kind and size that share their first two bytes with those of the other side. Documented
//! by the programs that recognise it, and seen in captures; its maker publishes no format. Its relay also speaks TURN, and
//! its messages go through TLS: those are told by names.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The Viber protocol.
pub struct Viber;

// Kind and size fit on both sides (40 dB each), and two bytes are repeated (48 dB).
static BOTH: Sign = Sign::new("messages of a Viber relay, both sides of one session", 90);
// Two bytes of the kind (48 dB) and the size (16 dB) on random bytes; small numbers there are common.
static MESSAGE: Sign = Sign::new("a message of a Viber relay of known kind and size", 32);

static PROFILE: Profile = Profile {
    name: "viber",
    title: "Viber",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[7985, 7987],
    first: First::Any,
    fields: &[],
    signs: &[&BOTH, &MESSAGE],
};

impl Protocol for Viber {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let Some(session) = session(opening.bytes, opening.wire_len) else { return Match::No };
        if opening.other.starts_with(&session) && opening.other.get(3) == Some(&0) {
            Match::Yes(&BOTH)
        } else {
            Match::Yes(&MESSAGE)
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Viber)
    }
}

impl Parser for Viber {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(session) = session(payload.bytes, payload.wire_len) {
            if payload.other.starts_with(&session) && payload.other.get(3) == Some(&0) {
                facts.sign(&BOTH);
                return Next::Done;
            }
        }
        Next::More
    }
}

/// Number of the session: the first two bytes; then the kind, least significant byte first, that decides the size.
fn session(bytes: &[u8], length: u32) -> Option<[u8; 2]> {
    let mut reader = Reader::new(bytes);
    let session: [u8; 2] = reader.array()?;
    let kind = reader.le16()?;
    let fits = match kind {
        // The request: its first field is 5 in every capture.
        0x01 => length > 200 && reader.le16()? == 5,
        0x03 => length == 12,
        0x09 | 0x1a => length == 20,
        0x0b | 0x19 => length == 34,
        0x0c => length == 76,
        0x11 => length == 18,
        _ => false,
    };
    (fits && session != [0, 0]).then_some(session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_sides_of_a_session_prove_it() {
        let ping = [&[0xed, 0xf6, 9, 0][..], &[0x33; 16]].concat();
        let answer = [&[0xed, 0xf6, 0x0b, 0][..], &[0x44; 30]].concat();
        let told = tell(&Viber, Transport::Udp, &[(Side::Client, &ping), (Side::Server, &answer)]);
        assert!(told.saw(&BOTH));
        let stranger = [&[0xed, 0xf7, 0x0b, 0][..], &[0x44; 30]].concat();
        let told = tell(&Viber, Transport::Udp, &[(Side::Client, &ping), (Side::Server, &stranger)]);
        assert!(told.saw(&MESSAGE) && !told.saw(&BOTH));
    }
}
