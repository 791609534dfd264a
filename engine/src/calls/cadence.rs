//! What the pace of packets lets one guess of a call whose headers cannot be read: speech comes at the pace of its frames,
//! so that in a time without pauses as many packets should come as there are frames in it.
//!
//! A guess, and told as one. Where the pace is no codec's, or pauses are all there is, nothing is said.
#![allow(clippy::cast_precision_loss, reason = "gaps of one call are far fewer than 2^52 nanoseconds")]

use crate::packet::Time;

/// Width of a class of gaps.
const CLASS: u64 = 4 * Time::MILLI;
/// Gaps up to a quarter of a second are counted.
const CLASSES: usize = 64;
/// Gaps from which on something is said.
const ENOUGH: u64 = 100;
/// Frames of the codecs in use, in milliseconds.
const FRAMES: [f64; 5] = [10.0, 20.0, 30.0, 40.0, 60.0];
/// Up to so many frames a gap is lost packets; beyond, it is a pause of the speaker.
const PAUSE: f64 = 4.5;

/// Gaps between the packets of one side, by class: how many, and their sum.
#[derive(Clone, Debug)]
pub struct Cadence {
    gaps: [(u32, u64); CLASSES],
    last: Option<Time>,
}

/// What was guessed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guess {
    /// Share of packets that did not come.
    pub loss: f64,
    /// Mean deviation of a gap from the frame, in milliseconds.
    pub jitter: f64,
    /// The frame, in milliseconds.
    pub frame: f64,
}

impl Default for Cadence {
    fn default() -> Self {
        Self { gaps: [(0, 0); CLASSES], last: None }
    }
}

impl Cadence {
    /// Takes a packet.
    pub fn hear(&mut self, time: Time) {
        let Some(gap) = self.last.replace(time).map(|last| time.since(last)) else { return };
        let class = usize::try_from(gap / CLASS).ok().and_then(|class| self.gaps.get_mut(class));
        if let Some((count, sum)) = class {
            *count = count.saturating_add(1);
            *sum += gap;
        }
    }

    /// Packets go by that are not heard here: the gap until the next says nothing.
    pub fn interrupt(&mut self) {
        self.last = None;
    }

    /// What all gaps together say, if anything.
    pub fn guess(&self) -> Option<Guess> {
        let frame = self.frame()?;
        let (mut came, mut passed, mut apart) = (0.0, 0.0, 0.0);
        for (count, sum) in self.gaps.iter().filter(|(count, _)| *count > 0) {
            let (count, sum) = (f64::from(*count), *sum as f64 / 1e6);
            let mean = sum / count;
            if mean <= PAUSE * frame {
                (came, passed) = (came + count, passed + sum);
                // A gap of two frames is one packet that is missing, not one that is late.
                apart += (mean - frame * (mean / frame).round().max(1.0)).abs() * count;
            }
        }
        let loss = (1.0 - came * frame / passed.max(1.0)).max(0.0);
        // Beyond a fifth it is more likely another pace than such a loss.
        (came >= ENOUGH as f64 && loss <= 0.2).then_some(Guess { loss, jitter: apart / came, frame })
    }

    /// The codec's frame that is nearest to the gap in the middle.
    fn frame(&self) -> Option<f64> {
        let all: u64 = self.gaps.iter().map(|(count, _)| u64::from(*count)).sum();
        let mut before = 0;
        let (count, sum) = self.gaps.iter().find(|(count, _)| {
            before += u64::from(*count);
            before * 2 >= all && *count > 0
        })?;
        let middle = *sum as f64 / 1e6 / f64::from(*count);
        FRAMES.into_iter().find(|frame| (middle / frame - 1.0).abs() <= 0.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(gaps: impl Iterator<Item = u64>) -> Cadence {
        let mut cadence = Cadence::default();
        let mut time = Time(Time::SECOND);
        for gap in gaps {
            cadence.hear(time);
            time.0 += gap * Time::MILLI;
        }
        cadence
    }

    #[test]
    fn missing_packets_are_guessed_from_the_time_without_them() {
        let guess = heard((0..1000).map(|number| if number % 50 == 0 { 40 } else { 20 })).guess().unwrap();
        assert!((0.015..0.025).contains(&guess.loss), "{guess:?}");
        assert!(guess.jitter < 0.1 && (guess.frame - 20.0).abs() < 1e-9, "{guess:?}");
    }

    #[test]
    fn a_late_packet_is_not_a_missing_one() {
        let guess = heard((0..1000).map(|number| if number % 2 == 0 { 32 } else { 8 })).guess();
        assert!(guess.is_none_or(|guess| guess.loss < 0.01), "{guess:?}");
        let guess = heard((0..1000).map(|number| [20, 31, 9, 20][number % 4])).guess().unwrap();
        assert!(guess.loss < 0.001 && guess.jitter > 3.0, "{guess:?}");
    }

    #[test]
    fn pauses_are_no_loss() {
        let guess = heard((0..1000).map(|number| if number % 10 == 0 { 160 } else { 20 })).guess().unwrap();
        assert!(guess.loss < 0.001, "{guess:?}");
    }

    #[test]
    fn what_has_no_pace_is_not_guessed_at() {
        assert_eq!(heard((0..50).map(|_| 20)).guess(), None);
        assert_eq!(heard((0..1000).map(|number| if number % 2 == 0 { 1 } else { 200 })).guess(), None);
        assert_eq!(heard((0..1000).map(|_| 0)).guess(), None);
    }
}
