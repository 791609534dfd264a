//! IAX2: calls between Asterisk exchanges, signalling and sound on one port (RFC 5456).
//!
//! Recognised by a full frame whose information elements end exactly where the datagram does; on its port also, where a call was
//! joined late, by full frames of sound, pictures and control.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The IAX2 protocol.
pub struct Iax;

const PORT: u16 = 4569;
/// Frames that control a call.
const CONTROL: u8 = 6;
const NEW_KIND: u8 = 1;
/// Says which version of the protocol is spoken: always 2.
const VERSION_ELEMENT: u8 = 11;

static FRAME: Field = Field::text("iax.frame", "the first control frame: new, registration, poke, …");

// No called number yet (48 dB), first counters (48 dB), the frame's type and kind (48 dB), the version.
static NEW: Sign = Sign::new("the IAX2 frame that begins a call", 90);
// Type and kind of the frame (40 of 2^16: 32 dB), an exact chain of elements (12 dB and more), on the port.
static FRAME_ON_PORT: Sign = Sign::new("an IAX2 control frame on its port", 50);

// One bit, four types of frame and the few kinds that each has; nothing to check them by, but the port.
static MEDIA_ON_PORT: Sign = Sign::new("an IAX2 frame of sound, pictures or control on its port", 30);

static PROFILE: Profile = Profile {
    name: "iax",
    title: "IAX2",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[4569],
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Range(0x80, 0xff)).at(10, Bytes::Of(&[CONTROL])),
        Shape::datagram().at(0, Bytes::Range(0x80, 0xff)).on(&[PORT]),
    ]),
    fields: &[&FRAME],
    signs: &[&NEW, &FRAME_ON_PORT, &MEDIA_ON_PORT],
};

impl Protocol for Iax {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match frame(opening.bytes) {
            Some(frame) if frame.kind == NEW_KIND && frame.is_first => Match::Yes(&NEW),
            Some(_) if opening.on_port(&[PORT]) => Match::Yes(&FRAME_ON_PORT),
            None if opening.on_port(&[PORT]) && is_media(opening.bytes) == Some(true) => Match::Yes(&MEDIA_ON_PORT),
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Iax)
    }
}

impl Parser for Iax {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(name) = frame(payload.bytes).and_then(|frame| name(frame.kind)) {
            facts.text(&FRAME, name.as_bytes());
        }
        Next::Done
    }
}

struct Frame {
    kind: u8,
    /// The other side has no number yet, and nothing was sent before.
    is_first: bool,
}

/// A full frame of the type that controls calls (RFC 5456 §8.1.1), with elements to its exact end (§8.6).
fn frame(bytes: &[u8]) -> Option<Frame> {
    let mut reader = Reader::new(bytes);
    let full = reader.be16()? & 0x8000 != 0;
    let called = reader.be16()?;
    reader.be32()?;
    let counters = reader.be16()?;
    let (class, kind) = (reader.u8()?, reader.u8()?);
    let mut version = false;
    while !reader.is_empty() {
        let (element, length) = (reader.u8()?, reader.u8()?);
        let value = reader.take(length.into())?;
        version |= element == VERSION_ELEMENT && value == [0, 2];
    }
    let known = full && class == CONTROL && matches!(kind, 1..=40);
    let is_first = called << 1 == 0 && counters == 0 && version;
    known.then_some(Frame { kind, is_first })
}

/// A full frame of another type (§8.2): sound or pictures in a known coding, or what happens to the call.
fn is_media(bytes: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(bytes);
    let full = reader.be16()? & 0x8000 != 0;
    reader.skip(2 + 4 + 2)?;
    let (class, kind) = (reader.u8()?, reader.u8()?);
    // Codings are powers of two, the larger ones as their exponent behind a bit.
    let coding = kind.is_power_of_two() || (0x80..=0x98).contains(&kind);
    Some(full && (matches!(class, 2 | 3) && coding && !reader.is_empty() || class == 4 && matches!(kind, 1..=20)))
}

fn name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "new",
        2 => "ping",
        3 => "pong",
        4 => "ack",
        5 => "hangup",
        7 => "accept",
        11 => "lag-request",
        12 => "lag-reply",
        13..=17 => "registration",
        30 => "poke",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_new_call_is_told_on_any_port() {
        let new = [0x80, 4, 0, 0, 0, 0, 0, 1, 0, 0, 6, 1, 0x0b, 2, 0, 2, 1, 1, b'9'];
        let told = tell(&Iax, Transport::Udp, &[(Side::Client, &new)]);
        assert!(told.saw(&NEW));
        assert_eq!(told.text(&FRAME).as_deref(), Some("new"));
        assert!(tell(&Iax, Transport::Udp, &[(Side::Client, &new[..18])]).matched.is_none());
    }

    #[test]
    fn sound_of_a_call_that_was_joined_late_counts_on_the_port_only() {
        let sound = [&[0x80, 4, 0, 7, 0, 0, 9, 1, 3, 4, 2, 4][..], &[0x55; 160]].concat();
        let server = Endpoint { port: PORT, ..SERVER };
        assert!(tell_between(&Iax, Transport::Udp, CLIENT, server, &[(Side::Client, &sound)]).saw(&MEDIA_ON_PORT));
        assert!(tell(&Iax, Transport::Udp, &[(Side::Client, &sound)]).matched.is_none());
    }
}
