//! Zoom: meetings, over UDP to its servers (ports 8801 to 8810) or from one to the other.
//!
//! Recognised by the server's answer that repeats the client's opening, and by the two headers before sound and pictures
//! (Michel et al., "Enabling passive measurement of Zoom performance in production networks", 2022). What one client sends
//! directly to another has the second header only, with RTP at a fixed place.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::{byte, Reader};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The Zoom protocol.
pub struct Zoom;

/// Where the part ends that the server's answer repeats of the opening.
const ECHOED: usize = 19;
/// Datagrams after which nothing more is expected.
const ENOUGH: u8 = 48;

static MEDIA: Field = Field::text("zoom.media", "audio, video or screen, whichever came first");
pub(crate) static DIRECT: Field = Field::flag("zoom.direct", "the two clients talk without a server");

// Eighteen bytes repeated.
static ECHO: Sign = Sign::new("a Zoom server's answer to the opening of a client", 96);
// Three bytes (60 dB) and a minimum size; small numbers begin many protocols, so half, with the port.
static HELLO: Sign = Sign::new("the opening of a Zoom client on a Zoom port", 35);
// First byte (24 dB), direction (21 dB), kind of media (15 dB); less among small numbers, which all three are; and the port.
static FRAME: Sign = Sign::new("Zoom media with the server's header, on a Zoom port", 38);
// First byte and direction (45 dB), less among small numbers, which both are; and the port.
static NUMBERED: Sign = Sign::new("what could be a datagram of a Zoom meeting, on a Zoom port", 20);
// The meeting's number again (96 dB) and the next of the datagram (42 dB), which others have at other places.
static COUNTED: Sign = Sign::new("datagrams of one Zoom meeting, counted one by one, on a Zoom port", 60);
// Kind (24 dB), version and type of the RTP inside (9 dB).
static DIRECT_FRAME: Sign = Sign::new("what could be Zoom media without a server", 15);
// The same source (96 dB) and the next number (42 dB) inside.
static DIRECT_PAIR: Sign = Sign::new("Zoom media without a server: RTP in sequence behind its header", 60);

const PORTS: [u16; 10] = [8801, 8802, 8803, 8804, 8805, 8806, 8807, 8808, 8809, 8810];

static PROFILE: Profile = Profile {
    name: "zoom",
    title: "Zoom",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Shapes(&[
        // On its servers' ports; and media from one to the other.
        Shape::datagram().at(0, Bytes::Range(0x01, 0x22)).on(&PORTS),
        Shape::datagram().at(0, Bytes::Of(&[0x0f, 0x10, 0x1e])),
    ]),
    fields: &[&MEDIA, &DIRECT],
    signs: &[&ECHO, &HELLO, &FRAME, &NUMBERED, &COUNTED, &DIRECT_FRAME, &DIRECT_PAIR],
};

impl Protocol for Zoom {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.on_port(&PORTS) {
            return match kind(opening) {
                Some(Kind::Echo) => Match::Yes(&ECHO),
                Some(Kind::Hello) => Match::Yes(&HELLO),
                Some(Kind::Media(_)) => Match::Yes(&FRAME),
                Some(Kind::Other) => Match::Yes(&NUMBERED),
                None => Match::No,
            };
        }
        match rtp_inside(opening.bytes) {
            Some(_) => Match::Yes(&DIRECT_FRAME),
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Meeting>::default()
    }
}

/// One flow.
#[derive(Default)]
struct Meeting {
    /// Source and number of the last RTP header seen inside, of a meeting without a server.
    last: Option<(u32, u16)>,
    /// Meeting and number of each side's last datagram with the server's header.
    numbers: [Option<(u32, u16)>; 2],
    counted: bool,
    read: u8,
}

impl Parser for Meeting {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.read += 1;
        if !payload.on_port(PROFILE.ports) {
            return self.direct(payload, facts);
        }
        match kind(payload) {
            Some(Kind::Echo) => facts.sign(&ECHO),
            Some(Kind::Hello) => facts.sign(&HELLO),
            Some(Kind::Media(media)) => {
                facts.sign(&FRAME);
                facts.text(&MEDIA, media.as_bytes());
                if self.count(payload, facts) {
                    return Next::Done;
                }
            }
            Some(Kind::Other) => {
                let _ = self.count(payload, facts);
            }
            // Keep-alives and reports, and other kinds of the same; STUN and DTLS are others'.
            None if payload.bytes.first().is_some_and(|first| *first <= 0x07) => {}
            None => return Next::NotMine,
        }
        if self.read >= ENOUGH {
            Next::Done
        } else {
            Next::More
        }
    }
}

