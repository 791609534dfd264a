//! Whether a stream opens as TLS: by a hello, by an alert, or, joined late, by records that follow each other.

use super::hello::pairs;
use super::record::{kind, Head, HEAD};
use crate::bytes::Reader;

/// What a stream opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Nothing that could not be TLS, and too little to say.
    TooShort,
    /// A record with a ClientHello.
    ClientHello,
    /// A record with a ServerHello.
    ServerHello,
    /// A ClientHello in the frame of SSL 2.
    OldClientHello,
    /// An alert and nothing else.
    Alert,
    /// Two record headers where they should be, or one whose record is all of the payload.
    Records,
    /// One record header of a record that is longer than what was seen of it.
    OneRecord,
}

/// Longest hello that is believed; the longest real ones have post-quantum keys and large tickets.
const LONGEST_HELLO: usize = 1 << 16;
const MESSAGE_HEAD: usize = 4;
/// Version, random, lengths of session, ciphers and compression, one cipher.
const SHORTEST_HELLO: usize = 38;

/// Judges a stream's first bytes: nothing where it cannot be TLS.
pub fn judge(bytes: &[u8]) -> Option<Opening> {
    match bytes.first()? {
        0x80 => judge_old(bytes),
        &kind::HANDSHAKE => judge_hello(bytes),
        &kind::ALERT => judge_alert(bytes),
        _ => judge_records(bytes),
    }
}

/// The bytes of the records' bodies, for a hello may be cut over records after any byte.
fn bodies(bytes: &[u8]) -> impl Iterator<Item = Option<u8>> + '_ {
    let mut reader = Reader::new(bytes);
    let mut left = 0_u16;
    std::iter::from_fn(move || {
        if left == 0 {
            let cut = reader.remaining() < HEAD;
            match Head::read(&mut reader).filter(|head| head.kind == kind::HANDSHAKE) {
                Some(head) => left = head.length,
                None => return (!cut).then_some(None),
            }
        }
        left -= 1;
        reader.u8().map(Some)
    })
}

fn judge_hello(bytes: &[u8]) -> Option<Opening> {
    if !head_prefix_fits(bytes) {
        return None;
    }
    let mut start = [0; MESSAGE_HEAD + 2];
    let mut have = 0;
    for (place, byte) in start.iter_mut().zip(bodies(bytes)) {
        *place = byte?;
        have += 1;
    }
    let [message, high, middle, low, major, minor] = start;
    if have > 0 && !matches!(message, 1 | 2) || have > 1 && high != 0 {
        return None;
    }
    if have < start.len() {
        return Some(Opening::TooShort);
    }
    let length = usize::from(u16::from_be_bytes([middle, low]));
    let sound = (SHORTEST_HELLO..LONGEST_HELLO).contains(&length) && major == 3 && minor <= 4;
    let opening = if message == 1 { Opening::ClientHello } else { Opening::ServerHello };
    sound.then_some(opening)
}

/// Whether the bytes so far could begin a record header.
fn head_prefix_fits(bytes: &[u8]) -> bool {
    match bytes {
        [_, 3, minor, high, low, ..] => {
            *minor <= 4 && Head::read(&mut Reader::new(bytes)).is_some() && (*high, *low) != (0, 0)
        }
        [_, 3, minor, ..] => *minor <= 4,
        [_, 3] | [_] => true,
        _ => false,
    }
}

/// Exactly one alert: level 1 or 2, and a description that is in use (RFC 8446 §6).
fn judge_alert(bytes: &[u8]) -> Option<Opening> {
    const ALERT: usize = HEAD + 2;
    if !head_prefix_fits(bytes) {
        return None;
    }
    if bytes.len() < ALERT {
        return Some(Opening::TooShort);
    }
    let mut reader = Reader::new(bytes);
    let head = Head::read(&mut reader)?;
    if head.length != 2 {
        return judge_records(bytes);
    }
    let (level, description) = (reader.u8()?, reader.u8()?);
    (matches!(level, 1 | 2) && description <= 120).then_some(Opening::Alert)
}

fn judge_records(bytes: &[u8]) -> Option<Opening> {
    if !head_prefix_fits(bytes) {
        return None;
    }
    let mut reader = Reader::new(bytes);
    if bytes.len() < HEAD {
        return Some(Opening::TooShort);
    }
    let first = Head::read(&mut reader)?;
    // TLS 1.3 writes 1.2 here, and older versions are older than this rule's need.
    let usual = matches!(first.version, 0x0301..=0x0303);
    if !usual || first.kind == kind::CHANGE_CIPHER && first.length != 1 {
        return None;
    }
    if reader.skip(first.length.into()).is_none() {
        // A header alone is 1 of 2^24; wait for a second one unless the record fills a whole segment and more.
        let believed = bytes.len() >= ONE_SEGMENT && first.kind == kind::APPLICATION;
        return Some(if believed { Opening::OneRecord } else { Opening::TooShort });
    }
    if reader.is_empty() {
        return Some(Opening::Records);
    }
    if reader.remaining() < HEAD {
        return head_prefix_fits(reader.rest()).then_some(Opening::TooShort);
    }
    let second = Head::read(&mut reader)?;
    (second.version == first.version).then_some(Opening::Records)
}

/// Shortest payload that is believed to be a full segment with the start of a longer record.
const ONE_SEGMENT: usize = 500;

/// Bytes of an SSL 2 ClientHello before its lists.
const OLD_HEAD: usize = 11;

/// A ClientHello in the frame of SSL 2, from clients that could still fall back to it (RFC 5246 appendix E.2).
fn judge_old(bytes: &[u8]) -> Option<Opening> {
    if bytes.len() < OLD_HEAD {
        let fits = bytes.get(2).is_none_or(|kind| *kind == 1) && bytes.get(3).is_none_or(|major| *major == 3);
        return fits.then_some(Opening::TooShort);
    }
    let length = old_hello_length(bytes)?;
    let mut reader = Reader::new(bytes);
    reader.skip(2)?;
    let (message, version) = (reader.u8()?, reader.be16()?);
    let known = message == 1 && matches!(version, 0x0002 | 0x0300..=0x0303);
    let mut lists = pairs(reader.rest());
    let (ciphers, session, challenge) = (lists.next()?, lists.next()?, lists.next()?);
    let whole = usize::from(ciphers) + usize::from(session) + usize::from(challenge) + OLD_HEAD == length;
    let fits = ciphers > 0 && ciphers % 3 == 0 && matches!(session, 0 | 16) && (16..=32).contains(&challenge);
    if !(known && whole && fits) {
        return None;
    }
    // All of it: only its challenge tells a hello from Skype's imitation.
    Some(if bytes.len() < length { Opening::TooShort } else { Opening::OldClientHello })
}

/// The length of the ClientHello in the frame of SSL 2 that a stream opens with, if it does.
pub fn old_hello(bytes: &[u8]) -> Option<usize> {
    let is_old = bytes.first() == Some(&0x80) && judge_old(bytes) == Some(Opening::OldClientHello);
    old_hello_length(bytes).filter(|_| is_old)
}

/// Length of an SSL 2 message with its two bytes of length.
fn old_hello_length(bytes: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(bytes);
    Some(usize::from(reader.be16()? & 0x7fff) + 2)
}
