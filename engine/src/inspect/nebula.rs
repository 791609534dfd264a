//! Nebula: a private network of machines that know each other by certificates (its published `header/header.go`).
//!
//! Recognised by the first message of its handshake, whose header is all fixed.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The Nebula protocol.
pub struct Nebula;

// Sixteen bytes, all fixed; but all small numbers.
static HANDSHAKE: Sign = Sign::new("the first message of a Nebula handshake", 80);

static PROFILE: Profile = Profile {
    name: "nebula",
    title: "Nebula",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[4242],
    first: First::Of(&[0x10]),
    fields: &[],
    signs: &[&HANDSHAKE],
};

/// Version 1, handshake, its first pattern, nothing reserved, nobody's index yet, message 1.
const FIRST_MESSAGE: &[u8] = &[0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

impl Protocol for Nebula {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.bytes.starts_with(FIRST_MESSAGE) && opening.bytes.len() > FIRST_MESSAGE.len() {
            Match::Yes(&HANDSHAKE)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Nebula)
    }
}

impl Parser for Nebula {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        facts.client_is(payload.side);
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_handshake_is_recognised_by_its_header() {
        let first = [FIRST_MESSAGE, &[9; 100]].concat();
        assert!(tell(&Nebula, Transport::Udp, &[(Side::Client, &first)]).saw(&HANDSHAKE));
        assert!(tell(&Nebula, Transport::Udp, &[(Side::Client, &first[1..])]).matched.is_none());
    }
}
