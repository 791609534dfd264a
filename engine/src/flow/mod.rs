//! Flows: which packets belong together, who is the client, what each side sent, and when it is over.

mod community_id;
mod key;
mod state;
mod stream;
mod table;

pub use community_id::{community_id, IcmpKind};
pub use key::FlowKey;
pub use state::{EndReason, State, Tally};
pub use stream::{Piece, Stream};
pub use table::{Limits, Slot, Table};

use crate::apps::Judgement;
use crate::behaviour::{Behaviour, Noted, Unseen, WATCHED_FROM};
use crate::facts::{FactStore, Signs};
use crate::inspect::{Category, Opening, ProtocolId, Reading};
use crate::packet::{Endpoint, Packet, Side, TcpHeader, Time, Transport};
use crate::pipeline::Counted;
use crate::policy::{Decision, Gist, Subject};

/// Most protocols that one flow is said to speak, outermost first.
pub const MOST_PROTOCOLS: usize = 4;

/// Everything that is known of one flow. Every byte here is paid a million times.
// In this order: what every packet touches lies together, in the first two cache lines.
#[repr(C)]
pub struct Flow {
    /// Which.
    pub key: FlowKey,
    /// Whether the client is the lesser end.
    pub client_is_low: bool,
    /// How far it is.
    pub state: State,
    /// What it speaks, outermost first.
    pub protocols: [ProtocolId; MOST_PROTOCOLS],
    /// Its latest packet.
    pub last: Time,
    /// What the client sent, and what the server sent.
    pub tallies: [Tally; 2],
    /// From its first payload on, while there is more to learn from its payloads.
    pub reading: Option<Box<Reading>>,
    /// What its packets' times and sizes show, once there are enough of them.
    pub behaviour: Option<Box<Behaviour>>,
    /// The place of its series with the hosts: 0 while it has not been lively.
    pub series: u32,
    /// Its place among the legs of calls: 0 while it is none.
    pub leg: u32,
    /// Sequence numbers of the SYNs, until the reading takes them over; 0 where none was seen.
    /// Of ICMP, which has none: type and code that the client asked with.
    syns: [u32; 2],
    /// What parsers told. By its first word the table knows whether there is a flow: hence before the signs.
    pub facts: FactStore,
    /// What was seen that speaks for a protocol.
    pub signs: Signs,
    /// Its first packet.
    pub start: Time,
    /// A number of its own, for people and for other events.
    pub id: u64,
    /// What it is taken for.
    pub judgement: Judgement,
    /// What the policy says to that.
    pub decision: Decision,
    /// Its number among the connections that a data path tells apart on these ports; 0 where none does.
    pub connection: u16,
}

impl Flow {
    /// A flow that begins now.
    #[must_use]
    pub fn new(key: FlowKey, client_is_low: bool, id: u64, start: Time) -> Self {
        Self {
            key,
            client_is_low,
            state: State::default(),
            protocols: [ProtocolId::NONE; MOST_PROTOCOLS],
            id,
            start,
            last: start,
            tallies: [Tally::default(); 2],
            facts: FactStore::default(),
            signs: Signs::new(),
            judgement: Judgement::default(),
            decision: Decision::default(),
            connection: 0,
            reading: None,
            behaviour: None,
            series: 0,
            leg: 0,
            syns: [0; 2],
        }
    }

    /// Counts a packet.
    #[inline]
    pub fn count(&mut self, packet: &Packet<'_>, side: Side) {
        self.state.note(packet, side);
        self.count_record(packet.time, side, packet.wire_len, packet.payload_len);
        if matches!(packet.transport, Transport::Icmp | Transport::Icmp6) {
            self.note_icmp(packet);
        }
        if packet.transport == Transport::Tcp && packet.tcp.has(TcpHeader::SYN) {
            self.note_syn(packet.tcp, side);
        }
    }

    /// Where the streams begin: with the first packet of each side, and where several SYNs came with the one that is answered.
    fn note_syn(&mut self, tcp: TcpHeader, side: Side) {
        let is_first = self.tally(side).packets == 1;
        let nothing_said = self.payloads() == 0;
        let [client, server] = &mut self.syns;
        let (own, others) = if side == Side::Client { (client, server) } else { (server, client) };
        if is_first {
            *own = tcp.seq;
        }
        if tcp.has(TcpHeader::ACK) && nothing_said {
            *others = tcp.ack.wrapping_sub(1);
        }
    }

