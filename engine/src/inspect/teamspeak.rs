//! TeamSpeak 3 and later: voice for groups, mostly of players, over UDP.
//!
//! Recognised by the eight letters in place of the authentication code that every packet of the first exchange has
//! (the ts3protocol document of the TSLib project).

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The TeamSpeak protocol.
pub struct Teamspeak;

/// What the first packets have where later ones have their code.
const MARK: &[u8; 8] = b"TS3INIT1";

static VERSION: Field = Field::number(
    "teamspeak.client_version",
    "seconds since 1970 at which the client's version was built, less 1356998400",
);

// Eight letters of 24 dB each.
static INIT: Sign = Sign::new("the first exchange of TeamSpeak 3", 96);

static PROFILE: Profile = Profile {
    name: "teamspeak",
    title: "TeamSpeak",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[9987],
    first: First::Of(b"T"),
    fields: &[&VERSION],
    signs: &[&INIT],
};

impl Protocol for Teamspeak {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.bytes.starts_with(MARK) {
            Match::Yes(&INIT)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Teamspeak)
    }
}

impl Parser for Teamspeak {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let mut reader = Reader::new(payload.bytes);
        // Packet number 101, client number 0 (client only), flags 0x88, then the version.
        if payload.side == Side::Client && reader.skip(MARK.len() + 5).is_some() {
            if let Some(version) = reader.be32() {
                facts.number(&VERSION, version.into());
            }
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    #[test]
    fn the_first_exchange_is_told() {
        let bytes = [&MARK[..], &[0, 101, 0, 0, 0x88, 0x0d, 0xd0, 0x57, 0x66, 0]].concat();
        let told = tell(&Teamspeak, Transport::Udp, &[(Side::Client, &bytes)]);
        assert!(told.saw(&INIT));
        assert_eq!(told.number(&VERSION), Some(0x0dd0_5766));
    }
}
