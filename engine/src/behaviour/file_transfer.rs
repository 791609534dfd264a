//! File transfer: full packets one way, and little back.

use super::{Course, Detector, Profile, Window};
use crate::apps::Activity;

/// A run of full packets.
pub struct FileTransfer;

static PROFILE: Profile = Profile { name: "file-transfer", title: "File transfer", activity: Activity::FileTransfer };

impl Detector for FileTransfer {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn fits(&self, window: &Window, _course: &Course) -> Option<i16> {
        let [client, server] = &window.ways;
        let (more, less) = if client.bytes > server.bytes { (client, server) } else { (server, client) };
        let one_way = less.bytes < more.bytes / 10;
        (one_way && more.packets > 20 && more.full > more.packets / 2).then_some(10)
    }
}
