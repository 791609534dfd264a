//! RTP: live sound and pictures, also encrypted as SRTP and with the key exchange of ZRTP
//! (RFC 3550, RFC 3711, RFC 6189; over TCP in the frames of RFC 4571).
//!
//! One header proves little, so that a flow is only suspected at first: what counts is that packets of one source follow
//! each other with the next sequence number and a clock that runs forward.

use super::{stun, Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The RTP protocol.
pub struct Rtp;

/// Header without contributing sources (RFC 3550 §5.1).
const HEADER: usize = 12;
/// Sources followed at a time on one side: sound, pictures, the same repaired, a screen. More are not needed to know it.
const SOURCES: usize = 4;
/// Most packets that may be missing between two: more than a second of sound.
const WIDEST_GAP: u16 = 64;
/// Longest step of the clock between two packets: 20 s of pictures at 90 kHz.
const LONGEST_STEP: u32 = 1_800_000;
/// Agreeing packets after which all is told.
const ENOUGH: u8 = 40;
/// Agreeing packets that make a run.
const RUN: u8 = 8;
/// Packets that fit nowhere, before the suspicion is dropped.
const MOST_STRAY: u8 = 6;
/// `ZRTP` where RTP has its timestamp (RFC 6189 §5).
const ZRTP_COOKIE: u32 = 0x5a52_5450;

static PAYLOAD_TYPE: Field = Field::number("rtp.payload_type", "number of the coding, of the first source");
static CODEC: Field = Field::text("rtp.codec", "the coding, where its number is fixed (RFC 3551)");
static SSRC: Field = Field::number("rtp.ssrc", "number of the first source");
static VIDEO: Field = Field::flag("rtp.video", "one frame is spread over several packets of one time");
static EXTENSION: Field = Field::number("rtp.extension", "profile of the header extension: 0xbede, 0x1000 …");
static ZRTP: Field = Field::flag("rtp.zrtp", "the two ends agree on keys inside the media (ZRTP)");

// Two version bits, a payload type that is not RTCP's, a source: 1 of 5 or so.
static HEADER_SEEN: Sign = Sign::new("what could be an RTP header", 7);
// RFC 7983: nothing else that begins so shares a port with STUN, beside RTCP.
static BESIDE_STUN: Sign = Sign::new("what could be an RTP header, on a port that also speaks STUN", 20);
// Same source (2^32), same payload type (2^7), next number (a window of 2^6 in 2^16), clock ahead (2^11 in 2^32):
// far below 2^60 at random. Counters and constants at those places are usual in games, so that 30 is claimed.
static PAIR: Sign = Sign::new("two RTP packets of one source in sequence", 30);
// Eight of them, each with the clock in step.
static RUN_SEEN: Sign = Sign::new("a run of RTP packets of one source, sequence and clock in step", 30);
// Both ways, each with its own source.
static BOTH_WAYS: Sign = Sign::new("RTP in both directions", 10);
// A fixed word of 2^32 and the two first bits.
static ZRTP_SEEN: Sign = Sign::new("a ZRTP key exchange message", 96);

static PROFILE: Profile = Profile {
    name: "rtp",
    title: "RTP",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[],
    first: First::Shapes(&[
        // And ZRTP; over TCP behind a length.
        Shape::datagram().at(0, Bytes::Range(0x80, 0xbf)),
        Shape::datagram().at(0, Bytes::Of(&[0x10])).at(4, Bytes::Of(b"Z")),
        Shape::stream().at(2, Bytes::Range(0x80, 0xbf)),
    ]),
    fields: &[&PAYLOAD_TYPE, &CODEC, &SSRC, &VIDEO, &EXTENSION, &ZRTP],
    signs: &[&HEADER_SEEN, &BESIDE_STUN, &PAIR, &RUN_SEEN, &BOTH_WAYS, &ZRTP_SEEN],
};

impl Protocol for Rtp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.transport == Transport::Tcp {
            return framed(opening.bytes);
        }
        match Header::read(opening.bytes) {
            _ if is_zrtp(opening.bytes) => Match::Yes(&ZRTP_SEEN),
            Some(_) => Match::Yes(&HEADER_SEEN),
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Media>::default()
    }
}

