//! What went on in a flow so far: the activity of now, held by hysteresis, and how long each lasted.

use crate::apps::Activity;
use crate::packet::Time;

use super::{Window, WINDOW};

/// Windows in a row that must agree before an activity changes: a pause is not its end, a burst not its beginning.
pub const HYSTERESIS: u8 = 3;

/// An activity took the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What went on before.
    pub before: Activity,
    /// What goes on now.
    pub now: Activity,
    /// Since when: the first of the windows that showed it.
    pub since: Time,
}

/// The activity of now, and the windows of each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Course {
    now: Activity,
    next: Activity,
    /// Windows in a row that showed `next`.
    agreed: u8,
    since: Time,
    /// Windows of each activity, by its number.
    lasted: [u16; Activity::ALL.len()],
}

impl Course {
    /// What goes on now.
    #[must_use]
    pub fn now(&self) -> Activity {
        self.now
    }

    /// Since when.
    #[must_use]
    pub fn since(&self) -> Time {
        self.since
    }

    /// Windows in which this went on.
    #[must_use]
    pub fn lasted(&self, activity: Activity) -> u16 {
        self.lasted.get(activity as usize).copied().unwrap_or_default()
    }

    /// Hears what a window showed; says whether that changes what goes on.
    pub fn hear(&mut self, shown: Activity, window: &Window) -> Option<Change> {
        if let Some(lasted) = self.lasted.get_mut(shown as usize) {
            *lasted = lasted.saturating_add(1);
        }
        if shown == self.now {
            self.agreed = 0;
            return None;
        }
        self.agreed = if shown == self.next { self.agreed.saturating_add(1) } else { 1 };
        self.next = shown;
        if self.agreed < HYSTERESIS {
            return None;
        }
        let before = std::mem::replace(&mut self.now, shown);
        self.since = Time(window.opened.0.saturating_sub(u64::from(self.agreed - 1) * WINDOW));
        self.agreed = 0;
        Some(Change { before, now: shown, since: self.since })
    }
}
