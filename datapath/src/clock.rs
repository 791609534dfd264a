//! The kernel stamps with `CLOCK_MONOTONIC`; everything above speaks in wall-clock time.

use peergate_engine::packet::Time;

use crate::sys;

/// Two readings differ by a little each time; following that would put packets out of order.
const TOLERANCE: i64 = 1_000_000;

/// Converts between the two clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    offset: i64,
}

impl Clock {
    pub fn new() -> Self {
        Self { offset: measure() }
    }

    /// Follows a wall clock that was set.
    pub fn refresh(&mut self) {
        let offset = measure();
        if (offset - self.offset).abs() > TOLERANCE {
            self.offset = offset;
        }
    }

    pub const fn wall(self, kernel: u64) -> Time {
        Time(kernel.saturating_add_signed(self.offset))
    }

    pub const fn kernel(self, wall: Time) -> u64 {
        if wall.0 == u64::MAX {
            return u64::MAX;
        }
        wall.0.saturating_add_signed(-self.offset)
    }
}

/// What `bpf_ktime_get_ns` would say now.
pub(crate) fn kernel_now() -> u64 {
    sys::clock(libc::CLOCK_MONOTONIC)
}

fn measure() -> i64 {
    let before = kernel_now();
    let wall = sys::clock(libc::CLOCK_REALTIME);
    let after = kernel_now();
    wall.wrapping_sub(before + (after - before) / 2).cast_signed()
}
