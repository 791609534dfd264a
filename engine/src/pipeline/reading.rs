//! Reading payloads: what one tells, what follows from that, and when nothing more is to be read.

use super::segments::read_segment;
use super::Core;
use crate::event::Outbox;
use crate::flow::Slot;
use crate::inspect::{Notes, Payload, Reading};
use crate::packet::{Packet, Side, TcpHeader, Transport};

/// What a payload added to what is known of its flow.
struct Gained {
    /// Something that people may read.
    facts: bool,
    /// Something that the judge goes by.
    news: bool,
}

/// A bare acknowledgement tells nothing, unless segments wait for the receiver's word on what was lost before them.
#[inline]
pub(super) fn tells_something(packet: &Packet<'_>, reading: &Reading) -> bool {
    packet.payload_len > 0 || (packet.transport == Transport::Tcp && packet.tcp.has(TcpHeader::SYN)) || reading.waits()
}

impl Core {
    /// Reads a packet's payload, and draws the consequences.
    pub(super) fn read(
        &mut self,
        slot: Slot,
        mut reading: Box<Reading>,
        side: Side,
        packet: &Packet<'_>,
        out: &mut Outbox,
    ) {
        let before = reading.counted_bytes();
        let Some(gained) = self.hear_payload(slot, &mut reading, side, packet) else { return };
        let settled = self.put_back(slot, reading, before, packet.transport);
        let Some(flow) = self.table.look(slot) else { return };
        // Ever more rarely: what others taught meanwhile, and what the opening looks like where no protocol knows it.
        let asked_again = matches!(flow.payloads(), 2 | 8 | 32 | 128);
        let server_begins = side == Side::Server && flow.tally(side).payloads == 1;
        if server_begins && packet.transport == Transport::Tcp {
            self.compare_random(slot, packet.payload, out);
        }
        if settled {
            self.examine(slot);
        }
        if gained.news {
            self.decide(slot, out);
        } else if settled || asked_again {
            self.ask_again(slot, out);
        }
        if gained.facts || !self.announced.is_empty() {
            self.teach(slot, out);
        }
        if settled {
            self.settle(slot, out);
        }
    }

    /// Hears what a payload tells, and turns the flow where it shows that it was joined from the wrong side.
    fn hear_payload(&mut self, slot: Slot, reading: &mut Reading, side: Side, packet: &Packet<'_>) -> Option<Gained> {
        let flow = self.table.get(slot)?;
        let known = (flow.protocols, flow.signs.len(), flow.facts.mark());
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
            read_segment(reading, packet, &mut payload, &mut notes);
        } else if !packet.payload.is_empty() {
            reading.datagram(&payload, &mut notes);
        }
        let (changed, turned) = (notes.changed, notes.client == Some(Side::Server));
        for id in notes.recognised.iter() {
            flow.speaks(id);
        }
        if turned {
            flow.turn();
            reading.turn();
            self.hosts.turned(flow);
            self.calls.turned(flow);
        }
        // Most facts only tell people more: the judge would say the same again.
        let news = (flow.protocols, flow.signs.len()) != (known.0, known.1)
            || (changed && turned)
            || flow.facts.since(known.2).any(|field| self.catalog.heeds(field));
        Some(Gained { facts: changed, news })
    }

    /// Gives a flow back what it is read with, which held so many bytes before; says whether nothing more is to be read:
    /// because all was told, or because all flows together hold too much.
    fn put_back(&mut self, slot: Slot, mut reading: Box<Reading>, before: usize, transport: Transport) -> bool {
        let Some(flow) = self.table.get(slot) else { return false };
        let over = reading.is_over(transport) || flow.payloads() >= self.config.payloads;
        let after = if over { 0 } else { reading.count_bytes() };
        flow.reading = Some(reading);
        self.reading_bytes = (self.reading_bytes + after).saturating_sub(before);
        let too_much = self.reading_bytes > self.config.reading_bytes;
        if too_much {
            self.counts.readings_given_up += 1;
            self.reading_bytes = self.reading_bytes.saturating_sub(after);
        }
        over || too_much
    }
}
