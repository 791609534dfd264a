//! Megaco or H.248: a media gateway controller commands its gateways, in text over UDP or TCP (RFC 3525).
//!
//! Recognised by the header of a message: name, version, and who sends it. Its descriptions of media are passed on. Over TCP each
//! message has a frame of RFC 1006 around it (H.248.1 Annex D.2). Of the binary form (Annex A) only the header is read.

use super::ber;
use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
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
// Two lengths that agree with the message's, three tags and a version: 130 dB of random bytes, less among small numbers.
static BINARY: Sign = Sign::new("the header of a binary H.248 message, its lengths to the exact end", 90);

static PROFILE: Profile = Profile {
    name: "megaco",
    title: "Megaco (H.248)",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[2944, 2945],
    first: First::Of(&[b'!', b'M', b'm', ber::SEQUENCE, FRAME_VERSION]),
    fields: &[&VERSION],
    signs: &[&HEADER, &BINARY],
};

impl Protocol for Megaco {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let (message, length) = unframed(opening);
        if version(message).is_some() {
            Match::Yes(&HEADER)
        } else if binary_version(message, length).is_some() {
            Match::Yes(&BINARY)
        } else if opening.transport == Transport::Tcp && begins(opening.bytes) {
            Match::Unsure
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Megaco)
    }
}

impl Parser for Megaco {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let (message, length) = unframed(payload);
        let Some(version) = version(message).or_else(|| binary_version(message, length)) else { return Next::NotMine };
        facts.number(&VERSION, version.into());
        for media in sdp::read(message) {
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
    let named = |name: &&&[u8]| bytes.get(..name.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(name));
    let rest = bytes.get(NAMES.iter().find(named)?.len()..)?;
    let (version, rest) = rest.split_first()?;
    let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let sender = *rest.get(space)?;
    let known = matches!(version, b'1'..=b'4') && space > 0;
    (known && (matches!(sender, b'[' | b'<') || sender.is_ascii_alphabetic())).then(|| version - b'0')
}

/// The message behind a frame's header, where there is one, and its length on the wire.
fn unframed<'a>(payload: &Payload<'a>) -> (&'a [u8], usize) {
    match payload.bytes {
        [FRAME_VERSION, 0, high, low, message @ ..] if payload.transport == Transport::Tcp => {
            (message, usize::from(u16::from_be_bytes([*high, *low])).saturating_sub(FRAME_HEADER))
        }
        message => (message, usize::try_from(payload.wire_len).unwrap_or(usize::MAX)),
    }
}

/// RFC 1006 §6.
const FRAME_VERSION: u8 = 3;
const FRAME_HEADER: usize = 4;

/// A sequence that fills the message; in it the message proper, which begins with the version, and who sends it.
fn binary_version(bytes: &[u8], length: usize) -> Option<u8> {
    let mut reader = Reader::new(bytes);
    let whole = ber::enter(&mut reader, ber::SEQUENCE)?;
    let fits = reader.position() + whole == length;
    let (mut tag, mut inside) = ber::head(&mut reader)?;
    if tag == AUTHENTICATION {
        reader.skip(inside)?;
        (tag, inside) = ber::head(&mut reader)?;
    }
    let exact = reader.position() + inside == length;
    let [version_tag, one, version, sender] = reader.array()?;
    let known = (version_tag, one, sender) == (0x80, 1, 0xa1) && (1..=4).contains(&version);
    (fits && exact && tag == MESSAGE && known).then_some(version)
}

/// Tags of a binary message: `authHeader [0]`, `mess [1]` (H.248.1 Annex A.2).
const AUTHENTICATION: u8 = 0xa0;
const MESSAGE: u8 = 0xa1;

fn begins(bytes: &[u8]) -> bool {
    if let [FRAME_VERSION] | [FRAME_VERSION, 0, ..] = bytes {
        return bytes.len() < 16;
    }
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
        assert!(
            tell(&Megaco, Transport::Tcp, &[(Side::Client, b"\x03\0\0\x20!/2 [192.0.2.9]:2944\nT=2{}")]).saw(&HEADER)
        );
        assert!(tell(&Megaco, Transport::Udp, &[(Side::Client, b"!/bin/sh -c")]).matched.is_none());
    }

    #[test]
    fn the_binary_form_is_told_by_its_lengths() {
        let mut message = vec![0x30, 18, 0xa1, 16, 0x80, 1, 2, 0xa1, 6, 0xa0, 4, 0x80, 2, 9, 9, 0xa2, 3, 0xa1, 1, 0];
        let told = tell(&Megaco, Transport::Udp, &[(Side::Client, &message)]);
        assert!(told.saw(&BINARY));
        assert_eq!(told.number(&VERSION), Some(2));
        message.push(0);
        assert!(tell(&Megaco, Transport::Udp, &[(Side::Client, &message)]).matched.is_none());
    }
}
