//! OSCAR: the messengers AIM and ICQ (their makers' FLAP and SNAC framing, as the OSCAR documentation of the free clients
//! describes it).
//!
//! Recognised by the frame that signs a connection on: mark, channel 1, a length, and version 1; one that was joined late by
//! frames that lead to the exact end.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The OSCAR protocol.
pub struct Oscar;

/// The mark `*` and channel 1.
const SIGN_ON_FRAME: u16 = 0x2a01;

// Mark and channel (48 dB) and a version of four bytes (26 dB: they are small numbers).
static SIGN_ON: Sign = Sign::new("the frame that signs on to OSCAR", 74);
// Mark (24 dB), one of four channels (18 dB), an exact length (48 dB), a family of 2^16 that is a small number.
static FRAMES: Sign = Sign::new("frames of OSCAR that end where the payload does", 65);

static PROFILE: Profile = Profile {
    name: "oscar",
    title: "OSCAR",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[5190],
    first: First::Of(&[0x2a]),
    fields: &[],
    signs: &[&SIGN_ON, &FRAMES],
};

impl Protocol for Oscar {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let mut reader = Reader::new(opening.bytes);
        let (Some(mark), Some(_), Some(length), Some(version)) =
            (reader.be16(), reader.be16(), reader.be16(), reader.be32())
        else {
            let begun = [0x2a, 1].starts_with(opening.bytes.get(..opening.bytes.len().min(2)).unwrap_or_default());
            return if begun { Match::Unsure } else { frames(opening.bytes) };
        };
        if mark == SIGN_ON_FRAME && version == 1 && (4..=2048).contains(&length) {
            Match::Yes(&SIGN_ON)
        } else {
            frames(opening.bytes)
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Oscar)
    }
}

/// Mark, channel, number, length: data, which begins with a family of services, or the sign that one is still there.
fn frames(bytes: &[u8]) -> Match {
    let (mut reader, mut families) = (Reader::new(bytes), 0);
    while let Some(mark) = reader.be16() {
        let (Some(_), Some(length)) = (reader.be16(), reader.be16()) else { return Match::No };
        let Some(data) = reader.take(length.into()) else { return Match::No };
        families += match (mark, data) {
            // Family and kind of the message (SNAC); families are numbered from 1 on.
            (0x2a02, [0, 1..=0x25, 0, _, ..]) if data.len() >= SNAC => 1,
            (0x2a05, []) => 0,
            _ => return Match::No,
        };
    }
    if families > 0 && reader.is_empty() {
        Match::Yes(&FRAMES)
    } else {
        Match::No
    }
}

/// Bytes before the data of a service's message.
const SNAC: usize = 10;

impl Parser for Oscar {
    fn feed(&mut self, _payload: &Payload<'_>, _facts: &mut Facts<'_>) -> Next {
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_sign_on_is_told_wherever_it_is_split() {
        let bytes = [0x2a, 1, 0x12, 0x34, 0, 4, 0, 0, 0, 1];
        for split in 1..bytes.len() {
            let (one, two) = bytes.split_at(split);
            assert!(tell(&Oscar, Transport::Tcp, &[(Side::Server, one), (Side::Server, two)]).saw(&SIGN_ON));
        }
    }

    #[test]
    fn frames_that_lead_to_the_end_are_told_and_others_are_not() {
        let frames = [0x2a, 2, 0, 9, 0, 10, 0, 4, 0, 7, 0, 0, 0, 0, 0, 1, 0x2a, 5, 0, 10, 0, 0];
        assert!(tell(&Oscar, Transport::Tcp, &[(Side::Server, &frames)]).saw(&FRAMES));
        assert!(tell(&Oscar, Transport::Tcp, &[(Side::Server, &frames[..20])]).matched.is_none());
    }
}
