//! The pipeline: decode → flow → inspect → apps → verdict. The one place that calls the stages.

mod adopting;
mod calling;
mod config;
mod counting;
mod ending;
mod hosting;
mod judging;
mod leaps;
mod reading;
mod reloading;
mod reopened;
mod reopening;
mod segments;
mod spare;
mod teaching;
mod watching;

pub use adopting::Adopted;
pub use config::{Config, Connection, Counted, Counts, Record, Reopened};

use std::sync::Arc;

use hosting::{tell, tell_size};
use leaps::Leaps;
use reading::tells_something;
use reopening::{may_begin_another, Knocks};
use spare::Spare;
use watching::{look_at_opening, watch};

use crate::apps::Catalog;
use crate::behaviour::{Noted, Randoms};
use crate::calls::Calls;
use crate::decode::Decoder;
use crate::event::Outbox;
use crate::facts::Announcement;
use crate::flow::{EndReason, Flow, FlowKey, Limits, Slot, Table};
use crate::hosts::Hosts;
use crate::learned::{self, Learned};
use crate::packet::{Frame, Packet, Side, TcpHeader, Time, Transport};
use crate::policy::Policy;

/// Takes frames; gives events. One thread's worth: several engines share nothing.
pub struct Engine {
    decoder: Decoder,
    core: Core,
}

/// Everything behind decode.
struct Core {
    config: Config,
    catalog: Arc<Catalog>,
    policy: Arc<Policy>,
    table: Table,
    learned: Learned,
    hosts: Hosts,
    calls: Calls,
    announced: Vec<Announcement>,
    clock: Time,
    leaps: Leaps,
    knocks: Knocks,
    next_flow: u64,
    reading_bytes: usize,
    spare: Spare,
    randoms: Randoms,
    /// While every flow ends: those that have not yet.
    ending: Option<std::vec::IntoIter<Slot>>,
    counts: Counts,
}

impl Engine {
    /// An engine with nothing seen yet.
    #[must_use]
    pub fn new(config: Config, catalog: Arc<Catalog>, policy: Arc<Policy>) -> Self {
        let table = Table::new(Limits { flows: config.flows }, config.seed);
        let (next_flow, seed) = (config.first_flow, config.seed);
        let mut hosts = Hosts::new(config.hosts, &config.local, seed);
        hosts.excuse(policy.excuses().clone(), Time(0), &mut Outbox::new());
        let core = Core {
            config,
            catalog,
            policy,
            table,
            learned: Learned::new(learned::Limits::default(), seed),
            hosts,
            calls: Calls::new(seed),
            announced: Vec::new(),
            clock: Time(0),
            leaps: Leaps::default(),
            knocks: Knocks::default(),
            next_flow,
            reading_bytes: 0,
            spare: Spare::default(),
            randoms: Randoms::default(),
            ending: None,
            counts: Counts::default(),
        };
        Self { decoder: Decoder::default(), core }
    }

    /// Takes one frame.
    #[inline]
    pub fn frame(&mut self, frame: &Frame<'_>, out: &mut Outbox) {
        let Self { decoder, core } = self;
        core.hear_time(frame.time, out);
        decoder.decode(frame, &mut |packet| core.packet(packet, out));
    }

    /// Takes a packet of which only its flow, direction, size and first bytes are known.
    pub fn record(&mut self, record: &Record, out: &mut Outbox) {
        self.core.tick(record.time, out);
        self.core.record(record, out);
    }

    /// A live flow.
    #[must_use]
    pub fn flow(&self, key: &FlowKey) -> Option<&Flow> {
        self.core.table.find(key).and_then(|slot| self.core.table.look(slot))
    }

    /// Flows whose counts are wanted once in every [`crate::hosts::BIN`], because they are compared with each other.
    pub fn followed(&self) -> impl Iterator<Item = FlowKey> + '_ {
        self.core.hosts.followed()
    }

    /// Lets time pass without a frame: flows that were silent for too long end.
    pub fn tick(&mut self, now: Time, out: &mut Outbox) {
        self.core.tick(now, out);
    }

    /// Ends every flow.
    pub fn finish(&mut self, out: &mut Outbox) {
        while self.finish_some(out) {}
    }

    /// Ends some of the flows; says whether there are more. The ends of a million flows take as much room as the flows:
    /// whoever has so many takes them away in between.
    pub fn finish_some(&mut self, out: &mut Outbox) -> bool {
        self.core.finish_some(out)
    }

    /// What was done since the start.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.core.counts
    }

    /// Decode's counters: frames, packets, and what was malformed by reason.
    #[must_use]
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Bytes that flows under inspection hold, beside what every flow does.
    #[must_use]
    pub fn reading_bytes(&self) -> usize {
        self.core.reading_bytes
    }

    /// What is known of hosts.
    #[must_use]
    pub fn hosts(&self) -> &Hosts {
        &self.core.hosts
    }

    /// What is known of calls.
    #[must_use]
    pub fn calls(&self) -> &Calls {
        &self.core.calls
    }

    /// Live flows.
    #[must_use]
    pub fn live_flows(&self) -> usize {
        self.core.table.len()
    }
}

