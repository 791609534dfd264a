//! The engine's verdicts as the kernel's: which table gets what.

use std::collections::HashSet;
use std::sync::Arc;

use peergate_engine::apps::AppId;
use peergate_engine::calls::Kind;
use peergate_engine::event::{CallChange, CallNews, Event, Learnt, Outbox};
use peergate_engine::evidence::in_parts;
use peergate_engine::flow::{self, EndReason};
use peergate_engine::packet::{Addr, Time, Transport};
use peergate_engine::policy::{self, Gist, GroupId};

use super::{Happened, Outlet, Rules};
use crate::abi::{Action, FlowKey, GROUP_COUNT};
use crate::error::Error;
use crate::source::Enforcer;
use crate::tables::{Prefix, Towards, Verdict};

/// Writes verdicts into the kernel, and passes on what people want to know.
pub struct Writer {
    pub rules: Rules,
    /// What `block` is in the kernel.
    blocking: Action,
    outlet: Outlet,
    /// What was learned and still holds, for the next policy.
    learnt: Vec<Learnt>,
    /// Flows of calls whose packets are looked at as long as they last.
    listened: HashSet<FlowKey>,
    /// Verdicts that the kernel refused to take.
    pub refused_writes: u64,
    /// Verdicts of a former program that were judged again, and those of them that changed.
    pub taken_over: u64,
    /// See above.
    pub changed_over: u64,
}

/// Learned endpoints that are kept for a change of policy; the oldest give way.
const MOST_LEARNT: usize = 16_384;
/// Flows of calls that are listened to at a time: some twenty thousand heads of packets a second.
const MOST_LISTENED: usize = 256;

impl Writer {
    pub fn new(rules: Rules, refuse: bool, outlet: Outlet) -> Self {
        let blocking = if refuse { Action::Reject } else { Action::Drop };
        Self {
            rules,
            blocking,
            outlet,
            learnt: Vec::new(),
            listened: HashSet::new(),
            refused_writes: 0,
            taken_over: 0,
            changed_over: 0,
        }
    }

    pub const fn outlet(&self) -> &Outlet {
        &self.outlet
    }

    /// Acts on everything in the outbox.
    pub fn take(&mut self, out: &mut Outbox, enforcer: &mut dyn Enforcer) {
        for event in out.drain(..) {
            match event {
                Event::Verdict(told, before) => {
                    self.decided(&told.flow, before, enforcer);
                    if is_told(&told.flow) {
                        self.outlet.tell(Happened::Verdict(told), &self.rules);
                    }
                }
                Event::Settled(key, action, gist) => self.write(&key, self.in_kernel(action), gist, enforcer),
                Event::Activity(told) => self.outlet.tell(Happened::Activity(told), &self.rules),
                Event::Learned(learnt) => self.learned(learnt, enforcer),
                Event::Ended(told) => {
                    if told.reason == Some(EndReason::Reused) {
                        self.forget(&told.flow.key, enforcer);
                    }
                    self.outlet.tell(Happened::Ended(told), &self.rules);
                }
                Event::Host(news) => self.outlet.tell(Happened::Host(news), &self.rules),
                Event::Call(news) => {
                    self.listen_to(&news, enforcer);
                    self.outlet.tell(Happened::Call(news), &self.rules);
                }
            }
        }
    }

    /// A flow that is still read stays undecided unless it is blocked: its next packets may say more. What it is taken for
    /// until then is noted.
    fn decided(&mut self, flow: &flow::Flow, before: policy::Action, enforcer: &mut dyn Enforcer) {
        let action = flow.decision.action;
        if action == policy::Action::Block || flow.state.is_read() && !flow.may_yet_speak() {
            self.write(&flow.key, self.in_kernel(action), flow.gist(), enforcer);
        } else if flow.judgement.app != AppId::UNKNOWN {
            self.write(&flow.key, Action::Watch, flow.gist(), enforcer);
        } else if before == policy::Action::Block {
            self.forget(&flow.key, enforcer);
        }
    }

    fn forget(&mut self, key: &flow::FlowKey, enforcer: &mut dyn Enforcer) {
        if let Some(key) = in_kernel(key) {
            self.refused_writes += u64::from(enforcer.forget_verdict(&key).is_err());
        }
    }

    fn write(&mut self, key: &flow::FlowKey, action: Action, gist: Gist, enforcer: &mut dyn Enforcer) {
        let Some(key) = in_kernel(key) else { return };
        let action = if !action.is_blocking() && self.listened.contains(&key) { Action::Listen } else { action };
        let verdict = Verdict { app: gist.app.0, about: gist.word, ..Verdict::lasting(action) };
        self.refused_writes += u64::from(enforcer.set_verdict(&key, &verdict).is_err());
    }