    /// Sequence number of that side's SYN, 0 where none was seen.
    #[must_use]
    pub fn syn(&self, side: Side) -> u32 {
        let [client, server] = self.syns;
        match side {
            Side::Client => client,
            Side::Server => server,
        }
    }

    /// Whether what a data path tells of a connection is of this one.
    #[must_use]
    pub const fn is_connection(&self, number: u16) -> bool {
        number == 0 || self.connection == number
    }

    /// Counts packets like one that was counted.
    pub fn count_again(&mut self, side: Side, packets: u32, bytes: u64) {
        if let Some(tally) = self.tallies.get_mut(side.index()) {
            tally.packets = tally.packets.saturating_add(packets);
            tally.bytes = tally.bytes.saturating_add(bytes);
        }
    }

    /// Takes back packets that turn out to be another flow's.
    pub fn uncount(&mut self, side: Side, packets: u32, bytes: u64) {
        if let Some(tally) = self.tallies.get_mut(side.index()) {
            tally.packets = tally.packets.saturating_sub(packets);
            tally.bytes = tally.bytes.saturating_sub(bytes);
        }
    }

    /// Type and code of an ICMP flow's first packet.
    #[must_use]
    pub fn icmp_kind(&self) -> Option<IcmpKind> {
        let [asked, _] = self.syns;
        let [_, _, kind, code] = asked.to_be_bytes();
        matches!(self.transport(), Transport::Icmp | Transport::Icmp6).then_some(IcmpKind { kind, code })
    }

    /// Counts a packet of which only sizes are known.
    #[inline]
    pub fn count_record(&mut self, time: Time, side: Side, wire_len: u32, payload_len: u32) {
        self.last = self.last.max(time);
        let [client, server] = &mut self.tallies;
        let tally = if side == Side::Client { client } else { server };
        tally.packets = tally.packets.saturating_add(1);
        tally.bytes += u64::from(wire_len);
        if payload_len > 0 {
            tally.payloads = tally.payloads.saturating_add(1);
        }
    }

    /// Watches a payload that was counted; says whether a window has to be closed before it can be noted.
    #[inline]
    pub fn watch(&mut self, time: Time, side: Side, len: u32, bytes: &[u8]) -> Noted {
        if let Some(behaviour) = &mut self.behaviour {
            return behaviour.note(time, side, len, bytes);
        }
        if self.payloads() >= WATCHED_FROM {
            self.behaviour = Some(Box::new(Behaviour::new(time, self.transport())));
        }
        Noted::Counted
    }

    /// Whether its packets may yet show that it is a call, though nothing is read in them any more.
    #[must_use]
    pub fn may_yet_speak(&self) -> bool {
        let may_carry_voice = matches!(self.transport(), Transport::Udp | Transport::Tcp);
        let heard_out = self.behaviour.as_ref().is_some_and(|behaviour| behaviour.released);
        let is_open = self.judgement.is_unrecognised() || self.judgement.category() == Category::Tunnel;
        may_carry_voice && !heard_out && is_open
    }

    /// It is over: what went on in its last moment counts too, and what it was used for is what went on most tellingly.
    pub fn conclude(&mut self) {
        let (last, packets, transport) = (self.last, self.packets(), self.transport());
        if let Some(behaviour) = &mut self.behaviour {
            behaviour.conclude(last, packets);
            if behaviour.look_at_turns(packets) {
                self.judgement.hear_tunnel(behaviour);
            }
            self.judgement.hear_activity(behaviour, transport);
        }
    }

    /// How it behaves, from now on if nobody asked before.
    pub fn watched(&mut self) -> &mut Behaviour {
        let (now, transport) = (self.last, self.transport());
        self.behaviour.get_or_insert_with(|| Box::new(Behaviour::new(now, transport)))
    }

