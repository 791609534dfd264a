//! Watching flows: each payload is noted, each second is a window, each closed window is asked what goes on.

use super::Core;
use crate::behaviour::{Change, Noted, Window};
use crate::event::{Event, Outbox, Told};
use crate::flow::{Flow, Slot};
use crate::packet::{Side, Time};

/// Notes a payload, if the packet has one.
#[inline]
pub(super) fn watch(flow: &mut Flow, time: Time, side: Side, payload_len: u32) -> Noted {
    if payload_len == 0 {
        return Noted::Counted;
    }
    flow.watch(time, side, payload_len)
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
        behaviour.note(time, side, payload_len);
        self.window_closed(slot, &window, out);
    }

    /// What a second of a flow showed: it may change what goes on, and what the flow is taken for.
    fn window_closed(&mut self, slot: Slot, window: &Window, out: &mut Outbox) {
        let Some(flow) = self.table.get(slot) else { return };
        let transport = flow.transport();
        let Some(behaviour) = &flow.behaviour else { return };
        let (before, decibans) = (flow.judgement.says(), flow.judgement.decibans);
        flow.judgement.hear(behaviour, transport);
        let now = flow.judgement.says();
        if now != before || flow.judgement.decibans != decibans {
            self.ask_policy(slot, now != before, out);
            self.teach(slot, out);
        }
        let ((.., before), (.., now)) = (before, now);
        if now == before {
            return;
        }
        let Some(flow) = self.table.look(slot) else { return };
        let since = flow.behaviour.as_ref().map_or(window.opened, |behaviour| behaviour.course.since());
        let change = Some(Change { before, now, since });
        out.push(Event::Activity(Box::new(Told { flow: flow.snapshot(), reason: None, change, time: self.clock })));
    }
}
