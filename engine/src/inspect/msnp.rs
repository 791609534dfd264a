//! MSNP: Microsoft's messenger until 2013, and those who rebuilt its servers (the protocol's unofficial documentation,
//! hypothetic.org).
//!
//! Recognised by the line in which a client names the versions that it speaks.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;
use memchr::memchr;

/// The MSNP protocol.
pub struct Msnp;

static VERSION: Field = Field::text("msnp.version", "the newest version that the client speaks");

// Three letters, a number, and a name of four letters.
static VERSIONS: Sign = Sign::new("a line that names versions of MSNP", 96);

static PROFILE: Profile = Profile {
    name: "msnp",
    title: "MSNP",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[1863],
    first: First::Of(b"V"),
    fields: &[&VERSION],
    signs: &[&VERSIONS],
};

impl Protocol for Msnp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match versions(opening.bytes) {
            Some(_) => Match::Yes(&VERSIONS),
            None if opening.bytes.len() < 64
                && b"VER ".starts_with(opening.bytes.get(..opening.bytes.len().min(4)).unwrap_or_default()) =>
            {
                if opening.bytes.contains(&b'\n') {
                    Match::No
                } else {
                    Match::Unsure
                }
            }
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Msnp)
    }
}

impl Parser for Msnp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(version) = versions(payload.bytes) {
            facts.text(&VERSION, version);
        }
        Next::Done
    }
}

/// `VER 1 MSNP18 MSNP17 CVR0`
fn versions(bytes: &[u8]) -> Option<&[u8]> {
    let line = bytes.get(..memchr(b'\n', bytes)?)?;
    let mut words = line.trim_ascii_end().split(|byte| *byte == b' ');
    let command = words.next()? == b"VER";
    let counted = words.next()?.iter().all(u8::is_ascii_digit);
    words.next().filter(|version| command && counted && version.starts_with(b"MSNP"))
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
}
