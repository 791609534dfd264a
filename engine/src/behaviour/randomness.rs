//! Randomness: how the first eight bytes of 32 datagrams are spread, half byte by half byte.
//!
//! The chi-square test of Bonfiglio et al. (SIGCOMM 2007): for each of the 16 half bytes its values are counted; random
//! ones give about 15, two fixed bits three times as much as there are datagrams. Up to twice as much counts as random,
//! which chance exceeds in less than one of a million flows; more datagrams would tell no better, and later.
//!
//! All sixteen random means cipher text without a header, as no protocol of voice in use has; all but the third byte is
//! what Skype's datagrams had. It is asked of flows that no protocol took and that may carry speech. With the cadence of
//! speech it adds to the evidence, and then less is asked of that: who hides so well blurs the pace too. Alone it decides
//! nothing.

use super::{Detector, Profile, Shown};
use crate::apps::Activity;

/// Datagrams without a header in the clear.
pub struct Randomness;

static PROFILE: Profile = Profile { name: "randomness", title: "Randomness", activity: Activity::Unknown };

/// What it adds to the cadence of speech: of those who hide it nearly all are random, of others hardly one in three.
pub const WEIGHT: i16 = 5;
/// Datagrams that are counted.
const WANTED: u8 = 32;
/// Half bytes that are looked at.
const PLACES: usize = 16;
/// Sums beyond this are not random.
const RANDOM: u32 = 64;

impl Detector for Randomness {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn tell(&self, shown: &Shown) -> String {
        if shown.frame == 0 {
            "the first eight bytes of 32 datagrams are random: cipher text without a header".into()
        } else {
            "of the first eight bytes of 32 datagrams only the third keeps a form, as in Skype's".into()
        }
    }
}

/// Counts of half bytes, while they are gathered.
#[derive(Clone, Debug, Default)]
pub(super) struct Sampled {
    counts: [[u8; 16]; PLACES],
    datagrams: u8,
}

/// How the half bytes are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spread {
    /// All evenly.
    Random,
    /// All but those of the third byte.
    ButOne,
    /// Otherwise.
    Formed,
}

impl Sampled {
    /// Notes a datagram that is long enough.
    pub fn note(&mut self, payload: &[u8]) {
        let Some((first, _)) = payload.split_first_chunk::<8>().filter(|_| self.datagrams < WANTED) else { return };
        self.datagrams += 1;
        for (pair, byte) in self.counts.chunks_exact_mut(2).zip(first) {
            for (place, half) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
                if let Some(count) = place.get_mut(usize::from(half)) {
                    *count += 1;
                }
            }
        }
    }

    /// How they are spread, when there are enough.
    pub fn spread(&self) -> Option<Spread> {
        if self.datagrams < WANTED {
            return None;
        }
        let formed = |place: &[u8; 16]| chi_square(place) >= RANDOM;
        let third = |place: usize| place == 4 || place == 5;
        let others = self.counts.iter().enumerate().any(|(place, counts)| !third(place) && formed(counts));
        let thirds = self.counts.iter().enumerate().any(|(place, counts)| third(place) && formed(counts));
        Some(match (others, thirds) {
            (true, _) => Spread::Formed,
            (false, true) => Spread::ButOne,
            (false, false) => Spread::Random,
        })
    }
}

/// The sum of (observed - expected)² / expected over the 16 values.
fn chi_square(counts: &[u8; 16]) -> u32 {
    // With expected = n / 16: 16 / n times the sum of squares, less n.
    let n = u32::from(WANTED);
    let squares: u32 = counts.iter().map(|count| u32::from(*count).pow(2)).sum();
    (16 * squares / n).saturating_sub(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(shape: impl Fn(&mut [u8; 8], u8)) -> Option<Spread> {
        let (mut sampled, mut state) = (Sampled::default(), 7u64);
        for turn in 0..WANTED {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut bytes = (state ^ state >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_le_bytes();
            shape(&mut bytes, turn);
            sampled.note(&bytes);
        }
        sampled.spread()
    }

    #[test]
    fn cipher_text_is_random_and_a_header_is_not() {
        assert_eq!(sampled(|_, _| {}), Some(Spread::Random));
        assert_eq!(sampled(|bytes, _| bytes[0] = 0x80), Some(Spread::Formed));
        assert_eq!(sampled(|bytes, turn| bytes[3] = turn / 2), Some(Spread::Formed), "a counter");
    }

    #[test]
    fn what_only_the_third_byte_keeps_is_told_apart() {
        assert_eq!(sampled(|bytes, _| bytes[2] = 0x0d | bytes[2] & 0x70), Some(Spread::ButOne));
    }

    #[test]
    fn fewer_datagrams_say_nothing() {
        assert_eq!(Sampled::default().spread(), None);
    }
}
