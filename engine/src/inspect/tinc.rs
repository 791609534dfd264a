//! tinc: a private network in which every node passes on for the others (its manual, "The meta-protocol").
//!
//! Recognised by the line that both sides begin with: request 0, the node's name, the protocol's version.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Announcement, Facts, Field, Sign};
use crate::packet::Transport;

/// The tinc protocol.
pub struct Tinc;

static NODE: Field = Field::text("tinc.node", "name of the node that spoke first");
static VERSION: Field = Field::text("tinc.version", "version of the protocol");

// "0 ", a name, " 17" and an end of line, then "1 " and numbers: 1 of 2^60.
static GREETING: Sign = Sign::new("the line by which a tinc node tells its name", 100);

static PROFILE: Profile = Profile {
    name: "tinc",
    title: "tinc",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[655],
    first: First::Of(b"0"),
    fields: &[&NODE, &VERSION],
    signs: &[&GREETING],
};

/// Names are letters, digits and underscores; this is longer than any.
const LONGEST_LINE: usize = 128;

impl Protocol for Tinc {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        match bytes.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n') {
            Some(end) => greeting(bytes.get(..end).unwrap_or_default()).map_or(Match::No, |_| Match::Yes(&GREETING)),
            None if bytes.len() < LONGEST_LINE && could_begin(bytes) => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Tinc)
    }
}

const fn is_of_line(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b' ' | b'.')
}

fn could_begin(bytes: &[u8]) -> bool {
    bytes.get(1).is_none_or(|space| *space == b' ') && bytes.iter().all(|byte| is_of_line(*byte))
}

/// Name and version. An invitation is asked for under the name `?` and a key, which this leaves alone.
fn greeting(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = line.strip_prefix(b"0 ")?;
    let space = rest.iter().position(|byte| *byte == b' ')?;
    let (name, version) = (rest.get(..space)?, rest.get(space + 1..)?);
    let named = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let known = version == b"17" || version.starts_with(b"17.") && version.len() <= 5;
    (named && known).then_some((name, version))
}

impl Parser for Tinc {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let line = payload.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if let Some((name, version)) = greeting(line) {
            facts.text(&NODE, name);
            facts.text(&VERSION, version);
            // What the network carries goes in UDP to the port that the meta-connection came to, and shows nothing.
            let endpoint = payload.server;
            facts.announce(Announcement::Media { endpoint, transport: Transport::Udp, protocol: "tinc" });
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
    fn a_greeting_cut_anywhere_is_told() {
        let line = b"0 office_1 17.7\n";
        for cut in 1..line.len() {
            let (first, second) = line.split_at(cut);
            let told = tell(&Tinc, Transport::Tcp, &[(Side::Client, first), (Side::Client, second)]);
            assert_eq!(told.text(&NODE).as_deref(), Some("office_1"), "cut at {cut}");
            assert_eq!(told.text(&VERSION).as_deref(), Some("17.7"));
        }
    }

    #[test]
    fn other_lines_are_left_alone() {
        for line in [&b"0 office 16\n"[..], b"0 a b 17\n", b"01 x 17\n", b"0  17\n"] {
            assert!(tell(&Tinc, Transport::Tcp, &[(Side::Client, line)]).matched.is_none());
        }
    }
}
