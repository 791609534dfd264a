//! Behaviour: what goes on in a flow, by the cadence and the sizes of its packets alone.
//!
//! To add a detector: its file, its `mod` line and its line in [`DETECTORS`].

mod course;
mod file_transfer;
mod idle;
mod stats;
mod voice;

pub use course::{Change, Course};
pub use stats::{Noted, Stats, Way, Window, BURST, FULL, GAPS, LARGE, TINY, WINDOW};

use crate::apps::Activity;
use crate::packet::{Side, Time};

/// Every activity that the engine can tell. The order settles ties only.
pub static DETECTORS: &[&dyn Detector] = &[&voice::Voice, &file_transfer::FileTransfer, &idle::Idle];

/// What is fixed about a detector.
#[derive(Debug)]
pub struct Profile {
    /// Its word in evidence.
    pub name: &'static str,
    /// As people write it.
    pub title: &'static str,
    /// What goes on when it fits.
    pub activity: Activity,
}

/// Judges windows.
pub trait Detector: Sync {
    /// Its name, and what it finds.
    fn profile(&self) -> &'static Profile;
    /// How well a window fits, in decibans; nothing where it does not.
    fn fits(&self, window: &Window, course: &Course) -> Option<i16>;
}

/// Payload packets after which a flow is watched: a question and its answer cost nothing.
pub const WATCHED_FROM: u16 = 10;

/// What is kept of a flow that is watched.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// The open window.
    pub stats: Stats,
    /// What went on so far.
    pub course: Course,
}

impl Behaviour {
    /// Watches from now on.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self { stats: Stats::new(now), course: Course::default() }
    }

    /// Notes a payload of that side, unless the window is over.
    #[inline]
    pub fn note(&mut self, time: Time, side: Side, len: u32) -> Noted {
        self.stats.note(time, side, len)
    }

    /// Closes the window; says what changed with it.
    pub fn close(&mut self, now: Time) -> (Window, Option<Change>) {
        let window = self.stats.close(now);
        let change = self.course.hear(self.shown(&window), &window);
        (window, change)
    }

    /// What a window shows most of all.
    fn shown(&self, window: &Window) -> Activity {
        let fits = |detector: &&dyn Detector| detector.fits(window, &self.course);
        let best = DETECTORS.iter().filter_map(|detector| Some((fits(detector)?, detector.profile().activity)));
        best.max_by_key(|(decibans, _)| *decibans).map_or(Activity::Unknown, |(_, activity)| activity)
    }
}
