//! A TLS handshake inside a stream that hides what it is: the sizes of its first turns.
//!
//! A proxy that encrypts everything (Shadowsocks, VMess) carries the handshakes of its users, and hides their bytes, not
//! their sizes: a hello of 517 bytes and what the proxy adds, or one with post-quantum keys; the server's hello with its
//! certificate; the client's last word of the handshake; and then its first request at once (TLS 1.3), or the server's
//! last word (1.2). Source: Xue et al., "Fingerprinting Obfuscated Proxy Traffic with Encapsulated TLS Handshakes"
//! (USENIX Security 2024). It is looked for in streams that are cipher text from the first byte on, and only where full
//! segments of the server follow, as of a page. Turns of any length fit less than once in a thousand (the test below
//! measures it). It is worth 16 decibans, and no more, because programs that ask and are answered have their usual lengths.

use std::ops::RangeInclusive;

use super::{Detector, Profile, Shown};
use crate::apps::Activity;
use crate::packet::Side;

/// A handshake in disguise.
pub struct Nested;

static PROFILE: Profile = Profile { name: "nested-tls", title: "Handshake inside", activity: Activity::Unknown };

/// What it weighs, in decibans, beside that the stream is encrypted from its first byte on.
pub const WEIGHT: i16 = 16;

/// Bytes of the client's first turn: a padded hello (RFC 7685) or one with post-quantum keys, and a salt, tags and an
/// address around it; VMess adds up to 63 bytes by lot to each of its parts.
const HELLO: [RangeInclusive<u16>; 2] = [570..=740, 1_650..=2_200];
/// Bytes of the server's turn: its hello and its certificate.
const CERTIFICATE: RangeInclusive<u16> = 700..=10_000;
/// Bytes of the next segment of the client: that it has finished.
const FINISHED: RangeInclusive<u16> = 90..=200;
/// Bytes of what the server says next where the client waits for it: that it has finished too, and perhaps a ticket.
const ANSWER: RangeInclusive<u16> = 69..=400;

impl Detector for Nested {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn tell(&self, shown: &Shown) -> String {
        let Shown { least, most, .. } = shown;
        format!(
            "its first turns have the sizes of a TLS handshake inside it: {most} bytes, a longer answer, {least} bytes"
        )
    }
}

/// Bytes of a segment that is full.
const FULL: u16 = 1_200;

/// How many bytes came in the first turns of a conversation: all of the first two, the first segment of the third. Of what
/// follows only whether it is what follows a handshake.
#[derive(Clone, Copy, Debug, Default)]
pub struct Turns {
    hello: u16,
    certificate: u16,
    finished: u16,
    next: Next,
}

/// What a conversation is waited for to bring next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    /// The client's hello, or more of it.
    #[default]
    Hello,
    /// More of the server's answer.
    Certificate,
    /// More of the client at once, or the server's last word.
    LastWord,
    /// A full segment of the server.
    Full,
    /// Another one.
    Page,
    /// Nothing: it was all there.
    Nothing,
    /// Nothing: it does not begin with its client, or goes on like no handshake.
    Over,
}

impl Turns {
    /// Notes a payload.
    #[inline]
    pub fn note(&mut self, side: Side, len: usize) {
        if !matches!(self.next, Next::Nothing | Next::Over) {
            self.next = self.take(side, u16::try_from(len).unwrap_or(u16::MAX));
        }
    }

    fn take(&mut self, side: Side, len: u16) -> Next {
        match (self.next, side) {
            (Next::Hello, Side::Client) => {
                self.hello = self.hello.saturating_add(len);
                Next::Hello
            }
            (Next::Certificate, Side::Server) => self.answered(len),
            (Next::Hello, Side::Server) if self.hello > 0 => self.answered(len),
            (Next::Certificate, Side::Client) => {
                self.finished = len;
                if self.fits() {
                    Next::LastWord
                } else {
                    Next::Over
                }
            }
            (Next::LastWord, Side::Server) if !ANSWER.contains(&len) => Next::Over,
            (Next::Full, Side::Server) if len >= FULL => Next::Page,
            (Next::Page, Side::Server) if len >= FULL => Next::Nothing,
            (Next::LastWord | Next::Full | Next::Page, _) => Next::Full,
            (Next::Hello | Next::Nothing | Next::Over, _) => Next::Over,
        }
    }

    fn answered(&mut self, len: u16) -> Next {
        self.certificate = self.certificate.saturating_add(len);
        Next::Certificate
    }

    fn fits(self) -> bool {
        HELLO.iter().any(|sizes| sizes.contains(&self.hello))
            && CERTIFICATE.contains(&self.certificate)
            && FINISHED.contains(&self.finished)
    }

    /// Client and server were taken for each other: the turns say nothing.
    pub fn turned(&mut self) {
        *self = Self { next: Next::Over, ..Self::default() };
    }

    /// What was shown, where the turns are those of a handshake and a page.
    #[must_use]
    pub fn handshake(&self) -> Option<Shown> {
        (self.next == Next::Nothing).then(|| Shown { least: self.finished, most: self.hello, ..Shown::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(payloads: &[(Side, usize)]) -> Turns {
        let mut turns = Turns::default();
        for (side, len) in payloads {
            turns.note(*side, *len);
        }
        turns
    }

    #[test]
    fn a_hello_a_certificate_a_last_word_and_a_page_are_a_handshake() {
        use Side::{Client, Server};
        let page = [(Client, 300), (Server, 1448), (Server, 1448)];
        let two_words = [(Client, 624), (Server, 1295), (Client, 127), (Server, 154)];
        assert!(turns(&[&two_words[..], &page].concat()).handshake().is_some());
        let at_once = [(Client, 1448), (Client, 420), (Server, 1448), (Server, 1900), (Client, 130), (Client, 900)];
        assert!(turns(&[&at_once[..], &page].concat()).handshake().is_some());
        assert!(turns(&two_words).handshake().is_none(), "no page");
    }

    #[test]
    fn other_turns_are_not() {
        use Side::{Client, Server};
        let page = [(Client, 300), (Server, 1448), (Server, 1448)];
        let others: [&[_]; 5] = [
            &[(Client, 624), (Server, 1295)],
            &[(Client, 600), (Server, 608), (Client, 124)],
            &[(Server, 624), (Client, 1295), (Server, 127)],
            &[(Client, 64), (Server, 1295), (Client, 127)],
            &[(Client, 624), (Server, 1295), (Client, 127), (Server, 1448)],
        ];
        for other in others {
            assert!(turns(&[other, &page].concat()).handshake().is_none(), "{other:?}");
        }
    }

    fn split_mix(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 27)
    }

    /// One in how many conversations fits, if its segments are of any length, on any side.
    #[test]
    fn turns_of_any_length_fit_less_than_once_in_a_thousand() {
        const CONVERSATIONS: u32 = 200_000;
        let (mut lot, mut fitting) = (1, 0);
        for _ in 0..CONVERSATIONS {
            let mut turns = Turns::default();
            turns.note(Side::Client, 1 + (split_mix(&mut lot) % 1_460) as usize);
            for _ in 0..20 {
                let drawn = split_mix(&mut lot);
                let side = if drawn.is_multiple_of(2) { Side::Client } else { Side::Server };
                turns.note(side, 1 + (drawn / 2 % 1_460) as usize);
            }
            fitting += u32::from(turns.handshake().is_some());
        }
        println!("{fitting} of {CONVERSATIONS}");
        assert!(fitting < CONVERSATIONS / 1_000, "{fitting}");
    }
}
