//! Screen share: a still picture that changes now and then, as runs of full packets with pauses between.
//!
//! Source: 39 to 700 packets a second of some 1060 bytes, one way, while something moves on the screen (Teams and Discord
//! of 2023). Up to eight runs a second, four of five large packets full: pictures that move come oftener. Beside live
//! speech in the same flow nothing else looks so, and it weighs as much as speech does. Alone, pages of the web look like
//! it; then it is told only of applications that are known to show screens, and of RTP, which carries no files.
//!
//! Measured on the generated campus of 1,000 hosts (`peergate lab generate FILE --hosts 1000 --minutes 10 --seed 22`, then
//! `peergate lab score FILE`): every screen, in a flow of its own and beside speech, and none where nobody shows one. A
//! screen on which a film runs is said to be video.

use super::video::speaks_beside;
use super::{Course, Detector, Profile, Shown, Window};
use crate::apps::Activity;

/// A shared screen.
pub struct Screen;

static PROFILE: Profile = Profile { name: "screen", title: "Screen share", activity: Activity::Screen };

/// Runs a second: slower than pictures move.
const RUNS: std::ops::RangeInclusive<u8> = 1..=8;
/// Packets a second that make a run worth the name.
const LEAST: u16 = 5;
/// What whoever looks on sends at most: reports, or speech.
const LOOKS_ON: u16 = 60;

/// Beside live speech: more than pictures weigh there.
const BESIDE_SPEECH: i16 = 16;
const ALONE: i16 = 4;

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
        let full = shows.full >= LEAST && shows.full * 5 >= shows.large * 4;
        if !full || !RUNS.contains(&shows.bursts) || looks.large > 0 {
            return -1;
        }
        if speaks_beside(shows) || speaks_beside(looks) {
            BESIDE_SPEECH
        } else if shows.percent(shows.full) >= 50 && looks.packets <= LOOKS_ON {
            ALONE
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
