//! Whether what comes in on one flow goes out on another: Suh et al. 2006, "Characterizing and detecting Skype-relayed
//! traffic", with the payloads themselves as a further witness.
#![allow(clippy::cast_precision_loss, reason = "a window has some hundred bins")]

use std::ops::RangeInclusive;

use super::series::{Series, Strand};
use crate::packet::{Side, Time};

/// Half a minute.
pub const BINS: usize = 120;
/// Five seconds, where a neighbour comes in by one of the two: hardly any host of ours serves another and a stranger in the
/// same breath. Eight of two strangers. But then what changes from one quarter second to the next must be alike too, as it
/// is not in two talks whose pauses happen to be the same; and something must pass most of the time, since two pages that
/// are fetched at once swell alike.
const SOON_INSIDE: usize = 20;
const SOON: usize = 32;
/// How alike two ways must then be on average, on the scale on which chance is the same everywhere (Fisher's), and each of
/// them; or one, where little comes back.
const SOON_ALIKE: f64 = 0.95;
const SOON_EACH: f64 = 0.6;
/// Of the usual, what passes in a quarter second in which something does; and the share of those.
const PASSES: f64 = 0.5;
const MOSTLY_PASSES: f64 = 0.5;
/// One of so many quarter seconds, the loudest, without which a way must be alike still: two flows may be loud together
/// once.
const LOUDEST: usize = 10;
/// So many seconds later it must be so still: of a neighbour and a stranger, of two strangers; and what
/// half a minute showed.
const AGAIN_INSIDE: u64 = 2;
const SOON_AGAIN: u64 = 4;
const AGAIN: u64 = 1;
/// What is wrapped, frame by frame, on the way through a neighbour.
const LET_IN: RangeInclusive<f64> = 0.67..=1.5;
/// Counts of the kernel come every few seconds: only a longer look tells as much.
const COARSE: u64 = 120 * Time::SECOND;
/// Bytes in a quarter second at 10 kb/s.
const LEAST: f64 = 312.5;
/// What comes in and what goes out differ by headers at most.
const RATIO: RangeInclusive<f64> = 0.9..=1.1;
/// A tunnel that wraps every packet of a call adds up to a quarter; then only courses that are all but the same will do.
const WRAPPED: RangeInclusive<f64> = 0.8..=1.25;
/// Of so many quarter seconds.
const SAME_COURSE: f64 = 0.95;
/// From here on two courses are alike.
pub const ALIKE: f64 = 0.8;
/// What comes in leaves within 300 ms, in bins of a quarter second.
const LAGS: [f64; 6] = [0.0, 0.25, 0.5, 0.75, 1.0, 1.25];
/// Deviation over mean up to which a rate is constant: then there is no course to compare.
const CONSTANT: f64 = 0.3;
/// Of what is usual, what a constant rate carries in a bin.
const STEADY: RangeInclusive<f64> = 0.6..=1.4;
/// The share of bins that must be steady.
const MOST: f64 = 0.75;
/// The same of a few seconds, of which the line may falter in one.
const MOSTLY: f64 = 0.6;
/// Two constant rates are the same rate only when they are very much so.
const SAME_RATE: RangeInclusive<f64> = 0.95..=1.05;
/// A relayed call begins on both flows at once.
const TOGETHER: u64 = 5 * Time::SECOND;
/// The same flow before and after an address was translated begins at the same moment.
const TWIN: u64 = 50 * Time::MILLI;
/// Payloads that were on both flows one right after the other, of 32 sampled ones at most. One by chance is one in millions.
const SAME_PAYLOADS: usize = 6;
/// Payloads sampled on both flows, none of them the same, that speak against what constant rates suggest.
const OTHERS: usize = 16;

/// What comes in, and what goes out.
type Way<'a> = [Strand<'a>; 2];

/// How one direction of a pair agrees.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// Bytes out over bytes in.
    pub ratio: f64,
    /// Pearson's, at the better lag; nothing where both are constant.
    pub correlation: Option<f64>,
    /// Sampled payloads that were on both.
    pub payloads: usize,
}

