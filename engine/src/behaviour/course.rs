//! What went on in a flow so far: the activity of now, held by hysteresis, how long each lasted, what speaks for each.

use super::voice::alike;
use super::{segments, Window, WINDOW};
use crate::apps::Activity;
use crate::packet::{Side, Time};

/// Windows in a row that must agree before an activity changes: a pause is not its end, a burst not its beginning.
pub const HYSTERESIS: u8 = 3;

/// No sum grows beyond this, so that what ended can also be forgotten; and the same downwards.
const HEAVIEST: i16 = 60;
const LIGHTEST: i16 = -24;

const ACTIVITIES: usize = Activity::ALL.len();

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

/// The activity of now, the windows of each, and what speaks for each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Course {
    since: Time,
    now: Activity,
    next: Activity,
    /// Windows in a row that showed `next`.
    agreed: u8,
    /// Whether it was looked at how datagrams begin.
    pub(super) looked: bool,
    /// Whether they are cipher text from their first byte on.
    random: bool,
    /// Decibans for a call if they should turn out to be, until that is known.
    suspicion: i8,
    /// Whether the flow is cipher text from its first byte on, or of a program that hides.
    pub hides: bool,
    /// Whether one side of a stream waits for the other; nothing until that was looked at.
    waits: Option<bool>,
    /// Whether that side was heard to speak.
    spoke: [bool; 2],
    /// Packets of each side in the window before.
    before: [u16; 2],
    /// Their bytes.
    bytes: [u16; 2],
    /// Windows of each activity, by its number.
    lasted: [u16; ACTIVITIES],
    /// Decibans for each, by its number.
    sums: [i8; ACTIVITIES],
}

impl Course {
    /// Nothing heard yet. How the segments of a stream begin says nothing.
    pub(super) fn new(stream: bool) -> Self {
        Self { looked: stream, ..Self::default() }
    }

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

    /// Windows in all.
    #[must_use]
    pub fn windows(&self) -> u32 {
        self.lasted.iter().map(|lasted| u32::from(*lasted)).sum()
    }

    /// Decibans that all windows together give an activity.
    #[must_use]
    pub fn sum(&self, activity: Activity) -> i16 {
        self.sums.get(activity as usize).copied().unwrap_or_default().into()
    }

    /// Decibans for a call, or if its datagrams hide what they are, as long as that is not known.
    pub(super) fn suspicion(&self) -> i16 {
        let sum = self.sum(Activity::Call);
        if self.looked {
            sum
        } else {
            sum.max(self.suspicion.into())
        }
    }

    /// Adds what a window of datagrams would be worth if they hid what they are.
    pub(super) fn suspect(&mut self, decibans: i16) {
        self.suspicion = bounded(self.suspicion, decibans);
    }

    /// Whether datagrams are cipher text from their first byte on.
    pub(super) fn is_random(&self) -> bool {
        self.random
    }

    /// They are: all that was suspected so far counts.
    pub(super) fn confirm(&mut self) {
        self.random = true;
        let more = i16::from(self.suspicion) - self.sum(Activity::Call);
        self.add(Activity::Call, more.max(0));
    }

    /// Whether one side of a stream waits for the answer of the other before it asks again; nothing until it was looked at.
    pub(super) fn waits(&self) -> Option<bool> {
        self.waits
    }

    /// It was looked at. Where one waits, what sounded like speech was none.
    pub(super) fn take_turns(&mut self, waits: bool) {
        let before = self.waits.replace(waits);
        if waits && before.is_none() {
            self.add(Activity::Call, LIGHTEST - HEAVIEST);
        }
    }

    /// Whether that side was heard to speak.
    pub(super) fn spoke(&self, side: Side) -> bool {
        self.spoke.get(side.index()).copied().unwrap_or_default()
    }

    /// Packets of that side in the window before; nothing where there was none.
    pub(super) fn before(&self, side: Side) -> Option<u16> {
        self.before.get(side.index()).copied().filter(|_| self.windows() > 0)
    }

    /// Whether that side sent as many bytes as in the window before, or nearly.
    pub(super) fn keeps_bytes(&self, side: Side, window: &Window) -> bool {
        let before = self.bytes.get(side.index()).copied().unwrap_or_default();
        alike(before.into(), window.way(side).bytes, 35)
    }

    /// Adds what a window says of an activity.
    pub(super) fn add(&mut self, activity: Activity, decibans: i16) -> i16 {
        let Some(sum) = self.sums.get_mut(activity as usize) else { return 0 };
        *sum = bounded(*sum, decibans);
        i16::from(*sum)
    }

    /// Hears what a window showed most of all.
    pub(super) fn hear(&mut self, shown: Activity, window: &Window) {
        self.count(shown, 1);
        self.count(Activity::Idle, window.silent);
        self.before = [Side::Client, Side::Server].map(|side| window.way(side).packets);
        self.bytes = [Side::Client, Side::Server].map(|side| u16::try_from(window.way(side).bytes).unwrap_or(u16::MAX));
        for (spoke, way) in self.spoke.iter_mut().zip(&window.ways) {
            *spoke |= way.speech().is_some() || (window.stream && segments::speaks(way));
        }
        if shown == self.now {
            self.agreed = 0;
            return;
        }
        self.agreed = if shown == self.next { self.agreed.saturating_add(1) } else { 1 };
        self.next = shown;
        if self.agreed < HYSTERESIS {
            return;
        }
        self.now = shown;
        self.since = Time(window.opened.0.saturating_sub(u64::from(self.agreed - 1) * WINDOW));
        self.agreed = 0;
    }

    /// Nothing goes on any more.
    pub(super) fn end(&mut self) {
        self.now = Activity::Unknown;
    }

    fn count(&mut self, activity: Activity, windows: u32) {
        if let Some(lasted) = self.lasted.get_mut(activity as usize) {
            *lasted = lasted.saturating_add(u16::try_from(windows).unwrap_or(u16::MAX));
        }
    }

    pub(super) fn turn(&mut self) {
        self.spoke.reverse();
        self.before.reverse();
        self.bytes.reverse();
    }
}

/// A sum and what is added to it.
fn bounded(sum: i8, decibans: i16) -> i8 {
    i8::try_from(i16::from(sum).saturating_add(decibans).clamp(LIGHTEST, HEAVIEST)).unwrap_or_default()
}
