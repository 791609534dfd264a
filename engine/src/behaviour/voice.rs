//! Voice: small packets at the pace of a codec's frames, second after second.
//!
//! Both sides speak when each sends 10 to 115 packets a second, 16 to 380 bytes on average, that are 20, 30, 40, 60 or
//! 10 ms apart; two sides that keep such time weigh more than two that only keep some. One side speaks where the other
//! listens: silence, or the comfort noise of a codec. Over TCP, where several frames gather in a segment, both ways must
//! carry 12 to 200 kbit/s that stay the same from second to second.
//!
//! Sources: Bonfiglio et al. 2007 (sizes and gaps of codecs), Perényi and Molnár 2007 (two low, even rates), and the calls
//! of our own lab. Against it speak the ticks of games (60, 64, 30 and 20 a second lie between the frames of codecs), full
//! packets, tiny packets of one size (instruments), and rates that change from second to second.
//!
//! Alone it decides from 30 decibans on, where no protocol was recognised: three seconds of two sides in strict time. In a
//! tunnel it is told as evidence and changes nothing: a call inside a VPN is a VPN.
//!
//! Measured on a generated campus of 2,500 hosts (`peergate lab generate FILE --hosts 2500 --minutes 5 --seed 11`, then
//! `peergate lab score FILE --no-signatures`): 82 of 83 flows with calls found, 78 of them within 5 s, and none of 23,296
//! flows in which nobody speaks taken for one. Without signatures a WireGuard flow that carries a call is said to be a call.

use super::rhythm::Rhythm;
use super::{Course, Detector, Profile, Shown, Way, Window, TOLD_FROM};
use crate::apps::Activity;
use crate::packet::{Side, Time};

/// The cadence of speech.
pub struct Voice;

static PROFILE: Profile = Profile { name: "voice", title: "Voice", activity: Activity::Call };

/// Payloads below this that are all alike are readings of an instrument: speech changes, or is encrypted and longer.
const READINGS: u32 = 45;
/// What a listener sends at most: comfort noise, reports, keep-alives.
const LISTENING: u32 = 1000;
/// Bytes a second of one way over TCP: 12 to 200 kbit/s.
const STREAMED: std::ops::RangeInclusive<u32> = 1500..=25_000;
/// Segments a second of one way over TCP.
const SEGMENTS: std::ops::RangeInclusive<u16> = 6..=115;

/// Both sides in the strict time of one frame: no other traffic of our captures does that for a second.
const STRICT: i16 = 14;
/// Both in strict time, of different frames; or one of them only loosely.
const STRICT_ONCE: i16 = 10;
/// Both only loosely: jitter, or a program that hides its pace.
const LOOSE: i16 = 8;
/// One speaks, and the other was heard before or sends comfort noise.
const ONE_SPEAKS: i16 = 6;
/// One speaks into silence: also what an instrument does, so that it never decides.
const INTO_SILENCE: i16 = 2;
/// Even streams both ways over TCP.
const EVEN_STREAMS: i16 = 8;
/// Two even rates, of which gaps and sizes were not seen.
const COUNTED: i16 = 3;
/// The same count of segments each way, of sizes that vary, over TCP.
const EVEN_COUNTS: i16 = 5;
/// More in a second than speech needs, or at another pace.
const AGAINST: i16 = -6;

impl Detector for Voice {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn fits(&self, window: &Window, course: &Course) -> i16 {
        if window.lasted < 800 * Time::MILLI {
            return 0;
        }
        if window.counted {
            return counted(window);
        }
        if window.stream {
            return streams(window, course);
        }
        let [client, server] = window.ways.each_ref().map(Way::speech);
        match (client, server) {
            (Some(one), Some(other)) => both(one, other, window, course),
            (Some(rhythm), None) => one(rhythm, Side::Client, window, course),
            (None, Some(rhythm)) => one(rhythm, Side::Server, window, course),
            (None, None) => unless_both_listen(window),
        }
    }

    fn tell(&self, shown: &Shown) -> String {
        let Shown { rates: [client, server], least, most, frame, .. } = *shown;
        let apart = if frame == 0 { String::new() } else { format!(", {frame} ms apart") };
        let (more, less) = (client.max(server), client.min(server));
        let rates = if less >= more - more / 5 {
            format!("about {more} packets a second each way")
        } else {
            format!("{client} packets a second from the client and {server} from the server")
        };
        format!("{rates}, {least} to {most} bytes{apart}: the cadence of speech")
    }
}

