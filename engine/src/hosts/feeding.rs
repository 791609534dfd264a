//! What happens to flows, as it is noted of the hosts at their ends.

use std::hash::{BuildHasher, Hash};

use super::host::{Held, MOST_LIVELY};
use super::looking::covers;
use super::roles::ROLES;
use super::series::Series;
use super::services::is_known;
use super::socket::{Contact, ANSWER};
use super::{Hosts, LEAST_RATE};
use crate::apps::{Judgement, Role};
use crate::event::Outbox;
use crate::evidence::{OF_A_LOG_ON, OF_A_PEER, OF_A_RELAY, OF_A_SUPERNODE};
use crate::flow::{Flow, FlowKey};
use crate::packet::{Addr, Side, Time, Transport};
use crate::policy::Action;

/// What is heard of a packet of a flow that is followed.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// When it passed.
    pub time: Time,
    /// What was captured of its payload.
    pub payload: &'a [u8],
    /// Bytes of payload on the wire.
    pub payload_len: u32,
    /// Bytes on the wire.
    pub wire_len: u32,
}

/// Flows that begin so soon after the first one may have begun before it.
const WARM_UP: u64 = 5 * Time::SECOND;
/// Flows of a port, from which on it is worth a look: called, and callers.
const WORTH_A_LOOK: [u32; 2] = [10, 20];
/// Connections that failed, from which on a host is worth a look.
const FAILED: u32 = 6;
/// The place of a series that is gone.
const GONE: u32 = u32::MAX;

impl Hosts {
    /// A flow begins: its client calls its server.
    pub fn begin(&mut self, flow: &Flow) {
        let now = flow.start;
        let began = *self.began.get_or_insert(now);
        let (near, far) = (flow.end(Side::Client), flow.end(Side::Server));
        let transport = flow.transport();
        let told = matches!(transport, Transport::Udp | Transport::Tcp) && !is_known(far.port) && !far.addr.is_group();
        if !told || !self.is_ours(flow, Side::Client) {
            return;
        }
        let Some(place) = self.table.place(near.addr, now) else { return };
        let outside = !self.is_named_local(far.addr);
        let [addr, port, end] = [self.hash(far.addr), self.hash(far.port), self.hash(far)];
        let Some(host) = self.table.get(place) else { return };
        host.last = now;
        host.turn(now);
        if transport == Transport::Tcp {
            host.asked.add();
            host.tcp_addrs.add(addr);
            host.tcp_ports.add(port);
            host.tcp_ends.add(end);
            return;
        }
        host.udp_ends.add(end);
        if !outside {
            return;
        }
        let early = now.since(began) < WARM_UP;
        let far = [addr, port, end];
        let contact = Contact { far, at: now, caller: Side::Client, stream: false, early, answered: false };
        let Some(socket) = host.meet(near.port, contact) else { return };
        let [called, _] = &socket.flows;
        if called.count() >= WORTH_A_LOOK[0] {
            self.enqueue(place);
        }
    }

    /// A flow was recognised as a peer-to-peer program's.
    pub fn recognised(&mut self, flow: &Flow) {
        for side in [Side::Client, Side::Server] {
            // A client's port over TCP is one of thousands.
            let socket = flow.transport() == Transport::Udp || side == Side::Server;
            if !socket || !self.is_ours(flow, side) {
                continue;
            }
            let Some(place) = self.table.find(flow.end(side).addr) else { continue };
            let (flow_id, Some(host)) = (self.hash(flow.id), self.table.get(place)) else { continue };
            if let Some(socket) = host.known_socket(flow.end(side).port) {
                socket.recognised.add(flow_id);
                self.enqueue(place);
            }
        }
    }

    /// The first packet came back: the server answers its client, or refuses it.
    pub fn answered(&mut self, flow: &Flow, now: Time) {
        let refused = flow.transport() == Transport::Tcp && flow.state.closed();
        if self.is_ours(flow, Side::Client) {
            self.was_answered(flow, refused, now);
        }
        if self.is_ours(flow, Side::Server) && !refused {
            self.has_answered(flow, now);
        }
    }

    /// A host of ours hears from whom it called.
    fn was_answered(&mut self, flow: &Flow, refused: bool, now: Time) {
        let (near, far) = (flow.end(Side::Client), flow.end(Side::Server));
        if refused {
            self.failed(flow);
        }
        // Most answers come from known services, and say nothing: the host need not be looked up.
        if flow.transport() != Transport::Udp || is_known(far.port) || now.since(flow.start) > ANSWER {
            return;
        }
        let addr = self.hash(far.addr);
        let Some(host) = self.table.find(near.addr).and_then(|place| self.table.get(place)) else { return };
        host.answered(near.port, addr);
        let sizes = flow.tallies.map(|tally| tally.bytes / u64::from(tally.packets.max(1)));
        if let Some(socket) = host.known_socket(near.port) {
            socket.burst.answered(flow.start, sizes);
        }
    }

