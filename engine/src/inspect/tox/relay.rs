//! Tox over TCP: a stream to a relay.

use super::{ACTIVITY, PUBLIC_KEY, RELAY};
use crate::facts::{Facts, Sign};
use crate::inspect::noise::{is_encrypted_opening, is_record};
use crate::inspect::{Match, Next, Payload};
use crate::packet::Side;

// One length among some hundreds, and cipher text from the first byte, which one stream in 160 has.
pub(super) static GREETING: Sign = Sign::new("128 bytes of cipher text, then silence: a greeting to a Tox relay", 16);
pub(super) static ANSWER: Sign = Sign::new("96 bytes of cipher text in answer, as a Tox relay gives", 18);
// Two bytes, 48, less for the small numbers that many lengths are.
pub(super) static PING: Sign =
    Sign::new("behind the greeting an encrypted packet of the length of a Tox relay's ping", 40);
// Each length is one of 2,048 in 65,536: six of them.
pub(super) static FRAMES: Sign =
    Sign::new("encrypted packets of possible lengths for a Tox relay, one right behind the other", 60);

// The same two bytes with nothing before them, and cipher text behind.
pub(super) static PING_ALONE: Sign = Sign::new("encrypted packets of the length of a Tox relay's ping", 32);
pub(super) static PING_ANSWERED: Sign = Sign::new("such packets from both sides, with nothing else around them", 32);

/// Public key, nonce, and key and nonce of the session encrypted.
const CLIENT_GREETING: usize = LONGEST as usize;
/// Nonce, and the relay's key and nonce encrypted.
const SERVER_GREETING: usize = 96;
/// Longest opening that may be a relay's.
pub(super) const LONGEST: u32 = 128;
const KEY: usize = 32;
/// One byte of tag-only data, and the longest packet that a relay takes.
const LENGTHS: std::ops::RangeInclusive<u16> = 17..=2064;
/// Kind and identifier of a ping, and its tag.
const PING_LENGTH: u16 = 25;
const ENOUGH: u8 = 6;

/// Whether a session is joined between two pings, which is all that an idle one has.
fn is_ping(bytes: &[u8]) -> bool {
    let sealed = bytes.strip_prefix(&PING_LENGTH.to_be_bytes());
    sealed.is_some_and(|sealed| sealed.len() == usize::from(PING_LENGTH) && is_encrypted_opening(sealed))
}

pub(super) fn matches(opening: &Payload<'_>) -> Match {
    if is_ping(opening.bytes) {
        return Match::Yes(&PING_ALONE);
    }
    if opening.side == Side::Server {
        let may_be = opening.bytes.len() <= usize::from(PING_LENGTH) && !is_record(opening.bytes);
        return if may_be { Match::Unsure } else { Match::No };
    }
    match opening.bytes.len() {
        length if length > CLIENT_GREETING || !is_encrypted_opening(opening.bytes) => Match::No,
        CLIENT_GREETING => Match::Yes(&GREETING),
        _ => Match::Unsure,
    }
}

/// How far one side's stream was read.
#[derive(Default)]
struct Framing {
    /// Bytes so far.
    sent: usize,
    /// Bytes still to come of the packet begun.
    left: usize,
    /// First byte of a length whose second has not come.
    half: Option<u8>,
    frames: u8,
}

/// What was heard on one stream.
#[derive(Default)]
pub(super) struct Stream {
    sides: [Framing; 2],
    /// Joined after the greetings; the side whose ping came first.
    joined: Option<Side>,
}

impl Stream {
    pub(super) fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let fresh = self.sides.iter().all(|side| side.sent == 0);
        if self.joined.is_some() || (fresh && is_ping(payload.bytes)) {
            return self.idle(payload, facts);
        }
        let [client, server] = &mut self.sides;
        let greeted = match payload.side {
            // The relay's answer is needed to go on, and it is needed whole.
            Side::Client => client.sent < CLIENT_GREETING || server.sent >= SERVER_GREETING,
            Side::Server => client.sent >= CLIENT_GREETING,
        };
        let before = if payload.side == Side::Client { client.sent } else { server.sent };
        if !greeted || (before == 0 && !is_encrypted_opening(payload.bytes)) {
            return Next::NotMine;
        }
        if payload.side == Side::Client && before == 0 {
            facts.bytes(&PUBLIC_KEY, payload.bytes.get(..KEY).unwrap_or_default());
        }
        let (framing, greeting) = match payload.side {
            Side::Client => (client, CLIENT_GREETING),
            Side::Server => (server, SERVER_GREETING),
        };
        if framing.read(payload.bytes, greeting, facts).is_none() {
            return Next::NotMine;
        }
        self.judge(facts)
    }

    /// Ping and answer of a session that was joined after its greetings.
    fn idle(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let first = *self.joined.get_or_insert(payload.side);
        if !is_ping(payload.bytes) {
            return Next::NotMine;
        }
        facts.flag(&RELAY);
        if payload.side == first {
            return Next::More;
        }
        facts.sign(&PING_ANSWERED);
        Next::Done
    }

    fn judge(&self, facts: &mut Facts<'_>) -> Next {
        let [client, server] = &self.sides;
        if client.frames + server.frames == 0 {
            return Next::More;
        }
        facts.sign(&ANSWER);
        facts.flag(&RELAY);
        facts.text(&ACTIVITY, b"log-on");
        if client.frames + server.frames < ENOUGH {
            return Next::More;
        }
        facts.sign(&FRAMES);
        Next::Done
    }
}

impl Framing {
    /// Passes over a chunk; nothing where a length is impossible.
    fn read(&mut self, chunk: &[u8], greeting: usize, facts: &mut Facts<'_>) -> Option<()> {
        let start = greeting.saturating_sub(self.sent).min(chunk.len());
        self.sent = self.sent.saturating_add(chunk.len());
        let mut rest = chunk.get(start..)?;
        while !rest.is_empty() {
            let passed = self.left.min(rest.len());
            self.left -= passed;
            rest = rest.get(passed..)?;
            let Some((byte, behind)) = rest.split_first() else { break };
            rest = behind;
            let Some(high) = self.half.replace(*byte) else { continue };
            self.half = None;
            self.begin(u16::from_be_bytes([high, *byte]), facts)?;
        }
        Some(())
    }

    fn begin(&mut self, length: u16, facts: &mut Facts<'_>) -> Option<()> {
        if self.frames == 0 && length == PING_LENGTH {
            facts.sign(&PING);
        }
        self.left = usize::from(length);
        self.frames = self.frames.saturating_add(1).min(ENOUGH);
        LENGTHS.contains(&length).then_some(())
    }
}
