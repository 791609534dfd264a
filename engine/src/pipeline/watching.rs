//! Watching flows: each payload is noted, each second is a window, each closed window is asked what goes on.

use super::Core;
use crate::apps::Activity;
use crate::behaviour::{is_encrypted, is_medium, Change, Fake, Noted, Turns, Unseen, Window};
use crate::event::{Event, Outbox, Told};
use crate::flow::{Flow, Slot};
use crate::inspect::{tls, Category};
use crate::packet::{Packet, Side, Time, Transport};

/// Notes a payload, if the packet has one.
#[inline]
pub(super) fn watch(flow: &mut Flow, time: Time, side: Side, payload_len: u32, bytes: &[u8]) -> Noted {
    if payload_len == 0 {
        return Noted::Counted;
    }
    flow.watch(time, side, payload_len, bytes)
}

/// Looks at the first payload of a stream in which nothing is read: how it is made is behaviour.
pub(super) fn look_at_opening(flow: &mut Flow, side: Side, packet: &Packet<'_>) {
    let opens = flow.payloads() == 1 && side == Side::Client && packet.transport == Transport::Tcp;
    if opens && is_encrypted(packet.payload) {
        let packets = flow.packets();
        flow.watched().is_encrypted(packets, packet.transport, Turns::default());
    }
}

impl Core {
    /// Closes a flow's window at the payload that came after it, which is the first of the next.
    #[cold]
    pub(super) fn turn_window(&mut self, slot: Slot, from_low: bool, time: Time, payload_len: u32, out: &mut Outbox) {
        let Some(flow) = self.table.get(slot) else { return };
        let side = if from_low == flow.client_is_low { Side::Client } else { Side::Server };
        let packet = flow.packets();
        let Some(behaviour) = &mut flow.behaviour else { return };
        let window = behaviour.close(time, packet);
        behaviour.note(time, side, payload_len, &[]);
        self.window_closed(slot, &window, out);
    }

    /// Takes the data path's count of packets that the engine did not see: one long window, of which only sums are known.
    pub(super) fn hear_counted(&mut self, slot: Slot, unseen: Unseen, out: &mut Outbox) {
        let Some(flow) = self.table.get(slot) else { return };
        let (packets, stream) = (flow.packets(), flow.transport() == Transport::Tcp);
        let Some(window) = Window::of_unseen(&unseen, stream) else { return };
        if let Some(behaviour) = &mut flow.behaviour {
            behaviour.hear(&window, packets);
            self.window_closed(slot, &window, out);
        } else {
            // Recognised at once, and passed on by the kernel ever since: it may be what somebody else is relayed by.
            self.enliven(slot, &window);
        }
    }

    /// What a second of a flow showed: it may change what goes on, and what the flow is taken for.
    fn window_closed(&mut self, slot: Slot, window: &Window, out: &mut Outbox) {
        let Some(flow) = self.table.get(slot) else { return };
        let transport = flow.transport();
        let (packets, unrecognised) = (flow.packets(), flow.judgement.is_unrecognised());
        let Some(behaviour) = &mut flow.behaviour else { return };
        if unrecognised && transport == Transport::Udp {
            behaviour.look_at_bytes(window, packets);
        } else {
            behaviour.look_at_turns(packets);
        }
        // Programs that let people speak hide it from those who listen in, whether the first bytes show that or not.
        behaviour.course.hides |= matches!(flow.judgement.category(), Category::Call | Category::Chat | Category::P2p);
        let (before, decibans, taught) = (flow.judgement.says(), flow.judgement.decibans, flow.judgement.learn);
        flow.judgement.hear(behaviour, transport);
        let (now, teaches) = (flow.judgement.says(), flow.judgement.learn != taught);
        let surer = flow.judgement.decibans != decibans;
        self.pass_on(slot, window);
        if now != before || surer {
            self.ask_policy(slot, now != before, out);
        }
        if teaches {
            self.teach(slot, out);
        }
        let ((.., before), (.., now)) = (before, now);
        self.tell_activity(slot, before, now, window.opened, out);
        self.hear_out(slot, out);
    }

    /// What the bytes of a flow say of how it is made, when all that is read of them was: that it hides what it is, or
    /// that it pretends to be TLS. Of datagrams it is asked only where there are many.
    pub(super) fn examine(&mut self, slot: Slot) {
        let Some(flow) = self.table.get(slot) else { return };
        let (packets, transport) = (flow.packets(), flow.transport());
        let asked = transport == Transport::Tcp || flow.behaviour.is_some();
        let reading = flow.reading.as_ref().filter(|_| asked && flow.judgement.is_unrecognised());
        let hides = reading.filter(|reading| is_encrypted(reading.first(Side::Client).bytes()));
        if let Some(turns) = hides.map(|reading| reading.turns) {
            flow.watched().is_encrypted(packets, transport, turns);
        }
        if let Some(fake) = tls::fake(&flow.facts) {
            flow.watched().fakes_tls(fake, packets);
        }
    }

    /// Whether a server says hello with the random number of another connection.
    pub(super) fn compare_random(&mut self, slot: Slot, payload: &[u8], out: &mut Outbox) {
        let Some(flow) = self.table.get(slot) else { return };
        if self.randoms.repeats(payload, flow.id) {
            let packets = flow.packets();
            flow.watched().fakes_tls(Fake::Repeated, packets);
            self.decide(slot, out);
        }
    }

    /// Something else goes on. Of a flow of which nothing is known, only what matters is told.
    pub(super) fn tell_activity(&mut self, slot: Slot, before: Activity, now: Activity, at: Time, out: &mut Outbox) {
        let Some(flow) = self.table.look(slot) else { return };
        let matters = is_medium(before) || is_medium(now) || flow.judgement.category() != Category::Unknown;
        if now == before || !matters {
            return;
        }
        let since = flow.behaviour.as_ref().map_or(at, |behaviour| behaviour.course.since().max(flow.start));
        let change = Some(Change { before, now, since });
        out.push(Event::Activity(Box::new(Told { flow: flow.snapshot(), reason: None, change, time: self.clock })));
    }

    /// Gives up on a flow whose packets speak against a call, or have shown that it is one.
    fn hear_out(&mut self, slot: Slot, out: &mut Outbox) {
        let Some(flow) = self.table.look(slot).filter(|_| self.config.live) else { return };
        let heard_out = flow.behaviour.as_ref().is_some_and(|behaviour| behaviour.is_heard_out());
        if heard_out && flow.state.is_read() && flow.may_yet_speak() {
            self.release(slot, out);
        }
    }
}
