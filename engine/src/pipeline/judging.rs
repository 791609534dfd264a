//! The last stages of the pipeline: what a flow is taken for, and what is done with it.

use super::ending::held_by;
use super::{calling, Core};
use crate::apps::{AppId, Judgement, Known};
use crate::behaviour::is_medium;
use crate::event::{Event, Outbox, Told};
use crate::flow::{Flow, Slot};
use crate::inspect::{registry, Category, Layer, Opening};
use crate::packet::{Side, Time};
use crate::policy::{Action, Decision, Policy};

impl Core {
    /// Asks the policy about a flow of which nothing is known yet. What holds for such flows in the end is noted;
    /// what holds at once, whatever it turns out to be, is told.
    pub(super) fn decide_unseen(&mut self, slot: Slot, out: &mut Outbox) {
        if self.policy.is_empty() {
            return;
        }
        let Some(flow) = self.table.get(slot) else { return };
        let subject = flow.subject();
        flow.decision = self.policy.decide(&subject);
        let at_once = self.policy.decide_at_once(&subject).is_some();
        if self.config.live && at_once && flow.decision.action != Action::Allow {
            out.push(verdict(flow, Action::Allow, self.clock));
        }
    }

    /// Judges a flow by all that is known now, and tells when the verdict is another than before.
    pub(super) fn decide(&mut self, slot: Slot, out: &mut Outbox) {
        let Some((judgement, is_announced)) = self.judged(slot) else { return };
        let Self { table, hosts, calls, catalog, config, .. } = self;
        let Some(flow) = table.get(slot) else { return };
        let (before, now) = (flow.judgement.activity, judgement.activity);
        let news = judgement.says() != flow.judgement.says();
        flow.judgement = judgement;
        let announced_by = if is_announced { calls.promises.keep(flow) } else { None };
        if news && flow.judgement.app != AppId::UNKNOWN && flow.judgement.category() == Category::P2p {
            hosts.recognised(flow);
        }
        if let Some(seen) = calling::seen(flow, catalog, config, announced_by) {
            calls.judged(flow, seen);
        }
        self.ask_policy(slot, news, out);
        if is_medium(now) || is_medium(before) {
            self.tell_activity(slot, before, now, self.clock, out);
        }
    }

    /// What is made of all that is known of a flow now; and whether another flow announced it.
    pub(super) fn judged(&self, slot: Slot) -> Option<(Judgement, bool)> {
        let Self { table, learned, hosts, catalog, clock, .. } = self;
        let flow = table.look(slot)?;
        let (client, server, transport) = (flow.end(Side::Client), flow.end(Side::Server), flow.transport());
        let known = Known {
            protocols: &flow.protocols,
            signs: &flow.signs,
            facts: &flow.facts,
            transport,
            client,
            server,
            openings: flow.openings(Opening::bytes).map(Option::unwrap_or_default),
            opening_lens: flow.openings(|opening| opening.wire_len).map(Option::unwrap_or_default),
            name_of: &|side| learned.name_of(flow.end(side).addr, *clock),
            // What it taught itself it does not hear from others.
            lessons: [client, server]
                .map(|end| learned.of_end(end, transport, *clock).filter(|lesson| lesson.flow != flow.id)),
            packet: flow.packets(),
            before: flow.judgement.evidence(),
        };
        let mut judgement = catalog.judge(&known);
        hosts.lend(flow, &mut judgement);
        if let Some(behaviour) = &flow.behaviour {
            judgement.hear(behaviour, transport);
        }
        Some((judgement, known.is_announced()))
    }

    /// Asks the policy about what a flow is taken for now: also where only the confidence rose, a rule may wait for that.
    pub(super) fn ask_policy(&mut self, slot: Slot, news: bool, out: &mut Outbox) {
        let Self { table, policy, config, clock, .. } = self;
        let Some(flow) = table.get(slot) else { return };
        let decision = if policy.is_empty() { Decision::default() } else { policy.decide(&flow.subject()) };
        let before = std::mem::replace(&mut flow.decision, decision);
        if config.live && (news || before != decision) && !waits(flow, policy) {
            out.push(verdict(flow, before.action, *clock));
        }
    }

    /// Judges a flow again for which its own protocols name no application: the flows beside it may have taught what it is.
    pub(super) fn ask_again(&mut self, slot: Slot, out: &mut Outbox) {
        let Some(flow) = self.table.look(slot).filter(|flow| flow.judgement.is_open()) else { return };
        let known = |side| self.learned.of_end(flow.end(side), flow.transport(), self.clock).is_some();
        if flow.spoken().next().is_none() || known(Side::Client) || known(Side::Server) || self.is_lent(slot) {
            self.decide(slot, out);
        }
    }

    /// Nothing more will be read.
    pub(super) fn settle(&mut self, slot: Slot, out: &mut Outbox) {
        self.stop_reading(slot);
        let heard_out = self.table.look(slot).is_some_and(|flow| !flow.may_yet_speak());
        if self.config.live && (heard_out || self.is_blocked(slot)) {
            self.release(slot, out);
        }
    }

