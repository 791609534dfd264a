//! RTMP: live pictures to and from servers, once Flash's (Adobe's Real Time Messaging Protocol 1.0).
//!
//! Recognised by the client's first flight: version 3, a time, four empty bytes or a version of Flash, and chance up to
//! exactly 1537 bytes, after which it waits.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The RTMP protocol.
pub struct Rtmp;

/// Bytes of the client's first flight.
const FLIGHT: usize = 1537;

// First byte (24 dB), the empty word (96 dB; common elsewhere), exact size (30 dB).
static HELLO: Sign = Sign::new("the first flight of RTMP, of exact size", 60);

static PROFILE: Profile = Profile {
    name: "rtmp",
    title: "RTMP",
    category: Category::Streaming,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[1935],
    first: First::Of(&[0x03]),
    fields: &[],
    signs: &[&HELLO],
};

impl Protocol for Rtmp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        let version = bytes.get(5..9);
        let known = match version {
            // Empty, or 9.0.124.2 and the like.
            Some(version) => matches!(version, [0, 0, 0, 0] | [9..=128, 0 | 1, _, 1..=32]),
            None => true,
        };
        match bytes.len() {
            _ if !known => Match::No,
            FLIGHT => Match::Yes(&HELLO),
            0..FLIGHT => Match::Unsure,
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Rtmp)
    }
}

impl Parser for Rtmp {
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
    fn the_first_flight_is_told_by_its_size() {
        let mut flight = vec![3, 0, 7, 0xaa, 0x57, 0, 0, 0, 0];
        flight.resize(FLIGHT, 0x5d);
        let talk = [(Side::Client, &flight[..1460]), (Side::Client, &flight[1460..])];
        assert!(tell(&Rtmp, Transport::Tcp, &talk).saw(&HELLO));
        flight.push(0);
        assert!(tell(&Rtmp, Transport::Tcp, &[(Side::Client, &flight)]).matched.is_none());
    }
}
