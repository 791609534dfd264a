//! Flows that a former program decided about and that go on without being shown: what is left to know of them is what
//! they were taken for, what the policy in force says to that, and what the data path counts.

use super::{Core, Counted, Engine};
use crate::apps::Judgement;
use crate::event::Outbox;
use crate::flow::{EndReason, Flow, State};
use crate::packet::Time;
use crate::policy::Gist;

/// A flow that was decided about before this engine began.
#[derive(Clone, Copy, Debug)]
pub struct Adopted {
    /// What was counted of it since its first packet.
    pub counted: Counted,
    /// When that came.
    pub start: Time,
    /// What it was taken for.
    pub gist: Gist,
}

impl Engine {
    /// Knows a flow from now on that a former program decided about; nothing happens where it is known already.
    pub fn adopt(&mut self, adopted: &Adopted, out: &mut Outbox) {
        if self.core.table.find(&adopted.counted.key).is_none() {
            self.core.adopt(adopted, out);
        }
    }
}

impl Core {
    fn adopt(&mut self, adopted: &Adopted, out: &mut Outbox) {
        let Adopted { counted, start, gist } = adopted;
        let mut flow = Flow::new(counted.key, gist.client_is_low(), self.next_flow, *start);
        self.next_flow += 1;
        self.counts.flows += 1;
        flow.connection = counted.connection;
        flow.count_unseen(counted);
        let [client, server] = flow.tallies;
        flow.state = State::decided(client.packets > 0, server.packets > 0);
        flow.judgement = Judgement::of_former(&gist.subject(counted.key.low.addr, counted.key.high.addr));
        flow.decision = self.policy.decide(&flow.subject());
        let (_, over) = self.table.insert(flow);
        self.counts.flows_forced += u64::from(over.is_some());
        if let Some(flow) = over {
            self.end(flow, EndReason::Forced, out);
        }
    }
}