    /// The data path shows no more bytes of a flow that is still read. What waited for a name in them waits no longer; how
    /// the rest of it goes on is watched still, whatever it was recognised as.
    pub(super) fn end_of_bytes(&mut self, slot: Slot, out: &mut Outbox) {
        let held = self.table.look(slot).map_or(0, held_by);
        self.reading_bytes = self.reading_bytes.saturating_sub(held);
        self.examine(slot);
        self.ask_again(slot, out);
        self.stop_reading(slot);
        if self.is_blocked(slot) {
            self.release(slot, out);
        }
    }

    fn stop_reading(&mut self, slot: Slot) {
        let Some(flow) = self.table.get(slot) else { return };
        self.spare.put(flow.reading.take());
        flow.facts.shrink();
        flow.signs.shrink_to_fit();
        flow.state.finish_reading();
    }

    fn is_blocked(&self, slot: Slot) -> bool {
        self.table.look(slot).is_some_and(|flow| flow.decision.action == Action::Block)
    }

    /// Nothing more is asked of the flow's packets: whoever showed them only for the sake of the verdict need not any more.
    pub(super) fn release(&mut self, slot: Slot, out: &mut Outbox) {
        let Some(flow) = self.table.get(slot) else { return };
        if let Some(behaviour) = &mut flow.behaviour {
            behaviour.released = true;
        }
        let unknown = flow.decision.action != Action::Allow && flow.judgement.app == AppId::UNKNOWN;
        if unknown || is_in_doubt(flow, &self.policy) {
            // It was waited with: a rule might have allowed what it could have turned out to be.
            out.push(verdict(flow, Action::Allow, self.clock));
        }
        out.push(Event::Settled(flow.key, flow.decision.action, flow.gist()));
    }
}

/// Whether a flow is not blocked yet: it is still read, and may turn out to be something that is allowed.
fn waits(flow: &Flow, policy: &Policy) -> bool {
    !flow.state.is_read() && is_in_doubt(flow, policy)
}

/// Whether only what carries another protocol is seen of it, and a rule before the one that blocks may allow what that
/// turns out to be: TLS is seen before the server's name is.
fn is_in_doubt(flow: &Flow, policy: &Policy) -> bool {
    let carries = |id| registry().profile(id).is_some_and(|profile| profile.layer != Layer::Content);
    flow.decision.action == Action::Block
        && flow.judgement.is_open()
        && carries(flow.judgement.protocol)
        && policy.may_yet_allow(&flow.subject(), flow.decision)
}

/// A verdict as it stands now, after another.
fn verdict(flow: &Flow, before: Action, time: Time) -> Event {
    Event::Verdict(Box::new(Told { flow: flow.snapshot(), reason: None, change: None, time }), before)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::apps::Catalog;
    use crate::event::{Event, Outbox};
    use crate::packet::{Frame, LinkType, Time};
    use crate::pipeline::{Config, Engine};
    use crate::policy::{Action, GroupSpec, Policy, RuleSpec};

    /// Ethernet, IPv4 and UDP from 10.0.0.1:4000 to 192.0.2.1:9, and four bytes that mean nothing.
    const DATAGRAM: [u8; 46] = [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 192, 0, 2, 1,
        0x0f, 0xa0, 0, 9, 0, 12, 0, 0, 0xde, 0xad, 0xbe, 0xef,
    ];

    /// What is told of that datagram under these rules, and of its flow's end.
    fn told(rules: &[RuleSpec]) -> Vec<(bool, Action)> {
        let catalog = Catalog::embedded();
        let group = GroupSpec { name: "guests".into(), prefixes: vec!["10.0.0.0/8".into()] };
        let policy = Policy::compile(&[group], rules, &catalog).unwrap();
        let mut engine = Engine::new(Config { live: true, ..Config::default() }, catalog.into(), Arc::new(policy));
        let mut out = Outbox::new();
        let wire_len = u32::try_from(DATAGRAM.len()).unwrap();
        let (time, link) = (Time(1_000_000_000), LinkType::Ethernet);
        engine.frame(&Frame { time, link, port: 0, bytes: &DATAGRAM, wire_len }, &mut out);
        engine.finish(&mut out);
        out.iter()
            .filter_map(|event| match event {
                Event::Verdict(told, _) => Some((true, told.flow.decision.action)),
                Event::Ended(told) => Some((false, told.flow.decision.action)),
                _ => None,
            })
            .collect()
    }

    fn rule(name: &str, category: &[&str], group: &[&str], action: &str) -> RuleSpec {
        let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        RuleSpec {
            name: name.into(),
            category: texts(category),
            group: texts(group),
            action: action.into(),
            ..RuleSpec::default()
        }
    }

    #[test]
    fn who_is_blocked_whatever_they_do_is_blocked_from_the_first_packet() {
        let rules = [rule("no guests", &[], &["guests"], "block")];
        assert_eq!(told(&rules), [(true, Action::Block), (false, Action::Block)]);
    }

    #[test]
    fn a_rule_that_may_still_allow_is_waited_for() {
        let rules = [rule("web", &["web"], &[], "allow"), rule("nothing else", &[], &[], "block")];
        assert_eq!(told(&rules), [(false, Action::Block)]);
    }
}
