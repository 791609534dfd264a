//! Frames stamped far ahead of all before them: one alone is a broken stamp, and would end every flow and stop the
//! engine's clock for the rest of the capture; several in a row are days without traffic.

use crate::packet::Time;

/// Nights without traffic are common, broken clocks are years off.
const FAR: u64 = 24 * 3600 * Time::SECOND;
/// Broken stamps come alone.
const ENOUGH: u8 = 4;

/// How many frames in a row were stamped far ahead.
#[derive(Default)]
pub(super) struct Leaps(u8);

impl Leaps {
    /// Whether the clock may follow a frame's time.
    #[inline]
    pub fn believe(&mut self, time: Time, clock: Time) -> bool {
        if time.since(clock) <= FAR || clock == Time::default() {
            self.0 = 0;
            return true;
        }
        self.0 = self.0.saturating_add(1);
        self.0 >= ENOUGH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Time = Time(1_700_000_000 * Time::SECOND);
    const MORROW: Time = Time(NOON.0 + 2 * FAR);

    #[test]
    fn a_single_frame_far_ahead_does_not_move_the_clock() {
        let mut leaps = Leaps::default();
        for _ in 0..10 {
            assert!(!leaps.believe(MORROW, NOON));
            assert!(leaps.believe(NOON, NOON));
        }
    }

    #[test]
    fn several_in_a_row_do() {
        let mut leaps = Leaps::default();
        let believed: Vec<bool> = (0..5).map(|_| leaps.believe(MORROW, NOON)).collect();
        assert_eq!(believed, [false, false, false, true, true]);
        assert!(leaps.believe(NOON, Time::default()), "the first frame sets the clock");
    }
}
