//! A TLS handshake inside a stream that hides what it is: the sizes of its first three turns.
//!
//! A proxy that encrypts everything (Shadowsocks, VMess) carries the handshakes of its users, and hides their bytes, not
//! their sizes: a hello of 517 bytes and what the proxy adds, or one with post-quantum keys; the server's hello with its
//! certificate; the client's last word of the handshake. Source: Xue et al., "Fingerprinting Obfuscated Proxy Traffic with
//! Encapsulated TLS Handshakes" (USENIX Security 2024). It is looked for in streams that are cipher text from the first
//! byte on, and is worth 16 decibans there: of such streams with turns of any length one in some hundreds has these sizes,
//! and of those of programs that ask and are answered a few in a hundred.

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
/// address around it.
const HELLO: [RangeInclusive<u16>; 2] = [570..=700, 1_650..=2_200];
/// Bytes of the server's turn: its hello and its certificate.
const CERTIFICATE: RangeInclusive<u16> = 700..=10_000;
/// Bytes of the next segment of the client: that it has finished.
const FINISHED: RangeInclusive<u16> = 90..=200;

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

/// How many bytes came in the first three turns of a conversation: all of the first two, the first segment of the third.
#[derive(Clone, Copy, Debug, Default)]
pub struct Turns {
    bytes: [u16; 3],
    turn: u8,
}

/// Of a conversation that does not begin with its client, or that is over with its third turn.
const OVER: u8 = 3;

impl Turns {
    /// Notes a payload.
    #[inline]
    pub fn note(&mut self, side: Side, len: usize) {
        if self.turn >= OVER {
            return;
        }
        let [first, ..] = self.bytes;
        let clients = self.turn != 1;
        if clients != (side == Side::Client) {
            self.turn = if first == 0 { OVER } else { self.turn + 1 };
        }
        if let Some(bytes) = self.bytes.get_mut(usize::from(self.turn)) {
            *bytes = bytes.saturating_add(u16::try_from(len).unwrap_or(u16::MAX));
        }
        if self.turn == 2 {
            self.turn = OVER;
        }
    }

    /// Client and server were taken for each other: the turns say nothing.
    pub fn turned(&mut self) {
        *self = Self { turn: OVER, ..Self::default() };
    }

    /// What was shown, where the turns are those of a handshake.
    #[must_use]
    pub fn handshake(&self) -> Option<Shown> {
        let [hello, certificate, finished] = self.bytes;
        let fits = HELLO.iter().any(|sizes| sizes.contains(&hello))
            && CERTIFICATE.contains(&certificate)
            && FINISHED.contains(&finished);
        fits.then(|| Shown { least: finished, most: hello, ..Shown::default() })
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
    fn a_hello_a_certificate_and_a_last_word_are_a_handshake() {
        use Side::{Client, Server};
        assert!(turns(&[(Client, 624), (Server, 1295), (Client, 127), (Server, 154)]).handshake().is_some());
        assert!(turns(&[(Client, 1448), (Client, 420), (Server, 1448), (Server, 1900), (Client, 130), (Client, 900)])
            .handshake()
            .is_some());
    }

    #[test]
    fn other_turns_are_not() {
        use Side::{Client, Server};
        assert!(turns(&[(Client, 624), (Server, 1295)]).handshake().is_none());
        assert!(turns(&[(Client, 600), (Server, 608), (Client, 124)]).handshake().is_none(), "an encrypted peer");
        assert!(turns(&[(Server, 624), (Client, 1295), (Server, 127)]).handshake().is_none());
        assert!(turns(&[(Client, 64), (Server, 1295), (Client, 127)]).handshake().is_none());
    }
}
