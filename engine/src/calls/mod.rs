//! Calls as objects: the flows of one call are found to be its legs, and told as one thing with parties, beginning, end
//! and quality.
//!
//! Fed with flows that were judged to be live media, and with their packets. Bounded in calls and legs.

mod cadence;
mod call;
mod codec;
mod ear;
mod emodel;
mod leg;
mod news;
mod reception;
mod spoken;

pub use call::{LegNews, Route};
pub use ear::Quality;
pub use leg::Kind;
pub use spoken::{Announcer, Coding};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::apps::{Activity, AppId};
use crate::event::{CallChange, Outbox};
use crate::flow::Flow;
use crate::packet::{Addr, Endpoint, Packet, Side, Time};
use crate::places::Places;
use call::Call;
use leg::Leg;
use spoken::{Codings, Promises};

/// Most legs that are up at a time.
const MOST_LEGS: u32 = 16_384;
/// Calls of one host that new flows are compared with.
const MOST_OF_A_HOST: usize = 64;
/// Packets of a leg that make it a call: half a second of speech. What only looks for a way sends fewer.
const RIPE: u32 = 25;
/// How often calls are looked at.
const EVERY: u64 = 5 * Time::SECOND;
/// Packets between two looks that keep a call up: three a second, what a call on hold sends.
const LIVELY: u32 = 15;
/// Silence that ends a call: a tunnel under a hill is shorter.
const SILENCE: u64 = 20 * Time::SECOND;
/// Flows that one program begins for one call come together.
const TOGETHER: u64 = 10 * Time::SECOND;
/// A call that nothing happens to is told of again.
const UPDATE: u64 = 60 * Time::SECOND;

/// The reason of an end that is none: it was found to be one with another call.
const MERGED: &str = "merged";

/// A flow that was judged to be part of a call.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// What it is to a call.
    pub kind: Kind,
    /// On which side of it our network is.
    pub local: Side,
    /// What said that it would come.
    pub announced_by: Option<Announcer>,
    /// Whether it goes straight.
    pub route: Route,
    /// Its application.
    pub app: AppId,
    /// Whether that is one, and not just a protocol.
    pub named: bool,
    /// Whether its pace is that of sound or pictures.
    pub live: bool,
}

/// Every call.
pub struct Calls {
    up: Places<Call>,
    legs: Places<Leg>,
    by_host: HashMap<Addr, Vec<u32>, FixedState>,
    /// What was said of media before they came.
    pub promises: Promises,
    looked: Time,
}

