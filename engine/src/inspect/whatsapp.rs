//! WhatsApp: messages over TCP, in the frames of its Noise handshake (WhatsApp Encryption Overview; the header is documented
//! by the free clients, whatsmeow among them).
//!
//! Recognised by the two letters and the version that every connection begins with, after an optional routing part.
//! Calls are STUN and RTP, and told there.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The WhatsApp protocol.
pub struct Whatsapp;

/// Longest routing part that is passed.
const MOST_ROUTING: u32 = 256;

static VERSION: Field = Field::text("whatsapp.version", "version of the handshake: 6.3 today");

// Letters and version (76 dB), and the four fixed bytes of an ephemeral key in its frame (96 dB).
static NOISE: Sign = Sign::new("the opening of WhatsApp's Noise handshake", 96);
// Two letters (48 dB), two small numbers (28 dB), a short length (16 dB).
static OLD: Sign = Sign::new("the opening of WhatsApp's older handshake", 80);

static PROFILE: Profile = Profile {
    name: "whatsapp",
    title: "WhatsApp",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[443, 5222],
    first: First::Of(b"WE"),
    fields: &[&VERSION],
    signs: &[&NOISE, &OLD],
};

impl Protocol for Whatsapp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match hello(opening.bytes) {
            Hello::Is(sign, _) => Match::Yes(sign),
            Hello::MayBe => Match::Unsure,
            Hello::IsNot => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Whatsapp)
    }
}

impl Parser for Whatsapp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Hello::Is(_, [major, minor]) = hello(payload.bytes) {
            facts.text(&VERSION, format!("{major}.{minor}").as_bytes());
            facts.client_is(payload.side);
        }
        Next::Done
    }
}

/// What the bytes so far say.
enum Hello {
    /// The header, with its version.
    Is(&'static Sign, [u8; 2]),
    MayBe,
    IsNot,
}

fn hello(bytes: &[u8]) -> Hello {
    let mut reader = Reader::new(bytes);
    match routing(&mut reader).and_then(|()| header(&mut reader)) {
        Some(hello) => hello,
        None => Hello::MayBe,
    }
}

/// Passes "ED", 0, 1, a length of three bytes, and as many bytes that send the client to its server.
fn routing(reader: &mut Reader<'_>) -> Option<()> {
    if reader.peek_u8()? == b'W' {
        return Some(());
    }
    // What is not this is not the header behind it either.
    if reader.array::<4>()? != *b"ED\x00\x01" {
        return Some(());
    }
    let length = reader.be24()?;
    reader.skip(usize::try_from(length.min(MOST_ROUTING)).ok()?)
}

fn header(reader: &mut Reader<'_>) -> Option<Hello> {
    let mark: [u8; 2] = reader.array()?;
    let version: [u8; 2] = reader.array()?;
    let length = reader.be24()?;
    let frame: [u8; 4] = reader.array()?;
    if mark != *b"WA" || !matches!(version, [1..=9, 0..=9]) || !(4..=4096).contains(&length) {
        return Some(Hello::IsNot);
    }
    // A message in the frame, which its length fills, and the key of 32 bytes in it; what else is in it differs.
    let ephemeral = matches!(frame, [0x12, inner, 0x0a, 0x20] if length == u32::from(inner) + 2);
    let sign = if ephemeral { &NOISE } else { &OLD };
    Some(Hello::Is(sign, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_handshake_is_told_with_and_without_routing() {
        let longer = [&b"WA\x06\x03\x00\x00\x26\x12\x24\x0a\x20"[..], &[7; 32], &[0x20, 1]].concat();
        let noise = [&b"WA\x06\x03\x00\x00\x24\x12\x22\x0a\x20"[..], &[7; 32]].concat();
        let routed = [&b"ED\x00\x01\x00\x00\x04\x08\x0a\x08\x05"[..], &noise].concat();
        for bytes in [noise, longer, routed] {
            for split in 1..bytes.len() {
                let (one, two) = bytes.split_at(split);
                let told = tell(&Whatsapp, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
                assert_eq!(told.text(&VERSION).as_deref(), Some("6.3"));
                assert!(told.saw(&NOISE));
            }
        }
    }
}