impl Core {
    #[inline]
    fn hear_time(&mut self, time: Time, out: &mut Outbox) {
        if self.leaps.believe(time, self.clock) {
            self.tick(time, out);
        }
    }

    #[inline]
    fn tick(&mut self, now: Time, out: &mut Outbox) {
        self.clock = self.clock.max(now);
        if !self.table.is_due(self.clock) {
            return;
        }
        while let Some(flow) = self.table.expired(self.clock) {
            self.end(flow, EndReason::Timeout, out);
        }
        self.look_at_hosts(out);
        self.calls.look(self.clock, out);
    }

    #[inline]
    fn key_of(&self, packet: &Packet<'_>) -> (FlowKey, bool) {
        let (mut key, sender_is_low) = FlowKey::of(packet);
        if !self.config.vlans {
            key.vlan = [0; 2];
        }
        (key, sender_is_low)
    }

    #[inline]
    fn packet(&mut self, packet: &Packet<'_>, out: &mut Outbox) {
        let (key, sender_is_low) = self.key_of(packet);
        let slot = match self.table.find(&key) {
            Some(slot) if !may_begin_another(packet) => slot,
            Some(slot) => self.reopen(slot, key, sender_is_low, packet, out),
            None => self.begin(key, sender_is_low, packet, None, out),
        };
        self.take(slot, sender_is_low, packet, out);
    }

    /// Takes a packet of that flow.
    #[inline]
    fn take(&mut self, slot: Slot, sender_is_low: bool, packet: &Packet<'_>, out: &mut Outbox) {
        self.counts.packets += 1;
        let Some(flow) = self.table.get(slot) else { return };
        let side = if sender_is_low == flow.client_is_low { Side::Client } else { Side::Server };
        flow.count(packet, side);
        tell(&mut self.hosts, &mut self.calls, flow, side, packet, out);
        if flow.reading.is_none() && packet.payload_len > 0 && !flow.state.is_read() {
            if self.config.names {
                flow.begin_reading(self.spare.take());
            } else {
                look_at_opening(flow, side, packet);
            }
        }
        let noted = watch(flow, packet.time, side, packet.payload_len, packet.payload);
        if let Some(reading) = flow.reading.take_if(|reading| tells_something(packet, reading)) {
            self.read(slot, reading, side, packet, out);
        }
        if noted == Noted::WindowOver {
            self.turn_window(slot, sender_is_low, packet.time, packet.payload_len, out);
        }
    }

    fn record(&mut self, record: &Record, out: &mut Outbox) {
        let Some(slot) = self.table.find(&record.key) else { return };
        let Some(flow) = self.table.get(slot).filter(|flow| flow.is_connection(record.connection)) else { return };
        let side = if record.from_low == flow.client_is_low { Side::Client } else { Side::Server };
        flow.count_record(record.time, side, record.wire_len, record.payload_len);
        tell_size(&mut self.hosts, &mut self.calls, flow, side, record);
        let head = record.head.as_ref().map_or(&[][..], |head| head.as_slice());
        let unread = !flow.state.is_read();
        if watch(flow, record.time, side, record.payload_len, head) == Noted::WindowOver {
            self.turn_window(slot, record.from_low, record.time, record.payload_len, out);
        }
        if unread {
            self.end_of_bytes(slot, out);
        }
    }

    fn begin(
        &mut self,
        key: FlowKey,
        sender_is_low: bool,
        packet: &Packet<'_>,
        reused: Option<Slot>,
        out: &mut Outbox,
    ) -> Slot {
        let client_is_sender = sender_is_client(packet);
        let flow = Flow::new(key, client_is_sender == sender_is_low, self.next_flow, packet.time);
        self.hosts.begin(&flow);
        self.next_flow += 1;
        self.counts.flows += 1;
        let (slot, over, reason) = if let Some(slot) = reused {
            (slot, self.table.replace(slot, flow), EndReason::Reused)
        } else {
            let (slot, over) = self.table.insert(flow);
            self.counts.flows_forced += u64::from(over.is_some());
            (slot, over, EndReason::Forced)
        };
        if let Some(flow) = over {
            self.end(flow, reason, out);
        }
        self.decide_unseen(slot, out);
        self.recall(slot, out);
        slot
    }

    /// What earlier flows taught about this one's ends counts from the first packet.
    fn recall(&mut self, slot: Slot, out: &mut Outbox) {
        let Some(flow) = self.table.look(slot) else { return };
        let transport = flow.transport();
        let known = |side| self.learned.lookup(flow.end(side), transport, self.clock).is_some();
        if known(Side::Client) || known(Side::Server) || self.is_lent(slot) {
            self.decide(slot, out);
        }
    }
}

/// Who opened a flow of which this is the first packet seen. A handshake says it; else the lower of a well-known and an
/// ephemeral port is the server's (RFC 6335); else whoever spoke first.
fn sender_is_client(packet: &Packet<'_>) -> bool {
    const WELL_KNOWN: u16 = 1024;
    if packet.transport == Transport::Tcp && packet.tcp.has(TcpHeader::SYN) {
        return !packet.tcp.has(TcpHeader::ACK);
    }
    let (source, destination) = (packet.source.port, packet.destination.port);
    !(source < WELL_KNOWN && destination >= WELL_KNOWN && source != 0)
}
