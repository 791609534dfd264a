//! The pipeline: decode → flow → inspect → apps → verdict. The one place that calls the stages.

use std::sync::Arc;

use crate::apps::{Catalog, Known};
use crate::decode::Decoder;
use crate::event::{Event, Learnt, Outbox, Told};
use crate::evidence::confidence;
use crate::facts::Announcement;
use crate::flow::{EndReason, Flow, FlowKey, Limits, Piece, Slot, Table};
use crate::inspect::{registry, Notes, Payload, Reading};
use crate::learned::{self, Learned, Teaching, Way};
use crate::packet::{Frame, Packet, Side, TcpHeader, Time, Transport};
use crate::policy::Policy;
use crate::prefix::Prefix;

/// How an engine is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Most live flows.
    pub flows: u32,
    /// Most bytes that flows under inspection may hold together.
    pub reading_bytes: usize,
    /// Payload packets of one flow that are looked at, at most.
    pub payloads: u16,
    /// Chosen by whoever starts the engine; keeps outsiders from choosing flows that collide.
    pub seed: u64,
    /// Number of the first flow, so that several engines name no flow alike.
    pub first_flow: u64,
    /// Whether verdicts are told as they fall, or only at a flow's end.
    pub live: bool,
    /// Whether VLAN tags tell flows apart. Not on a bridge: both directions of a flow may be tagged differently there.
    pub vlans: bool,
    /// The networks that are ours. Where none are named, private addresses are.
    pub local: Vec<Prefix>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            flows: 2_000_000,
            reading_bytes: 256 << 20,
            payloads: 256,
            seed: 0x7065_6572_6761_7465,
            first_flow: 1,
            live: false,
            vlans: true,
            local: Vec::new(),
        }
    }
}

impl Config {
    /// Whether the end on that side is in our network. Where neither end is known to be, whoever asked is.
    fn is_local(&self, flow: &Flow, side: Side) -> bool {
        let ours = |side| {
            let addr = flow.end(side).addr;
            if self.local.is_empty() {
                addr.is_private()
            } else {
                self.local.iter().any(|prefix| prefix.holds(addr))
            }
        };
        ours(side) || (side == Side::Client && !ours(Side::Server))
    }
}

/// What was done, and what was not, since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Packets that found or made a flow.
    pub packets: u64,
    /// Flows that began.
    pub flows: u64,
    /// Flows that had to leave a full table.
    pub flows_forced: u64,
    /// Flows whose inspection was given up because all of it together held too much.
    pub readings_given_up: u64,
}

/// A packet without its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// When it passed.
    pub time: Time,
    /// Its flow.
    pub key: FlowKey,
    /// Whether the lesser end sent it.
    pub from_low: bool,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// Bytes that the transport carried.
    pub payload_len: u32,
}

/// What a data path counted of a flow since its first packet.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Which flow.
    pub key: FlowKey,
    /// Packets and bytes on the wire that the lesser end sent.
    pub low: (u32, u64),
    /// Those of the greater end.
    pub high: (u32, u64),
    /// Its latest packet.
    pub last: Time,
}

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
    announced: Vec<Announcement>,
    clock: Time,
    next_flow: u64,
    reading_bytes: usize,
    counts: Counts,
}

impl Engine {
    /// An engine with nothing seen yet.
    #[must_use]
    pub fn new(config: Config, catalog: Arc<Catalog>, policy: Arc<Policy>) -> Self {
        let table = Table::new(Limits { flows: config.flows }, config.seed);
        let (next_flow, seed) = (config.first_flow, config.seed);
        let core = Core {
            config,
            catalog,
            policy,
            table,
            learned: Learned::new(learned::Limits::default(), seed),
            announced: Vec::new(),
            clock: Time(0),
            next_flow,
            reading_bytes: 0,
            counts: Counts::default(),
        };
        Self { decoder: Decoder::default(), core }
    }

    /// Takes one frame.
    #[inline]
    pub fn frame(&mut self, frame: &Frame<'_>, out: &mut Outbox) {
        let Self { decoder, core } = self;
        core.tick(frame.time, out);
        decoder.decode(frame, &mut |packet| core.packet(packet, out));
    }

