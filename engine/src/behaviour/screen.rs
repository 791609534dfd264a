//! Screen share: a still picture that changes now and then, as runs of full packets with pauses between.
//!
//! Source: 39 to 700 packets a second of some 1060 bytes, one way, while something moves on the screen (Teams and Discord
//! of 2023). Pages of the web look like it, so that it is told only of applications that are known to show screens.

use super::{Course, Detector, Profile, Shown, Window};
use crate::apps::Activity;

/// A shared screen.
pub struct Screen;

static PROFILE: Profile = Profile { name: "screen", title: "Screen share", activity: Activity::Screen };

impl Detector for Screen {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn fits(&self, window: &Window, _course: &Course) -> i16 {
        if window.stream {
            return 0;
        }
        let [client, server] = &window.ways;
        let (shows, looks) = if client.bytes > server.bytes { (client, server) } else { (server, client) };
        let runs = (1..=15).contains(&shows.bursts) && shows.full >= 5 && shows.percent(shows.full) >= 50;
        if runs && looks.large == 0 && looks.packets <= 60 {
            4
        } else {
            -1
        }
    }

    fn tell(&self, shown: &Shown) -> String {
        let [client, server] = shown.kilobytes;
        format!(
            "runs of full packets with pauses, up to {} kB a second: the cadence of a shared screen",
            client.max(server)
        )
    }
}
