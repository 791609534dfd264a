//! Ports that are used again: which SYN begins another connection, and a flow of its own.
//!
//! On a connection that is open a SYN alone proves nothing: the other host keeps to the numbers it knows (RFC 5961 §4), so
//! that a program could be forgotten whenever it likes, by a SYN that nobody takes. The answer proves it: what acknowledges
//! the number of a SYN has taken it, or refuses it.
//!
//! So it is where nobody but the engine follows connections: in captures, beside the line, and inside tunnels. In the line
//! the kernel does, and the engine goes by that: see `reopened.rs`.

use super::{Core, Slot};
use crate::event::Outbox;
use crate::flow::{Flow, FlowKey};
use crate::packet::{Packet, Side, TcpHeader, Time, Transport};

/// Knocks that are remembered at a time; a newer one may take the place of an older.
const MOST: usize = 1024;

/// A SYN on a connection that is open, until it is answered.
#[derive(Clone, Copy)]
struct Knock {
    flow: u64,
    side: Side,
    seq: u32,
    /// When it came first and last, and the packet of the flow before that.
    first: Time,
    last: Time,
    before: Time,
    packets: u32,
    wire_len: u32,
}

/// What waits for an answer.
#[derive(Default)]
pub(super) struct Knocks(Vec<Option<Knock>>);

/// What a packet with SYN or RST means.
enum Heard {
    /// It belongs to the flow.
    Known,
    /// It begins another connection.
    First,
    /// It answers a SYN that has begun another connection.
    Answer(Knock),
}

impl Knocks {
    fn place(&mut self, flow: u64) -> Option<&mut Option<Knock>> {
        if self.0.is_empty() {
            self.0.resize(MOST, None);
        }
        let places = self.0.len() as u64;
        usize::try_from(flow % places).ok().and_then(|place| self.0.get_mut(place))
    }

    fn knock(&mut self, flow: &Flow, side: Side, packet: &Packet<'_>) {
        let (time, seq) = (packet.time, packet.tcp.seq);
        let Some(place) = self.place(flow.id) else { return };
        let again = place.filter(|knock| (knock.flow, knock.side, knock.seq) == (flow.id, side, seq));
        *place = Some(again.map_or(
            Knock {
                flow: flow.id,
                side,
                seq,
                first: time,
                last: time,
                before: flow.last,
                packets: 1,
                wire_len: packet.wire_len,
            },
            |knock| Knock { last: time, packets: knock.packets.saturating_add(1), ..knock },
        ));
    }

    fn answered(&mut self, flow: &Flow, by: Side, ack: u32) -> Option<Knock> {
        if self.0.is_empty() {
            return None;
        }
        let answered =
            |knock: &mut Knock| (knock.flow, knock.side, knock.seq.wrapping_add(1)) == (flow.id, by.other(), ack);
        self.place(flow.id)?.take_if(answered)
    }
}

/// Whether [`Core::reopen`] has to be asked.
#[inline]
pub(super) fn may_begin_another(packet: &Packet<'_>) -> bool {
    packet.transport == Transport::Tcp && packet.tcp.flags & (TcpHeader::SYN | TcpHeader::RST) != 0
}

impl Core {
    /// The flow of a packet with SYN or RST between ends that have one already.
    pub(super) fn reopen(
        &mut self,
        slot: Slot,
        key: FlowKey,
        sender_is_low: bool,
        packet: &Packet<'_>,
        out: &mut Outbox,
    ) -> Slot {
        match self.hear(slot, sender_is_low, packet) {
            Heard::Known => slot,
            Heard::First => self.begin(key, sender_is_low, packet, Some(slot), out),
            Heard::Answer(knock) => self.begin_answered(slot, key, sender_is_low, &knock, packet, out),
        }
    }

    fn hear(&mut self, slot: Slot, sender_is_low: bool, packet: &Packet<'_>) -> Heard {
        let (Some(flow), tcp) = (self.table.look(slot), packet.tcp) else { return Heard::Known };
        let side = if sender_is_low == flow.client_is_low { Side::Client } else { Side::Server };
        if tcp.has(TcpHeader::ACK) {
            let knock = self.knocks.answered(flow, side, tcp.ack);
            return knock.map_or(Heard::Known, Heard::Answer);
        }
        let sent_again = flow.syn(side) == tcp.seq && !flow.state.closed();
        let opened_by_both = flow.tally(side).packets == 0;
        if tcp.has(TcpHeader::RST) || sent_again || opened_by_both {
            return Heard::Known;
        }
        // Nobody answers in a capture of one direction; in a line only where nothing was said yet.
        let tried_only = !flow.state.answered() && (flow.payloads() == 0 || !self.config.live);
        if flow.state.finished() || tried_only {
            return Heard::First;
        }
        self.knocks.knock(flow, side, packet);
        Heard::Known
    }

    /// Begins a flow with a SYN that was taken for the old one's until this answer came.
    fn begin_answered(
        &mut self,
        slot: Slot,
        key: FlowKey,
        sender_is_low: bool,
        knock: &Knock,
        answer: &Packet<'_>,
        out: &mut Outbox,
    ) -> Slot {
        let bytes = u64::from(knock.packets) * u64::from(knock.wire_len);
        if let Some(old) = self.table.get(slot) {
            old.uncount(knock.side, knock.packets, bytes);
            if old.last == knock.last {
                old.last = knock.before;
            }
        }
        let syn = Packet {
            time: knock.first,
            source: answer.destination,
            destination: answer.source,
            tcp: TcpHeader { seq: knock.seq, ack: 0, flags: TcpHeader::SYN },
            payload: &[],
            payload_len: 0,
            wire_len: knock.wire_len,
            ..*answer
        };
        let slot = self.begin(key, !sender_is_low, &syn, Some(slot), out);
        if let Some(flow) = self.table.get(slot) {
            flow.count(&syn, Side::Client);
            flow.count_again(Side::Client, knock.packets - 1, bytes - u64::from(knock.wire_len));
        }
        slot
    }
}
