//! Idle: a connection that is only kept, at less than a kilobit a second.
//!
//! Source: 95 % of the clients of Rossi et al. 2008 signal with less than 100 bit/s while nobody does anything; keep-alives
//! of 20 to 60 s, and of 2 s where a call's path is kept open.

use super::{Course, Detector, Profile, Shown, Window};
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

    fn fits(&self, window: &Window, _course: &Course) -> i16 {
        let bytes: u32 = window.ways.iter().map(|way| way.bytes).fold(0, u32::saturating_add);
        if bytes <= MOST {
            3
        } else {
            -1
        }
    }

    fn tell(&self, _shown: &Shown) -> String {
        "less than a kilobit a second: a connection that is only kept".into()
    }
}
