//! Chat: a few packets both ways, then silence.
//!
//! Source: one to five packets of 50 to 700 bytes both ways, with seconds between (§ "chat" of every messenger in our
//! lab: a message, its receipt, a sign that somebody types). Much else looks like it; it says what a messenger does.

use super::{Course, Detector, Profile, Shown, Window};
use crate::apps::Activity;

/// Messages between people.
pub struct Chat;

static PROFILE: Profile = Profile { name: "chat", title: "Chat", activity: Activity::Chat };

impl Detector for Chat {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn fits(&self, window: &Window, _course: &Course) -> i16 {
        let [client, server] = &window.ways;
        let packets = client.packets.saturating_add(server.packets);
        let both = client.packets > 0 && server.packets > 0;
        let said = client.bytes.max(server.bytes);
        if both && (2..=24).contains(&packets) && (100..=6000).contains(&said) {
            3
        } else {
            0
        }
    }

    fn tell(&self, _shown: &Shown) -> String {
        "a few packets both ways with silence between: the cadence of messages".into()
    }
}
