//! STUN over TCP: messages one after the other (RFC 8489 §6.2.2), or each in a frame with its length before it
//! (RFC 4571, as ICE over TCP does: RFC 6544). What a relay passes on in channels (RFC 8656 §12.5) and indications, and what
//! else comes in frames, are datagrams of another conversation: they are handed over.

use super::message::{self, Class, Message};
use super::{tell, CHANNEL, CHANNEL_HEADER, COOKIE, TURN};
use crate::bytes::{be16, be32};
use crate::facts::Facts;
use crate::inspect::{Match, Next, Payload};

/// Longest message or datagram that is waited for; those with a certificate-like token are longer, and only repeat.
const LONGEST: usize = 2048;
/// Messages read of one side: an allocation, permissions and channels for all paths, and the checks of each.
const MESSAGES: u8 = 48;
/// Datagrams handed over of one side: checks, keys, and enough of the sound.
const DATAGRAMS: u8 = 64;
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
    messages: u8,
    carried: u8,
    /// What came whole and is not handed over yet.
    whole: Vec<Vec<u8>>,
    /// Nothing more is read, once that is handed over.
    over: bool,
}

/// What the bytes so far begin with.
enum Piece {
    /// More bytes tell.
    Partial,
    /// Nothing that this is about.
    Foreign,
    /// A message of STUN of so many bytes, frame and all.
    Message(usize),
    /// A datagram of others: where it begins, where it ends, and where the next piece does.
    Datagram(usize, usize, usize),
}

impl Stream {
    pub fn kept(&self) -> usize {
        self.kept.len() + self.whole.iter().map(Vec::len).sum::<usize>()
    }

    /// What relays and peers wrote to each other as datagrams, since it was last asked.
    pub fn datagrams(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.whole)
    }

    pub fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if self.over {
            return Next::Done;
        }
        let mut rest = payload.bytes;
        loop {
            let room = rest.len().min(LONGEST.saturating_sub(self.kept.len()));
            let (part, after) = rest.split_at_checked(room).unwrap_or_default();
            self.kept.extend_from_slice(part);
            rest = after;
            let next = self.read(facts);
            match next {
                // From here on it is the peer's connection, passed through (RFC 6062 §5.3).
                Next::Inside(_) => {
                    let left = self.kept.len() + rest.len();
                    return Next::Inside(payload.bytes.len().saturating_sub(left));
                }
                Next::More if rest.is_empty() || room == 0 => {}
                Next::More => continue,
                // What came before the end counts too.
                Next::Done if !self.whole.is_empty() => self.over = true,
                other => return other,
            }
            return if self.whole.is_empty() { Next::More } else { Next::Datagrams };
        }
    }

    /// Reads what is kept, as far as it is whole.
    fn read(&mut self, facts: &mut Facts<'_>) -> Next {
        while self.messages < MESSAGES && self.carried < DATAGRAMS {
            match self.piece() {
                Piece::Partial => return Next::More,
                Piece::Foreign => return Next::Done,
                Piece::Message(whole) => {
                    let joined = self.tell(facts);
                    self.kept.drain(..whole);
                    if joined {
                        return Next::Inside(0);
                    }
                }
                Piece::Datagram(start, end, next) => {
                    self.carry(self.kept.get(start..end).map(<[u8]>::to_vec));
                    if self.framing == Some(0) {
                        facts.flag(&TURN);
                        facts.sign(&CHANNEL);
                    }
                    self.kept.drain(..next.min(self.kept.len()));
                }
            }
        }
        Next::Done
    }

    fn carry(&mut self, datagram: Option<Vec<u8>>) {
        let Some(datagram) = datagram else { return };
        self.carried = self.carried.saturating_add(1);
        if !datagram.is_empty() {
            self.whole.push(datagram);
        }
    }

    fn piece(&mut self) -> Piece {
        if self.framing.is_none() && self.kept.len() < FRAMING_KNOWN {
            return Piece::Partial;
        }
        let framing = *self.framing.get_or_insert_with(|| opening(&self.kept).unwrap_or_default());
        let Some(bytes) = self.kept.get(framing..).filter(|bytes| bytes.len() >= CHANNEL_HEADER) else {
            return Piece::Partial;
        };
        if framing == 0 && bytes.first().is_some_and(|first| (0x40..=0x4f).contains(first)) {
            let length = be16(bytes, 2).map(usize::from).unwrap_or_default();
            let end = CHANNEL_HEADER + length;
            return self.datagram(CHANNEL_HEADER, end, end.next_multiple_of(4));
        }
        let frame = be16(&self.kept, 0).map(usize::from).unwrap_or_default();
        if framing > 0 && frame < message::HEADER {
            return self.datagram(framing, framing + frame, framing + frame);
        }
        if bytes.len() < message::HEADER {
            return Piece::Partial;
        }
        let message = Message::read(bytes).filter(|_| be32(bytes, COOKIE_AT) == Some(COOKIE_VALUE));
        match message {
            Some(message) if message.length > LONGEST - framing => Piece::Foreign,
            Some(message) if bytes.len() < message.length => Piece::Partial,
            Some(message) => Piece::Message(framing + message.length),
            None if framing > 0 => self.datagram(framing, framing + frame, framing + frame),
            None => Piece::Foreign,
        }
    }

    fn datagram(&self, start: usize, end: usize, next: usize) -> Piece {
        match next {
            _ if next > LONGEST => Piece::Foreign,
            _ if self.kept.len() < next => Piece::Partial,
            _ => Piece::Datagram(start, end, next),
        }
    }

    /// Tells a message that came whole; whether what follows is a peer's connection.
    fn tell(&mut self, facts: &mut Facts<'_>) -> bool {
        let bytes = self.kept.get(self.framing.unwrap_or_default()..).unwrap_or_default();
        let Some(message) = Message::read(bytes) else { return false };
        facts.sign(&COOKIE);
        let _ = tell::message(&message, usize::MAX, facts);
        let inner = message.get(tell::DATA).map(<[u8]>::to_vec);
        let joined = message.method == message::CONNECTION_BIND && message.class == Class::Success;
        self.messages = self.messages.saturating_add(1);
        self.carry(inner);
        joined
    }
}
