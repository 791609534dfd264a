//! The last stages of the pipeline: what a flow is taken for, what is done with it, what it teaches about others.

use super::Core;
use crate::apps::Known;
use crate::event::{Event, Learnt, Outbox, Told};
use crate::evidence::confidence;
use crate::facts::Announcement;
use crate::flow::Slot;
use crate::inspect::{registry, Opening};
use crate::learned::{Teaching, Way};
use crate::packet::Side;

impl Core {
    /// Judges a flow by all that is known now, and tells when the verdict is another than before.
    pub(super) fn decide(&mut self, slot: Slot, policy_changed: bool, out: &mut Outbox) {
        let Self { table, learned, catalog, policy, config, clock, .. } = self;
        let Some(flow) = table.get(slot) else { return };
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
            names: [client, server].map(|end| learned.name_of(end.addr, *clock)),
            lessons: [client, server].map(|end| learned.lookup(end, transport, *clock)),
            packet: flow.packets(),
            before: flow.judgement.evidence(),
        };
        let judgement = catalog.judge(&known);
        let same = judgement.says() == flow.judgement.says();
        flow.judgement = judgement;
        if same && !policy_changed {
            return;
        }
        let decision = policy.decide(&flow.subject());
        let before = std::mem::replace(&mut flow.decision, decision);
        if config.live && (!same || policy_changed || before != decision) {
            let told = Told { flow: flow.snapshot(), reason: None, time: *clock };
            out.push(Event::Verdict(Box::new(told), before.action));
        }
    }

    /// Nothing more will be read: whoever asked only for the sake of the verdict need not ask any more.
    pub(super) fn settle(&mut self, slot: Slot, out: &mut Outbox) {
        let Some(flow) = self.table.get(slot) else { return };
        flow.reading = None;
        flow.state.finish_reading();
        if self.config.live {
            out.push(Event::Settled(flow.key, flow.decision.action));
        }
    }

    /// What this flow teaches about others: its own ends, and what its parsers announced.
    pub(super) fn teach(&mut self, slot: Slot, out: &mut Outbox) {
        let Self { table, learned, config, announced, clock, .. } = self;
        let Some(flow) = table.get(slot) else { return };
        let teaching = Teaching {
            app: flow.judgement.app,
            protocol: flow.judgement.protocol,
            decibans: flow.judgement.own,
            flow: flow.id,
            now: *clock,
        };
        for announcement in announced.drain(..) {
            match announcement {
                Announcement::Media { endpoint, transport, protocol } => {
                    let protocol = registry().by_name(protocol).unwrap_or_default();
                    learned.announce(endpoint, transport, &Teaching { protocol, ..teaching });
                }
                Announcement::Name { addr, name, ttl } => learned.name(addr, &name, ttl, *clock),
            }
        }
        let learn = flow.judgement.learn;
        for side in [Side::Client, Side::Server] {
            let endpoint = flow.end(side);
            let way = if config.is_local(flow, side) { Way::Local } else { Way::Remote };
            let wanted = if way == Way::Local { learn.local() } else { learn.remote() };
            let lesson = if wanted { learned.learn(endpoint, side, flow.transport(), way, &teaching) } else { None };
            if let Some(lesson) = lesson.filter(|_| config.live) {
                out.push(Event::Learned(Learnt {
                    endpoint,
                    transport: flow.transport(),
                    app: lesson.app,
                    category: flow.judgement.category(),
                    protocol: lesson.protocol,
                    confidence: confidence(lesson.decibans.into()),
                    expires: lesson.expires,
                }));
            }
        }
    }
}
