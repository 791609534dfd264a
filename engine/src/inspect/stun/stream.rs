//! STUN over TCP: messages one after the other (RFC 8489 §6.2.2), or each in a frame with its length before it
//! (RFC 4571, as ICE over TCP does: RFC 6544).

use super::message::{self, Class, Message};
use super::{tell, CHANNEL, COOKIE, TURN};
use crate::bytes::{be16, be32};
use crate::facts::Facts;
use crate::inspect::{Match, Next, Payload};

/// Longest message that is waited for; those with a certificate-like token are longer, and only repeat.
const LONGEST: usize = 2048;
/// Messages read of one side.
const ENOUGH: u8 = 16;
/// Where the cookie is in a message.
const COOKIE_AT: usize = 4;
const COOKIE_VALUE: u32 = 0x2112_a442;
/// So many bytes tell whether a message has a frame: one, and the cookie.
const FRAMING_KNOWN: usize = 2 + COOKIE_AT + 4;

/// Only with the cookie: streams that begin with small numbers are many.
pub fn matches(bytes: &[u8]) -> Match {
    match opening(bytes) {
        Some(skipped) if bytes.len() >= skipped + message::HEADER => Match::Yes(&COOKIE),
        Some(_) => Match::Unsure,
        None => Match::No,
    }
}

/// How many bytes of framing come before the message, if the bytes so far can begin one.
fn opening(bytes: &[u8]) -> Option<usize> {
    [0, 2].into_iter().find(|skipped| {
        let cookie = COOKIE_VALUE.to_be_bytes();
        let seen = bytes.get(skipped + COOKIE_AT..).unwrap_or_default();
        let shown = seen.get(..seen.len().min(cookie.len())).unwrap_or_default();
        let framed = match (be16(bytes, 0), be16(bytes, 4)) {
            (Some(frame), Some(length)) => usize::from(frame) == usize::from(length) + message::HEADER,
            _ => true,
        };
        let small = bytes.get(*skipped).is_none_or(|first| first >> 6 == 0);
        cookie.starts_with(shown) && small && (*skipped == 0 || framed)
    })
}

/// One side of a connection.
#[derive(Default)]
pub struct Stream {
    kept: Vec<u8>,
    /// Bytes before each message: 2 where framed; not known before the first.
    framing: Option<usize>,
    read: u8,
}

impl Stream {
    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    pub fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let room = LONGEST.saturating_sub(self.kept.len());
        self.kept.extend(payload.bytes.iter().take(room));
        while self.read < ENOUGH {
            if self.framing.is_none() && self.kept.len() < FRAMING_KNOWN {
                return Next::More;
            }
            let framing = *self.framing.get_or_insert_with(|| opening(&self.kept).unwrap_or_default());
            let bytes = self.kept.get(framing..).unwrap_or_default();
            if bytes.first().is_some_and(|first| (0x40..=0x4f).contains(first)) && framing == 0 {
                facts.flag(&TURN);
                facts.sign(&CHANNEL);
                return Next::Done;
            }
            if bytes.len() < message::HEADER {
                return Next::More;
            }
            let Some(message) = Message::read(bytes).filter(|_| be32(bytes, COOKIE_AT) == Some(COOKIE_VALUE)) else {
                return Next::Done;
            };
            if message.length > LONGEST - framing {
                return Next::Done;
            }
            if bytes.len() < message.length {
                return Next::More;
            }
            facts.sign(&COOKIE);
            let _ = tell::message(&message, usize::MAX, facts);
            self.read += 1;
            let whole = framing + message.length;
            // From here on it is the peer's connection, passed through (RFC 6062 §5.3).
            let joined = message.method == message::CONNECTION_BIND && message.class == Class::Success;
            let left = self.kept.len() - whole;
            if joined {
                return Next::Inside(payload.bytes.len().saturating_sub(left));
            }
            self.kept.drain(..whole);
        }
        Next::Done
    }
}