impl Calls {
    /// None yet. The seed of its hashes is the caller's secret: strangers choose addresses.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            up: Places::new(MOST_LEGS),
            legs: Places::new(MOST_LEGS),
            by_host: HashMap::with_hasher(FixedState::with_seed(seed)),
            promises: Promises::new(seed),
            looked: Time(0),
        }
    }

    /// Applications have other numbers from now on.
    pub fn renumber(&mut self, number: impl Fn(AppId) -> AppId) {
        for call in self.up.each() {
            call.renumber(&number);
        }
        for leg in self.legs.each() {
            leg.seen.app = number(leg.seen.app);
        }
    }

    /// A flow was judged to be part of a call, or judged anew.
    pub fn judged(&mut self, flow: &mut Flow, seen: Seen) {
        if let Some(leg) = self.legs.get(flow.leg).filter(|leg| leg.flow == flow.id) {
            let kind = if leg.seen.kind == Kind::Media { Kind::Media } else { seen.kind };
            let announced_by = leg.seen.announced_by.or(seen.announced_by);
            leg.seen = Seen { kind, announced_by, local: leg.seen.local, ..seen };
            leg.live = seen.live || leg.reads();
            if let Some(call) = self.up.get(leg.call) {
                call.learn(&leg.seen);
            }
            return;
        }
        let ends = [flow.end(seen.local), flow.end(seen.local.other())];
        let mut codings = Codings::default();
        let promises = ends.map(|end| self.promises.of(end));
        for coding in promises.iter().flatten().flat_map(|promise| &promise.codings) {
            codings.add(coding.clone());
        }
        let leg = Leg {
            flow: flow.id,
            ends,
            users: promises.map(|promise| promise.and_then(|promise| promise.user.clone())),
            call: 0,
            live: seen.live,
            seen,
            codings,
            since: flow.last,
            ears: Default::default(),
            window: 0,
            packets: [0; 2],
            last: flow.last,
        };
        flow.leg = self.legs.put(leg).unwrap_or_default();
    }

    /// The call that a leg belongs to, of those of its host that are up.
    fn one_with(&self, leg: &Leg) -> Option<u32> {
        let [near, far] = leg.ends;
        let calls = self.by_host.get(&near.addr)?;
        let fits = |call: &Call| {
            let together = leg.since.0.abs_diff(call.start.0) <= TOGETHER;
            call.legs.iter().filter_map(|place| self.legs.look(*place)).any(|known| {
                let [local, remote] = known.ends;
                let same_port = local == near;
                let reports = remote.addr == far.addr && known.seen.kind != leg.seen.kind && next_to(local, near);
                let same_program = together && leg.seen.named && known.seen.named && call.app == leg.seen.app;
                same_port || reports || same_program
            })
        };
        calls.iter().copied().find(|place| self.up.look(*place).is_some_and(fits))
    }

    /// A leg that is ripe finds its call, or begins one.
    fn place_leg(&mut self, place: u32) -> Option<u32> {
        let leg = self.legs.look(place).filter(|leg| leg.call == 0)?;
        let found = self.one_with(leg);
        let call = if leg.is_ripe() { found.or_else(|| self.begin(place)) } else { found }?;
        self.join(place, call);
        Some(call)
    }

    fn begin(&mut self, leg: u32) -> Option<u32> {
        let leg = self.legs.look(leg)?;
        let [near, _] = leg.ends;
        let place = self.up.put(Call::new(leg))?;
        let of_host = self.by_host.entry(near.addr).or_default();
        if of_host.len() < MOST_OF_A_HOST {
            of_host.push(place);
        }
        Some(place)
    }

    fn join(&mut self, leg_place: u32, call_place: u32) {
        let (Some(leg), Some(call)) = (self.legs.get(leg_place), self.up.get(call_place)) else { return };
        leg.call = call_place;
        call.add(leg_place, leg);
        call.learn(&leg.seen);
    }

    /// Takes a packet of a leg.
    pub fn heard(&mut self, flow: &mut Flow, side: Side, packet: &Packet<'_>, out: &mut Outbox) {
        let Some(leg) = self.legs.get(flow.leg).filter(|leg| leg.flow == flow.id) else {
            flow.leg = 0;
            return;
        };
        if packet.payload_len == 0 {
            return;
        }
        leg.hear(side, packet.payload, packet.payload_len, packet.time);
        // The end of a call is not noticed here: only a leg without one asks for more.
        if leg.call == 0 && leg.live && leg.all_packets().is_multiple_of(RIPE) {
            self.look_at_leg(flow.leg, packet.time, out);
        }
    }

    /// Takes packets of a leg that were counted elsewhere.
    pub fn counted(&mut self, flow: &Flow, packets: [u32; 2]) {
        let Some(leg) = self.legs.get(flow.leg).filter(|leg| leg.flow == flow.id) else { return };
        for (side, packets) in [Side::Client, Side::Server].into_iter().zip(packets) {
            leg.pass_by(side, packets, flow.last);
        }
    }

    /// Client and server of a flow were taken for each other.
    pub fn turned(&mut self, flow: &Flow) {
        if let Some(leg) = self.legs.get(flow.leg).filter(|leg| leg.flow == flow.id) {
            leg.turn();
        }
    }

    /// A flow is over.
    pub fn ended(&mut self, flow: &Flow, out: &mut Outbox) {
        if self.legs.look(flow.leg).is_none_or(|leg| leg.flow != flow.id) {
            return;
        }
        let Some(leg) = self.legs.take(flow.leg) else { return };
        let Some(call) = self.up.get(leg.call) else { return };
        if leg.window >= LIVELY {
            call.last = call.last.max(leg.last);
        }
        Call::hear(&mut call.heard, &leg);
        call.legs.retain(|place| *place != flow.leg);
        if call.legs.is_empty() {
            self.end(leg.call, "closed", out);
        }
    }

    /// Both flows carry one call: a host of ours passes it on.
    pub fn relayed(&mut self, flows: [u64; 2], out: &mut Outbox) {
        let places = flows.map(|flow| self.place_of(flow));
        let [Some(one), Some(other)] = places else { return };
        let (Some(first), Some(second)) = (self.legs.look(one), self.legs.look(other)) else { return };
        let (into, from) = (first.call, second.call);
        let ([near, far], [near_other, far_other]) = (first.ends, second.ends);
        // The relay is the end that both flows share.
        let (relay, ends) = if near.addr == near_other.addr {
            (near, [far, far_other])
        } else if far.addr == near_other.addr {
            (far, [near, far_other])
        } else if near.addr == far_other.addr {
            (near, [far, near_other])
        } else {
            (far, [near, near_other])
        };
        // A call is named by its beginning: it goes on in the one that began first.
        let began = |call| self.up.look(call).map_or(Time(u64::MAX), |call| call.start);
        let (into, from) = if began(from) < began(into) { (from, into) } else { (into, from) };
        if into != from {
            self.merge(into, from, out);
        }
        if let Some(call) = self.up.get(into) {
            (call.ends, call.relay, call.route) = (ends, Some(relay), Route::Relayed);
        }
    }

    fn merge(&mut self, into: u32, from: u32, out: &mut Outbox) {
        if let Some(last) = self.up.look(from).map(|call| call.last) {
            self.tell(from, CallChange::End(MERGED), last, out);
        }
        let Some(other) = self.up.take(from) else { return };
        self.forget(from, &other);
        for place in other.legs {
            self.join(place, into);
        }
    }

    fn place_of(&self, flow: u64) -> Option<u32> {
        self.legs.places().find(|place| self.legs.look(*place).is_some_and(|leg| leg.flow == flow))
    }

    /// A second has passed.
    pub fn look(&mut self, now: Time, out: &mut Outbox) {
        if now.since(self.looked) < EVERY {
            return;
        }
        self.looked = now;
        for place in self.legs.places() {
            self.look_at_leg(place, now, out);
        }
        for place in self.up.places() {
            self.look_at_call(place, now, out);
        }
    }

    fn look_at_leg(&mut self, place: u32, now: Time, out: &mut Outbox) {
        let Some(leg) = self.legs.get(place) else { return };
        let lively = leg.window >= LIVELY && (leg.live || leg.seen.kind != Kind::Media);
        leg.window = 0;
        let (call, last) = (leg.call, leg.last);
        if let Some(call) = self.up.get(call).filter(|_| lively) {
            call.last = call.last.max(last);
        } else if call == 0 && (lively || leg.seen.kind == Kind::Control) {
            let told = self.place_leg(place).and_then(|call| self.up.look(call).map(|known| (call, known.told)));
            if let Some((call, None)) = told {
                self.tell(call, CallChange::Start, now, out);
            }
        }
    }

    fn look_at_call(&mut self, place: u32, now: Time, out: &mut Outbox) {
        let Some(call) = self.up.look(place) else { return };
        if now.since(call.last) >= SILENCE {
            return self.end(place, "silent", out);
        }
        let news = call.says(&self.all_heard(call)) != call.said;
        if news || call.told.is_none_or(|told| now.since(told) >= UPDATE) {
            self.tell(place, CallChange::Update, now, out);
        }
    }

    fn end(&mut self, place: u32, why: &'static str, out: &mut Outbox) {
        let Some(last) = self.up.look(place).map(|call| call.last) else { return };
        self.tell(place, CallChange::End(why), last, out);
        self.drop(place);
    }

    fn drop(&mut self, place: u32) {
        let Some(call) = self.up.take(place) else { return };
        self.forget(place, &call);
        for leg in call.legs {
            if let Some(leg) = self.legs.get(leg) {
                // What comes after a silence is another call.
                (leg.call, leg.since, leg.packets, leg.ears) = (0, leg.last, [0; 2], Default::default());
            }
        }
    }

    fn forget(&mut self, place: u32, call: &Call) {
        let hosts = call.known.iter().flat_map(|leg| leg.ends).chain(call.ends);
        for host in hosts {
            if let Some(calls) = self.by_host.get_mut(&host.addr) {
                calls.retain(|known| *known != place);
                if calls.is_empty() {
                    self.by_host.remove(&host.addr);
                }
            }
        }
    }

    /// Bytes that all of it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let ears = self.legs.all().iter().flatten().flat_map(|leg| &leg.ears).map(ear::Ear::bytes).sum::<usize>();
        let (legs, calls) = (self.legs.all().iter().flatten().count(), self.up.all().iter().flatten().count());
        ears + legs * size_of::<Leg>() + calls * size_of::<Call>()
    }
}

/// Whether this is sound or pictures, live.
#[must_use]
pub const fn is_live(activity: Activity) -> bool {
    matches!(activity, Activity::Call | Activity::Video | Activity::Screen)
}

/// Reports come to the next port (RFC 3550 §11).
const fn next_to(one: Endpoint, other: Endpoint) -> bool {
    one.port.abs_diff(other.port) <= 1
}

#[cfg(test)]
mod tests;
