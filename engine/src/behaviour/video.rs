//! Video: pictures of several large packets, 5 to 70 a second, with speech between them or reports coming back.
//!
//! Source: seconds of 0.1 to 6 Mbit/s in which more than a quarter of the packets is large and they come in bursts
//! (Michel et al. 2022, Sharma et al. 2023). Streaming looks the same where it travels in datagrams, so that pictures
//! decide nothing: beside speech they make a call a video call, and in an application that is known they say what it shows.

use super::{Course, Detector, Profile, Shown, Way, Window};
use crate::apps::Activity;

/// Moving pictures.
pub struct Video;

static PROFILE: Profile = Profile { name: "video", title: "Video", activity: Activity::Video };

/// Pictures a second.
const PICTURES: std::ops::RangeInclusive<u8> = 5..=70;
/// Bytes a second.
const SHOWN: std::ops::RangeInclusive<u32> = 12_000..=750_000;

impl Detector for Video {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn fits(&self, window: &Window, _course: &Course) -> i16 {
        if window.stream {
            return 0;
        }
        let shows = window.ways.iter().filter(|way| shows(way)).count();
        let speaks = window.ways.iter().any(speaks_beside);
        let answers = window.ways.iter().all(|way| way.packets >= 2);
        match (shows, speaks) {
            (0, _) => -2,
            (_, true) => 14,
            (2, false) => 6,
            (_, false) if answers => 3,
            _ => 0,
        }
    }

    fn tell(&self, shown: &Shown) -> String {
        let [client, server] = shown.kilobytes;
        format!("bursts of large packets, {} kB a second: the cadence of pictures", client.max(server))
    }
}

fn shows(way: &Way) -> bool {
    // A transfer fills its packets; the last packet of a picture is as full as the picture ends.
    PICTURES.contains(&way.bursts)
        && SHOWN.contains(&way.bytes)
        && way.percent(way.large) >= 25
        && way.percent(way.full) <= 95
}

/// Whether the packets between the pictures keep the time of speech.
pub(super) fn speaks_beside(way: &Way) -> bool {
    let small = way.packets - way.large;
    (10..=115).contains(&small) && matches!(way.rhythm(), super::rhythm::Rhythm::Strict(_))
}