    /// Takes a packet of which only its flow, direction and size are known.
    pub fn record(&mut self, record: &Record, out: &mut Outbox) {
        self.core.tick(record.time, out);
        self.core.record(record);
    }

    /// Takes the data path's own count of a flow, which saw packets that the engine did not.
    pub fn counted(&mut self, counted: &Counted) {
        self.core.counted(counted);
    }

    /// Lets time pass without a frame: flows that were silent for too long end.
    pub fn tick(&mut self, now: Time, out: &mut Outbox) {
        self.core.tick(now, out);
    }

    /// Ends every flow.
    pub fn finish(&mut self, out: &mut Outbox) {
        let Core { table, clock, .. } = &mut self.core;
        table.drain(&mut |flow| out.push(ended(flow, EndReason::Shutdown, *clock)));
        self.core.reading_bytes = 0;
    }

    /// Takes a new policy, and judges every live flow by it.
    pub fn set_policy(&mut self, policy: Arc<Policy>, out: &mut Outbox) {
        self.core.policy = policy;
        for slot in self.core.table.slots() {
            self.core.decide(slot, true, out);
        }
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

    /// Live flows.
    #[must_use]
    pub fn live_flows(&self) -> usize {
        self.core.table.len()
    }
}

impl Core {
    #[inline]
    fn tick(&mut self, now: Time, out: &mut Outbox) {
        self.clock = self.clock.max(now);
        if !self.table.is_due(self.clock) {
            return;
        }
        let Self { table, reading_bytes, clock, .. } = self;
        table.expire(*clock, &mut |flow, reason| {
            *reading_bytes = reading_bytes.saturating_sub(held_by(&flow));
            out.push(ended(flow, reason, *clock));
        });
    }

    #[inline]
    fn packet(&mut self, packet: &Packet<'_>, out: &mut Outbox) {
        let (mut key, sender_is_low) = FlowKey::of(packet);
        if !self.config.vlans {
            key.vlan = [0; 2];
        }
        let slot = match self.table.find(&key) {
            Some(slot) if !self.is_new_connection(slot, packet) => slot,
            known => self.begin(key, sender_is_low, packet, known, out),
        };
        self.counts.packets += 1;
        let Some(flow) = self.table.get(slot) else { return };
        let side = if sender_is_low == flow.client_is_low { Side::Client } else { Side::Server };
        flow.count(packet, side);
        if flow.reading.is_none() && packet.payload_len > 0 && !flow.state.is_read() {
            flow.begin_reading();
        }
        let Some(reading) = flow.reading.take() else { return };
        self.read(slot, reading, side, packet, out);
    }

    fn record(&mut self, record: &Record) {
        let Some(flow) = self.table.find(&record.key).and_then(|slot| self.table.get(slot)) else { return };
        let side = if record.from_low == flow.client_is_low { Side::Client } else { Side::Server };
        flow.count_record(record.time, side, record.wire_len, record.payload_len);
    }

    fn counted(&mut self, counted: &Counted) {
        let Some(flow) = self.table.find(&counted.key).and_then(|slot| self.table.get(slot)) else { return };
        let (client, server) =
            if flow.client_is_low { (counted.low, counted.high) } else { (counted.high, counted.low) };
        for (tally, (packets, bytes)) in flow.tallies.iter_mut().zip([client, server]) {
            tally.packets = tally.packets.max(packets);
            tally.bytes = tally.bytes.max(bytes);
        }
        flow.last = flow.last.max(counted.last);
    }