/// What is read of one packet.
#[derive(Clone, Copy, Default)]
pub(crate) struct Header {
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) time: u32,
    pub(crate) source: u32,
    pub(crate) extension: Option<u16>,
}

impl Header {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let (first, second) = (reader.u8()?, reader.u8()?);
        let payload_type = second & 0x7f;
        // Types 64 to 95 are those whose second byte RTCP uses (RFC 5761 §4).
        if first >> 6 != 2 || matches!(payload_type, 64..=95) {
            return None;
        }
        let mut header = Self {
            payload_type,
            sequence: reader.be16()?,
            time: reader.be32()?,
            source: reader.be32()?,
            extension: None,
        };
        reader.skip(usize::from(first & 0xf) * 4)?;
        if first & 0x10 != 0 {
            header.extension = Some(reader.be16()?);
            let words = usize::from(reader.be16()?);
            reader.skip(words * 4)?;
        }
        Some(header)
    }

    /// Whether this packet can come after `before` from the same source.
    fn follows(&self, before: &Self) -> bool {
        let gap = self.sequence.wrapping_sub(before.sequence);
        let step = self.time.wrapping_sub(before.time);
        if self.source == 0 {
            // Hardly ever chosen, and what other protocols leave empty there: all the rest must be as it should.
            return gap == 1 && (1..=LONGEST_STEP).contains(&step) && self.payload_type == before.payload_type;
        }
        (1..=WIDEST_GAP).contains(&gap) && step <= LONGEST_STEP
    }
}

/// Passes the next frame of a stream: its length, and its header as far as it is there.
fn frame(reader: &mut Reader<'_>) -> Option<(usize, Option<Header>)> {
    let length = usize::from(reader.be16()?);
    let seen = reader.take(length.min(reader.remaining()))?;
    Some((length, Header::read(seen)))
}

/// A stream of frames that each begin with their length: two in sequence are waited for.
fn framed(bytes: &[u8]) -> Match {
    let mut reader = Reader::new(bytes);
    let may_begin = bytes.get(2).is_none_or(|byte| byte >> 6 == 2);
    if bytes.len() < HEADER + 2 {
        return if may_begin { Match::Unsure } else { Match::No };
    }
    // A first frame longer than a packet of the Internet is none.
    let Some((..=1500, Some(first))) = frame(&mut reader) else { return Match::No };
    if reader.remaining() < HEADER + 2 {
        return Match::Unsure;
    }
    match frame(&mut reader) {
        Some((_, Some(second))) if second.source == first.source && second.follows(&first) => Match::Yes(&PAIR),
        _ => Match::No,
    }
}

fn is_zrtp(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    // The version bits are 0 and the extension bit is set, so that old receivers pass over it.
    let (Some(0x10), Some(())) = (reader.u8(), reader.skip(3)) else { return false };
    let cookie = reader.be32() == Some(ZRTP_COOKIE);
    cookie && reader.skip(4).is_some() && reader.be16() == Some(0x505a)
}

/// One source.
#[derive(Clone, Copy, Default)]
struct Source {
    last: Header,
    agreed: u8,
    /// Packets in a row of one time without the marker: parts of a picture.
    same_time: u8,
}

/// One flow.
#[derive(Default)]
struct Media {
    sources: [[Option<Source>; SOURCES]; 2],
    heard: (bool, bool),
    agreed: u8,
    stray: u8,
}

impl Parser for Media {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.transport == Transport::Tcp {
            return self.frames(payload, facts);
        }
        if is_zrtp(payload.bytes) {
            facts.sign(&ZRTP_SEEN);
            facts.flag(&ZRTP);
            return Next::More;
        }
        let Some(header) = Header::read(payload.bytes) else { return self.strayed() };
        if facts.get(&stun::METHOD).is_some() {
            facts.sign(&BESIDE_STUN);
        }
        self.packet(header, payload.side, facts)
    }
}

