//! Ports that are used again in the line: the kernel says which connection a packet is of, and the engine begins another
//! flow where that changes. It must not come to another opinion: what was decided about the connection before holds no
//! more in the kernel, so the next one would go on without anybody deciding about it.

use super::{Connection, Core, Engine, Reopened, Slot};
use crate::event::Outbox;
use crate::flow::{Flow, FlowKey};
use crate::packet::{Frame, Packet, Side, TcpHeader, Transport};

impl Engine {
    /// Takes a frame of which a data path knows the connection.
    pub fn shown(&mut self, frame: &Frame<'_>, connection: Connection, out: &mut Outbox) {
        let Self { decoder, core } = self;
        core.hear_time(frame.time, out);
        decoder.decode(frame, &mut |packet| core.shown(packet, connection, out));
    }

    /// Takes a connection that has begun on ports that were in use. Where this is not told, the next packet begins its flow.
    pub fn reopened(&mut self, reopened: &Reopened, out: &mut Outbox) {
        self.core.reopened(reopened, out);
    }
}

impl Core {
    fn shown(&mut self, packet: &Packet<'_>, connection: Connection, out: &mut Outbox) {
        let is_meant = packet.transport == Transport::Tcp && packet.depth == 0;
        if !is_meant || connection.number == 0 {
            return self.packet(packet, out);
        }
        let (key, sender_is_low) = self.key_of(packet);
        let slot = match self.table.find(&key) {
            Some(slot) => self.flow_of(slot, key, sender_is_low, packet, connection, out),
            None => Some(self.begin(key, sender_is_low, packet, None, out)),
        };
        let Some(slot) = slot else { return };
        if let Some(flow) = self.table.get(slot) {
            flow.connection = connection.number;
        }
        self.take(slot, sender_is_low, packet, out);
    }

    /// Nothing where it asks for a connection while another is open: it is counted when that begins.
    fn flow_of(
        &mut self,
        slot: Slot,
        key: FlowKey,
        sender_is_low: bool,
        packet: &Packet<'_>,
        connection: Connection,
        out: &mut Outbox,
    ) -> Option<Slot> {
        let flow = self.table.look(slot)?;
        if flow.connection == connection.number || asks_again(flow, sender_is_low, packet) {
            return Some(slot);
        }
        (!connection.wanted).then(|| self.begin(key, sender_is_low, packet, Some(slot), out))
    }

    fn reopened(&mut self, reopened: &Reopened, out: &mut Outbox) {
        let Reopened { former, connection, time, from_low, seq, syns: (packets, bytes) } = *reopened;
        let known = |slot| self.table.look(slot).is_some_and(|flow| flow.connection == connection);
        if packets == 0 || self.table.find(&former.key).is_some_and(known) {
            return;
        }
        self.counted(&former, out);
        let (low, high) = (former.key.low, former.key.high);
        let (source, destination) = if from_low { (low, high) } else { (high, low) };
        let syn = Packet {
            time,
            port: 0,
            vlan: former.key.vlan,
            source,
            destination,
            transport: Transport::Tcp,
            tcp: TcpHeader { seq, ack: 0, flags: TcpHeader::SYN },
            payload: &[],
            payload_len: 0,
            wire_len: bytes / packets,
            depth: 0,
            fragment: false,
        };
        let slot = self.begin(former.key, from_low, &syn, self.table.find(&former.key), out);
        if let Some(flow) = self.table.get(slot) {
            flow.connection = connection;
            flow.count(&syn, Side::Client);
            flow.count_again(Side::Client, packets - 1, u64::from(bytes - syn.wire_len));
        }
    }
}

/// Whether the flow has said nothing but this SYN: the data path has room for fewer flows, and may have forgotten it since.
fn asks_again(flow: &Flow, sender_is_low: bool, packet: &Packet<'_>) -> bool {
    let side = if sender_is_low == flow.client_is_low { Side::Client } else { Side::Server };
    let is_syn = packet.tcp.has(TcpHeader::SYN) && !packet.tcp.has(TcpHeader::ACK);
    let nothing_said = flow.payloads() == 0 && !flow.state.is_read() && !flow.state.closed();
    is_syn && nothing_said && flow.tally(side).packets > 0 && flow.syn(side) == packet.tcp.seq
}
