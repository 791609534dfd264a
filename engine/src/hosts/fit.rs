//! Whether what comes in on one flow goes out on another: Suh et al. 2006, "Characterizing and detecting Skype-relayed
//! traffic", with the payloads themselves as a further witness.
#![allow(clippy::cast_precision_loss, reason = "a window has some hundred bins")]

use super::series::{Series, Strand};
use crate::packet::{Side, Time};

/// Half a minute.
pub const BINS: usize = 120;
/// Ten seconds, where a neighbour's flow is one of the two: hardly any host of ours serves another and a stranger in the
/// same breath. But then both ways must be far more alike.
const SOON: usize = 40;
const SOON_ALIKE: f64 = 0.9;
/// Counts of the kernel come every few seconds: only a longer look tells as much.
const COARSE: u64 = 120 * Time::SECOND;
/// Bytes in a quarter second at 10 kb/s.
const LEAST: f64 = 312.5;
/// What comes in and what goes out differ by headers at most.
const RATIO: std::ops::RangeInclusive<f64> = 0.9..=1.1;
/// A tunnel that wraps every packet of a call adds up to a quarter; then only courses that are all but the same will do.
const WRAPPED: std::ops::RangeInclusive<f64> = 0.8..=1.25;
/// Of so many quarter seconds.
const SAME_COURSE: f64 = 0.95;
/// From here on two courses are alike.
pub const ALIKE: f64 = 0.8;
/// What comes in leaves within 300 ms, in bins of a quarter second.
const LAGS: [f64; 6] = [0.0, 0.25, 0.5, 0.75, 1.0, 1.25];
/// Deviation over mean up to which a rate is constant: then there is no course to compare.
const CONSTANT: f64 = 0.3;
/// Of what is usual, what a constant rate carries in a bin.
const STEADY: std::ops::RangeInclusive<f64> = 0.6..=1.4;
/// The share of bins that must be steady.
const MOST: f64 = 0.75;
/// Two constant rates are the same rate only when they are very much so.
const SAME_RATE: std::ops::RangeInclusive<f64> = 0.95..=1.05;
/// A relayed call begins on both flows at once.
const TOGETHER: u64 = 5 * Time::SECOND;
/// The same flow before and after an address was translated begins at the same moment.
const TWIN: u64 = 50 * Time::MILLI;
/// Payloads that were on both flows one right after the other, of 32 sampled ones at most. One by chance is one in millions.
const SAME_PAYLOADS: usize = 6;
/// Payloads sampled on both flows, none of them the same, that speak against what constant rates suggest.
const OTHERS: usize = 16;

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
    let twins = |one: Strand<'_>, other: Strand<'_>| one.passed_on(other) + other.passed_on(one);
    let same_way = twins(one.towards(at_one), other.towards(at_other)) + twins(one.from(at_one), other.from(at_other));
    if same_way >= SAME_PAYLOADS || (apart < TWIN && is_twin(one, at_one, other, at_other)) {
        return None;
    }
    let ways = |bins| {
        let there = fit(one.towards(at_one), other.from(at_other), bins);
        (there, fit(other.towards(at_other), one.from(at_one), bins))
    };
    let long_enough = |bins: &usize| lasts(one, *bins, now) && lasts(other, *bins, now);
    let (there, back) = if long_enough(&BINS) {
        ways(Some(BINS))
    } else {
        let soon = Some(SOON).filter(|bins| is_let_in(one, other) && long_enough(bins)).map(|bins| ways(Some(bins)));
        soon.filter(|(there, back)| is_same(*there) && is_same(*back)).unwrap_or_else(|| ways(None))
    };
    (there.is_some() || back.is_some()).then_some(Pair { there, back, together: apart < TOGETHER })
}

/// Whether a flow was followed for so many quarter seconds, in steps as fine as that.
fn lasts(series: &Series, bins: usize, now: Time) -> bool {
    series.spans(bins) && (!series.coarse || now.since(series.start) >= COARSE)
}

/// Whether one of the flows is between two hosts of ours, and the other is not.
fn is_let_in(one: &Series, other: &Series) -> bool {
    let inside = |series: &Series| series.hosts.iter().all(Option::is_some);
    inside(one) != inside(other)
}

/// Whether ten seconds of one way are enough.
fn is_same(fit: Option<Fit>) -> bool {
    fit.and_then(|fit| fit.correlation).is_some_and(|correlation| correlation >= SOON_ALIKE)
}

/// The same bytes in the same direction: one flow, seen on both sides of an address translation.
fn is_twin(one: &Series, at_one: Side, other: &Series, at_other: Side) -> bool {
    let same = |one: Strand<'_>, other: Strand<'_>| {
        let (one, other): (f64, f64) = (one.recent(BINS, 0).sum(), other.recent(BINS, 0).sum());
        (one - other).abs() <= 0.02 * one.max(other)
    };
    same(one.towards(at_one), other.towards(at_other)) && same(one.from(at_one), other.from(at_other))
}

/// Payloads need no time to tell; courses do: so many quarter seconds of them.
fn fit(into: Strand<'_>, out: Strand<'_>, course: Option<usize>) -> Option<Fit> {
    let bins = course.unwrap_or(BINS);
    let (bytes_in, bytes_out): (f64, f64) = (into.recent(bins, 0).sum(), out.recent(bins, 0).sum());
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
    if !RATIO.contains(&ratio) && correlation < SAME_COURSE {
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

/// Pearson's, of what came in so many bins before with what went out. A lag between two bins is a share of both. Where only
/// `steady` bins are wanted, those are left out in which the line itself may have faltered: all flows of a host do then.
fn correlation([into, out]: [Strand<'_>; 2], bins: usize, lag: f64, steady: bool) -> f64 {
    let (whole, share) = if lag < 1.0 { (0, lag) } else { (1, lag - 1.0) };
    let bins = bins - 2;
    let came = into.recent(bins, whole).zip(into.recent(bins, whole + 1));
    let came = came.map(|(now, before)| now * (1.0 - share) + before * share);
    let usual = |strand: Strand<'_>| strand.recent(bins, 0).sum::<f64>() / bins as f64;
    let (usual_in, usual_out) = (usual(into), usual(out));
    let faltered = |x: f64, y: f64| !STEADY.contains(&(x / usual_in)) || !STEADY.contains(&(y / usual_out));
    let (mut n, mut x1, mut y1, mut x2, mut y2, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in came.zip(out.recent(bins, 0)).filter(|(x, y)| !steady || !faltered(*x, *y)) {
        (n, x1, y1, x2, y2, xy) = (n + 1.0, x1 + x, y1 + y, x2 + x * x, y2 + y * y, xy + x * y);
    }
    if n < MOST * bins as f64 {
        return 0.0;
    }
    let spread = ((n * x2 - x1 * x1) * (n * y2 - y1 * y1)).max(0.0).sqrt();
    if spread > 0.0 {
        (n * xy - x1 * y1) / spread
    } else {
        0.0
    }
}