impl Media {
    /// A packet of someone else, or a suspicion that came to nothing.
    fn strayed(&mut self) -> Next {
        self.stray += u8::from(self.agreed == 0);
        if self.stray > MOST_STRAY {
            Next::Done
        } else {
            Next::NotMine
        }
    }

    /// The frames that one payload begins with; where it was split inside of one is of no matter, as two are enough.
    fn frames(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let mut reader = Reader::new(payload.bytes);
        while let Some((_, header)) = frame(&mut reader) {
            if let Some(header) = header {
                let _ = self.packet(header, payload.side, facts);
            }
        }
        Next::Done
    }

    fn packet(&mut self, header: Header, side: Side, facts: &mut Facts<'_>) -> Next {
        let sources = match side {
            Side::Client => &mut self.sources[0],
            Side::Server => &mut self.sources[1],
        };
        let known = sources.iter_mut().flatten().find(|source| source.last.source == header.source);
        let Some(source) = known else {
            let Some(free) = sources.iter_mut().find(|source| source.is_none()) else { return self.strayed() };
            *free = Some(Source { last: header, ..Source::default() });
            return Next::More;
        };
        let agrees = header.follows(&source.last);
        // What came late or twice is no contradiction, but no agreement either.
        if !agrees {
            source.last = header;
            return self.strayed();
        }
        source.agreed = source.agreed.saturating_add(1);
        source.same_time = if header.time == source.last.time { source.same_time.saturating_add(1) } else { 0 };
        source.last = header;
        let source = *source;
        self.agreed = self.agreed.saturating_add(1);
        match side {
            Side::Client => self.heard.0 = true,
            Side::Server => self.heard.1 = true,
        }
        self.tell(&source, facts);
        if self.agreed >= ENOUGH {
            Next::Done
        } else {
            Next::More
        }
    }

    fn tell(&self, source: &Source, facts: &mut Facts<'_>) {
        facts.sign(&PAIR);
        facts.number(&PAYLOAD_TYPE, source.last.payload_type.into());
        facts.number(&SSRC, source.last.source.into());
        if let Some(codec) = codec(source.last.payload_type) {
            facts.text(&CODEC, codec.as_bytes());
        }
        if let Some(profile) = source.last.extension {
            facts.number(&EXTENSION, profile.into());
        }
        if source.agreed >= RUN {
            facts.sign(&RUN_SEEN);
        }
        if self.heard == (true, true) {
            facts.sign(&BOTH_WAYS);
        }
        // Digits of a telephone are repeated at one time too, but never so often between two others.
        if source.same_time >= 2 && source.last.payload_type >= 24 {
            facts.flag(&VIDEO);
        }
    }
}

