//! New rules in a running engine: a policy alone, or signatures with the policy that was compiled against them.

use std::sync::Arc;

use super::{Core, Engine};
use crate::apps::Catalog;
use crate::event::{Event, Outbox};
use crate::flow::Slot;
use crate::policy::{Action, Policy};

impl Engine {
    /// Takes a new policy, compiled against the catalog in force, and asks it about every live flow.
    pub fn set_policy(&mut self, policy: Arc<Policy>, out: &mut Outbox) {
        let core = &mut self.core;
        core.hosts.excuse(policy.excuses().clone(), core.clock, out);
        core.policy = policy;
        for slot in core.table.slots() {
            core.ask_new_policy(slot, false, out);
        }
    }

    /// Takes new signatures and the policy that was compiled against them, and judges every live flow by both. What was
    /// learned of endpoints is learned anew: its applications had other numbers.
    pub fn set_catalog(&mut self, catalog: Arc<Catalog>, policy: Arc<Policy>, out: &mut Outbox) {
        let core = &mut self.core;
        let before = std::mem::replace(&mut core.catalog, catalog);
        core.hosts.excuse(policy.excuses().clone(), core.clock, out);
        core.policy = policy;
        core.learned.forget_endpoints();
        core.calls.renumber(|app| before.renumber(app, &core.catalog));
        for slot in core.table.slots() {
            let news = core.judge_by_new_catalog(slot, &before);
            core.ask_new_policy(slot, news, out);
        }
    }
}

impl Core {
    /// Judges a flow by all that is still known of it. Bytes that only the old signatures could read are gone: an
    /// application that was named by them keeps its name, as long as there is one of that name. Says whether that is news.
    fn judge_by_new_catalog(&mut self, slot: Slot, before: &Catalog) -> bool {
        let Some(flow) = self.table.get(slot) else { return false };
        flow.judgement = flow.judgement.renumbered(before, &self.catalog);
        let Some((judgement, _)) = self.judged(slot) else { return false };
        let Some(flow) = self.table.get(slot) else { return false };
        if judgement.is_open() && !flow.judgement.is_open() {
            return false;
        }
        let news = judgement.says() != flow.judgement.says();
        flow.judgement = judgement;
        news
    }

    /// Asks a new policy about a live flow. Where it says what the old one said, that is told again: verdicts of the old
    /// one go stale with it.
    fn ask_new_policy(&mut self, slot: Slot, news: bool, out: &mut Outbox) {
        let told = out.len();
        self.ask_policy(slot, news, out);
        let Some(flow) = self.table.look(slot).filter(|_| self.config.live && out.len() == told) else { return };
        let released = flow.state.is_read() && !flow.may_yet_speak();
        if released || flow.decision.action == Action::Block {
            out.push(Event::Settled(flow.key, flow.decision.action, flow.gist()));
        }
    }
}
