//! Idle: a connection that is only kept.

use super::{Course, Detector, Profile, Window};
use crate::apps::Activity;

/// Hardly anything.
pub struct Idle;

static PROFILE: Profile = Profile { name: "idle", title: "Idle", activity: Activity::Idle };

/// Bytes a second, both ways, that staying on line costs at most.
const MOST: u32 = 125;

impl Detector for Idle {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn fits(&self, window: &Window, _course: &Course) -> Option<i16> {
        let bytes: u32 = window.ways.iter().map(|way| way.bytes).sum();
        (bytes <= MOST).then_some(3)
    }
}