    /// A call is heard as long as it lasts, if not too many are: how well it came through is in its packets' headers.
    fn listen_to(&mut self, news: &CallNews, enforcer: &mut dyn Enforcer) {
        let over = matches!(news.change, CallChange::End(_));
        for leg in news.legs.iter().filter(|leg| leg.kind == Kind::Media) {
            let [ours, theirs] = leg.ends;
            let key = FlowKey::between(ours, theirs, Transport::Udp.number());
            let changed = if over { self.listened.remove(&key) } else { self.may_listen(key) };
            if changed {
                self.refused_writes += u64::from(enforcer.listen(&key, !over).is_err());
            }
        }
    }

    fn may_listen(&mut self, key: FlowKey) -> bool {
        self.listened.contains(&key) || (self.listened.len() < MOST_LISTENED && self.listened.insert(key))
    }

    pub(super) const fn in_kernel(&self, action: policy::Action) -> Action {
        match action {
            policy::Action::Allow => Action::Pass,
            policy::Action::Alert => Action::Alert,
            policy::Action::Block => self.blocking,
        }
    }

    pub(super) fn learned(&mut self, learnt: Learnt, enforcer: &mut dyn Enforcer) {
        if self.learnt.len() >= MOST_LEARNT {
            self.learnt.swap_remove(0);
        }
        self.learnt.push(learnt);
        self.block_endpoint(&learnt, enforcer);
    }

    /// New flows of a learned endpoint stop at their first packet, where the policy blocks them whoever opens them.
    fn block_endpoint(&mut self, learnt: &Learnt, enforcer: &mut dyn Enforcer) {
        let towards = self.blocked_towards(learnt);
        if towards == Towards::NOBODY {
            return;
        }
        let reason = u8::try_from(in_parts(learnt.confidence, u8::MAX.into())).unwrap_or(u8::MAX);
        let verdict = Verdict { action: self.blocking, reason, app: learnt.app.0, about: 0, expires: learnt.expires };
        let written = enforcer.set_endpoint(learnt.endpoint, learnt.transport.number(), &verdict, towards);
        self.refused_writes += u64::from(written.is_err());
    }

    fn blocked_towards(&self, learnt: &Learnt) -> Towards {
        let (subject, own) = (learnt.subject(), self.rules.policy.group(learnt.endpoint.addr));
        let blocked =
            |client, server| self.rules.policy.decide_between(&subject, client, server).action == policy::Action::Block;
        let peers = std::iter::once(None).chain(self.rules.policy.group_ids().map(Some));
        peers
            .filter(|peer| blocked(own, *peer) && blocked(*peer, own))
            .filter_map(kernel_group)
            .fold(Towards::NOBODY, Towards::and)
    }

    /// Takes new rules. What was learned is of applications by the numbers of the old signatures, if those changed.
    pub fn take_rules(&mut self, rules: Rules) {
        if !Arc::ptr_eq(&rules.catalog, &self.rules.catalog) {
            self.learnt.clear();
        }
        self.rules = rules;
    }

    /// What was learned is judged by the new policy. What the old one blocked goes stale with its generation.
    pub fn judge_learnt_anew(&mut self, now: Time, enforcer: &mut dyn Enforcer) {
        self.learnt.retain(|learnt| learnt.expires > now);
        for learnt in self.learnt.clone() {
            self.block_endpoint(&learnt, enforcer);
        }
    }

    /// The kernel knows the groups of both ends by the policy's prefixes.
    pub fn write_groups(&self, enforcer: &mut dyn Enforcer) -> Result<(), Error> {
        let numbered = |(prefix, group): (peergate_engine::prefix::Prefix, GroupId)| {
            let v4 = prefix.addr().as_v4().is_some() && prefix.len_of_128() >= 96;
            let len = if v4 { prefix.len_of_128() - 96 } else { prefix.len_of_128() };
            kernel_group(Some(group)).map(|group| (prefix.addr(), len, group))
        };
        // In the kernel IPv4 lies inside IPv6, and ::/0 would hold it, which nobody means: all of it begins in no group.
        let all_of_v4 = (Addr::v4([0; 4]), 0, 0);
        let prefixes: Vec<Prefix> =
            std::iter::once(all_of_v4).chain(self.rules.policy.prefixes().filter_map(numbered)).collect();
        enforcer.set_groups(&prefixes)
    }
}

/// Whether people want to know of it before it ends.
pub fn is_told(flow: &flow::Flow) -> bool {
    flow.judgement.app != AppId::UNKNOWN || flow.decision.action != policy::Action::Allow
}

/// The kernel's number of a group: 0 is "in none". Groups beyond its last are decided in user space alone.
fn kernel_group(group: Option<GroupId>) -> Option<u32> {
    let number = group.map_or(0, |group| u32::from(group.0) + 1);
    (number < GROUP_COUNT).then_some(number)
}

/// The kernel's key of a flow. It does not look into tunnels.
pub fn in_kernel(key: &flow::FlowKey) -> Option<FlowKey> {
    (key.depth == 0).then(|| FlowKey::between(key.low, key.high, key.transport))
}
