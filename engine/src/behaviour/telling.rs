//! What a whole flow was used for: the most telling of what went on, not the longest.

use super::{Behaviour, Course};
use crate::apps::Activity;

/// Windows from which on live media are what a flow was for: less is a ring tone, or chance.
const MEDIA: u32 = 3;
/// Windows from which on a file is.
const FILE: u32 = 2;
/// Of so many windows at least one is idle where people write to each other.
const PAUSES: u32 = 12;

impl Behaviour {
    /// What goes on now where that is telling, else what went on. A call in which nobody says anything is on hold: idle.
    #[must_use]
    pub fn activity(&self) -> Activity {
        let (now, telling) = (self.course.now(), self.course.telling());
        let held = now == Activity::Idle && matches!(telling, Activity::Call | Activity::Video);
        if is_medium(now) || held {
            now
        } else {
            telling
        }
    }
}

impl Course {
    /// What the flow was used for so far; unknown where nothing stood out.
    #[must_use]
    pub fn telling(&self) -> Activity {
        let lasted = |activity| u32::from(self.lasted(activity));
        let (call, video, idle) = (lasted(Activity::Call), lasted(Activity::Video), lasted(Activity::Idle));
        let busy = self.windows() - idle;
        let stands_out = |windows: u32, least: u32, share: u32| windows >= least && windows * share >= busy;
        let screen = lasted(Activity::Screen);
        if call + video > 0 && screen >= MEDIA && screen * 4 >= call + video {
            return Activity::Screen;
        }
        if stands_out(call + video, MEDIA, 10) {
            return if video >= MEDIA && video * 4 >= call { Activity::Video } else { Activity::Call };
        }
        if stands_out(screen, MEDIA, 5) {
            return Activity::Screen;
        }
        if stands_out(lasted(Activity::FileTransfer), FILE, 10) {
            return Activity::FileTransfer;
        }
        let chat = lasted(Activity::Chat);
        // People pause. What goes on every second without an end is upkeep.
        if chat > 0 && idle * PAUSES >= self.windows() {
            return Activity::Chat;
        }
        if chat > 0 || (idle >= MEDIA && idle * 2 >= self.windows()) {
            return Activity::Idle;
        }
        Activity::Unknown
    }
}

/// Whether it is worth more than what else a flow is used for.
#[must_use]
pub const fn is_medium(activity: Activity) -> bool {
    matches!(activity, Activity::Call | Activity::Video | Activity::Screen | Activity::FileTransfer)
}
