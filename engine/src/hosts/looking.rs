//! Looking at hosts: those that something happened to, once a second; roles gained, kept, lost.

use super::host::{Cost, Held, Host, PANE};
use super::roles::{Case, Profile, Scene, DECIDES, ROLES};
use super::series::Series;
use super::{Hosts, LEAST_RATE};
use crate::apps::Role;
use crate::event::{Event, HostChange, HostNews, Outbox};
use crate::packet::{Addr, Time};
use crate::places::Places;

/// Hosts that are looked at in one second; more wait for the next.
const MOST_LOOKS: usize = 4_096;
/// How often lively flows are compared, and roles checked for their end.
const EVERY: u64 = 5 * Time::SECOND;
/// A lively flow that is slow for so long is followed no more.
const SLOW: u64 = 60 * Time::SECOND;

/// A role as it is told.
pub fn told(addr: Addr, held: &Held, change: HostChange, now: Time) -> HostNews {
    HostNews {
        time: now,
        addr,
        role: held.role,
        change,
        since: held.since,
        port: held.case.port,
        grounds: held.case.grounds.clone(),
        between: held.case.between.clone(),
        cost: held.cost,
    }
}

impl Hosts {
    /// A second has passed: looks at what changed.
    pub fn look(&mut self, now: Time, out: &mut Outbox) {
        let often = now.since(self.looked_at_series) >= EVERY;
        if often {
            self.looked_at_series = now;
            self.look_at_series(now, out);
        } else {
            self.look_at_doors(now);
        }
        let waiting = self.queue.len().min(MOST_LOOKS);
        let places: Vec<u32> = self.queue.drain(..waiting).collect();
        for place in places {
            self.look_at(place, now, out);
        }
        if often {
            self.let_go(now, out);
        }
    }

    /// Whether some host gained a role since this was last asked; the answer comes every few seconds, because whoever
    /// asks looks at every flow.
    pub fn take_gained(&mut self, now: Time) -> bool {
        let due = self.gained && now.since(self.told_gained) >= EVERY;
        if due {
            (self.gained, self.told_gained) = (false, now);
        }
        due
    }

    /// Looks at a host with every role in mind.
    fn look_at(&mut self, place: u32, now: Time, out: &mut Outbox) {
        let Some(host) = self.table.get(place) else { return };
        host.queued = false;
        host.turn(now);
        for (at, role) in ROLES.iter().enumerate() {
            let Some(host) = self.table.look(place) else { return };
            if self.excuses.of(host.addr, role.profile().role).is_none() {
                let case = role.judge(&Scene { host, series: self.series.all(), now });
                self.found(place, at, role.profile(), case, out, now);
            }
        }
    }

    /// A host was looked at with one role in mind.
    fn found(&mut self, place: u32, at: usize, profile: &Profile, case: Case, out: &mut Outbox, now: Time) {
        let alarm_at = self.limits.alarm.max(1);
        let Some(host) = self.table.get(place) else { return };
        let (Some(made), Some(slot)) = (host.made.get_mut(at), host.roles.get_mut(at)) else { return };
        let found = case.weight() >= DECIDES;
        *made = if found { made.or(Some(now)) } else { None };
        let stood = made.map_or(0, |made| now.since(made));
        let until = Time(now.0.saturating_add(profile.life * Time::SECOND));
        match slot {
            _ if !found => {}
            Some(held) => {
                let (packets, bytes) = passed(&self.series, &case, Some(&held.case));
                held.cost.add(packets, bytes);
                self.totals.add(at, packets, bytes);
                (held.case, held.until, held.seen) = (case, until, now);
            }
            None if stood >= case.stands * Time::SECOND => {
                let (packets, bytes) = passed(&self.series, &case, None);
                let cost = Cost { bytes, packets };
                self.totals.add(at, packets, bytes);
                let held = Held { role: profile.role, case, since: now, until, seen: now, cost, alarm_at };
                out.push(Event::Host(Box::new(told(host.addr, &held, HostChange::Gained, now))));
                *slot = Some(Box::new(held));
                self.gained = true;
                if !self.holding.contains(&place) {
                    self.holding.push(place);
                }
            }
            None => {}
        }
    }

    /// Takes what followed flows cost, lets slow ones go, and queues the hosts that have two to compare.
    fn look_at_series(&mut self, now: Time, out: &mut Outbox) {
        for place in self.series.places() {
            let Some(series) = self.series.get(place) else { continue };
            series.advance(now);
            let untold = series.take_untold(now, LEAST_RATE * EVERY / Time::SECOND);
            let (hosts, ends, slow) = (series.hosts, series.ends, now.since(series.last_fast()) >= SLOW);
            for (host, end) in hosts.into_iter().zip(ends) {
                let Some(host) = host else { continue };
                self.charge(host, |host, at| covers(host, at, Some(place), end.port, false), untold, now, out);
                if self.table.look(host).is_some_and(|host| host.lively.len() > 1) {
                    self.enqueue(host);
                }
            }
            if slow {
                self.forget(place);
            }
        }
    }

