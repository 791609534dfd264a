//! Voice: small packets both ways at the pace of a codec's frames, second after second.

use super::{Course, Detector, Profile, Way, Window};
use crate::apps::Activity;

/// The cadence of speech.
pub struct Voice;

static PROFILE: Profile = Profile { name: "voice", title: "Voice", activity: Activity::Call };

impl Detector for Voice {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn fits(&self, window: &Window, _course: &Course) -> Option<i16> {
        window.ways.iter().all(paced).then_some(10)
    }
}

fn paced(way: &Way) -> bool {
    (10..=110).contains(&way.packets) && way.large == 0 && (30..=330).contains(&way.mean())
}
