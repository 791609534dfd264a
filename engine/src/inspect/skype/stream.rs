//! Skype's streams: to supernodes, to its servers, and in disguise where only the Web is let through.

use super::{ACTIVITY, CHANNEL, VERSION};
use crate::bytes::byte;
use crate::facts::{Facts, Sign};
use crate::inspect::noise::is_noise;
use crate::inspect::{Match, Next, Payload};
use crate::packet::Side;

// 1 in 256 for each byte after the first; four and more are beyond doubt, two or three nearly so.
pub(super) static PADDING: Sign =
    Sign::new("an opening padded from its 49th byte with the series that Skype pads with", 90);
pub(super) static PADDING_SHORT: Sign =
    Sign::new("an opening padded with a few bytes of the series that Skype pads with", 45);
pub(super) static PADDING_ANSWER: Sign = Sign::new("an answer padded with the series that Skype pads with", 48);
// Three bytes known.
pub(super) static KEYSTREAM_TWICE: Sign =
    Sign::new("two messages under one keystream, which show Skype's greeting to a supernode", 62);
// Seven bits of a length.
pub(super) static KEYSTREAM_ANSWER: Sign =
    Sign::new("an answer whose length fits under Skype's keystream used twice", 18);
// Five bytes, 120; but they are a TLS record, though an impossible one.
pub(super) static LOGIN: Sign =
    Sign::new("an empty TLS handshake record, as Skype opens to its log-in and event servers", 50);
pub(super) static LOGIN_ANSWER: Sign = Sign::new("an empty TLS data record in answer to an empty handshake record", 40);
// 56 fixed bytes: the frame of such a hello, which any TLS of that age has (80), and ciphers that no other was seen to
// list so. Another program's answer takes it back.
pub(super) static HELLO: Sign = Sign::new("the SSL 2 hello that Skype sends in disguise, cipher for cipher", 86);
pub(super) static HELLO_PADDED: Sign = Sign::new("an SSL hello whose challenge is the series that Skype pads with", 90);
// A server's random that repeats: 32 bytes.
pub(super) static HELLO_ANSWER: Sign =
    Sign::new("the TLS answer with the one random value that Skype's peers all give", 90);
// Nine bytes that come twice, 216; less for what repeats by nature.
pub(super) static WEB_DISGUISE: Sign =
    Sign::new("Skype's disguise on the port of the Web: nine bytes of noise that come twice", 60);
// More than the words of HTTP weigh, which it is too.
pub(super) static VERSION_CHECK: Sign = Sign::new("Skype's question for its newest version", 110);

/// An opening to a supernode (from version 4 on) has this much of cipher text, then padding.
const PADDED_FROM: usize = 48;
/// Four bytes of padding and more.
const LONG_PADDING: usize = PADDED_FROM + 5;
const SHORTEST_PADDING: usize = PADDED_FROM + 3;
const HANDSHAKE_EMPTY: [u8; 5] = [0x16, 3, 1, 0, 0];
const DATA_EMPTY: [u8; 5] = [0x17, 3, 1, 0, 0];
/// First message: a seed of four bytes, ten of cipher text.
const SEED_AND_PROOF: usize = 14;

/// The client's hello on port 443, up to the challenge.
const DISGUISE: [u8; 56] = [
    0x80, 0x46, 1, 3, 1, 0, 0x2d, 0, 0, 0, 0x10, 0, 0, 5, 0, 0, 4, 0, 0, 0x0a, 0, 0, 9, 0, 0, 0x64, 0, 0, 0x62, 0, 0,
    8, 0, 0, 3, 0, 0, 6, 1, 0, 0x80, 7, 0, 0xc0, 3, 0, 0x80, 6, 0, 0x40, 2, 0, 0x80, 4, 0, 0x80,
];
const CHALLENGE_END: usize = 72;

/// The answer's first bytes: a TLS record, ServerHello, and the time of 31 January 2004 with the rest of the random.
const DISGUISE_ANSWER: [u8; 43] = [
    0x16, 3, 1, 0, 0x4a, 2, 0, 0, 0x46, 3, 1, 0x40, 0x1b, 0xe4, 0x86, 2, 0xad, 0xe0, 0x29, 0xe1, 0x77, 0x74, 0xe5,
    0x44, 0xb9, 0xc9, 0x9c, 0xb4, 0x31, 0x31, 0x5e, 2, 0xdd, 0x77, 0x9d, 0x15, 0x4a, 0x96, 9, 0xba, 0x5d, 0xa8, 0x70,
];