    /// Queues the hosts that let a neighbour in, and have something else to compare that with.
    fn look_at_doors(&mut self, now: Time) {
        let mut doors = std::mem::take(&mut self.doors);
        doors.retain(|place| self.series.look(*place).is_some_and(Series::is_inside));
        for place in &doors {
            let server = self.series.look(*place).and_then(|series| series.hosts.last().copied().flatten());
            let Some(server) = server else { continue };
            let Some(host) = self.table.look(server).filter(|host| host.lively.len() > 1) else { continue };
            for (place, _) in &host.lively {
                self.series.get(*place).into_iter().for_each(|series| series.advance(now));
            }
            self.enqueue(server);
        }
        self.doors = doors;
    }

    /// Roles that were not seen for their life are lost.
    fn let_go(&mut self, now: Time, out: &mut Outbox) {
        let places = std::mem::take(&mut self.holding);
        for place in places {
            self.enqueue_if_stale(place, now);
            let Some(host) = self.table.get(place) else { continue };
            for slot in &mut host.roles {
                if let Some(held) = slot.take_if(|held| held.until <= now) {
                    out.push(Event::Host(Box::new(told(host.addr, &held, HostChange::Lost("expired"), held.seen))));
                }
            }
            if host.held().next().is_some() {
                self.holding.push(place);
            }
        }
    }

    /// A host that nothing new happens to still has to be looked at, until its window is empty.
    fn enqueue_if_stale(&mut self, place: u32, now: Time) {
        let stale = |held: &Held| now.since(held.seen) >= PANE / 5;
        if self.table.look(place).is_some_and(|host| host.held().any(stale)) {
            self.enqueue(place);
        }
    }

    pub(super) fn enqueue(&mut self, place: u32) {
        if let Some(host) = self.table.get(place).filter(|host| !host.queued) {
            host.queued = true;
            self.queue.push(place);
        }
    }

    /// Looks at everything one last time.
    pub fn look_last(&mut self, now: Time, out: &mut Outbox) {
        for place in std::mem::take(&mut self.queue) {
            self.look_at(place, now, out);
        }
    }

    /// Every role that is held ends, because the engine stops.
    pub fn close(&mut self, now: Time, out: &mut Outbox) {
        self.lose(now, out, |_, _| Some("shutdown"));
        self.holding.clear();
    }

    /// Roles that are excused from now on are lost.
    pub fn excuse(&mut self, excuses: super::Excuses, now: Time, out: &mut Outbox) {
        self.excuses = excuses;
        let excuses = self.excuses.clone();
        self.lose(now, out, |addr, role| excuses.of(addr, role).map(|_| "excused"));
    }

    fn lose(&mut self, now: Time, out: &mut Outbox, why: impl Fn(Addr, Role) -> Option<&'static str>) {
        for place in self.holding.clone() {
            let Some(host) = self.table.get(place) else { continue };
            for slot in &mut host.roles {
                let Some(why) = slot.as_ref().and_then(|held| why(host.addr, held.role)) else { continue };
                let Some(held) = slot.take() else { continue };
                out.push(Event::Host(Box::new(told(host.addr, &held, HostChange::Lost(why), now))));
            }
        }
    }
}

/// What passed in the pairs of a relay before they were found to be ones.
fn passed(series: &Places<Series>, case: &Case, known: Option<&Case>) -> (u64, u64) {
    let places = |case: &Case| -> Vec<u32> { case.between.iter().flat_map(|between| between.places).collect() };
    let known = known.map(places).unwrap_or_default();
    let mut new: Vec<u32> = places(case).into_iter().filter(|place| !known.contains(place)).collect();
    new.sort_unstable();
    new.dedup();
    let told = new.into_iter().filter_map(|place| series.look(place)).map(Series::told);
    told.fold((0, 0), |(packets, bytes), more| (packets + more.0, bytes + more.1))
}

/// Whether a host's role, by its place, is played at that port or in the flow with that series. A relay's port is for
/// neighbours: strangers may want something else there.
pub fn covers(host: &Host, at: usize, series: Option<u32>, port: u16, neighbour: bool) -> bool {
    let Some(held) = host.roles.get(at).and_then(Option::as_deref) else { return false };
    let relayed = |place| held.case.between.iter().any(|between| between.places.contains(&place));
    let by_port = held.case.port == Some(port) && (neighbour || held.role != Role::Relay);
    by_port || series.is_some_and(relayed)
}