/// How two flows of one host agree.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// In on the first, out on the second.
    pub there: Option<Fit>,
    /// In on the second, out on the first.
    pub back: Option<Fit>,
    /// Both were first heard within a few seconds.
    pub together: bool,
    /// Seconds after which it must be so still.
    pub again: u64,
}

impl Fit {
    /// Whether it says by itself that bytes are passed on.
    pub fn speaks(&self) -> bool {
        self.correlation.is_some_and(|correlation| correlation >= ALIKE) || self.payloads >= SAME_PAYLOADS
    }

    /// Whether the payloads themselves were seen on both.
    pub fn is_verbatim(&self) -> bool {
        self.payloads >= SAME_PAYLOADS
    }
}

/// Compares two flows of a host, which is at these sides of them.
pub fn compare(one: &Series, at_one: Side, other: &Series, at_other: Side, now: Time) -> Option<Pair> {
    let apart = one.start.0.abs_diff(other.start.0);
    if one.far(at_one).addr == other.far(at_other).addr {
        return None;
    }
    let until = one.until().min(other.until());
    let [one_in, one_out] = [one.towards(at_one), one.from(at_one)].map(|strand| strand.until(until));
    let [other_in, other_out] = [other.towards(at_other), other.from(at_other)].map(|strand| strand.until(until));
    let twins = |one: Strand<'_>, other: Strand<'_>| one.passed_on(other) + other.passed_on(one);
    if twins(one_in, other_in) + twins(one_out, other_out) >= SAME_PAYLOADS {
        return None;
    }
    let together = apart < TOGETHER;
    let long_enough = |bins| lasts(one, bins, now) && lasts(other, bins, now);
    let ways = [[one_in, other_out], [other_in, one_out]];
    let lets_in = |series: &Series, at: Side| series.is_inside() && at == Side::Server;
    let inside = one.is_inside() != other.is_inside();
    let door = inside && (lets_in(one, at_one) || lets_in(other, at_other));
    // A neighbour's flow is none that an address was translated in.
    if !inside && apart < TWIN && is_twin([one_in, one_out], [other_in, other_out]) {
        return None;
    }
    let (bins, ratios, again) = if door { (SOON_INSIDE, LET_IN, AGAIN_INSIDE) } else { (SOON, RATIO, SOON_AGAIN) };
    if long_enough(bins) {
        if let Some([there, back]) = soon(ways, bins, &ratios) {
            return Some(Pair { there, back, together, again });
        }
    }
    let course = Some(BINS).filter(|bins| long_enough(*bins));
    let [there, back] = ways.map(|[into, out]| fit(into, out, course));
    (there.is_some() || back.is_some()).then_some(Pair { there, back, together, again: AGAIN })
}

/// Whether a flow was followed for so many quarter seconds, in steps as fine as that.
fn lasts(series: &Series, bins: usize, now: Time) -> bool {
    series.spans(bins) && (!series.coarse || now.since(series.start) >= COARSE)
}

