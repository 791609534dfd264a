//! File transfer: full packets one way as fast as they go, and little back.
//!
//! Source: payloads of 1200 to 1460 bytes with less than 5 % of the bytes coming back (Adami et al. 2009), and the
//! transfers of our own lab. It says what an application does that is known; downloads of the web look the same.

use super::{Course, Detector, Profile, Shown, Way, Window, TOLD_FROM};
use crate::apps::Activity;

/// A file on its way.
pub struct FileTransfer;

static PROFILE: Profile = Profile { name: "file-transfer", title: "File transfer", activity: Activity::FileTransfer };

/// Bytes a second: slower is hardly a file.
const LEAST: u32 = 8_000;

impl Detector for FileTransfer {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn fits(&self, window: &Window, course: &Course) -> i16 {
        // Speech that gathers fills its segments too, one after the other.
        let gathers = |way: &Way| way.evenness() >= 60 && way.comes_one_by_one();
        let speaks = course.sum(Activity::Call) >= TOLD_FROM;
        if window.stream && speaks && window.ways.iter().all(gathers) {
            return 0;
        }
        let [client, server] = &window.ways;
        let (sends, gets) = if client.bytes > server.bytes { (client, server) } else { (server, client) };
        let one_way = u64::from(gets.bytes) * 8 < u64::from(sends.bytes);
        if one_way && window.rate(sends.bytes) >= LEAST && sends.percent(sends.full) >= 60 {
            10
        } else {
            -1
        }
    }

    fn tell(&self, shown: &Shown) -> String {
        let [client, server] = shown.kilobytes;
        format!("full packets one way, {} kB a second: the cadence of a file", client.max(server))
    }
}