/// Enough for a padded opening and for both disguises.
const MOST_LOOKED_AT: usize = 128;
const MOST_OF_A_REQUEST: usize = 512;

pub(super) fn matches(opening: &Payload<'_>) -> Match {
    match recognise(opening) {
        Some(sign) => Match::Yes(sign),
        None if may_grow(opening.bytes) => Match::Unsure,
        None => Match::No,
    }
}

/// Whether more bytes could decide what these do not.
fn may_grow(bytes: &[u8]) -> bool {
    bytes.len() < LONG_PADDING
        || bytes.starts_with(&DISGUISE) && bytes.len() < CHALLENGE_END
        || bytes.starts_with(b"GET ") && bytes.len() < MOST_OF_A_REQUEST && !bytes.contains(&b'\n')
}

fn recognise(opening: &Payload<'_>) -> Option<&'static Sign> {
    let bytes = opening.bytes;
    match opening.side {
        Side::Client if bytes.starts_with(&HANDSHAKE_EMPTY) => Some(&LOGIN),
        Side::Server if bytes.starts_with(&DATA_EMPTY) && opening.other.starts_with(&HANDSHAKE_EMPTY) => {
            Some(&LOGIN_ANSWER)
        }
        Side::Client if bytes.starts_with(&DISGUISE) => hello(bytes),
        Side::Server if bytes.starts_with(&DISGUISE_ANSWER) => Some(&HELLO_ANSWER),
        Side::Client if version(bytes).is_some() => Some(&VERSION_CHECK),
        Side::Client if greets_supernode(bytes) => Some(&KEYSTREAM_TWICE),
        Side::Client if opening.on_port(&[80]) && repeats(bytes) => Some(&WEB_DISGUISE),
        // A client that is refused sends its opening alone; a short one may still grow.
        _ if is_padded(bytes, PADDED_FROM, LONG_PADDING) => Some(&PADDING),
        _ if bytes.len() < LONG_PADDING && is_padded(bytes, PADDED_FROM, SHORTEST_PADDING) => Some(&PADDING_SHORT),
        // Who speaks first answers nobody: a few letters of a greeting would fit by chance.
        Side::Server if !opening.other.is_empty() && answers_supernode(bytes) => Some(&KEYSTREAM_ANSWER),
        _ => None,
    }
}

/// Whether the bytes from `start` to their end, which is at `least` or later, follow the series that Skype pads with:
/// each is 205 times the one before plus 113, modulo 256. Seen from clients and supernodes alike; not in any paper.
fn is_padded(bytes: &[u8], start: usize, least: usize) -> bool {
    let padding = bytes.get(start..bytes.len().min(MOST_LOOKED_AT)).unwrap_or_default();
    let follows = |pair: &[u8]| matches!(pair, [one, next] if one.wrapping_mul(205).wrapping_add(113) == *next);
    // A second message may be behind a long one.
    let judged = padding.get(..padding.len().min(LONG_PADDING - PADDED_FROM)).unwrap_or_default();
    bytes.len() >= least && judged.windows(2).all(follows)
}

fn hello(bytes: &[u8]) -> Option<&'static Sign> {
    let challenge = bytes.get(DISGUISE.len()..CHALLENGE_END)?;
    Some(if is_padded(challenge, 0, 5) { &HELLO_PADDED } else { &HELLO })
}

/// Message 1 is `seed, RC4(00 01 00 00 00 01 00 00 00 01)`; the keystream then starts again, so message 2 can be read
/// through it: its bytes 3 to 5 are `13 f2 01`.
fn greets_supernode(bytes: &[u8]) -> bool {
    let plain = |at: usize, known: u8| Some(byte(bytes, SEED_AND_PROOF + at)? ^ byte(bytes, 4 + at)? ^ known);
    [plain(3, 0), plain(4, 0), plain(5, 1)] == [Some(0x13), Some(0xf2), Some(1)]
}

