//! ZeroTier: a switch for machines anywhere, from peer to peer (its published `Packet.hpp`).
//!
//! Recognised by its greeting, the one message that is not encrypted: both addresses, the cipher, the verb and the version.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The ZeroTier protocol.
pub struct ZeroTier;

static VERSION: Field = Field::text("zerotier.version", "version of the program that greets");

// Cipher, verb and protocol version are small numbers, 28; a clock that is right 1 of 2^17 even so.
static HELLO: Sign = Sign::new("a ZeroTier greeting with a clock that is right", 80);

static PROFILE: Profile = Profile {
    name: "zerotier",
    title: "ZeroTier",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[9993],
    first: First::Shapes(&[Shape::datagram().at(27, Bytes::Of(&[VERB_HELLO]))]),
    fields: &[&VERSION],
    signs: &[&HELLO],
};

/// Packet number, both addresses.
const HEAD: usize = 18;
/// "No encryption, but a seal", in bits 3 to 5; hops below them.
const SEALED_ONLY: u8 = 0;
const SEAL: usize = 8;
const VERB_HELLO: u8 = 1;
/// How wrong a clock may be, in milliseconds.
const CLOCK: u64 = 30 * 86_400_000;

impl Protocol for ZeroTier {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        hello(opening).map_or(Match::No, |_| Match::Yes(&HELLO))
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(ZeroTier)
    }
}

/// The program's version.
fn hello(payload: &Payload<'_>) -> Option<[u8; 2]> {
    const MILLI: u64 = crate::packet::Time::MILLI;
    let mut reader = Reader::new(payload.bytes);
    reader.skip(HEAD)?;
    let flags = reader.u8()?;
    reader.skip(SEAL)?;
    let (verb, protocol) = (reader.u8()?, reader.u8()?);
    if flags & 0xf8 != SEALED_ONLY || verb != VERB_HELLO || !(4..=20).contains(&protocol) {
        return None;
    }
    let version = [reader.u8()?, reader.u8()?];
    reader.skip(2)?;
    let clock = reader.be64()?;
    (clock.abs_diff(payload.time.0 / MILLI) < CLOCK).then_some(version)
}

impl Parser for ZeroTier {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some([major, minor]) = hello(payload) {
            facts.text(&VERSION, format!("{major}.{minor}").as_bytes());
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    fn greeting(clock: [u8; 8]) -> Vec<u8> {
        [&[5; HEAD][..], &[0], &[6; SEAL], &[VERB_HELLO, 12, 1, 14, 0, 2], &clock, &[7; 60]].concat()
    }

    #[test]
    fn a_greeting_is_told_where_its_clock_is_right() {
        // The tests' clock starts at 0.
        let told = tell(&ZeroTier, Transport::Udp, &[(Side::Client, &greeting([0, 0, 0, 0, 0, 1, 0, 0]))]);
        assert_eq!(told.text(&VERSION).as_deref(), Some("1.14"));
        let wrong = greeting([0, 0, 9, 0, 0, 0, 0, 0]);
        assert!(tell(&ZeroTier, Transport::Udp, &[(Side::Client, &wrong)]).matched.is_none());
    }
}