impl Meeting {
    /// Whether datagrams of one meeting were counted one by one.
    fn count(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> bool {
        let now = numbers(payload.bytes);
        let before = self.numbers.get_mut(payload.side.index()).and_then(|last| std::mem::replace(last, now));
        if let (Some((meeting, number)), Some((same, last))) = (now, before) {
            self.counted |= meeting == same && meeting != 0 && matches!(number.wrapping_sub(last), 1..=8);
        }
        if self.counted {
            facts.sign(&COUNTED);
        }
        self.counted
    }

    fn direct(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some((media, source, number)) = rtp_inside(payload.bytes) else {
            return if self.read >= ENOUGH { Next::Done } else { Next::NotMine };
        };
        let follows =
            self.last.is_some_and(|(last, before)| last == source && matches!(number.wrapping_sub(before), 1..=8));
        self.last = Some((source, number));
        if follows {
            facts.sign(&DIRECT_PAIR);
            facts.flag(&DIRECT);
            facts.text(&MEDIA, media.as_bytes());
            return Next::Done;
        }
        if self.read >= ENOUGH {
            Next::Done
        } else {
            Next::More
        }
    }
}

enum Kind {
    Echo,
    Hello,
    Media(&'static str),
    /// With the server's header, and something else inside.
    Other,
}

/// What a datagram to or from a server is.
fn kind(payload: &Payload<'_>) -> Option<Kind> {
    let bytes = payload.bytes;
    let mut reader = Reader::new(bytes);
    match reader.u8()? {
        1 if payload.wire_len >= 100 && matches!(bytes, [_, 0, 1..=15, ..]) => Some(Kind::Hello),
        2 if payload.other.first() == Some(&1) => {
            let asked = payload.other.get(1..ECHOED)?;
            (bytes.get(1..ECHOED)? == asked && asked.iter().any(|byte| *byte != 0)).then_some(Kind::Echo)
        }
        5 => {
            reader.skip(6)?;
            let (direction, kind) = (reader.u8()?, reader.u8()?);
            matches!(direction, 0 | 4).then(|| media(kind).map_or(Kind::Other, Kind::Media))
        }
        _ => None,
    }
}

/// Meeting and number in the server's header: kind, number, meeting.
fn numbers(bytes: &[u8]) -> Option<(u32, u16)> {
    let mut reader = Reader::new(bytes);
    reader.skip(1)?;
    let number = reader.be16()?;
    Some((reader.be32()?, number))
}

fn media(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0x0f => "audio",
        0x10 => "video",
        0x0d | 0x1e => "screen",
        _ => return None,
    })
}

/// Kind of the media, source and number of the RTP header behind Zoom's own.
fn rtp_inside(bytes: &[u8]) -> Option<(&'static str, u32, u16)> {
    let mut reader = Reader::new(bytes);
    let kind = reader.u8()?;
    let at = match kind {
        0x0f => 19,
        0x10 if byte(bytes, 20) == Some(2) => 24,
        0x10 | 0x1e => 20,
        _ => return None,
    };
    reader.skip(at - 1)?;
    let (version, payload_type) = (reader.u8()?, reader.u8()? & 0x7f);
    let number = reader.be16()?;
    reader.skip(4)?;
    let source = reader.be32()?;
    (version >> 6 == 2 && payload_type >= 96 && source != 0).then_some((media(kind)?, source, number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    fn server() -> Endpoint {
        Endpoint { port: 8801, ..SERVER }
    }

    #[test]
    fn the_server_proves_itself_by_repeating_the_opening() {
        let mut hello = vec![1, 0, 3];
        hello.extend(1..=120u8);
        let mut answer = hello[..44].to_vec();
        answer[0] = 2;
        let media = [&[5, 0, 0, 0, 0, 0x4f, 0x83, 0, 0x0f][..], &[1; 40]].concat();
        let talk: [(Side, &[u8]); 3] = [(Side::Client, &hello), (Side::Server, &answer), (Side::Client, &media)];
        let told = tell_between(&Zoom, Transport::Udp, CLIENT, server(), &talk);
        assert!(told.saw(&ECHO) && told.saw(&FRAME));
        assert_eq!(told.text(&MEDIA).as_deref(), Some("audio"));
    }

    #[test]
    fn a_meeting_that_was_joined_late_is_told_by_its_numbers() {
        let datagram = |number: u8| [&[5, 0, number, 0, 0x4f, 0x83, 0x78, 4, 0x15][..], &[1; 40]].concat();
        let talk = |second: u8| {
            let (one, two) = (datagram(7), datagram(second));
            tell_between(&Zoom, Transport::Udp, CLIENT, server(), &[(Side::Server, &one), (Side::Server, &two)])
        };
        assert!(talk(8).saw(&COUNTED));
        assert!(!talk(7).saw(&COUNTED));
    }

    #[test]
    fn without_a_server_two_packets_in_sequence_are_needed() {
        let packet = |number: u8| {
            let mut bytes = vec![0x0f; 19];
            bytes.extend([0x90, 0x70, 0, number, 0, 0, 0, 1, 1, 2, 3, 4, 5]);
            bytes
        };
        let (one, two) = (packet(1), packet(2));
        assert!(tell(&Zoom, Transport::Udp, &[(Side::Client, &one), (Side::Client, &two)]).saw(&DIRECT_PAIR));
        assert!(!tell(&Zoom, Transport::Udp, &[(Side::Client, &one), (Side::Client, &one)]).saw(&DIRECT_PAIR));
    }
}