    /// Takes over what a data path counted; gives what of it was new.
    pub fn count_unseen(&mut self, counted: &Counted) -> Unseen {
        let sides = self.by_side(counted);
        let mut unseen = Unseen { from: self.last, to: counted.last, packets: [0; 2], bytes: [0; 2] };
        let new = unseen.packets.iter_mut().zip(&mut unseen.bytes);
        for ((tally, (packets, bytes)), (more_packets, more_bytes)) in self.tallies.iter_mut().zip(sides).zip(new) {
            *more_packets = packets.saturating_sub(tally.packets);
            *more_bytes = bytes.saturating_sub(tally.bytes);
            tally.packets = tally.packets.max(packets);
            tally.bytes = tally.bytes.max(bytes);
        }
        self.last = self.last.max(counted.last);
        unseen
    }

    /// What was counted elsewhere, packets and bytes of the client first.
    #[must_use]
    pub const fn by_side(&self, counted: &Counted) -> [(u32, u64); 2] {
        if self.client_is_low {
            [counted.low, counted.high]
        } else {
            [counted.high, counted.low]
        }
    }

    fn note_icmp(&mut self, packet: &Packet<'_>) {
        if let ([asked, _], 1, Some((kind, _))) =
            (&mut self.syns, self.tallies[0].packets, packet.payload.split_first_chunk::<2>())
        {
            *asked = u32::from(u16::from_be_bytes(*kind));
        }
    }

    /// Begins to read payloads, at the first that comes.
    pub fn begin_reading(&mut self, mut reading: Box<Reading>) {
        for (stream, syn) in reading.streams.iter_mut().zip(self.syns) {
            if syn != 0 {
                stream.syn(syn);
            }
        }
        self.reading = Some(reading);
    }

    /// Payload packets of both sides.
    #[must_use]
    #[inline]
    pub fn payloads(&self) -> u16 {
        let [client, server] = &self.tallies;
        client.payloads.saturating_add(server.payloads)
    }

    /// Packets of both sides.
    #[must_use]
    #[inline]
    pub fn packets(&self) -> u32 {
        let [client, server] = &self.tallies;
        client.packets.saturating_add(server.packets)
    }

    /// Bytes of both sides, as they were on the wire.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.tallies.iter().map(|tally| tally.bytes).sum()
    }

    /// The end on that side.
    #[must_use]
    #[inline]
    pub fn end(&self, side: Side) -> Endpoint {
        self.key.end(side, self.client_is_low)
    }

    /// What IP carries.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.key.transport()
    }

    /// What that side sent.
    #[must_use]
    pub fn tally(&self, side: Side) -> Tally {
        let [client, server] = self.tallies;
        match side {
            Side::Client => client,
            Side::Server => server,
        }
    }

    /// The protocols that it speaks, outermost first.
    pub fn spoken(&self) -> impl Iterator<Item = ProtocolId> + '_ {
        self.protocols.iter().copied().take_while(|id| *id != ProtocolId::NONE)
    }

    /// Something of how each side began, while it is still read.
    #[must_use]
    pub fn openings<'f, T>(&'f self, of: impl Fn(&'f Opening) -> T) -> [Option<T>; 2] {
        [Side::Client, Side::Server].map(|side| self.reading.as_ref().map(|reading| of(reading.first(side))))
    }

    /// What a policy is asked about it.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject {
            client: self.end(Side::Client).addr,
            server: self.end(Side::Server).addr,
            app: self.judgement.app,
            category: self.judgement.category(),
            protocol: self.judgement.protocol,
            activity: self.judgement.activity,
            role: self.judgement.role,
            confidence: self.judgement.confidence(),
        }
    }

    /// The same in a word.
    #[must_use]
    pub fn gist(&self) -> Gist {
        Gist::of(&self.subject(), self.client_is_low, self.state.is_read())
    }

    /// Notes a protocol, once.
    pub fn speaks(&mut self, id: ProtocolId) {
        if let Some(place) = self.protocols.iter_mut().find(|known| **known == id || **known == ProtocolId::NONE) {
            *place = id;
        }
    }

    /// A copy of all that is known, without what is still being read.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        Self {
            facts: self.facts.clone(),
            signs: self.signs.clone(),
            judgement: self.judgement.clone(),
            behaviour: self.behaviour.clone(),
            reading: None,
            ..*self
        }
    }

    /// The bytes prove that it was joined from the wrong side.
    pub fn turn(&mut self) {
        self.client_is_low = !self.client_is_low;
        self.tallies.swap(0, 1);
        self.state.turn();
        if let Some(behaviour) = &mut self.behaviour {
            behaviour.turn();
        }
    }
}