/// The answer's second message begins with twice its own length, and a flag.
fn answers_supernode(bytes: &[u8]) -> bool {
    let (Some(first), Some(again)) = (byte(bytes, 4), byte(bytes, SEED_AND_PROOF)) else { return false };
    usize::from((first ^ again) >> 1) == bytes.len() - SEED_AND_PROOF - 1 && is_noise(bytes)
}

/// Version 2 on port 80: bytes 6 to 14 come again as bytes 16 to 24.
fn repeats(bytes: &[u8]) -> bool {
    let (Some(once), Some(again)) = (bytes.get(5..14), bytes.get(15..24)) else { return false };
    once == again && is_noise(once)
}

/// The version in `GET /ui/0/<version>/<language>/getlatestversion?…`, asked directly or through a proxy.
fn version(bytes: &[u8]) -> Option<&[u8]> {
    let line = bytes.strip_prefix(b"GET ")?;
    let path = line.strip_prefix(b"http://ui.skype.com").unwrap_or(line).strip_prefix(b"/ui/")?;
    let end = path.iter().position(|byte| *byte == b' ')?;
    let mut parts = path.get(..end)?.split(|byte| *byte == b'/');
    let version = parts.nth(1)?;
    let question = parts.nth(1)?;
    let known = question.starts_with(b"getlatestversion?") || question == b"installed";
    known.then_some(version)
}

/// Both sides' first bytes.
#[derive(Default)]
pub(super) struct Opening {
    first: [Vec<u8>; 2],
}

impl Opening {
    pub(super) fn kept(&self) -> usize {
        self.first.iter().map(Vec::capacity).sum()
    }

    pub(super) fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some(first) = self.first.get_mut(payload.side.index()) else { return Next::Done };
        let room = MOST_OF_A_REQUEST.saturating_sub(first.len());
        first.extend_from_slice(payload.bytes.get(..payload.bytes.len().min(room)).unwrap_or_default());
        match payload.side {
            Side::Client => client(first, facts),
            Side::Server => server(first, facts),
        }
        if self.is_real_tls() {
            return Next::NotMine;
        }
        let heard = |side: Side| self.first.get(side.index()).is_some_and(|first| first.len() >= CHALLENGE_END);
        if heard(Side::Client) && heard(Side::Server) {
            Next::Done
        } else {
            Next::More
        }
    }

    /// Whether the hello of the disguise got an answer that Skype's peers do not give.
    fn is_real_tls(&self) -> bool {
        let [client, server] = &self.first;
        let answered = server.len() >= DISGUISE_ANSWER.len() && !server.starts_with(&DISGUISE_ANSWER);
        answered && client.starts_with(&DISGUISE) && hello(client).is_some_and(|sign| sign.weight == HELLO.weight)
    }
}

fn client(first: &[u8], facts: &mut Facts<'_>) {
    if first.starts_with(&HANDSHAKE_EMPTY) {
        facts.text(&CHANNEL, b"log-in");
        facts.text(&ACTIVITY, b"log-on");
    } else if first.starts_with(&DISGUISE) {
        facts.text(&CHANNEL, b"disguise");
    } else if let Some(version) = version(first) {
        facts.text(&CHANNEL, b"version");
        facts.text(&VERSION, version);
    } else if is_padded(first, PADDED_FROM, SHORTEST_PADDING) {
        supernode(facts);
    } else if greets_supernode(first) {
        // After a weak match on the answer this is what makes it strong.
        facts.sign(&KEYSTREAM_TWICE);
        supernode(facts);
    }
}

fn supernode(facts: &mut Facts<'_>) {
    facts.text(&CHANNEL, b"supernode");
    facts.text(&ACTIVITY, b"log-on");
}

fn server(first: &[u8], facts: &mut Facts<'_>) {
    if first.starts_with(&DATA_EMPTY) {
        facts.sign(&LOGIN_ANSWER);
    } else if first.starts_with(&DISGUISE_ANSWER) {
        facts.sign(&HELLO_ANSWER);
    } else if is_padded(first, PADDED_FROM, SHORTEST_PADDING) {
        facts.sign(&PADDING_ANSWER);
    }
}