    /// A SYN on a connection that is over, or that was never answered with other numbers, begins another.
    fn is_new_connection(&self, slot: Slot, packet: &Packet<'_>) -> bool {
        packet.transport == Transport::Tcp
            && packet.tcp.flags & (TcpHeader::SYN | TcpHeader::ACK) == TcpHeader::SYN
            && self.table.look(slot).is_some_and(|flow| flow.state.closed())
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
        self.next_flow += 1;
        self.counts.flows += 1;
        let (slot, over, reason) = match reused {
            Some(slot) => (slot, self.table.replace(slot, flow), EndReason::Reused),
            None => {
                let (slot, over) = self.table.insert(flow);
                self.counts.flows_forced += u64::from(over.is_some());
                (slot, over, EndReason::Forced)
            }
        };
        if let Some(flow) = over {
            self.reading_bytes = self.reading_bytes.saturating_sub(held_by(&flow));
            out.push(ended(flow, reason, self.clock));
        }
        self.recall(slot, out);
        slot
    }

    /// What earlier flows taught about this one's ends counts from the first packet.
    fn recall(&mut self, slot: Slot, out: &mut Outbox) {
        let Some(flow) = self.table.look(slot) else { return };
        let transport = flow.transport();
        let known = |side| self.learned.lookup(flow.end(side), transport, self.clock).is_some();
        if known(Side::Client) || known(Side::Server) {
            self.decide(slot, false, out);
        }
    }

    fn read(&mut self, slot: Slot, mut reading: Box<Reading>, side: Side, packet: &Packet<'_>, out: &mut Outbox) {
        let Some(flow) = self.table.get(slot) else { return };
        let before = if reading.is_fresh() { 0 } else { reading.heap_bytes() };
        let (packets, client, server) = (flow.packets(), flow.end(Side::Client), flow.end(Side::Server));
        let mut notes = Notes::new(&mut flow.facts, &mut flow.signs, &mut self.announced, packets);
        let mut payload = Payload {
            bytes: packet.payload,
            wire_len: packet.payload_len,
            other: &[],
            side,
            time: packet.time,
            transport: packet.transport,
            client,
            server,
        };
        if packet.transport == Transport::Tcp {
            read_segment(&mut reading, packet, &mut payload, &mut notes);
        } else if !packet.payload.is_empty() {
            reading.datagram(&payload, &mut notes);
        }
        let (changed, turned) = (notes.changed, notes.client == Some(Side::Server));
        for id in std::mem::take(&mut notes.recognised) {
            flow.speaks(id);
        }
        if turned {
            flow.turn();
            reading.turn();
        }
        let over = reading.is_over(packet.transport) || flow.payloads() >= self.config.payloads;
        let after = if over { 0 } else { reading.heap_bytes() };
        self.reading_bytes = (self.reading_bytes + after).saturating_sub(before);
        let too_much = self.reading_bytes > self.config.reading_bytes;
        self.counts.readings_given_up += u64::from(too_much);
        if too_much {
            self.reading_bytes = self.reading_bytes.saturating_sub(after);
        }
        flow.reading = Some(reading);
        let settled = over || too_much;
        if changed {
            self.decide(slot, false, out);
        }
        if changed || !self.announced.is_empty() {
            self.teach(slot, out);
        }
        if settled {
            self.settle(slot, out);
        }
    }

    /// Judges a flow by all that is known now, and tells when the verdict is another than before.
    fn decide(&mut self, slot: Slot, policy_changed: bool, out: &mut Outbox) {
        let Self { table, learned, catalog, policy, config, clock, .. } = self;
        let Some(flow) = table.get(slot) else { return };
        let (client, server, transport) = (flow.end(Side::Client), flow.end(Side::Server), flow.transport());
        let known = Known {
            protocols: &flow.protocols,
            signs: &flow.signs,
            facts: &flow.facts,
            transport,
            client,
            server,
            openings: flow.openings(|opening| opening.bytes()).map(Option::unwrap_or_default),
            opening_lens: flow.openings(|opening| opening.wire_len).map(Option::unwrap_or_default),
            names: [client, server].map(|end| learned.name_of(end.addr, *clock)),
            lessons: [client, server].map(|end| learned.lookup(end, transport, *clock)),
            packet: flow.packets(),
            before: flow.judgement.evidence(),
        };
        let judgement = catalog.judge(&known);
        let same = judgement.says() == flow.judgement.says();
        flow.judgement = judgement;
        if same && !policy_changed {
            return;
        }
        let decision = policy.decide(&flow.subject());
        let before = std::mem::replace(&mut flow.decision, decision);
        if config.live && (!same || policy_changed || before != decision) {
            let told = Told { flow: flow.snapshot(), reason: None, time: *clock };
            out.push(Event::Verdict(Box::new(told), before.action));
        }
    }