    /// A host of ours answers a stranger.
    fn has_answered(&mut self, flow: &Flow, now: Time) {
        let (far, near, transport) = (flow.end(Side::Client), flow.end(Side::Server), flow.transport());
        let told = matches!(transport, Transport::Udp | Transport::Tcp) && !is_known(near.port);
        if !told || self.is_named_local(far.addr) || near.addr.is_group() {
            return;
        }
        let Some(place) = self.table.place(near.addr, now) else { return };
        let (addr, early) = (self.hash(far.addr), self.began.is_some_and(|began| flow.start.since(began) < WARM_UP));
        let Some(host) = self.table.get(place) else { return };
        host.turn(now);
        let stream = transport == Transport::Tcp;
        let contact = Contact { far: [addr; 3], at: now, caller: Side::Server, stream, early, answered: true };
        let Some(socket) = host.meet(near.port, contact) else { return };
        let [_, callers] = &socket.flows;
        if callers.count() >= WORTH_A_LOOK[1] {
            self.enqueue(place);
        }
    }

    /// A connection to an unusual port was refused, or nobody answered. What our own policy stopped proves nothing.
    fn failed(&mut self, flow: &Flow) {
        let (near, far) = (flow.end(Side::Client), flow.end(Side::Server));
        if flow.decision.action == Action::Block || is_known(far.port) {
            return;
        }
        let Some(place) = self.table.find(near.addr) else { return };
        let Some(host) = self.table.get(place) else { return };
        host.failed.add();
        if host.failed.count() >= FAILED {
            self.enqueue(place);
        }
    }

    /// Whether so many bytes in so long a time are lively.
    #[must_use]
    pub const fn is_lively(bytes: u64, nanoseconds: u64) -> bool {
        nanoseconds > 0 && bytes.saturating_mul(Time::SECOND) / nanoseconds >= LEAST_RATE
    }

    /// A flow had a lively second: from now on it is followed more closely.
    pub fn lively(&mut self, flow: &mut Flow, now: Time) {
        let followed = self.series.look(flow.series).is_some_and(|series| series.flow == flow.id);
        let sides = [Side::Client, Side::Server].map(|side| self.host_of(flow, side, now));
        if followed || sides == [None; 2] || flow.end(Side::Server).addr.is_group() {
            return;
        }
        let before = if flow.series == 0 { (u64::from(flow.packets()), flow.octets()) } else { (0, 0) };
        let ends = [flow.end(Side::Client), flow.end(Side::Server)];
        let Some(place) = self.series.put(Series::new(flow.id, flow.key, ends, flow.start, before, now)) else {
            return;
        };
        for (side, host) in [Side::Client, Side::Server].into_iter().zip(sides) {
            self.follow(place, side, host, now);
        }
        flow.series = place;
        if self.series.look(place).is_some_and(Series::is_inside) && !self.doors.contains(&place) {
            self.doors.push(place);
        }
    }

    /// Where a host of ours lies at that side of a flow, if it may follow one more.
    fn host_of(&mut self, flow: &Flow, side: Side, now: Time) -> Option<u32> {
        if !self.is_ours(flow, side) {
            return None;
        }
        let place = self.table.place(flow.end(side).addr, now)?;
        self.table.look(place).filter(|host| host.lively.len() < MOST_LIVELY).map(|_| place)
    }

    fn follow(&mut self, place: u32, side: Side, host: Option<u32>, now: Time) {
        let Some(host) = host else { return };
        let Some(known) = self.table.get(host) else { return };
        known.lively.push((place, side));
        if let Some(slot) = self.series.get(place).and_then(|series| series.hosts.get_mut(side.index())) {
            *slot = Some(host);
        }
        // One alone has nobody to be compared with.
        if known.lively.len() > 1 {
            for (place, _) in &known.lively {
                if let Some(series) = self.series.get(*place) {
                    series.keep(now);
                }
            }
        }
    }

    /// Takes a packet of a flow that is followed.
    #[inline]
    pub fn heard(&mut self, flow: &mut Flow, side: Side, packet: &Heard<'_>) {
        match self.series.get(flow.series).filter(|series| series.flow == flow.id) {
            Some(series) => series.heard(side, packet),
            None => flow.series = GONE,
        }
    }

    /// Client and server of a flow were taken for each other.
    pub fn turned(&mut self, flow: &Flow) {
        let Some(series) = self.series.get(flow.series).filter(|series| series.flow == flow.id) else { return };
        series.turn();
        for host in series.hosts.into_iter().flatten() {
            let Some(host) = self.table.get(host) else { continue };
            let turned = host.lively.iter_mut().filter(|(place, _)| *place == flow.series);
            turned.for_each(|(_, side)| *side = side.other());
        }
    }

    /// Takes what was counted of a flow elsewhere, client's bytes first.
    pub fn counted(&mut self, flow: &Flow, since: Time, packets: u64, bytes: [u64; 2]) {
        if let Some(series) = self.series.get(flow.series).filter(|series| series.flow == flow.id) {
            series.spread(since, flow.last, bytes, packets);
        }
    }

    /// Takes what was counted so far of a flow that is followed, client's side first: see [`Hosts::followed`].
    pub fn polled(&mut self, flow: &Flow, now: Time, counts: [(u32, u64); 2]) {
        if let Some(series) = self.series.get(flow.series).filter(|series| series.flow == flow.id) {
            series.poll(now, counts);
        }
    }

