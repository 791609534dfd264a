//! RTCP: reports on the quality of live sound and pictures, also encrypted as SRTCP (RFC 3550 §6, RFC 4585, RFC 3711).
//!
//! Recognised by packets that follow each other to the exact end of the datagram, the first a report or a feedback.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The RTCP protocol.
pub struct Rtcp;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
/// Types in use: 200 to 207 (RFC 3550, 4585, 3611), AVB 208, up to 213 (IANA).
const LAST_TYPE: u8 = 213;
/// Longest name of a source that is read; more is personal.
const TOOL: u8 = 6;
/// Datagrams in which a name may still come.
const ENOUGH: u8 = 8;

static TYPE: Field = Field::number("rtcp.packet_type", "200 sender report, 201 receiver report, 205 and 206 feedback");
static SSRC: Field = Field::number("rtcp.ssrc", "number of the source that reports");
static TOOL_NAME: Field = Field::text("rtcp.tool", "the program, as it names itself");

// Version and count bits (2^3), type (14 of 2^8), length (2^16), and each further packet of the chain again as much.
static CHAIN: Sign = Sign::new("RTCP packets one after the other to the exact end", 70);
// One packet only: 9 + 12 + 48 dB on random bytes, less what small numbers at that place are worth.
static REPORT: Sign = Sign::new("an RTCP packet with the exact length", 48);
// Encrypted after eight bytes, and four to fourteen bytes of index and tag behind: only the first header counts.
static ENCRYPTED: Sign = Sign::new("an RTCP report's header, its end as SRTCP leaves it", 25);

static PROFILE: Profile = Profile {
    name: "rtcp",
    title: "RTCP",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[],
    first: First::Range(0x80, 0xbf),
    fields: &[&TYPE, &SSRC, &TOOL_NAME],
    signs: &[&CHAIN, &REPORT, &ENCRYPTED],
};

impl Protocol for Rtcp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        compound(opening).map_or(Match::No, |compound| Match::Yes(compound.sign))
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Reports>::default()
    }
}

struct Compound<'a> {
    kind: u8,
    source: u32,
    tool: Option<&'a [u8]>,
    sign: &'static Sign,
}

/// Follows the chain of packets (RFC 3550 §6.1; RFC 5506 allows one alone).
fn compound<'a>(payload: &Payload<'a>) -> Option<Compound<'a>> {
    let mut reader = Reader::new(payload.bytes);
    let (kind, length) = header(&mut reader)?;
    let source = Reader::new(reader.rest()).be32()?;
    // The parts of a report that follow from its count: a wrong length is another protocol's.
    let count = usize::from(payload.bytes.first()? & 0x1f);
    let fits = match kind {
        SENDER_REPORT => length >= 24 + count * 24,
        RECEIVER_REPORT => length >= 4 + count * 24,
        _ => (SENDER_REPORT..=LAST_TYPE).contains(&kind) && length >= 4,
    };
    if !fits || source == 0 {
        return None;
    }
    let mut found = Compound { kind, source, tool: None, sign: &REPORT };
    if !payload.is_whole() {
        return (payload.wire_len >= u32::try_from(length + 4).ok()?).then_some(found);
    }
    reader.skip(length)?;
    while !reader.is_empty() {
        let before = reader.remaining();
        let Some(part) = header(&mut reader).and_then(|(kind, length)| Some((kind, reader.take(length)?))) else {
            // Index and tag of SRTCP: 4 + 4, 4 + 10 or 4 + 16 bytes, behind a chain that can no longer be read.
            let protected = before >= 8 && matches!(kind, SENDER_REPORT | RECEIVER_REPORT | 205 | 206);
            return protected.then_some(Compound { sign: &ENCRYPTED, ..found });
        };
        if part.0 == DESCRIPTION {
            found.tool = tool(part.1);
        }
        found.sign = &CHAIN;
    }
    Some(found)
}

/// Type of a packet, and the bytes after its header.
fn header(reader: &mut Reader<'_>) -> Option<(u8, usize)> {
    let first = reader.u8()?;
    let kind = reader.u8()?;
    let length = usize::from(reader.be16()?) * 4;
    (first >> 6 == 2 && (194..=LAST_TYPE).contains(&kind)).then_some((kind, length))
}

/// The program's name in a source description (RFC 3550 §6.5.6). The other items name persons, and are left alone.
fn tool(description: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(description);
    reader.skip(4)?;
    loop {
        let kind = reader.u8().filter(|kind| *kind != 0)?;
        let length = reader.u8()?;
        let value = reader.take(length.into())?;
        if kind == TOOL {
            return Some(value);
        }
    }
}

#[derive(Default)]
struct Reports {
    read: u8,
}

impl Parser for Reports {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some(compound) = compound(payload) else { return Next::NotMine };
        facts.sign(compound.sign);
        facts.number(&TYPE, compound.kind.into());
        facts.number(&SSRC, compound.source.into());
        if let Some(tool) = compound.tool {
            facts.text(&TOOL_NAME, tool);
        }
        self.read += 1;
        if self.read >= ENOUGH {
            Next::Done
        } else {
            Next::More
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    fn report() -> Vec<u8> {
        let mut bytes = vec![0x80, SENDER_REPORT, 0, 6, 0xde, 0xad, 0xbe, 0xef];
        bytes.extend([7; 20]);
        bytes
    }

    #[test]
    fn a_chain_is_told_with_the_program_that_sent_it() {
        let description =
            [&[0x81, DESCRIPTION, 0, 4, 0xde, 0xad, 0xbe, 0xef, TOOL, 9][..], b"Linphone5", &[0]].concat();
        let told = tell(&Rtcp, Transport::Udp, &[(Side::Client, &[report(), description].concat())]);
        assert!(told.saw(&CHAIN));
        assert_eq!(told.number(&TYPE), Some(200));
        assert_eq!(told.text(&TOOL_NAME).as_deref(), Some("Linphone5"));
    }

    #[test]
    fn an_encrypted_report_weighs_less() {
        let told = tell(&Rtcp, Transport::Udp, &[(Side::Client, &[report(), vec![0x1f; 14]].concat())]);
        assert!(told.saw(&ENCRYPTED) && !told.saw(&CHAIN));
    }

    #[test]
    fn a_wrong_count_or_length_is_not_rtcp() {
        let mut crowded = report();
        crowded[0] = 0x9f;
        let mut long = report();
        long[3] = 200;
        for bytes in [crowded, long, vec![0x80, 210, 0, 0], vec![0x80; 3]] {
            assert!(tell(&Rtcp, Transport::Udp, &[(Side::Client, &bytes)]).matched.is_none());
        }
    }
}