    /// Nothing more will be read: whoever asked only for the sake of the verdict need not ask any more.
    fn settle(&mut self, slot: Slot, out: &mut Outbox) {
        let Some(flow) = self.table.get(slot) else { return };
        flow.reading = None;
        flow.state.finish_reading();
        if self.config.live {
            out.push(Event::Settled(flow.key, flow.decision.action));
        }
    }

    /// What this flow teaches about others: its own ends, and what its parsers announced.
    fn teach(&mut self, slot: Slot, out: &mut Outbox) {
        let Self { table, learned, config, announced, clock, .. } = self;
        let Some(flow) = table.get(slot) else { return };
        let teaching = Teaching {
            app: flow.judgement.app,
            protocol: flow.judgement.protocol,
            decibans: flow.judgement.own,
            flow: flow.id,
            now: *clock,
        };
        for announcement in announced.drain(..) {
            match announcement {
                Announcement::Media { endpoint, transport, protocol } => {
                    let protocol = registry().by_name(protocol).unwrap_or_default();
                    learned.announce(endpoint, transport, &Teaching { protocol, ..teaching });
                }
                Announcement::Name { addr, name, ttl } => learned.name(addr, &name, ttl, *clock),
            }
        }
        let learn = flow.judgement.learn;
        for side in [Side::Client, Side::Server] {
            let endpoint = flow.end(side);
            let way = if config.is_local(flow, side) { Way::Local } else { Way::Remote };
            let wanted = if way == Way::Local { learn.local() } else { learn.remote() };
            let lesson = if wanted { learned.learn(endpoint, side, flow.transport(), way, &teaching) } else { None };
            if let Some(lesson) = lesson.filter(|_| config.live) {
                out.push(Event::Learned(Learnt {
                    endpoint,
                    transport: flow.transport(),
                    app: lesson.app,
                    category: flow.judgement.category(),
                    protocol: lesson.protocol,
                    confidence: confidence(lesson.decibans.into()),
                    expires: lesson.expires,
                }));
            }
        }
    }
}

/// Puts a segment in order, and reads what is.
fn read_segment(reading: &mut Reading, packet: &Packet<'_>, payload: &mut Payload<'_>, notes: &mut Notes<'_>) {
    let side = payload.side;
    let (tcp, mut streams) = (packet.tcp, std::mem::take(&mut reading.streams));
    let [client, server] = &mut streams;
    let (own, others) = if side == Side::Client { (client, server) } else { (server, client) };
    if tcp.has(TcpHeader::ACK) {
        others.acked(tcp.ack, &mut |piece| read_piece(reading, piece, payload, side.other(), notes));
    }
    if tcp.has(TcpHeader::SYN) {
        own.syn(tcp.seq);
    } else if packet.payload_len > 0 {
        own.push(tcp.seq, packet.payload, packet.payload_len, &mut |piece| {
            read_piece(reading, piece, payload, side, notes);
        });
    }
    reading.streams = streams;
}

fn read_piece(reading: &mut Reading, piece: Piece<'_>, payload: &Payload<'_>, side: Side, notes: &mut Notes<'_>) {
    match piece {
        Piece::Data(bytes) => {
            let wire_len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            reading.bytes(&Payload { bytes, wire_len, side, ..*payload }, notes);
        }
        Piece::Lost(_) => reading.lost(side),
    }
}

fn ended(mut flow: Flow, reason: EndReason, time: Time) -> Event {
    flow.reading = None;
    Event::Ended(Box::new(Told { flow, reason: Some(reason), time }))
}

fn held_by(flow: &Flow) -> usize {
    flow.reading.as_ref().map_or(0, |reading| reading.heap_bytes())
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
