//! How flows end: what is said of each, and the last turns, when all of them do.

use super::hosting::part;
use super::spare::Spare;
use super::Core;
use crate::event::{Event, Outbox, Told};
use crate::flow::{EndReason, Flow};
use crate::packet::Time;

/// Flows that end in one turn, when all do.
const ENDED_AT_ONCE: usize = 1024;

impl Core {
    /// Ends a flow that had to give its place to another.
    pub(super) fn end(&mut self, mut flow: Flow, reason: EndReason, out: &mut Outbox) {
        self.reading_bytes = self.reading_bytes.saturating_sub(held_by(&flow));
        part(&mut self.hosts, &mut self.calls, &self.policy, &mut flow, out);
        out.push(ended(flow, reason, self.clock, &mut self.spare));
    }

    /// Ends some of the flows; says whether there are more.
    pub(super) fn finish_some(&mut self, out: &mut Outbox) -> bool {
        if self.ending.is_none() {
            self.ask_all_again(out);
        }
        let Self { table, hosts, calls, policy, clock, spare, ending, .. } = self;
        let slots = ending.iter_mut().flatten().take(ENDED_AT_ONCE);
        for mut flow in slots.filter_map(|slot| table.take(slot)) {
            part(hosts, calls, policy, &mut flow, out);
            out.push(ended(flow, EndReason::Shutdown, *clock, spare));
        }
        let more = ending.as_ref().is_some_and(|slots| slots.len() > 0);
        if !more {
            table.clear();
            hosts.close(*clock, out);
            self.reading_bytes = 0;
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

/// The last word about a flow.
pub(super) fn ended(mut flow: Flow, reason: EndReason, time: Time, spare: &mut Spare) -> Event {
    spare.put(flow.reading.take());
    flow.conclude();
    Event::Ended(Box::new(Told { flow, reason: Some(reason), change: None, time }))
}

/// Bytes that are held for reading a flow.
pub(super) fn held_by(flow: &Flow) -> usize {
    flow.reading.as_ref().map_or(0, |reading| reading.counted_bytes())
}
