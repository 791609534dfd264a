//! Megaco or H.248: a media gateway controller commands its gateways, in text over UDP or TCP (RFC 3525).
//!
//! Recognised by the header of a message: name, version, and who sends it. Its descriptions of media are passed on. The
//! binary form of H.248 is not recognised.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

use super::sip::sdp;

/// The Megaco (H.248) protocol.
pub struct Megaco;

/// Short and long name.
const NAMES: [&[u8]; 2] = [b"!/", b"MEGACO/"];

static VERSION: Field = Field::number("megaco.version", "version of the protocol");

// Two letters and more, a slash, a digit, a space, a bracket or letter (76 dB in text).
static HEADER: Sign = Sign::new("the header of a Megaco message", 75);

static PROFILE: Profile = Profile {
    name: "megaco",
    title: "Megaco (H.248)",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[2944],
    first: First::Of(b"!M"),
    fields: &[&VERSION],
    signs: &[&HEADER],
};

impl Protocol for Megaco {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match version(opening.bytes) {
            Some(_) => Match::Yes(&HEADER),
            None if opening.transport == Transport::Tcp && begins(opening.bytes) => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Megaco)
    }
}

impl Parser for Megaco {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some(version) = version(payload.bytes) else { return Next::NotMine };
        facts.number(&VERSION, version.into());
        for media in sdp::read(payload.bytes) {
            media.announce(facts);
        }
        if payload.transport == Transport::Tcp {
            return Next::Done;
        }
        Next::More
    }
}

/// `!/1 [192.0.2.1]:2944 T=…`, or the long form; the sender is an address, a name or a device.
fn version(bytes: &[u8]) -> Option<u8> {
    let rest = NAMES.iter().find_map(|name| bytes.strip_prefix(*name))?;
    let (version, rest) = rest.split_first()?;
    let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let sender = *rest.get(space)?;
    let known = matches!(version, b'1'..=b'4') && space > 0;
    (known && (matches!(sender, b'[' | b'<') || sender.is_ascii_alphabetic())).then(|| version - b'0')
}

fn begins(bytes: &[u8]) -> bool {
    bytes.len() < 12
        && NAMES.iter().any(|name| name.starts_with(bytes.get(..bytes.len().min(name.len())).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_forms_of_the_header_are_told() {
        let bytes = b"!/1 [10.23.1.42]:2944 T=1{C=1{MF=t{M{L{\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 8\n}}}}}";
        let told = tell(&Megaco, Transport::Udp, &[(Side::Client, bytes)]);
        assert_eq!(told.number(&VERSION), Some(1));
        assert_eq!(told.announced.len(), 2);
        assert!(tell(&Megaco, Transport::Tcp, &[(Side::Client, b"MEGACO/1 <mg.example>\nT=9{")]).saw(&HEADER));
        assert!(tell(&Megaco, Transport::Udp, &[(Side::Client, b"!/bin/sh -c")]).matched.is_none());
    }
}
