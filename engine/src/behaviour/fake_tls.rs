//! Fake TLS: a stream that opens like TLS and is none.
//!
//! Three things give it away. The same server random in two connections: a server draws 28 or 32 random bytes for each
//! (RFC 5246 §7.4.1.2), so that chance repeats none; the one that RFC 8446 fixes for a retry is passed over. Records that
//! contradict themselves after the hello. A hello that no library has sent in years: TLS 1.0 or later without a single
//! extension. Sources: Ehlert and Petgang 2006 (Skype's reply on port 443 with one random for all), and our own samples.
//! The first is worth 60 decibans, the second 20, the last 8, which old devices share; none of them says which program it is.

use super::{Detector, Profile, Shown};
use crate::apps::Activity;

/// What only pretends to be TLS.
pub struct FakeTls;

static PROFILE: Profile = Profile { name: "fake-tls", title: "Fake TLS", activity: Activity::Unknown };

/// How it gave itself away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fake {
    /// A hello without extensions.
    BareHello = 1,
    /// Records that contradict themselves.
    Broken = 2,
    /// The server random of another connection.
    Repeated = 3,
}

impl Fake {
    /// What it weighs, in decibans.
    #[must_use]
    pub const fn weight(self) -> i16 {
        match self {
            Self::BareHello => 8,
            Self::Broken => 20,
            Self::Repeated => 60,
        }
    }
}

impl Detector for FakeTls {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn tell(&self, shown: &Shown) -> String {
        let what = match shown.frame {
            3 => "the server's random number is that of another connection: no TLS draws it twice",
            2 => "records contradict themselves after a hello: it only opens like TLS",
            _ => "a TLS hello without any extension, as no library of today sends it",
        };
        what.into()
    }
}

/// Server randoms remembered at a time; a newer one takes the place of an older.
const REMEMBERED: usize = 4096;
/// The SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3), from its first bytes.
const RETRY: u64 = 0xcf21_ad74_e59a_6111;

/// The server randoms of late, and whose they were.
#[derive(Default)]
pub struct Randoms {
    seen: Vec<(u64, u64)>,
}

impl Randoms {
    /// Whether the ServerHello that a payload begins with repeats the random of another flow.
    pub fn repeats(&mut self, payload: &[u8], flow: u64) -> bool {
        let Some(random) = server_random(payload).filter(|random| *random != RETRY) else { return false };
        if self.seen.is_empty() {
            self.seen.resize(REMEMBERED, (0, 0));
        }
        // Its bytes are random already, or those of a fake: either way they tell places apart well enough.
        let place = usize::try_from(random % REMEMBERED as u64).unwrap_or_default();
        let Some(kept) = self.seen.get_mut(place) else { return false };
        let repeated = kept.0 == random && kept.1 != flow;
        *kept = (random, flow);
        repeated
    }
}

/// Eight bytes of the random in a ServerHello, behind the four in which old servers told the time.
fn server_random(payload: &[u8]) -> Option<u64> {
    let hello = payload.get(..43)?;
    let [0x16, 3, _, _, _, 2, _, _, _, 3, _, random @ ..] = hello else { return None };
    let retry = u64::from_be_bytes(*random.first_chunk()?);
    let later = u64::from_be_bytes(*random.get(4..)?.first_chunk()?);
    Some(if retry == RETRY { RETRY } else { later })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(random: u8) -> Vec<u8> {
        let mut bytes = vec![0x16, 3, 3, 0, 60, 2, 0, 0, 56, 3, 3];
        bytes.extend((0..32).map(|place| random.wrapping_mul(place + 1)));
        bytes
    }

    #[test]
    fn a_random_that_another_connection_had_is_told() {
        let mut randoms = Randoms::default();
        assert!(!randoms.repeats(&hello(7), 1));
        assert!(!randoms.repeats(&hello(7), 1), "the same flow, sent again");
        assert!(!randoms.repeats(&hello(9), 2));
        assert!(randoms.repeats(&hello(7), 3));
    }

    #[test]
    fn a_retry_is_not_told() {
        let mut randoms = Randoms::default();
        let mut retry = hello(1);
        retry[11..19].copy_from_slice(&RETRY.to_be_bytes());
        assert!(!randoms.repeats(&retry, 1) && !randoms.repeats(&retry, 2));
    }

    #[test]
    fn what_is_no_server_hello_is_passed_over() {
        let mut randoms = Randoms::default();
        assert!(!randoms.repeats(b"HTTP/1.1 200 OK\r\n", 1) && !randoms.repeats(&[0x16; 100], 2));
    }
}
