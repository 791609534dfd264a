//! Fully encrypted: a flow whose very first bytes are cipher text, with no greeting in the clear.
//!
//! The test that the Great Firewall was found to apply (Wu et al., USENIX Security 2023, §4): the bits of the opening are
//! neither mostly 0 nor mostly 1, it does not begin with six printable bytes, less than half of it is printable, and no
//! twenty printable bytes stand together; a TLS record passes as a greeting. Where only a short opening is kept we allow
//! three fifths of it to be printable, because of 64 bytes of cipher text one in fifty has more than half. We ask as well
//! that its first sixteen bytes hold one zero at most, of which lengths and numbers in the clear have more, and cipher text
//! in 2 of 1,000 cases. It is asked of flows that no protocol took, or only by a guess. The firewall's authors met 0.6 % of
//! all TCP connections of a university like that; of random bytes nearly all are. So it is evidence that something hides,
//! and never says alone what. A stream that hides may be a call by a looser cadence. Of datagrams nobody has published a
//! share: there it weighs little, and only tells.

use super::{Detector, Profile, Shown};
use crate::apps::Activity;
use crate::packet::Transport;

/// Cipher text from the first byte on.
pub struct Encrypted;

static PROFILE: Profile = Profile { name: "encrypted", title: "Fully encrypted", activity: Activity::Unknown };

/// What it weighs, in decibans: 0.6 % of all connections pass the test, and all that hide do. Games and tunnels in
/// datagrams often do too.
pub const fn weight(transport: Transport) -> i16 {
    match transport {
        Transport::Tcp => 22,
        _ => 5,
    }
}
/// Fewer bytes prove nothing either way.
const LEAST: usize = 24;
/// Of fewer bytes chance alone makes more than half printable.
const SHORT: usize = 128;

impl Detector for Encrypted {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn tell(&self, shown: &Shown) -> String {
        let what = if shown.frame == 0 { "bytes are" } else { "datagram is" };
        format!("its first {what} cipher text, with no greeting in the clear")
    }
}

/// Whether an opening looks encrypted from its first byte on.
#[must_use]
pub fn is_encrypted(opening: &[u8]) -> bool {
    let len = opening.len();
    if len < LEAST {
        return false;
    }
    let ones: usize = opening.iter().map(|byte| byte.count_ones() as usize).sum();
    let printable = opening.iter().filter(|byte| is_printable(**byte)).count();
    let begins_readable = opening.iter().take(6).all(|byte| is_printable(*byte));
    let numbers = opening.iter().take(16).filter(|byte| **byte == 0).count() > 1;
    let even = ones * 10 > len * 34 && ones * 10 < len * 46;
    let readable = if len < SHORT { printable * 5 > len * 3 } else { printable * 2 > len };
    even && !begins_readable && !numbers && !is_record(opening) && !readable && longest_run(opening) <= 20
}

/// Whether it begins as a TLS record: a hello, or data.
fn is_record(opening: &[u8]) -> bool {
    matches!(opening, [0x16 | 0x17, 0x03, 0..=9, ..])
}

fn is_printable(byte: u8) -> bool {
    (0x20..=0x7e).contains(&byte)
}

fn longest_run(bytes: &[u8]) -> usize {
    bytes.split(|byte| !is_printable(*byte)).map(<[u8]>::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::is_encrypted;

    #[test]
    fn words_numbers_and_zeros_are_not_cipher_text() {
        assert!(!is_encrypted(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"));
        assert!(!is_encrypted(&[0; 64]));
        assert!(!is_encrypted(&[0xff; 64]));
        assert!(!is_encrypted(&[0x9c; 8]), "too short to say");
        let mut sealed: [u8; 64] = std::array::from_fn(|place| u8::try_from(place * 37 % 251).unwrap_or_default());
        assert!(is_encrypted(&sealed));
        sealed[..4].copy_from_slice(&[0, 0, 0, 60]);
        assert!(!is_encrypted(&sealed), "a length before cipher text");
    }

    #[test]
    fn nearly_every_opening_of_random_bytes_is() {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        let found = (0..1000).filter(|_| is_encrypted(&std::array::from_fn::<u8, 64, _>(|_| next()))).count();
        assert!(found > 980, "{found}");
    }
}
