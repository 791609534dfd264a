//! Whether the two sides of a stream keep time by each other and not by clocks: who asks and waits for the answer before
//! asking again.
//!
//! The frames of two people who speak have two clocks. What delays a frame of one then shows in the delay between the two
//! sides as it does in its own pace: of independent lateness the delay holds half the variance at least that the pace of
//! either side has. An answer that waits for its question, or a question for the answer before, comes so long after it and
//! no other time, however uneven the pace of both becomes.

use crate::packet::{Side, Time};

/// Turns of each side after which it is known.
const TURNS: u32 = 12;
/// A pause is nobody's pace.
const PAUSE: u64 = 150 * Time::MILLI;
/// So many times as uneven as a delay is the pace where one waits for the other: four times as much as with two clocks.
const WAITS: u64 = 8;
/// What times are told in.
const TICK: u64 = 10_000;

/// Times of one kind after which no more are added: they are enough, and their sums stay small.
const MOST: u32 = 1_000;

/// Times of one kind, for how uneven they are.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    count: u32,
    sum: u64,
    squares: u64,
}

impl Times {
    fn add(&mut self, time: u64) {
        if self.count == MOST {
            return;
        }
        let ticks = time / TICK;
        self.count += 1;
        self.sum += ticks;
        self.squares += ticks * ticks;
    }

    fn variance(&self) -> u64 {
        let count = u64::from(self.count).max(1);
        (self.squares / count).saturating_sub((self.sum * self.sum) / (count * count))
    }
}

/// The turns of a stream while they are of interest, by [`Side::index`].
#[derive(Clone, Debug, Default)]
pub struct Steps {
    last: [Option<Time>; 2],
    latest: Option<Side>,
    /// From one of that side to its next.
    pace: [Times; 2],
    /// From one of the other side to the next of that.
    delay: [Times; 2],
}

impl Steps {
    /// Notes a payload of that side.
    pub fn note(&mut self, time: Time, side: Side) {
        let since = |last: &[Option<Time>; 2], side: Side| {
            let before = last.get(side.index()).copied().flatten()?;
            Some(time.since(before)).filter(|since| *since < PAUSE)
        };
        let (own, turn) = (since(&self.last, side), since(&self.last, side.other()));
        if let (Some(own), Some(pace)) = (own, self.pace.get_mut(side.index())) {
            pace.add(own);
        }
        let turned = turn.filter(|_| self.latest == Some(side.other()));
        if let (Some(turn), Some(delay)) = (turned, self.delay.get_mut(side.index())) {
            delay.add(turn);
        }
        if let Some(last) = self.last.get_mut(side.index()) {
            *last = Some(time);
        }
        self.latest = Some(side);
    }

    /// Whether one side waits for the other; nothing until enough was seen.
    pub fn wait(&self) -> Option<bool> {
        if self.pace.iter().any(|pace| pace.count < TURNS) {
            return None;
        }
        let takes_turns = self.pace.iter().zip(&self.delay).all(|(pace, delay)| delay.count * 10 >= pace.count * 9);
        let uneven = self.pace.iter().map(Times::variance).max().unwrap_or_default();
        let delay = self.delay.iter().map(Times::variance).min().unwrap_or_default();
        Some(takes_turns && delay * WAITS < uneven)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Two sides that speak so many milliseconds after the other, or by a clock of their own, with so much lateness.
    fn heard(waits: bool, late: [f64; 2], seed: u64) -> Option<bool> {
        let mut state = seed;
        let mut dice = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(state >> 40).unwrap()) / f64::from(1 << 24)
        };
        let mut said = Vec::new();
        let mut asked = 0.0;
        for turn in 0..17 {
            let clock = f64::from(turn) * 60.0;
            let begins = if waits { asked + 15.0 + dice() * late[0] } else { clock + dice() * late[0] };
            let answers = if waits { begins + 45.0 + dice() * late[1] } else { clock + 23.0 + dice() * late[1] };
            said.extend([(begins, Side::Client), (answers, Side::Server)]);
            asked = answers;
        }
        said.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut steps = Steps::default();
        for (at, side) in said {
            let since = Duration::from_secs_f64(at / 1e3).as_nanos();
            steps.note(Time(Time::SECOND + u64::try_from(since).unwrap()), side);
        }
        steps.wait()
    }

    #[test]
    fn who_waits_for_an_answer_is_told_from_two_clocks() {
        for seed in 1..200 {
            assert_eq!(heard(true, [8.0, 0.1], seed), Some(true), "{seed}: thinks before it asks");
            assert_eq!(heard(true, [0.1, 8.0], seed), Some(true), "{seed}: thinks before it answers");
            for late in [[0.1, 0.1], [1.0, 8.0], [8.0, 1.0], [8.0, 8.0], [0.1, 30.0]] {
                assert_eq!(heard(false, late, seed), Some(false), "{seed}: late by {late:?}");
            }
        }
    }

    #[test]
    fn a_stream_of_one_side_that_goes_on_for_days_says_nothing() {
        let mut steps = Steps::default();
        for at in 0..100_000_u64 {
            steps.note(Time(at * 149 * Time::MILLI), Side::Client);
        }
        assert_eq!(steps.wait(), None);
        for at in 100_000..100_012_u64 {
            steps.note(Time(at * 149 * Time::MILLI), Side::Client);
            steps.note(Time(at * 149 * Time::MILLI + Time::MILLI), Side::Server);
        }
        steps.note(Time(100_012 * 149 * Time::MILLI), Side::Server);
        assert_eq!(steps.wait(), Some(false));
    }

    #[test]
    fn pauses_count_for_nothing_and_a_few_turns_say_nothing() {
        let mut steps = Steps::default();
        for turn in 0..40_u64 {
            let at = Time(turn * 2 * Time::SECOND);
            steps.note(at, Side::Client);
            steps.note(Time(at.0 + 20 * Time::MILLI), Side::Server);
        }
        assert_eq!(steps.wait(), None);
    }
}
