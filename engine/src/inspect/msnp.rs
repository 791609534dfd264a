//! MSNP: Microsoft's messenger until 2013, and those who rebuilt its servers (the protocol's unofficial documentation,
//! hypothetic.org).
//!
//! Recognised by the line in which a client names the versions that it speaks, or by which it joins a conversation.

use super::lines;
use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;
use memchr::memchr;

/// How lines begin.
const WORDS: [&[u8]; 3] = [b"VER ", b"ANS ", b"USR "];

/// The MSNP protocol.
pub struct Msnp;

static VERSION: Field = Field::text("msnp.version", "the newest version that the client speaks");

// Three letters, a number, and a name of four letters.
static VERSIONS: Sign = Sign::new("a line that names versions of MSNP", 96);
// Three letters of two words, a number, a name with its `@`, a ticket of numbers.
static JOIN: Sign = Sign::new("a line by which somebody joins a conversation of MSNP", 80);

static PROFILE: Profile = Profile {
    name: "msnp",
    title: "MSNP",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[1863],
    first: First::Of(b"AUV"),
    fields: &[&VERSION],
    signs: &[&VERSIONS, &JOIN],
};

impl Protocol for Msnp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        lines::judge(opening, &WORDS, |line| {
            if versions(line).is_some() {
                Match::Yes(&VERSIONS)
            } else if joins(line).is_some() {
                Match::Yes(&JOIN)
            } else {
                Match::No
            }
        })
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Msnp)
    }
}

impl Parser for Msnp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let line = memchr(b'\n', payload.bytes).and_then(|end| payload.bytes.get(..end));
        if let Some(version) = line.and_then(versions) {
            facts.text(&VERSION, version);
        }
        Next::Done
    }
}

/// `VER 1 MSNP18 MSNP17 CVR0`
fn versions(line: &[u8]) -> Option<&[u8]> {
    let mut words = line.trim_ascii_end().split(|byte| *byte == b' ');
    let command = words.next()? == b"VER";
    let counted = words.next()?.iter().all(u8::is_ascii_digit);
    words.next().filter(|version| command && counted && version.starts_with(b"MSNP"))
}

/// `ANS 1 ann@example.org 1056761141.26158 17342299`, `USR 1 ann@example.org 17262740.1050826919.32308`
fn joins(line: &[u8]) -> Option<()> {
    let mut words = line.trim_ascii_end().split(|byte| *byte == b' ');
    let command = matches!(words.next()?, b"ANS" | b"USR");
    let counted = words.next()?.iter().all(u8::is_ascii_digit);
    let named = words.next()?.contains(&b'@');
    let ticket = words.next()?;
    let numbers = ticket.contains(&b'.') && ticket.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    (command && counted && named && numbers).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_newest_version_is_told() {
        let talk: [(Side, &[u8]); 2] = [(Side::Client, b"VER 1 MS"), (Side::Client, b"NP18 MSNP17 CVR0\r\n")];
        assert_eq!(tell(&Msnp, Transport::Tcp, &talk).text(&VERSION).as_deref(), Some("MSNP18"));
        assert!(tell(&Msnp, Transport::Tcp, &[(Side::Client, b"VERSION 1\r\n")]).matched.is_none());
    }

    #[test]
    fn who_joins_a_conversation_is_told() {
        let join = b"ANS 1 ann@example.org 1056761141.26158 17342299\r\n";
        assert!(tell(&Msnp, Transport::Tcp, &[(Side::Client, join)]).saw(&JOIN));
        assert!(tell(&Msnp, Transport::Tcp, &[(Side::Client, b"USR 1 ann secret\r\n")]).matched.is_none());
    }
}
