//! Speech in datagrams that are cipher text from their first byte on. Programs that go so far also blur their pace, and
//! send little or nothing while somebody listens.
//!
//! What else has no header at all is a tunnel that hides, and carries pages and files: full packets, and bursts of them.
//! So less is asked here than of datagrams in the open: 10 to 115 small packets a second one by one, however late some of
//! them are, and of a second that begins or ends with silence what is there. That one number a second is kept, which
//! lateness does not change, adds to it. The ticks of games and instruments that report alone stay what they are.

use super::rhythm::{PACED, SPEECH};
use super::voice::{listens, AGAINST, INTO_SILENCE, READINGS};
use super::{Course, Way, Window, TOLD_FROM};
use crate::packet::Side;

/// Both speak; and so much more where each sends as many packets as in the second before.
const BOTH: i16 = 8;
const KEPT: i16 = 3;
/// One speaks, and the other was heard before or sends comfort noise.
const ONE_SPEAKS: i16 = 7;
/// Words of both, in a second that has pauses.
const WORDS: i16 = 4;

/// What one way holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// A voice all the time.
    Voice,
    /// Some of it.
    Words,
    /// Next to nothing: comfort noise, keep-alives.
    Little,
    /// The tick of something else.
    Tick,
    /// Anything else.
    Other,
}

/// How well a second of datagrams fits speech, if the flow hides what it is.
pub(super) fn fits(window: &Window, course: &Course) -> i16 {
    match window.ways.each_ref().map(heard) {
        [Heard::Other, _] | [_, Heard::Other] => AGAINST,
        [Heard::Tick, _] | [_, Heard::Tick] | [Heard::Little, Heard::Little] => 0,
        [Heard::Voice, Heard::Voice] => BOTH + if keeps_count(window, course) { KEPT } else { 0 },
        [Heard::Voice, _] => one(Side::Client, window, course),
        [_, Heard::Voice] => one(Side::Server, window, course),
        [Heard::Words, _] | [_, Heard::Words] => WORDS,
    }
}

fn one(side: Side, window: &Window, course: &Course) -> i16 {
    let (speaker, listener) = (window.way(side), window.way(side.other()));
    let varies = speaker.spread() > 1 || listener.spread() > 1;
    if course.spoke(side.other()) || (listener.packets > 0 && varies) {
        ONE_SPEAKS
    } else if course.suspicion() + INTO_SILENCE < TOLD_FROM {
        INTO_SILENCE
    } else {
        0
    }
}

fn heard(way: &Way) -> Heard {
    let (all, one_by_one) = (way.all_gaps(), way.comes_mostly_alone());
    let sizes = way.percent(way.large) <= 16 && SPEECH.contains(&way.mean());
    let readings = way.mean() < READINGS && way.spread() <= 1;
    if sizes && one_by_one && !readings && all >= 6 && PACED.contains(&way.packets) && way.flows() * 100 >= all * 75 {
        return if way.ticks() || way.lies_between(all) { Heard::Tick } else { Heard::Voice };
    }
    if listens(way) {
        return Heard::Little;
    }
    if sizes && one_by_one && !readings && way.flows() * 2 >= all {
        return Heard::Words;
    }
    Heard::Other
}

/// Whether both ways have as many packets as in the second before: a codec's frames do, however late they are.
fn keeps_count(window: &Window, course: &Course) -> bool {
    [Side::Client, Side::Server].iter().all(|side| {
        let now = window.way(*side).packets;
        course.before(*side).is_some_and(|before| before.abs_diff(now) <= 1 + now / 16)
    })
}
