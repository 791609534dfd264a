//! YMSG: Yahoo's messenger until 2018, and those who rebuilt its servers (the protocol's documentation in libyahoo2).
//!
//! Recognised by the four letters of its header with a known version and a length.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The YMSG protocol.
pub struct Ymsg;

static VERSION: Field = Field::number("ymsg.version", "version of the protocol");

// Four letters, and a version of 2^16.
static HEADER: Sign = Sign::new("the header of a YMSG message", 96);

static PROFILE: Profile = Profile {
    name: "ymsg",
    title: "YMSG",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[5050],
    first: First::Of(b"Y"),
    fields: &[&VERSION],
    signs: &[&HEADER],
};

impl Protocol for Ymsg {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match version(opening.bytes) {
            Some(_) => Match::Yes(&HEADER),
            None if opening.bytes.len() < 20
                && b"YMSG".starts_with(opening.bytes.get(..opening.bytes.len().min(4)).unwrap_or_default()) =>
            {
                Match::Unsure
            }
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Ymsg)
    }
}

impl Parser for Ymsg {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(version) = version(payload.bytes) {
            facts.number(&VERSION, version.into());
        }
        Next::Done
    }
}

/// Letters, version, an empty word or the vendor, length, service, status, session: twenty bytes.
fn version(bytes: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(bytes);
    let letters: [u8; 4] = reader.array()?;
    let version = reader.be16()?;
    reader.skip(14)?;
    // Old clients wrote the number into the first byte.
    let version = if version >= 0x100 { version >> 8 } else { version };
    (letters == *b"YMSG" && (5..=20).contains(&version)).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_header_tells_the_version() {
        let bytes = [&b"YMSG"[..], &[0, 16, 0, 0, 0, 0, 0, 0x4c, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
        assert_eq!(tell(&Ymsg, Transport::Tcp, &[(Side::Client, &bytes)]).number(&VERSION), Some(16));
    }
}
