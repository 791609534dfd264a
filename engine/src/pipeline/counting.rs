//! What a data path has counted of flows: it saw packets that the engine did not. Of another connection on the same ports
//! than the flow's it says nothing.

use super::hosting::count;
use super::{Core, Counted, Engine};
use crate::event::Outbox;
use crate::packet::Time;

impl Engine {
    /// Takes the data path's own count of a flow, which saw packets that the engine did not.
    pub fn counted(&mut self, counted: &Counted, out: &mut Outbox) {
        self.core.counted(counted, out);
    }

    /// Takes the counts of a flow that is followed: see [`Engine::followed`].
    pub fn polled(&mut self, counted: &Counted, now: Time) {
        let Core { table, hosts, .. } = &mut self.core;
        let Some(flow) = table.find(&counted.key).and_then(|slot| table.look(slot)) else { return };
        if !flow.is_connection(counted.connection) {
            return;
        }
        hosts.polled(flow, now, flow.by_side(counted));
    }
}

impl Core {
    pub(super) fn counted(&mut self, counted: &Counted, out: &mut Outbox) {
        let Some(slot) = self.table.find(&counted.key) else { return };
        let Some(flow) = self.table.get(slot).filter(|flow| flow.is_connection(counted.connection)) else { return };
        let unseen = flow.count_unseen(counted);
        count(&mut self.hosts, &mut self.calls, flow, &unseen);
        self.hear_counted(slot, unseen, out);
    }
}
