//! Flows, the hosts at their ends and the calls that they are part of: what happens to flows is told to hosts and calls,
//! and what hosts are found to be is lent to their flows.

use super::{calling, Core, Record};
use crate::behaviour::{Unseen, Window};
use crate::calls::Calls;
use crate::event::{Event, HostChange, Outbox};
use crate::flow::{Flow, Slot};
use crate::hosts::{Heard, Hosts};
use crate::packet::{Packet, Side};
use crate::policy::Policy;

/// What hosts and calls hear of a packet: the first answer of a flow, and every packet of the few flows that are followed.
#[inline]
pub(super) fn tell(
    hosts: &mut Hosts,
    calls: &mut Calls,
    flow: &mut Flow,
    side: Side,
    packet: &Packet<'_>,
    out: &mut Outbox,
) {
    if side == Side::Server && flow.tallies[1].packets == 1 {
        hosts.answered(flow, packet.time);
    }
    if flow.series != 0 {
        let Packet { time, payload, payload_len, wire_len, .. } = *packet;
        hosts.heard(flow, side, &Heard { time, payload, payload_len, wire_len });
    }
    if flow.leg != 0 {
        calls.heard(flow, side, packet, out);
    }
}

/// What hosts and calls hear of a packet of which only the size is known.
pub(super) fn tell_size(hosts: &mut Hosts, calls: &mut Calls, flow: &mut Flow, side: Side, record: &Record) {
    if flow.series != 0 {
        let Record { time, payload_len, wire_len, .. } = *record;
        hosts.heard(flow, side, &Heard { time, payload: &[], payload_len, wire_len });
    }
    if flow.leg != 0 {
        calls.counted(flow, if side == Side::Client { [1, 0] } else { [0, 1] });
    }
}

/// What the kernel counted of a flow.
pub(super) fn count(hosts: &mut Hosts, calls: &mut Calls, flow: &Flow, unseen: &Unseen) {
    hosts.counted(flow, unseen.from, unseen.packets.into_iter().map(u64::from).sum(), unseen.bytes);
    calls.counted(flow, unseen.packets);
}

/// A flow is over: its hosts and its call hear of it, and a host says what it was where nothing else does.
pub(super) fn part(hosts: &mut Hosts, calls: &mut Calls, policy: &Policy, flow: &mut Flow, out: &mut Outbox) {
    hosts.ended(flow, out);
    calls.ended(flow, out);
    let mut judgement = std::mem::take(&mut flow.judgement);
    let lent = hosts.lend(flow, &mut judgement);
    flow.judgement = judgement;
    if lent {
        flow.decision = policy.decide(&flow.subject());
    }
}

impl Core {
    /// What a second of a flow showed goes to its hosts.
    pub(super) fn enliven(&mut self, slot: Slot, window: &Window) {
        let Self { table, hosts, clock, .. } = self;
        let Some(flow) = table.get(slot) else { return };
        let bytes = window.ways.iter().map(|way| u64::from(way.bytes)).sum();
        if Hosts::is_lively(bytes, window.lasted) {
            hosts.lively(flow, *clock);
        }
    }

    /// And to the call that it is part of.
    pub(super) fn pass_on(&mut self, slot: Slot, window: &Window) {
        self.enliven(slot, window);
        let Self { table, calls, catalog, config, .. } = self;
        let Some(flow) = table.get(slot) else { return };
        if let Some(seen) = calling::seen(flow, catalog, config, None) {
            calls.judged(flow, seen);
        }
    }

    /// Looks at the hosts that something happened to. What a new role says of flows that are up is judged at once.
    pub(super) fn look_at_hosts(&mut self, out: &mut Outbox) {
        let told = out.len();
        self.hosts.look(self.clock, out);
        self.join_relayed_calls(told, out);
        if self.hosts.take_gained(self.clock) {
            self.link(out);
        }
    }

    /// Two flows that a host passes on to each other are one call, where they are calls.
    fn join_relayed_calls(&mut self, told: usize, out: &mut Outbox) {
        let relays = out.iter().skip(told).filter_map(|event| match event {
            Event::Host(news) if news.change == HostChange::Gained => Some(&news.between),
            _ => None,
        });
        let pairs: Vec<[u64; 2]> = relays.flatten().map(|between| between.flows).collect();
        for flows in pairs {
            self.calls.relayed(flows, out);
        }
    }

    /// The last look, before every flow ends.
    pub(super) fn look_at_hosts_last(&mut self, out: &mut Outbox) {
        self.hosts.look_last(self.clock, out);
        self.link(out);
    }

    /// Judges every flow anew whose host plays a role in it, and of which nothing else is known or a rule asks for roles.
    fn link(&mut self, out: &mut Outbox) {
        for slot in self.table.slots() {
            if self.is_lent(slot) {
                self.decide(slot, out);
            }
        }
    }

    /// Whether a host of the flow may say what it is.
    pub(super) fn is_lent(&self, slot: Slot) -> bool {
        self.hosts.are_playing()
            && self
                .table
                .look(slot)
                .is_some_and(|flow| (flow.judgement.is_open() || self.policy.asks_roles()) && self.hosts.plays_in(flow))
    }
}
