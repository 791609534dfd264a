//! SRT: live pictures over UDP that repeats what was lost (draft-sharabayko-srt).
//!
//! Recognised by the handshake: a control packet to nobody, with version 4 or 5 and the fields of UDT in their places.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The SRT protocol.
pub struct Srt;

static VERSION: Field = Field::number("srt.version", "version of the handshake: 4 asks, 5 is SRT");

// Kind of packet, receiver 0, version, kind of handshake: sixteen bytes known but for a few bits.
static HANDSHAKE: Sign = Sign::new("an SRT handshake", 90);

static PROFILE: Profile = Profile {
    name: "srt",
    title: "SRT",
    category: Category::Streaming,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[],
    first: First::Of(&[0x80]),
    fields: &[&VERSION],
    signs: &[&HANDSHAKE],
};

impl Protocol for Srt {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if version(opening.bytes).is_some() {
            Match::Yes(&HANDSHAKE)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Srt)
    }
}

impl Parser for Srt {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(version) = version(payload.bytes) {
            facts.number(&VERSION, version.into());
        }
        Next::Done
    }
}

/// Control bit and kind 0; number, time and receiver; then version, extension, sequence, sizes, kind of handshake.
fn version(bytes: &[u8]) -> Option<u32> {
    let mut reader = Reader::new(bytes);
    let handshake = reader.be32()? == 0x8000_0000;
    reader.skip(8)?;
    let receiver = reader.be32()?;
    let version = reader.be32()?;
    reader.skip(8)?;
    let (largest, window) = (reader.be32()?, reader.be32()?);
    let kind = reader.be32()?;
    // 1 begins, -1 concludes, 0 meets in the middle, -2 agrees; only the first goes to nobody.
    let begins = receiver == 0 && matches!(kind, 0 | 1);
    let goes_on = matches!(kind, 1 | 0xffff_ffff | 0xffff_fffe);
    let sizes = (256..=65_536).contains(&largest) && (1..=1_000_000).contains(&window);
    (handshake && matches!(version, 4 | 5) && sizes && (begins || goes_on)).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_handshake_is_told() {
        let mut bytes = vec![0x80, 0, 0, 0];
        bytes.extend([0; 8]);
        for word in [0u32, 4, 2, 0x1234, 1500, 8192, 1, 77, 0] {
            bytes.extend(word.to_be_bytes());
        }
        bytes.extend([0; 12]);
        assert_eq!(tell(&Srt, Transport::Udp, &[(Side::Client, &bytes)]).number(&VERSION), Some(4));
        bytes[19] = 9;
        assert!(tell(&Srt, Transport::Udp, &[(Side::Client, &bytes)]).matched.is_none());
    }
}
