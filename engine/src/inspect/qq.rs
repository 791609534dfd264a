//! QQ: Tencent's messenger in its own protocols: OICQ over UDP, as Wireshark's reader documents it; the frames of today's
//! programs over UDP and TCP, as those who rebuilt them document them (Lagrange.Core, "highway").
//!
//! OICQ is recognised on its port by the first and the last byte and a known command between, and anywhere by the few forms
//! of its head that nDPI reads; the frames by two lengths that lead to the exact end, and a mark there.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The QQ protocol.
pub struct Qq;

const PORT: u16 = 8000;
/// What OICQ's messages begin with.
const MARK: u8 = 0x02;
/// What frames begin and end with.
const BEGINS: u8 = 0x28;
const ENDS: u8 = 0x29;
/// Size of a message, and the length that its head says.
const SIZES: [(u32, u16); 5] = [(56, 56), (60, 66), (64, 64), (72, 72), (84, 90)];

static COMMAND: Field = Field::number("qq.command", "the first command: 0x62 asks for a token, 0x22 logs on …");

// First and last byte (48 dB) and one of 40 commands, which are small numbers, on the port.
static FRAME: Sign = Sign::new("a QQ message of known command, on its port", 50);
// First byte, length and an empty byte (96 dB) that are small numbers, and one of five sizes.
static HEAD: Sign = Sign::new("the head of a QQ message, with its length", 46);
// Two marks (48 dB), and two lengths that add up (48 dB and more), of which half is empty.
static HIGHWAY: Sign = Sign::new("a frame of QQ: two marks, and two lengths that lead from one to the other", 70);

static PROFILE: Profile = Profile {
    name: "qq",
    title: "QQ",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[PORT],
    first: First::Of(&[MARK, BEGINS]),
    fields: &[&COMMAND],
    signs: &[&FRAME, &HEAD, &HIGHWAY],
};

impl Protocol for Qq {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.bytes.first() == Some(&BEGINS) {
            return highway(opening);
        }
        if opening.transport != Transport::Udp {
            return Match::No;
        }
        if opening.on_port(&[PORT]) && opening.is_whole() && command(opening.bytes).is_some() {
            Match::Yes(&FRAME)
        } else if has_head(opening) {
            Match::Yes(&HEAD)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Qq)
    }
}

impl Parser for Qq {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(command) = command(payload.bytes) {
            facts.number(&COMMAND, command.into());
        }
        Next::Done
    }
}

/// Mark, length, an empty byte.
fn has_head(payload: &Payload<'_>) -> bool {
    let mut reader = Reader::new(payload.bytes);
    let (mark, length, empty) = (reader.u8(), reader.be16(), reader.u8());
    let known = length.is_some_and(|length| SIZES.contains(&(payload.wire_len, length)));
    mark == Some(MARK) && empty == Some(0) && known
}

/// Mark, length of the head, length of the body, head (a protocol buffer), body, mark.
fn highway(opening: &Payload<'_>) -> Match {
    let mut reader = Reader::new(opening.bytes);
    let stream = opening.transport == Transport::Tcp;
    let may_come = if stream { Match::Unsure } else { Match::No };
    let (Some(_), Some(head), Some(body)) = (reader.u8(), reader.be32(), reader.be32()) else { return may_come };
    if !(SHORTEST_HEAD..=LONGEST_HEAD).contains(&head) || body > LONGEST_BODY || reader.peek_u8() != Some(HEAD_TAG) {
        return Match::No;
    }
    match reader.skip(usize::try_from(head + body).unwrap_or(usize::MAX)) {
        None if stream && opening.bytes.len() < MOST_WAITED => Match::Unsure,
        Some(()) if reader.u8() == Some(ENDS) && (stream || reader.is_empty()) => Match::Yes(&HIGHWAY),
        _ => Match::No,
    }
}

/// A head names a command and an account; a body is a part of a file.
const SHORTEST_HEAD: u32 = 20;
const LONGEST_HEAD: u32 = 1024;
const LONGEST_BODY: u32 = 1 << 20;
/// The head's first field, as protocol buffers write it.
const HEAD_TAG: u8 = 0x0a;
/// As much as is kept of an opening.
const MOST_WAITED: usize = 2000;

/// Mark, version, command, number, account, data, mark.
fn command(bytes: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(bytes);
    let first = reader.u8()?;
    reader.skip(2)?;
    let command = reader.be16()?;
    reader.skip(2)?;
    let account = reader.be32()?;
    let known = matches!(command, 0x01..=0x3f | 0x58..=0x81 | 0xb5 | 0xba | 0xcd..=0xdd);
    (first == 2 && bytes.last() == Some(&3) && known && account >= 10_000).then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_message_on_its_port_is_told() {
        let server = Endpoint { port: PORT, ..SERVER };
        let bytes = [2, 0x0f, 0x15, 0, 0x62, 0, 1, 0, 0x12, 0xd6, 0x87, 9, 9, 9, 3];
        let told = tell_between(&Qq, Transport::Udp, CLIENT, server, &[(Side::Client, &bytes)]);
        assert_eq!(told.number(&COMMAND), Some(0x62));
    }

    #[test]
    fn a_head_needs_the_length_of_its_size() {
        let head = |length: u8| [&[2, 0, length, 0][..], &[0x5a; 60]].concat();
        assert!(tell(&Qq, Transport::Udp, &[(Side::Client, &head(64))]).saw(&HEAD));
        assert!(tell(&Qq, Transport::Udp, &[(Side::Client, &head(65))]).matched.is_none());
    }

    #[test]
    fn a_frame_ends_where_its_lengths_say() {
        let frame = [&[0x28, 0, 0, 0, 24, 0, 0, 0, 3, 0x0a][..], &[7; 23], &[8; 3], &[0x29]].concat();
        for split in 1..frame.len() {
            let (one, two) = frame.split_at(split);
            assert!(tell(&Qq, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]).saw(&HIGHWAY));
        }
        assert!(tell(&Qq, Transport::Udp, &[(Side::Client, &frame[..frame.len() - 1])]).matched.is_none());
    }
}
