//! One direction of one port: the queue in which frames wait out delay, jitter and rate, or are lost.

use std::collections::VecDeque;
use std::time::Duration;

use super::LinkStats;

/// Frames that may wait; a full second of a 100 Mbit/s line with full frames.
const CAPACITY: usize = 8192;
/// How much a line of limited rate may have queued, as a home router's buffer would.
const BACKLOG: Duration = Duration::from_millis(250);
/// Jitter has a long tail: one frame in this many is late by up to `TAIL` times the jitter.
const TAIL_ODDS: f64 = 0.01;
const TAIL: f64 = 4.0;

/// How good a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// One way.
    pub delay: Duration,
    /// Spread of the delay: about the standard deviation of what is added to it.
    pub jitter: Duration,
    /// Share of frames lost, 0 to 1.
    pub loss: f64,
    /// Bits per second; none is unlimited.
    pub rate: Option<u64>,
}

/// Frames under way in one direction. Order is kept: a late frame holds up those behind it, as a router's queue does.
pub(super) struct Leg {
    quality: Quality,
    waiting: VecDeque<(Duration, Box<[u8]>)>,
    /// When the last frame queued will leave.
    last_due: Duration,
    /// When the line has sent all that was given to it.
    line_free: Duration,
}

impl Leg {
    pub(super) fn new(quality: Quality) -> Self {
        Self { quality, waiting: VecDeque::new(), last_due: Duration::ZERO, line_free: Duration::ZERO }
    }

    /// Queues a frame, or loses it and counts why.
    pub(super) fn push(&mut self, now: Duration, frame: &[u8], chance: &mut Chance, stats: &mut LinkStats) {
        if chance.happens(self.quality.loss) {
            stats.lost += 1;
            return;
        }
        let Some(sent) = self.serialised(now, frame.len()).filter(|_| self.waiting.len() < CAPACITY) else {
            stats.overflowed += 1;
            return;
        };
        let due = (sent + self.quality.delay + chance.jitter(self.quality.jitter)).max(self.last_due);
        self.last_due = due;
        self.waiting.push_back((due, frame.into()));
    }

    /// The next frame whose time has come, with that time.
    pub(super) fn pop_due(&mut self, now: Duration) -> Option<(Duration, Box<[u8]>)> {
        self.next_due().filter(|due| *due <= now)?;
        self.waiting.pop_front()
    }

    pub(super) fn next_due(&self) -> Option<Duration> {
        self.waiting.front().map(|(due, _)| *due)
    }

    /// When the last bit of a frame is on the line; none if too much waits already.
    fn serialised(&mut self, now: Duration, bytes: usize) -> Option<Duration> {
        let Some(rate) = self.quality.rate.filter(|rate| *rate > 0) else {
            return Some(now);
        };
        let start = self.line_free.max(now);
        if start.saturating_sub(now) > BACKLOG {
            return None;
        }
        let nanos = bytes as u64 * 8 * 1_000_000_000 / rate;
        self.line_free = start + Duration::from_nanos(nanos);
        Some(self.line_free)
    }
}

/// Chance that a seed repeats exactly (splitmix64).
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// True in `share` of all cases. A share of zero draws nothing.
    fn happens(&mut self, share: f64) -> bool {
        share > 0.0 && self.unit() < share
    }

    /// Half a normal distribution, and now and then much more.
    fn jitter(&mut self, spread: Duration) -> Duration {
        if spread.is_zero() {
            return Duration::ZERO;
        }
        let normal = (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos();
        let tail = if self.happens(TAIL_ODDS) { TAIL * self.unit() } else { 0.0 };
        spread.mul_f64(normal.abs() + tail)
    }

    /// Even between 0 and 1, 1 excluded.
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exactly what an f64 holds")]
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn queue(quality: Quality, frames: u32) -> (Vec<Duration>, LinkStats) {
        let (mut leg, mut chance, mut stats) = (Leg::new(quality), Chance::new(7), LinkStats::default());
        for frame in 0..frames {
            leg.push(MS * frame, &[0; 125], &mut chance, &mut stats);
        }
        (std::iter::from_fn(|| leg.pop_due(Duration::MAX)).map(|(due, _)| due).collect(), stats)
    }

    #[test]
    fn a_frame_leaves_after_the_delay_and_not_before() {
        let mut leg = Leg::new(Quality { delay: MS * 10, ..Quality::default() });
        leg.push(MS, b"frame", &mut Chance::new(1), &mut LinkStats::default());
        assert_eq!(leg.next_due(), Some(MS * 11));
        assert_eq!(leg.pop_due(MS * 10), None);
        assert_eq!(leg.pop_due(MS * 11), Some((MS * 11, b"frame"[..].into())));
    }

    #[test]
    fn jitter_spreads_frames_but_never_reorders_them() {
        let (due, _) = queue(Quality { delay: MS * 10, jitter: MS * 5, ..Quality::default() }, 500);
        assert!(due.is_sorted());
        assert!(due.iter().zip(0..).any(|(due, sent)| *due > MS * (sent + 12)));
        assert!(due.iter().zip(0..).all(|(due, sent)| *due >= MS * (sent + 10)));
    }

    #[test]
    fn loss_takes_about_its_share_and_the_same_frames_each_time() {
        let lossy = Quality { loss: 0.1, ..Quality::default() };
        let (due, stats) = queue(lossy, 2000);
        assert!((150..250).contains(&stats.lost), "lost {}", stats.lost);
        assert_eq!(due.len() as u64 + stats.lost, 2000);
        assert_eq!(queue(lossy, 2000).0, due);
    }

    #[test]
    fn a_slow_line_spaces_frames_and_then_overflows() {
        // 125 bytes each millisecond are a megabit per second; the line takes half of that.
        let (due, stats) = queue(Quality { rate: Some(500_000), ..Quality::default() }, 2000);
        assert_eq!(due.get(1).copied(), Some(MS * 4));
        assert!(stats.overflowed > 500, "overflowed {}", stats.overflowed);
    }

    #[test]
    fn a_queue_that_nobody_empties_is_bounded() {
        let (due, stats) = queue(Quality { delay: MS * 100_000, ..Quality::default() }, 10_000);
        assert_eq!(due.len(), CAPACITY);
        assert_eq!(stats.overflowed, 10_000 - CAPACITY as u64);
    }
}
