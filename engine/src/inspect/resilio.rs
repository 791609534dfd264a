//! Resilio Sync, once BitTorrent Sync: folders kept the same on many machines.
//!
//! Recognised by its search of the local network, a mark of six bytes before a bencoded message. What the peers say then
//! is µTP or an encrypted stream, and shows as such.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The Resilio Sync protocol.
pub struct Resilio;

// Six fixed bytes and the beginning of a dictionary.
static SEARCH: Sign = Sign::new("Resilio Sync's search of the local network", 90);

static PROFILE: Profile = Profile {
    name: "resilio",
    title: "Resilio Sync",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[3838],
    first: First::Of(b"B"),
    fields: &[],
    signs: &[&SEARCH],
};

impl Protocol for Resilio {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.bytes.starts_with(b"BSYNC\0d") {
            Match::Yes(&SEARCH)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Resilio)
    }
}

impl Parser for Resilio {
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
    fn a_search_is_told() {
        let told = tell(&Resilio, Transport::Udp, &[(Side::Client, b"BSYNC\0d1:m4:ping4:peer20:")]);
        assert!(told.saw(&SEARCH));
        assert!(tell(&Resilio, Transport::Udp, &[(Side::Client, b"BSYNC and so on")]).matched.is_none());
    }
}