/// How both ways agree where a few seconds are enough to say so, or one, if next to nothing goes the other.
fn soon([there, back]: [Way<'_>; 2], bins: usize, ratios: &RangeInclusive<f64>) -> Option<[Option<Fit>; 2]> {
    let fits = [there, back].map(|way| fit_soon(way, bins, ratios));
    let [alike_there, alike_back] = fits.map(|fit| fit.correlation.unwrap_or_default());
    let on_average = [alike_there, alike_back].map(|alike| alike.min(0.9999).atanh()).iter().sum::<f64>() / 2.0;
    if alike_there.min(alike_back) >= SOON_EACH && on_average >= SOON_ALIKE.atanh() && goes_on(&[there, back], bins) {
        return Some(fits.map(Some));
    }
    let quiet = |way: Way<'_>| way.iter().all(|strand| sum(*strand, bins) < LEAST * bins as f64);
    let alone = |alike: f64, way, other| {
        alike >= SOON_ALIKE && quiet(other) && goes_on(&[way], bins) && is_alike_at_all_times(way, bins)
    };
    let [fit_there, fit_back] = fits.map(Some);
    if alone(alike_there, there, back) {
        return Some([fit_there, None]);
    }
    alone(alike_back, back, there).then_some([None, fit_back])
}

/// Whether something comes in most of the time, by one way or another.
fn goes_on(ways: &[Way<'_>], bins: usize) -> bool {
    let mut passes = vec![false; bins];
    for [into, _] in ways {
        let usual = sum(*into, bins) / bins as f64;
        for (passes, bytes) in passes.iter_mut().zip(into.recent(bins, 0)) {
            *passes |= usual >= LEAST && bytes >= usual * PASSES;
        }
    }
    passes.into_iter().filter(|passes| *passes).count() as f64 >= MOSTLY_PASSES * bins as f64
}

fn fit_soon([into, out]: Way<'_>, bins: usize, ratios: &RangeInclusive<f64>) -> Fit {
    let (bytes_in, bytes_out, least) = (sum(into, bins), sum(out, bins), LEAST * bins as f64);
    let ratio = bytes_out / bytes_in.max(1.0);
    let enough = bytes_in >= least && bytes_out >= least && ratios.contains(&ratio);
    let alike = LAGS.into_iter().map(|lag| {
        let pairs = without_falters(shifted([into, out], bins, lag));
        pearson(&pairs).min(pearson(&changes(&pairs)))
    });
    let correlation = if enough { alike.fold(0.0, f64::max) } else { 0.0 };
    Fit { ratio, correlation: Some(correlation), payloads: into.passed_on(out) }
}

/// Of two constant rates, those moments in which the line itself did not falter: all flows of a host do then.
fn without_falters(pairs: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let usual = |of: fn(&(f64, f64)) -> f64| {
        let mut bytes: Vec<f64> = pairs.iter().map(of).collect();
        bytes.sort_by(f64::total_cmp);
        bytes.get(bytes.len() / 2).copied().unwrap_or_default().max(1.0)
    };
    let (usual_in, usual_out) = (usual(|pair| pair.0), usual(|pair| pair.1));
    let is_steady = |(x, y): &(f64, f64)| STEADY.contains(&(x / usual_in)) && STEADY.contains(&(y / usual_out));
    let steady: Vec<(f64, f64)> = pairs.iter().copied().filter(is_steady).collect();
    if steady.len() as f64 >= MOSTLY * pairs.len() as f64 {
        steady
    } else {
        pairs
    }
}

/// Whether a way is alike also without the moments in which most passed.
fn is_alike_at_all_times(way: Way<'_>, bins: usize) -> bool {
    LAGS.into_iter().any(|lag| {
        let mut pairs = shifted(way, bins, lag);
        pairs.sort_by(|one, other| (other.0 + other.1).total_cmp(&(one.0 + one.1)));
        pearson(pairs.get(bins / LOUDEST..).unwrap_or_default()) >= SOON_EACH
    })
}

/// The same bytes in the same direction: one flow, seen on both sides of an address translation.
fn is_twin(one: Way<'_>, other: Way<'_>) -> bool {
    one.into_iter().zip(other).all(|(one, other)| {
        let (one, other) = (sum(one, BINS), sum(other, BINS));
        (one - other).abs() <= 0.02 * one.max(other)
    })
}

/// Payloads need no time to tell; courses do: so many quarter seconds of them.
fn fit(into: Strand<'_>, out: Strand<'_>, course: Option<usize>) -> Option<Fit> {
    let bins = course.unwrap_or(BINS);
    let (bytes_in, bytes_out) = (sum(into, bins), sum(out, bins));
    let least = LEAST * bins as f64;
    let ratio = bytes_out / bytes_in.max(1.0);
    let payloads = into.passed_on(out);
    if course.is_none() || bytes_in < least || bytes_out < least || !WRAPPED.contains(&ratio) {
        return (payloads >= SAME_PAYLOADS).then_some(Fit { ratio, correlation: None, payloads });
    }
    let alike = |steady| LAGS.into_iter().map(|lag| correlation([into, out], bins, lag, steady)).fold(0.0, f64::max);
    if deviation(into, bins) < CONSTANT && deviation(out, bins) < CONSTANT {
        // A constant rate has a grain all the same: sizes vary from word to word.
        let grain = alike(true);
        if grain >= ALIKE {
            return Some(Fit { ratio, correlation: Some(grain), payloads });
        }
        let others = payloads == 0 && into.sampled() >= OTHERS && out.sampled() >= OTHERS;
        return (SAME_RATE.contains(&ratio) && !others).then_some(Fit { ratio, correlation: None, payloads });
    }
    let correlation = alike(false);
    let same = RATIO.contains(&ratio) || correlation >= SAME_COURSE;
    if !same || (correlation >= ALIKE && !is_alike_at_all_times([into, out], bins)) {
        return (payloads >= SAME_PAYLOADS).then_some(Fit { ratio, correlation: None, payloads });
    }
    Some(Fit { ratio, correlation: Some(correlation), payloads })
}

/// Standard deviation over mean.
fn deviation(strand: Strand<'_>, bins: usize) -> f64 {
    let (sum, squares) = strand.recent(bins, 0).fold((0.0, 0.0), |(sum, squares), x| (sum + x, squares + x * x));
    let bins = bins as f64;
    let mean = sum / bins;
    (squares / bins - mean * mean).max(0.0).sqrt() / mean.max(1.0)
}

/// Pearson's, of what came in so many bins before with what went out. Where only `steady` bins are wanted, those are left
/// out in which the line itself may have faltered: all flows of a host do then.
fn correlation([into, out]: Way<'_>, bins: usize, lag: f64, steady: bool) -> f64 {
    let mut pairs = shifted([into, out], bins, lag);
    if steady {
        let usual = |strand| sum(strand, pairs.len()) / pairs.len() as f64;
        let (usual_in, usual_out) = (usual(into), usual(out));
        pairs.retain(|(x, y)| STEADY.contains(&(x / usual_in)) && STEADY.contains(&(y / usual_out)));
    }
    if pairs.len() as f64 >= MOST * (bins - 2) as f64 {
        pearson(&pairs)
    } else {
        0.0
    }
}

/// What came in so many bins before, and what went out. A lag between two bins is a share of both.
fn shifted([into, out]: Way<'_>, bins: usize, lag: f64) -> Vec<(f64, f64)> {
    let (whole, share) = if lag < 1.0 { (0, lag) } else { (1, lag - 1.0) };
    let bins = bins - 2;
    let came = into.recent(bins, whole).zip(into.recent(bins, whole + 1));
    came.map(|(now, before)| now * (1.0 - share) + before * share).zip(out.recent(bins, 0)).collect()
}

/// From each to the next.
fn changes(pairs: &[(f64, f64)]) -> Vec<(f64, f64)> {
    pairs.iter().zip(pairs.iter().skip(1)).map(|(before, now)| (now.0 - before.0, now.1 - before.1)).collect()
}

fn sum(strand: Strand<'_>, bins: usize) -> f64 {
    strand.recent(bins, 0).sum()
}

/// Pearson's correlation.
fn pearson(pairs: &[(f64, f64)]) -> f64 {
    let (mut x1, mut y1, mut x2, mut y2, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in pairs {
        (x1, y1, x2, y2, xy) = (x1 + x, y1 + y, x2 + x * x, y2 + y * y, xy + x * y);
    }
    let n = pairs.len() as f64;
    let spread = ((n * x2 - x1 * x1) * (n * y2 - y1 * y1)).max(0.0).sqrt();
    if spread > 0.0 {
        (n * xy - x1 * y1) / spread
    } else {
        0.0
    }
}