/// Codings with a fixed number (RFC 3551 §6).
pub(crate) fn codec(payload_type: u8) -> Option<&'static str> {
    Some(match payload_type {
        0 => "PCMU",
        3 => "GSM",
        4 => "G723",
        5 | 6 | 16 | 17 => "DVI4",
        7 => "LPC",
        8 => "PCMA",
        9 => "G722",
        10 | 11 => "L16",
        12 => "QCELP",
        13 => "CN",
        14 => "MPA",
        15 => "G728",
        18 => "G729",
        25 => "CelB",
        26 => "JPEG",
        28 => "nv",
        31 => "H261",
        32 => "MPV",
        33 => "MP2T",
        34 => "H263",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    fn packet(payload_type: u8, sequence: u16, time: u32, source: u32) -> Vec<u8> {
        let mut bytes = vec![0x80, payload_type];
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(time.to_be_bytes());
        bytes.extend(source.to_be_bytes());
        bytes.extend([0xd5; 160]);
        bytes
    }

    fn call() -> Vec<Vec<u8>> {
        (0..20u16).map(|n| packet(8, 65_530u16.wrapping_add(n), 160 * u32::from(n), 0x1234_5678)).collect()
    }

    #[test]
    fn a_call_is_told_by_its_run_with_its_coding() {
        let call = call();
        let talk: Vec<_> = call.iter().map(|bytes| (Side::Client, bytes.as_slice())).collect();
        let told = tell(&Rtp, Transport::Udp, &talk);
        assert!(told.saw(&PAIR) && told.saw(&RUN_SEEN) && !told.saw(&BOTH_WAYS));
        assert_eq!(told.text(&CODEC).as_deref(), Some("PCMA"));
        assert_eq!(told.number(&SSRC), Some(0x1234_5678));
        assert!(!told.has(&VIDEO));
    }

    #[test]
    fn one_packet_is_only_a_suspicion() {
        let told = tell(&Rtp, Transport::Udp, &[(Side::Client, &packet(111, 7, 960, 99))]);
        assert_eq!(told.matched.map(|sign| sign.weight), Some(HEADER_SEEN.weight));
        assert!(!told.saw(&PAIR) && !told.has(&PAYLOAD_TYPE));
    }

    #[test]
    fn sources_that_jump_are_dropped() {
        let packets: Vec<_> = (0..10u16).map(|n| packet(96, n.wrapping_mul(7919), 5, 99)).collect();
        let talk: Vec<_> = packets.iter().map(|bytes| (Side::Client, bytes.as_slice())).collect();
        let told = tell(&Rtp, Transport::Udp, &talk);
        assert!(!told.saw(&PAIR));
        assert!(matches!(told.last, Next::Done));
    }

    #[test]
    fn parts_of_one_picture_tell_video() {
        let packets: Vec<_> = (0..4u16).map(|n| packet(97, n, 90_000, 7)).collect();
        let talk: Vec<_> = packets.iter().map(|bytes| (Side::Server, bytes.as_slice())).collect();
        assert!(tell(&Rtp, Transport::Udp, &talk).has(&VIDEO));
    }

    #[test]
    fn zrtp_is_told_by_its_cookie() {
        let hello = [&[0x10, 0, 0, 1][..], b"ZRTP", &[1, 2, 3, 4], &[0x50, 0x5a, 0, 0x1d], b"Hello   "].concat();
        assert!(tell(&Rtp, Transport::Udp, &[(Side::Client, &hello)]).has(&ZRTP));
    }

    #[test]
    fn frames_over_tcp_need_two_in_sequence_wherever_they_are_split() {
        let frame = |bytes: &Vec<u8>| [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
        let stream: Vec<u8> = call().iter().take(3).flat_map(frame).collect();
        for split in [1, 2, 3, 13, 14, 100, 174, 200, 300] {
            let (one, two) = stream.split_at(split);
            let told = tell(&Rtp, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert!(told.saw(&PAIR), "split at {split}");
            assert_eq!(told.text(&CODEC).as_deref(), Some("PCMA"), "split at {split}");
        }
        assert!(tell(&Rtp, Transport::Tcp, &[(Side::Client, &stream[..174])]).matched.is_none());
    }

    #[test]
    fn other_protocols_do_not_look_like_it() {
        // A DNS answer with a high number, QUIC's long and short headers, RTCP, and one byte too few.
        let dns = [0x81, 0x80, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 3, b'w', b'w', b'w'];
        let quic = [0x43, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 8, 7];
        let rtcp = [0x80, 200, 0, 6, 1, 2, 3, 4, 5, 6, 7, 8];
        for bytes in [&dns[..], &quic, &rtcp, &[0x80; 11]] {
            let talk: Vec<_> = (0..8).map(|_| (Side::Client, bytes)).collect();
            assert!(!tell(&Rtp, Transport::Udp, &talk).saw(&PAIR));
        }
    }
}
