//! Speech over TCP: each frame a segment of its own, or as many in one as had gathered when the one before was acknowledged.
//!
//! Questions and answers come and go as evenly as that, so that more is asked than of datagrams. Where a stream is cipher
//! text from its first byte on, as those of programs that hide, speech may be loose in time, and gathered: both ways 12 to
//! 200 kbit/s at one even pace, in segments of nearly one size, the same from second to second. In the open, and behind
//! TLS, only frames count that keep a codec's time exactly, with nearly one size each, and only where neither side waits for
//! the other (`steps`): who asks every 60 ms in exact time is no speaker.

use super::rhythm::Rhythm;
use super::voice::{both, listens, unless_both_listen, AGAINST, READINGS};
use super::{Course, Way, Window};
use crate::packet::Side;

/// Bytes a second of one way: 12 to 200 kbit/s.
const SPOKEN: std::ops::RangeInclusive<u32> = 1500..=25_000;
/// Segments a second of one way: one a round trip, to the frames of the shortest codec.
const SEGMENTS: std::ops::RangeInclusive<u16> = 2..=115;
/// Two frames in a segment are no less.
const GATHERED: u32 = 100;
/// Frames in the strict time of a codec; half of that while the other side, who was heard before, says little.
const IN_TIME: i16 = 12;
/// Frames more or less in time, or gathered at one pace; half of that likewise.
const EVEN: i16 = 8;
/// Frames in the exact time of one codec both ways, in a stream that begins in the open.
const EXACT: i16 = 8;

/// How well a second of a stream fits speech.
pub(super) fn fits(window: &Window, course: &Course) -> i16 {
    if !course.hides {
        return in_the_open(window, course);
    }
    if let [Some(one), Some(other)] = window.ways.each_ref().map(Way::speech) {
        return both(one, other, window, course);
    }
    let against = unless_it_flows(window);
    if against != 0 {
        return against;
    }
    match [Side::Client, Side::Server].map(|side| heard(side, window, course)) {
        [Some(one), Some(other)] => one.min(other),
        [Some(fits), None] if course.spoke(Side::Server) => fits / 2,
        [None, Some(fits)] if course.spoke(Side::Client) => fits / 2,
        _ => 0,
    }
}

/// What a way is worth that holds speech: frames in time, or gathered and as much as in the second before.
fn heard(side: Side, window: &Window, course: &Course) -> Option<i16> {
    let way = window.way(side);
    match way.speech() {
        Some(Rhythm::Strict(_)) if way.mean() >= READINGS => Some(IN_TIME),
        Some(_) if way.mean() >= READINGS => Some(EVEN),
        _ => (speaks(way) && course.keeps_bytes(side, window)).then_some(EVEN),
    }
}

/// Whether a way holds the gathered frames of somebody who speaks.
pub(super) fn speaks(way: &Way) -> bool {
    flows(way)
        && !way.pauses()
        && SPOKEN.contains(&way.bytes)
        && way.mean() >= GATHERED
        && way.spread() * 5 <= way.mean() * 2
        && way.evenness() >= 60
}

fn in_the_open(window: &Window, course: &Course) -> i16 {
    match window.ways.each_ref().map(exactly) {
        [Some(one), Some(other)] if one == other && course.waits() != Some(true) => EXACT,
        _ => unless_it_flows(window),
    }
}

/// The frame that a way keeps to the millisecond or two, with sizes that differ by a fifth at most.
fn exactly(way: &Way) -> Option<u8> {
    let Some(Rhythm::Strict(frame)) = way.speech() else { return None };
    let short = (u32::from(way.packets) * u32::from(frame)).abs_diff(1000) * 4 <= 3 * u32::from(frame);
    let exact = way.on_time(frame) >= 85;
    (short && exact && way.mean() > READINGS && way.spread() * 5 <= way.mean()).then_some(frame)
}

fn unless_it_flows(window: &Window) -> i16 {
    if window.ways.iter().all(|way| flows(way) || listens(way)) {
        0
    } else {
        AGAINST.min(unless_both_listen(window))
    }
}

/// Segments one by one, as many bytes at most as somebody says.
fn flows(way: &Way) -> bool {
    SEGMENTS.contains(&way.packets) && way.bytes <= *SPOKEN.end() && way.comes_one_by_one()
}