    /// The flows that are compared with others: whoever counts packets that the engine does not see may tell of these
    /// once in every [`super::BIN`].
    pub fn followed(&self) -> impl Iterator<Item = FlowKey> + '_ {
        self.series.all().iter().flatten().filter(|series| series.is_kept()).map(|series| series.key)
    }

    /// A flow is over: what it cost, and what its end says.
    pub fn ended(&mut self, flow: &Flow, out: &mut Outbox) {
        let silent = !flow.state.answered() && flow.transport() == Transport::Tcp;
        if silent && self.is_ours(flow, Side::Client) {
            self.failed(flow);
        }
        let now = flow.last;
        let followed = self.series.get(flow.series).filter(|series| series.flow == flow.id);
        let (series, cost) = match followed {
            Some(series) => (Some(flow.series), series.take_untold(now, 0)),
            None if flow.series == 0 => (None, (u64::from(flow.packets()), flow.octets())),
            None => return,
        };
        // Only roles have a price, and every flow that ends comes by here.
        let ends = if self.are_playing() { &[Side::Client, Side::Server][..] } else { &[] };
        for side in ends {
            let end = flow.end(*side);
            let Some(host) = self.table.find(end.addr) else { continue };
            self.charge(host, |host, at| covers(host, at, series, end.port, false), cost, now, out);
        }
        if let Some(place) = series {
            self.forget(place);
        }
    }

    /// A series is followed no more.
    pub(super) fn forget(&mut self, place: u32) {
        let Some(series) = self.series.take(place) else { return };
        for host in series.hosts.into_iter().flatten() {
            if let Some(host) = self.table.get(host) {
                host.lively.retain(|(known, _)| *known != place);
            }
        }
    }

    /// What the host at one end of a flow is found to be says what the flow is, where nothing else does. Says whether it
    /// did.
    pub fn lend(&self, flow: &Flow, judgement: &mut Judgement) -> bool {
        if !self.are_playing() {
            return false;
        }
        let held = [Side::Client, Side::Server].into_iter().filter_map(|side| self.held(flow, side));
        let Some(held) = held.max_by_key(|held| held.role) else { return false };
        let sign = match held.role {
            Role::Relay => &OF_A_RELAY,
            Role::Supernode => &OF_A_SUPERNODE,
            _ => &OF_A_PEER,
        };
        let lent = judgement.lend(held.role, sign, flow.transport(), flow.packets());
        let logged_on = self.logged_on(flow) && judgement.log_on(&OF_A_LOG_ON, flow.packets());
        lent || logged_on
    }

    /// Whether a flow began in the burst with which its client got on line.
    fn logged_on(&self, flow: &Flow) -> bool {
        let end = flow.end(Side::Client);
        let host = self.table.find(end.addr).and_then(|place| self.table.look(place));
        let socket = host.and_then(|host| host.sockets.iter().find(|socket| socket.port == end.port));
        flow.transport() == Transport::Udp && socket.is_some_and(|socket| socket.burst.logged_on(flow.start))
    }

    /// Whether any host plays a role.
    #[must_use]
    pub fn are_playing(&self) -> bool {
        !self.holding.is_empty()
    }

    /// Whether a host plays a role in a flow.
    #[must_use]
    pub fn plays_in(&self, flow: &Flow) -> bool {
        [Side::Client, Side::Server].into_iter().any(|side| self.held(flow, side).is_some())
    }

    /// The role that the host on that side plays in a flow.
    fn held(&self, flow: &Flow, side: Side) -> Option<&Held> {
        let end = flow.end(side);
        // A client's port over TCP is one of thousands: the same number means nothing.
        let port = if flow.transport() == Transport::Tcp && side == Side::Client { 0 } else { end.port };
        let series = Some(flow.series).filter(|place| *place != 0);
        let host = self.table.look(self.table.find(end.addr)?)?;
        let neighbour = self.is_named_local(flow.end(side.other()).addr);
        let at = (0..ROLES.len()).rev().find(|at| covers(host, *at, series, port, neighbour))?;
        host.roles.get(at)?.as_deref()
    }

    /// Whether a network that was named as ours holds the address; without any, whether it is a private one.
    fn is_named_local(&self, addr: Addr) -> bool {
        if self.local.is_empty() {
            addr.is_private()
        } else {
            self.local.iter().any(|prefix| prefix.holds(addr))
        }
    }

    /// Whether the end on that side is a host of ours. Where neither is known to be, whoever asks is, and stays so.
    fn is_ours(&self, flow: &Flow, side: Side) -> bool {
        let (end, other) = (flow.end(side).addr, flow.end(side.other()).addr);
        let unnamed = || self.local.is_empty() && !self.is_named_local(other);
        self.is_named_local(end) || (unnamed() && (side == Side::Client || self.table.find(end).is_some()))
    }

    fn hash(&self, what: impl Hash) -> u64 {
        self.hasher.hash_one(what)
    }
}
