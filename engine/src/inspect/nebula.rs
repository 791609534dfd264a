//! Nebula: a private network of machines that know each other by certificates (its published `header/header.go`).
//!
//! Recognised by the first message of its handshake, whose header is all fixed, by the answer to it, and on its port by what
//! later messages have fixed.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The Nebula protocol.
pub struct Nebula;

// Sixteen bytes, all fixed; but all small numbers.
static HANDSHAKE: Sign = Sign::new("the first message of a Nebula handshake", 80);
// Eight of sixteen bytes fixed, the rest of the counter empty; all small numbers.
static LATER: Sign = Sign::new("a later message of Nebula, by its header, on its port", 44);

static PROFILE: Profile = Profile {
    name: "nebula",
    title: "Nebula",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[PORT],
    first: First::Of(&[0x10, 0x11, 0x13, 0x14]),
    fields: &[],
    signs: &[&HANDSHAKE, &LATER],
};

const PORT: u16 = 4242;
/// Header and seal.
const SHORTEST: u32 = 16 + 16;
/// More than a day of any line's packets.
const MOST_MESSAGES: u64 = 1 << 32;
/// Version 1, handshake, its first pattern, nothing reserved, nobody's index yet, message 1.
const FIRST_MESSAGE: &[u8] = &[0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

impl Protocol for Nebula {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.bytes.starts_with(FIRST_MESSAGE) && opening.bytes.len() > FIRST_MESSAGE.len() {
            Match::Yes(&HANDSHAKE)
        } else if is_later(opening) {
            Match::Yes(&LATER)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Nebula)
    }
}

/// Version 1 and the kind: handshake, message, question to a lighthouse, test; its kind within that; nothing reserved; the
/// receiver's index; a counter from 1 on.
fn is_later(payload: &Payload<'_>) -> bool {
    let mut reader = Reader::new(payload.bytes);
    let head = reader.be32();
    let kind = matches!(head, Some(0x1000_0000 | 0x1100_0000 | 0x1101_0000 | 0x1300_0000 | 0x1400_0000 | 0x1401_0000));
    let index = reader.be32().is_some_and(|index| index > 0xffff);
    let counter = reader.be64().is_some_and(|counter| (1..MOST_MESSAGES).contains(&counter));
    payload.on_port(&[PORT]) && kind && index && counter && payload.wire_len >= SHORTEST
}

impl Parser for Nebula {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.bytes.starts_with(FIRST_MESSAGE) {
            facts.client_is(payload.side);
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_handshake_is_recognised_by_its_header() {
        let first = [FIRST_MESSAGE, &[9; 100]].concat();
        assert!(tell(&Nebula, Transport::Udp, &[(Side::Client, &first)]).saw(&HANDSHAKE));
        assert!(tell(&Nebula, Transport::Udp, &[(Side::Client, &first[1..])]).matched.is_none());
    }

    #[test]
    fn a_later_message_counts_on_its_port_only() {
        let message = [&[0x11, 0, 0, 0, 0x5b, 0xd2, 0x11, 0x9e, 0, 0, 0, 0, 0, 0, 0, 7][..], &[9; 40]].concat();
        let server = Endpoint { port: PORT, ..SERVER };
        let told = tell_between(&Nebula, Transport::Udp, CLIENT, server, &[(Side::Client, &message)]);
        assert!(told.saw(&LATER));
        assert!(tell(&Nebula, Transport::Udp, &[(Side::Client, &message)]).matched.is_none());
    }
}
