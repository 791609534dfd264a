//! How flows end: what is said of each, and the last turns, when all of them do.

use super::hosting::part;
use super::Core;
use crate::event::{Event, Outbox, Told};
use crate::flow::{EndReason, Flow};

/// Flows that end in one turn, when all do.
const ENDED_AT_ONCE: usize = 1024;

impl Core {
    /// Says the last word about a flow that is in the table no more.
    pub(super) fn end(&mut self, flow: Flow, reason: EndReason, out: &mut Outbox) {
        // In its box at once: a flow is a quarter of a kilobyte, and every further move of it shows.
        let mut told = Box::new(Told { flow, reason: Some(reason), change: None, time: self.clock });
        let flow = &mut told.flow;
        self.reading_bytes = self.reading_bytes.saturating_sub(held_by(flow));
        part(&mut self.hosts, &mut self.calls, &self.policy, flow, out);
        self.spare.put(flow.reading.take());
        flow.conclude();
        out.push(Event::Ended(told));
    }

    /// Ends some of the flows; says whether there are more.
    pub(super) fn finish_some(&mut self, out: &mut Outbox) -> bool {
        if self.ending.is_none() {
            self.ask_all_again(out);
        }
        for _ in 0..ENDED_AT_ONCE {
            let Some(slot) = self.ending.as_mut().and_then(Iterator::next) else { break };
            if let Some(flow) = self.table.take(slot) {
                self.end(flow, EndReason::Shutdown, out);
            }
        }
        let more = self.ending.as_ref().is_some_and(|slots| slots.len() > 0);
        if !more {
            self.table.clear();
            self.hosts.close(self.clock, out);
            self.ending = None;
        }
        more
    }

    /// The last look at everything, before every flow ends.
    fn ask_all_again(&mut self, out: &mut Outbox) {
        let slots = self.table.slots();
        for slot in &slots {
            self.ask_again(*slot, out);
        }
        self.look_at_hosts_last(out);
        self.ending = Some(slots.into_iter());
    }
}

/// Bytes that are held for reading a flow.
pub(super) fn held_by(flow: &Flow) -> usize {
    flow.reading.as_ref().map_or(0, |reading| reading.counted_bytes())
}
