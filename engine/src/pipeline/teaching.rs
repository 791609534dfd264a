//! What a flow teaches about others: its own ends, and what its parsers announced.

use super::Core;
use crate::apps::{Activity, Learn};
use crate::calls::Announcer;
use crate::event::{Event, Learnt, Outbox};
use crate::evidence::confidence;
use crate::facts::Announcement;
use crate::flow::Slot;
use crate::inspect::{registry, Category, Layer};
use crate::learned::{Teaching, Way, SUSPECTS};
use crate::packet::Side;

impl Core {
    /// Teaches what a flow shows by now.
    pub(super) fn teach(&mut self, slot: Slot, out: &mut Outbox) {
        let Some(flow) = self.table.look(slot) else { return };
        let suspicion = flow.judgement.suspicion();
        let teaching = Teaching {
            app: suspicion.unwrap_or(flow.judgement.app),
            protocol: flow.judgement.protocol,
            decibans: if suspicion.is_some() { SUSPECTS } else { flow.judgement.own },
            flow: flow.id,
            now: self.clock,
        };
        let learn = suspicion.map_or(flow.judgement.learn, |app| self.catalog.app(app).learn);
        if !self.announced.is_empty() {
            let announcer = Announcer {
                flow: flow.id,
                protocol: teaching.protocol,
                packet: flow.packets(),
                ends: [flow.end(Side::Client), flow.end(Side::Server)],
            };
            self.teach_announced(announcer, &teaching, suspicion.is_some());
        }
        if learn != Learn::Nothing {
            self.teach_ends(slot, learn, &teaching, out);
        }
    }

    /// What its parsers announced. Of what is only suspected they know nothing.
    fn teach_announced(&mut self, announcer: Announcer, teaching: &Teaching, only_suspected: bool) {
        let Self { learned, calls, catalog, announced, clock, .. } = self;
        // What only opens the way for another says nothing of what it opens the way for.
        let carrier = registry().profile(teaching.protocol).is_some_and(|profile| profile.layer == Layer::Carrier);
        let means_nothing = only_suspected || (carrier && teaching.app == catalog.plain(teaching.protocol));
        for announcement in announced.drain(..) {
            match announcement {
                Announcement::Media { .. } if means_nothing => {}
                Announcement::Media { endpoint, transport, protocol } => {
                    let protocol = registry().by_name(protocol).unwrap_or_default();
                    learned.announce(endpoint, transport, &Teaching { protocol, ..*teaching });
                    if registry().profile(protocol).is_some_and(|profile| profile.category == Category::Call) {
                        calls.promises.announce(endpoint, announcer);
                    }
                }
                Announcement::Coding { endpoint, coding } => calls.promises.code(endpoint, coding),
                Announcement::User { endpoint, user } => calls.promises.name(endpoint, user),
                Announcement::Name { addr, name, ttl } => learned.name(addr, name, ttl, *clock),
            }
        }
    }

    /// What speaks at its ends.
    fn teach_ends(&mut self, slot: Slot, learn: Learn, teaching: &Teaching, out: &mut Outbox) {
        let Self { table, learned, config, .. } = self;
        let Some(flow) = table.look(slot) else { return };
        for side in [Side::Client, Side::Server] {
            let endpoint = flow.end(side);
            let way = if config.is_local(flow, side) { Way::Local } else { Way::Remote };
            let wanted = if way == Way::Local { learn.local() } else { learn.remote() };
            let lesson = if wanted { learned.learn(endpoint, side, flow.transport(), way, teaching) } else { None };
            if let Some(lesson) = lesson.filter(|_| config.live) {
                out.push(Event::Learned(Learnt {
                    endpoint,
                    transport: flow.transport(),
                    app: lesson.app,
                    category: flow.judgement.category(),
                    protocol: lesson.protocol,
                    activity: if lesson.is_unknown_call() { Activity::Call } else { Activity::Unknown },
                    confidence: confidence(lesson.decibans.into()),
                    expires: lesson.expires,
                }));
            }
        }
    }
}
