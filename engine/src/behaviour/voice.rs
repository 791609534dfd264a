//! Voice: small packets at the pace of a codec's frames, second after second.
//!
//! Both sides speak when each sends 10 to 115 packets a second, 16 to 380 bytes on average, that are 20, 30, 40, 60 or
//! 10 ms apart; two sides that keep such time weigh more than two that only keep some. One side speaks where the other
//! listens: silence, or the comfort noise of a codec. Of datagrams that are cipher text from their first byte on it is
//! enough that 10 to 115 small ones a second come one by one, however late some are, or that some do between silences;
//! that their number is kept from second to second adds to it.
//!
//! Over TCP each frame may be a segment of its own, or those that gathered during a round trip leave together. A stream
//! that is cipher text from its first byte on is speech by frames in time, or by gathered ones: 12 to 200 kbit/s a way, at
//! one even pace, in segments of nearly one size, as many bytes in every second. In other streams questions and answers
//! look like that too: there only frames count that keep the exact time of one codec both ways.
//!
//! Sources: Bonfiglio et al. 2007 (sizes and gaps of codecs), Perényi and Molnár 2007 (two low, even rates), and the calls
//! of our own lab. Against it speak the ticks of games (60, 64, 30 and 20 a second lie between the frames of codecs), full
//! packets, tiny packets of one size (instruments), and rates that change from second to second. A game that ticks 50 or 25
//! times a second, both ways, cannot be told from a codec.
//!
//! Alone it decides from 30 decibans on, where no protocol was recognised: three seconds of two sides in strict time. On a
//! port that calls strangers, as a peer's does, 20 are enough: such a port is more likely to be there for calls. In a
//! tunnel, and behind TLS of which no name is known, what goes on is said to be a call, and what it is stays as it is: a
//! call inside a VPN is a VPN.
//!
//! Measured on a generated campus of 2,500 hosts (`peergate lab generate FILE --hosts 2500 --minutes 5 --seed 11`, then
//! `peergate lab score FILE --no-signatures`): 110 of 111 flows with calls found, 106 of them within 5 s, and none of 23,276
//! flows in which nobody speaks taken for one; of ten changes of what goes on, all. The one missed begins with 14 bytes of
//! cipher text over TCP, too few to say so. Of calls through relays over TCP alone, half of whose programs gather what they
//! write, 63 of 69 were found, of all calls there 57 of 83 within 5 s, the others later (400 hosts, 8 minutes, seed 5,
//! `unnamed: {share: 0.1, without_udp: 1.0, calls: 20, evasions: {padding: 24, jitter: 0.004}}` as parameters): what is
//! missed is terse, or mostly silent. Without signatures a WireGuard flow that carries a call is said to be a call.

use super::rhythm::Rhythm;
use super::{hidden, segments, Course, Detector, Profile, Shown, Way, Window, DECIDES_FROM, TOLD_FROM};
use crate::apps::Activity;
use crate::packet::{Side, Time};

/// The cadence of speech.
pub struct Voice;

static PROFILE: Profile = Profile { name: "voice", title: "Voice", activity: Activity::Call };

/// Payloads below this that are all alike are readings of an instrument: speech changes, or is encrypted and longer.
pub(super) const READINGS: u32 = 45;
/// What a listener sends at most: comfort noise, reports, keep-alives.
const LISTENING: u32 = 1000;
/// Packets a second of one way that may be speech, where only sums are known.
const COUNTS: std::ops::RangeInclusive<u16> = 6..=115;

/// Both sides in the strict time of one frame: no other traffic of our captures does that for a second.
const STRICT: i16 = 14;
/// Both in strict time, of different frames; or one of them only loosely.
const STRICT_ONCE: i16 = 10;
/// Both only loosely: jitter, or a program that hides its pace.
const LOOSE: i16 = 8;
/// One speaks, and the other was heard before or sends comfort noise.
const ONE_SPEAKS: i16 = 6;
/// One speaks into silence: also what an instrument does, so that it never decides.
pub(super) const INTO_SILENCE: i16 = 2;
/// Two even rates, of which gaps and sizes were not seen.
const COUNTED: i16 = 3;
/// More in a second than speech needs, or at another pace.
pub(super) const AGAINST: i16 = -6;

impl Detector for Voice {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn fits(&self, window: &Window, course: &Course) -> i16 {
        if window.lasted < 800 * Time::MILLI {
            return 0;
        }
        if window.counted {
            return counted(window, course);
        }
        if window.stream {
            return segments::fits(window, course);
        }
        if course.is_random() {
            return if_hidden(window, course);
        }
        in_the_open(window, course)
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

/// What a window of datagrams is worth if they turn out to be cipher text without a header.
pub(super) fn if_hidden(window: &Window, course: &Course) -> i16 {
    in_the_open(window, course).max(hidden::fits(window, course))
}

fn in_the_open(window: &Window, course: &Course) -> i16 {
    let [client, server] = window.ways.each_ref().map(Way::speech);
    match (client, server) {
        (Some(one), Some(other)) => both(one, other, window, course),
        (Some(rhythm), None) => one(rhythm, Side::Client, window, course),
        (None, Some(rhythm)) => one(rhythm, Side::Server, window, course),
        (None, None) => unless_both_listen(window),
    }
}

/// Sums can only say that it might be a call.
fn counted(window: &Window, course: &Course) -> i16 {
    let [client, server] = &window.ways;
    let spoken = |way: &Way| COUNTS.contains(&way.packets) && way.large == 0 && way.mean() >= READINGS;
    if spoken(client) && spoken(server) && alike(client.packets.into(), server.packets.into(), 15) {
        at_most(COUNTED, DECIDES_FROM, course)
    } else {
        unless_both_listen(window)
    }
}

pub(super) fn both(one: Rhythm, other: Rhythm, window: &Window, course: &Course) -> i16 {
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

/// Whether that way sends at a fast pace that is no codec's.
fn ticks(way: &Way) -> bool {
    way.packets >= 10 && way.rhythm() == Rhythm::None
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
    // Comfort noise comes now and then, or in the time of the frames that it stands for.
    if ticks(listener) {
        return 0;
    }
    if rhythm == Rhythm::Loose || speaker.mean() < READINGS {
        return 0;
    }
    // An instrument that is answered sends one size, and gets one back.
    let varies = speaker.spread() > 1 || listener.spread() > 1;
    if course.spoke(side.other()) || (listener.packets > 0 && varies) {
        return ONE_SPEAKS;
    }
    at_most(INTO_SILENCE, TOLD_FROM, course)
}

/// So much more, unless the sum came as far as that already.
fn at_most(more: i16, limit: i16, course: &Course) -> i16 {
    if course.sum(Activity::Call) + more < limit {
        more
    } else {
        0
    }
}

pub(super) fn unless_both_listen(window: &Window) -> i16 {
    if window.ways.iter().all(listens) {
        0
    } else {
        AGAINST
    }
}

pub(super) fn listens(way: &Way) -> bool {
    way.bytes <= LISTENING && way.large == 0
}

/// Whether that side sent as many packets as in the second before, or nearly.
fn steady(side: Side, window: &Window, course: &Course) -> bool {
    course.before(side).is_none_or(|before| alike(before.into(), window.way(side).packets.into(), 15))
}

/// Whether two numbers differ by so many per cent at most.
pub(super) fn alike(one: u32, other: u32, percent: u32) -> bool {
    u64::from(one.abs_diff(other)) * 100 <= u64::from(one.max(other)) * u64::from(percent)
}
