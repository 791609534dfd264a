//! The obfuscated handshake (message stream encryption): a key exchange and padding without one fixed byte.
//!
//! Both sides send a 96-byte key and up to 512 bytes of padding; then hashes, and the encrypted rest. Where the two
//! then agree on plain text, the ordinary handshake comes behind it.

use super::{find, peer, EXCHANGE};
use crate::facts::{Facts, Sign};
use crate::inspect::noise::is_encrypted_opening;
use crate::inspect::{Match, Next, Payload};
use crate::packet::Side;

// One stream in 160 opens in cipher text, half of those in such a length; other obfuscators are among them, and answer so too:
// with both it is as likely not this.
pub(super) static OPENING: Sign =
    Sign::new("an opening of cipher text, as long as BitTorrent's obfuscated handshake", 12);
pub(super) static ANSWER: Sign = Sign::new("an answer of cipher text, as long as BitTorrent's obfuscated handshake", 6);
// One length each, among some hundreds that are usual.
pub(super) static FIRST_LENGTH: Sign =
    Sign::new("an encrypted message as long as a BitTorrent handshake behind its key exchange", 12);
pub(super) static SECOND_LENGTH: Sign = Sign::new("an encrypted message exactly as long as a BitTorrent handshake", 12);

/// A key, and no or all of the padding.
const LENGTHS: std::ops::RangeInclusive<usize> = 96..=LONGEST as usize;
pub(super) const LONGEST: u32 = 608;
/// Verification, choice of cipher and the length of no padding, before the handshake.
const BEFORE_HANDSHAKE: usize = 14;
/// Enough to find a plain handshake behind hashes and padding.
const MOST_KEPT: usize = 1400;
const LAST_TURN: usize = 5;

pub(super) fn matches(bytes: &[u8]) -> Match {
    match bytes.len() {
        length if length > *LENGTHS.end() || !is_encrypted_opening(bytes) => Match::No,
        length if length < *LENGTHS.start() => Match::Unsure,
        _ => Match::Yes(&OPENING),
    }
}

/// The turns of an exchange: 1 the client's key, 2 the server's, 3 and 4 the hashes and what follows, 5 the handshake.
#[derive(Default)]
pub(super) struct Handshake {
    turn: usize,
    side: Option<Side>,
    /// What was said in this turn, as far as it is kept.
    said: Vec<u8>,
}

impl Handshake {
    pub(super) fn kept(&self) -> usize {
        self.said.capacity()
    }

    pub(super) fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        facts.text(&EXCHANGE, b"obfuscated");
        if self.side != Some(payload.side) {
            if !self.turn_ends(facts) {
                return Next::NotMine;
            }
            self.side = Some(payload.side);
            self.turn += 1;
            self.said.clear();
        }
        let room = MOST_KEPT.saturating_sub(self.said.len()).min(payload.bytes.len());
        self.said.extend_from_slice(payload.bytes.get(..room).unwrap_or_default());
        // The name of the protocol in the clear, wherever the padding ends.
        if let Some(start) = find(&self.said, peer::NAME).and_then(|end| end.checked_sub(peer::NAME.len())) {
            if peer::tell(self.said.get(start..).unwrap_or_default(), payload.side, facts) {
                return Next::Done;
            }
        }
        if self.turn == LAST_TURN && payload.side == Side::Client && self.said.len() >= peer::LENGTH {
            self.turn_ends(facts);
        }
        if self.turn > LAST_TURN || self.said.len() >= MOST_KEPT {
            Next::Done
        } else {
            Next::More
        }
    }

    /// Judges what a side said before the other spoke; whether it may have been this.
    fn turn_ends(&self, facts: &mut Facts<'_>) -> bool {
        let length = self.said.len();
        match self.turn {
            1 => LENGTHS.contains(&length),
            2 if LENGTHS.contains(&length) && is_encrypted_opening(&self.said) => {
                facts.sign(&ANSWER);
                true
            }
            2 => false,
            4 if length == BEFORE_HANDSHAKE + peer::LENGTH => {
                facts.sign(&FIRST_LENGTH);
                true
            }
            5 if length == peer::LENGTH => {
                facts.sign(&SECOND_LENGTH);
                true
            }
            _ => true,
        }
    }
}
