//! **Relay**: passes on what others say to each other. What comes in on one of its flows goes out on another, byte for
//! byte, within a quarter of a second: calls of others, the traffic of a bandwidth-sharing program, or a client of our own
//! network that may not go out itself.
//!
//! Suh et al. 2006: at least 10 kb/s for half a minute, 0.9 to 1.1 bytes out for one in (0.8 to 1.25 where courses are all but
//! the same: a tunnel wraps what it carries), courses that are alike. It takes eight seconds where not only the courses are
//! alike but also what changes in them from one quarter second to the next, both ways, or one way and throughout where next to
//! nothing goes the other, and where something passes most of the time. It takes five where a neighbour comes in by one of the
//! two flows, and 0.67 to 1.5 bytes for one will do: hardly any host of ours serves another and a stranger in the same breath.
//! Where the payloads are passed on as they are, a sample of them tells at once. Where the rates are constant there is no
//! course to compare; then a constant rate that is the same both ways since the same moment decides, if no payloads contradict.
//! What courses show must still be so, two seconds later of a neighbour, four where eight were enough: most of that look is at
//! the same seconds, so it only keeps out what falls out of step at once. One flow that is seen on both sides of an address
//! translation runs the same way twice, and is no relay.

use super::{Case, Profile, Role, Scene};
use crate::apps;
use crate::hosts::fit::{self, Fit, Pair};
use crate::hosts::series::Series;
use crate::packet::{Endpoint, Side, Time};

/// The relay.
pub struct Relay;

/// Flows with the most alike rates that each is compared with.
const NEIGHBOURS: usize = 6;
/// Pairs that are told; what more there are costs the same.
const MOST_PAIRS: usize = 16;

// Half a minute of a hundred and twenty quarter seconds: as alike by chance in far fewer than one pair in 10,000. Of five
// seconds and eight the changes must be alike too; `hosts/tests/neighbours.rs` holds that against talks and pages.
const ALIKE: i16 = 40;
// The way back too.
const BACK: i16 = 20;
// Each is one of 2^22 by chance.
const VERBATIM: i16 = 60;
// Two calls of one host with the same coding look so too, but rarely begin together.
const CONSTANT: i16 = 20;
const TOGETHER: i16 = 20;

static PROFILE: Profile = Profile { role: apps::Role::Relay, title: "relay", life: 120 };

/// Two flows, and whom they connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between {
    /// Numbers of the flows.
    pub flows: [u64; 2],
    /// Their far ends.
    pub ends: [Endpoint; 2],
    /// Places of their series.
    pub places: [u32; 2],
}

impl Role for Relay {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn judge(&self, scene: &Scene<'_>) -> Case {
        let mut best = Case::default();
        let mut between = Vec::new();
        for (one, other) in candidates(scene) {
            let Some(case) = judge_pair(&one, &other, scene.now) else { continue };
            if between.len() < MOST_PAIRS {
                between.push(Between {
                    flows: [one.series.flow, other.series.flow],
                    ends: [one.far(), other.far()],
                    places: [one.place, other.place],
                });
            }
            if case.weight() > best.weight() {
                best = Case { port: [&one, &other].into_iter().find_map(Leg::neighbours_door), ..case };
            }
        }
        Case { between, ..best }
    }
}

/// A lively flow, from where its host stands.
#[derive(Clone, Copy)]
struct Leg<'a> {
    place: u32,
    series: &'a Series,
    local: Side,
    rate: f64,
}

impl Leg<'_> {
    fn far(&self) -> Endpoint {
        self.series.far(self.local)
    }

    /// The port by which another host of ours comes in: whoever else comes by it wants the same.
    fn neighbours_door(&self) -> Option<u16> {
        let [client, _] = self.series.hosts;
        client.filter(|_| self.local == Side::Server).map(|_| self.series.near(self.local).port)
    }
}

/// Pairs whose rates are near each other: each with its next few by rate, so that their number grows with the flows and
/// not with their square.
fn candidates<'a>(scene: &Scene<'a>) -> Vec<(Leg<'a>, Leg<'a>)> {
    let mut legs: Vec<Leg<'a>> = scene
        .host
        .lively
        .iter()
        .filter_map(|(place, local)| {
            let series = scene.series.get(*place as usize)?.as_deref().filter(|series| series.spans(1))?;
            let sum: f64 =
                [Side::Client, Side::Server].map(|side| series.from(side).recent(fit::BINS, 0).sum()).iter().sum();
            Some(Leg { place: *place, series, local: *local, rate: sum })
        })
        .collect();
    legs.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    let mut pairs = Vec::new();
    for (at, one) in legs.iter().enumerate() {
        let next = legs.iter().skip(at + 1).take(NEIGHBOURS);
        // Both directions together differ by no more than either; a flow that began a moment later lacks some of it.
        pairs.extend(next.take_while(|other| other.rate <= one.rate * 1.5).map(|other| (*one, *other)));
    }
    pairs
}

fn judge_pair(one: &Leg<'_>, other: &Leg<'_>, now: Time) -> Option<Case> {
    let pair = fit::compare(one.series, one.local, other.series, other.local, now)?;
    let (far, other_far) = (one.far(), other.far());
    let mut case = Case::default();
    let (main, back) = match (pair.there, pair.back) {
        (Some(there), back) if there.speaks() => (there, back),
        (there, Some(back)) if back.speaks() => (back, there),
        _ => return constant(&pair, far, other_far),
    };
    let lead = format!("what came from {far} went to {other_far}, or the other way");
    if let Some(correlation) = main.correlation.filter(|correlation| *correlation >= fit::ALIKE) {
        case.add(ALIKE, format!("{lead}: {:.2} bytes out for one in, courses alike to {correlation:.2}", main.ratio));
    }
    if main.is_verbatim() {
        let payloads = main.payloads;
        case.add(VERBATIM, format!("{lead}: {payloads} sampled payloads came in on one and left on the other at once"));
    }
    if back.is_some_and(|back| Fit::speaks(&back)) {
        case.add(BACK, "and so it was with the answers".to_owned());
    }
    // Payloads that were the same stay the same.
    case.stands = if main.is_verbatim() { 0 } else { pair.again };
    Some(case)
}

/// Constant both ways, since the same moment.
fn constant(pair: &Pair, far: Endpoint, other_far: Endpoint) -> Option<Case> {
    let (there, back) = (pair.there?, pair.back?);
    if there.correlation.is_some() || back.correlation.is_some() || !pair.together {
        return None;
    }
    let mut case = Case { stands: pair.again, ..Case::default() };
    case.add(CONSTANT, format!("the flows with {far} and {other_far} have the same constant rate, both ways"));
    case.add(TOGETHER, "and began within seconds of each other".to_owned());
    Some(case)
}