/// Sums can only say that it might be a call.
fn counted(window: &Window) -> i16 {
    let [client, server] = &window.ways;
    let spoken = |way: &Way| SEGMENTS.contains(&way.packets) && way.large == 0 && way.mean() >= READINGS;
    if spoken(client) && spoken(server) && alike(client.packets.into(), server.packets.into(), 15) {
        COUNTED
    } else {
        unless_both_listen(window)
    }
}

fn both(one: Rhythm, other: Rhythm, window: &Window, course: &Course) -> i16 {
    let [client, server] = &window.ways;
    let strictly = matches!((one, other), (Rhythm::Strict(one), Rhythm::Strict(other)) if one == other);
    match (reads(client), reads(server)) {
        (false, false) => {}
        (true, true) => return 0,
        // A codec whose speaker is silent may keep its pace, with frames that hold nothing.
        _ => return if strictly { ONE_SPEAKS } else { AGAINST },
    }
    let fits = match (one, other) {
        _ if strictly => STRICT,
        (Rhythm::Strict(_), _) | (_, Rhythm::Strict(_)) => STRICT_ONCE,
        _ => LOOSE,
    };
    let (more, less) = (client.bytes.max(server.bytes), client.bytes.min(server.bytes));
    let scattered = [client, server].iter().any(|way| way.spread() * 5 > way.mean() * 3);
    let changed = [Side::Client, Side::Server].iter().any(|side| !steady(*side, window, course));
    fits - 4 * (i16::from(less < more / 4) + i16::from(scattered) + i16::from(changed))
}

/// Whether that way looks like readings of an instrument, or keys that are held.
fn reads(way: &Way) -> bool {
    way.mean() < READINGS && way.spread() <= 1
}

fn one(rhythm: Rhythm, side: Side, window: &Window, course: &Course) -> i16 {
    let (speaker, listener) = (window.way(side), window.way(side.other()));
    if !listens(listener) {
        return AGAINST;
    }
    if rhythm == Rhythm::Loose || speaker.mean() < READINGS {
        return 0;
    }
    if course.spoke(side.other()) || listener.packets > 0 {
        return ONE_SPEAKS;
    }
    if course.sum(Activity::Call) + INTO_SILENCE < TOLD_FROM {
        INTO_SILENCE
    } else {
        0
    }
}

fn unless_both_listen(window: &Window) -> i16 {
    if window.ways.iter().all(listens) {
        0
    } else {
        AGAINST
    }
}

fn listens(way: &Way) -> bool {
    way.bytes <= LISTENING && way.large == 0
}

/// Whether that side sent as many packets as in the second before, or nearly.
fn steady(side: Side, window: &Window, course: &Course) -> bool {
    course.before(side).is_none_or(|before| alike(before.into(), window.way(side).packets.into(), 15))
}

/// Whether two numbers differ by so many per cent at most.
fn alike(one: u32, other: u32, percent: u32) -> bool {
    u64::from(one.abs_diff(other)) * 100 <= u64::from(one.max(other)) * u64::from(percent)
}

fn streams(window: &Window, course: &Course) -> i16 {
    let [client, server] = &window.ways;
    let spoken =
        |way: &Way| SEGMENTS.contains(&way.packets) && STREAMED.contains(&way.bytes) && way.percent(way.full) <= 50;
    if ![client, server].into_iter().all(spoken) {
        return unless_both_listen(window);
    }
    let steady = [Side::Client, Side::Server].iter().all(|side| {
        course.before(*side).is_some_and(|before| alike(before.into(), window.way(*side).packets.into(), 35))
    });
    // Who asks and who answers keep the same count too, but not the same bytes; and most of them always the same size.
    let varied = [client, server].iter().all(|way| way.spread() * 10 > way.mean());
    match steady {
        true if alike(client.bytes, server.bytes, 40) => EVEN_STREAMS,
        true if varied && alike(client.packets.into(), server.packets.into(), 20) => EVEN_COUNTS,
        _ => 0,
    }
}
