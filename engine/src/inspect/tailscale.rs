//! Tailscale: how two machines of one owner find a direct way to each other ("disco"; then WireGuard on the same ports).
//!
//! Recognised by the six bytes that each of its messages begins with (`disco.Magic` of its published source).

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// Tailscale's search for a way.
pub struct Tailscale;

static SENDER: Field = Field::bytes("tailscale.sender", "the first sender's public key for this search");

// Six fixed bytes, and room for key, nonce and seal: 1 of 2^48.
static DISCO: Sign = Sign::new("a message by which two Tailscale machines find each other", 130);

static PROFILE: Profile = Profile {
    name: "tailscale",
    title: "Tailscale",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[41_641],
    first: First::Of(b"T"),
    fields: &[&SENDER],
    signs: &[&DISCO],
};

/// "TS" and a speech balloon.
const MAGIC: &[u8] = b"TS\xf0\x9f\x92\xac";
const KEY: usize = 32;
/// Magic, key, nonce, seal, and the two bytes that the shortest message has.
const SHORTEST: u32 = 6 + 32 + 24 + 16 + 2;

impl Protocol for Tailscale {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.bytes.starts_with(MAGIC) && opening.wire_len >= SHORTEST {
            Match::Yes(&DISCO)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Tailscale)
    }
}

impl Parser for Tailscale {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(key) = payload.bytes.strip_prefix(MAGIC).and_then(|rest| rest.get(..KEY)) {
            facts.bytes(&SENDER, key);
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_search_is_told_with_its_sender() {
        let ping = [MAGIC, &[7; 32], &[8; 24], &[9; 30]].concat();
        assert!(tell(&Tailscale, Transport::Udp, &[(Side::Client, &ping)]).has(&SENDER));
        assert!(tell(&Tailscale, Transport::Udp, &[(Side::Client, &ping[..70])]).matched.is_none());
    }
}
