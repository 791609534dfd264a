//! eDonkey over TCP: dialect, length, code, and so on to the next message.

use super::{NICK, USER};
use crate::bytes::{byte, Reader};
use crate::facts::{Announcement, Facts, Sign};
use crate::inspect::{Match, Next, Payload};
use crate::packet::{Endpoint, Side, Transport};

// 3 of 256 first bytes, 19; a length below a megabyte, 12 among small numbers; one of 60 codes, 6.
pub(super) static FRAME: Sign = Sign::new("a message of eDonkey, by dialect, length and code", 38);
pub(super) static FRAMES: Sign = Sign::new("eDonkey messages right behind each other on both sides", 40);
// Two fixed bytes of the user's identifier besides.
pub(super) static HELLO: Sign = Sign::new("the hello of an eMule user, with the two marks of its identifier", 48);
pub(super) static LOGIN: Sign = Sign::new("a log-in to an eDonkey server, with the two marks of an eMule user", 48);

/// The original dialect; eMule's; eMule's, compressed.
pub(super) const EDONKEY: u8 = 0xe3;
pub(super) const EMULE: u8 = 0xc5;
pub(super) const EMULE_PACKED: u8 = 0xd4;
const HEADER: usize = 6;
/// A part of a file, and then some.
const LONGEST: u32 = 2_000_000;
const HELLO_CODE: u8 = 0x01;
const HELLO_ANSWER_CODE: u8 = 0x4c;
const USER_LENGTH: u8 = 16;
/// Tags of a hello: name, and the two UDP ports in one number (Kad's in the upper half).
const TAG_NAME: u8 = 0x01;
const TAG_UDP_PORTS: u8 = 0xf9;
const MOST_KEPT: usize = 512;
const ENOUGH: u8 = 4;

/// Whether a message of this dialect has such a code.
fn is_code(dialect: u8, code: u8) -> bool {
    match dialect {
        EDONKEY => {
            matches!(code, 0x01 | 0x05 | 0x14..=0x16 | 0x18..=0x21 | 0x23 | 0x32..=0x36 | 0x38..=0x44 | 0x46..=0x60)
        }
        EMULE => matches!(code, 0x01 | 0x02 | 0x40 | 0x60..=0x6b | 0x70..=0x7f | 0x81..=0xb0),
        // Either dialect's, compressed.
        EMULE_PACKED => code != 0,
        _ => false,
    }
}

fn frame(bytes: &[u8]) -> Option<(u8, u8, usize)> {
    let mut reader = Reader::new(bytes);
    let dialect = reader.u8()?;
    let length = reader.le32()?;
    let code = reader.u8()?;
    let fits = (1..=LONGEST).contains(&length) && is_code(dialect, code);
    fits.then_some((dialect, code, usize::try_from(length).ok()?))
}

pub(super) fn matches(opening: &Payload<'_>) -> Match {
    if opening.bytes.len() < HEADER {
        return Match::Unsure;
    }
    match frame(opening.bytes) {
        Some(_) => Match::Yes(&FRAME),
        None => Match::No,
    }
}

/// One side's way from message to message.
#[derive(Default)]
struct Way {
    /// The message begun, as far as it is kept: header and what follows.
    begun: Vec<u8>,
    /// Bytes of it that are still to come, once its header is known.
    left: usize,
    messages: u8,
}

/// Both sides of a stream.
#[derive(Default)]
pub(super) struct Frames {
    sides: [Way; 2],
}

impl Frames {
    pub(super) fn kept(&self) -> usize {
        self.sides.iter().map(|way| way.begun.capacity()).sum()
    }

    pub(super) fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some(way) = self.sides.get_mut(payload.side.index()) else { return Next::Done };
        if way.read(payload, facts).is_none() {
            return Next::NotMine;
        }
        let [one, other] = &self.sides;
        if one.messages == 0 || other.messages == 0 {
            return Next::More;
        }
        facts.sign(&FRAMES);
        if one.messages + other.messages >= ENOUGH {
            Next::Done
        } else {
            Next::More
        }
    }
}

impl Way {
    fn read(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Option<()> {
        let mut rest = payload.bytes;
        while !rest.is_empty() {
            if self.begun.len() < HEADER {
                let (head, behind) = rest.split_at((HEADER - self.begun.len()).min(rest.len()));
                self.begun.extend_from_slice(head);
                rest = behind;
                if self.begun.len() < HEADER {
                    return Some(());
                }
                // The length counts the code, which is in the header.
                self.left = frame(&self.begun)?.2 - 1;
            }
            let (body, behind) = rest.split_at(self.left.min(rest.len()));
            let room = MOST_KEPT.saturating_sub(self.begun.len()).min(body.len());
            self.begun.extend_from_slice(body.get(..room)?);
            self.left -= body.len();
            rest = behind;
            if self.left == 0 {
                self.messages = self.messages.saturating_add(1);
                tell(&self.begun, payload, facts);
                self.begun.clear();
            }
        }
        Some(())
    }
}

/// Tells what a whole message says of its sender.
fn tell(message: &[u8], payload: &Payload<'_>, facts: &mut Facts<'_>) {
    let (Some((EDONKEY, code, _)), Some(body)) = (frame(message), message.get(HEADER..)) else { return };
    let (sign, user) = match code {
        // A hello between peers counts its identifier's bytes; a log-in and an answer do not.
        HELLO_CODE if byte(body, 0) == Some(USER_LENGTH) => (&HELLO, body.get(1..)),
        HELLO_CODE => (&LOGIN, Some(body)),
        HELLO_ANSWER_CODE => (&HELLO, Some(body)),
        _ => return,
    };
    let Some((user, rest)) = user.and_then(|user| user.split_at_checked(USER_LENGTH.into())) else { return };
    // eMule and its kin write these into the sixth and fifteenth byte.
    if byte(user, 5) == Some(0x0e) && byte(user, 14) == Some(0x6f) {
        facts.sign(sign);
    }
    if payload.side == Side::Client {
        facts.bytes(&USER, user);
    }
    tell_tags(rest, payload, facts);
}

/// Name and ports of a hello: address, port, how many tags, and the tags.
fn tell_tags(rest: &[u8], payload: &Payload<'_>, facts: &mut Facts<'_>) -> Option<()> {
    let mut reader = Reader::new(rest);
    reader.skip(6)?;
    let count = reader.le32()?.min(16);
    for _ in 0..count {
        let kind = reader.u8()?;
        let name_length = reader.le16()?;
        let name = reader.take(name_length.into())?;
        match (kind, name) {
            (2, name) => {
                let length = reader.le16()?;
                let text = reader.take(length.into())?;
                if name == [TAG_NAME] && payload.side == Side::Client {
                    facts.text(&NICK, text);
                }
            }
            (3, name) => {
                let number = reader.le32()?;
                if name == [TAG_UDP_PORTS] {
                    announce_datagrams(number, payload, facts);
                }
            }
            _ => return None,
        }
    }
    Some(())
}

/// The sender's datagrams come from these ports, obfuscated or not.
fn announce_datagrams(ports: u32, payload: &Payload<'_>, facts: &mut Facts<'_>) {
    let [a, b, c, d] = ports.to_be_bytes();
    let (kad, servers) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let mut announce = |port| {
        let endpoint = Endpoint { port, ..payload.source() };
        facts.announce(Announcement::Media { endpoint, transport: Transport::Udp, protocol: "edonkey" });
    };
    if servers != 0 {
        announce(servers);
    }
    if kad != 0 && kad != servers {
        announce(kad);
    }
}
