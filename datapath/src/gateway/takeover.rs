//! What a former program left in the kernel, judged by the policy of this one: as for a reload, no gap, and nothing that
//! passes or stops by rules that nobody has in force any more.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use peergate_engine::apps::{Activity, AppId, Catalog, Role};
use peergate_engine::event::Learnt;
use peergate_engine::inspect::{Category, ProtocolId, PROTOCOLS};
use peergate_engine::packet::{Endpoint, Time, Transport};
use peergate_engine::policy::{self, Gist};

use super::enforce::Writer;
use crate::abi::{Action, FlowKey};
use crate::error::Error;
use crate::source::Enforcer;
use crate::tables::{Former, Verdict};

/// An open connection may be silent for half an hour.
const LONGEST_SILENCE: u64 = 1800 * Time::SECOND;

impl Writer {
    /// Judges every verdict and every learned endpoint again by what the former program took it for. Where that cannot be
    /// known, the flow is undecided: its packets are shown again, and it passes until they say what it is. Gives what the
    /// others were taken for: nothing more is shown of those.
    pub fn take_over(&mut self, now: Time, enforcer: &mut dyn Enforcer) -> Result<Decided, Error> {
        let mut decided = Decided::new(now);
        let same_words = enforcer.take_words(words_of(&self.rules.catalog));
        enforcer.prepare_generation();
        if same_words {
            for former in enforcer.former_verdicts()? {
                if let Some(decision) = self.judge_former(&former) {
                    let undecided = matches!(former.verdict.action, Action::Watch | Action::Listen)
                        && decision.action != policy::Action::Block;
                    let action = if undecided { Action::Watch } else { self.in_kernel(decision.action) };
                    enforcer.renew(&former, action)?;
                    if action != Action::Watch {
                        decided.flows.insert(former.key, gist_of(&former));
                    }
                    self.taken_over += 1;
                    self.changed_over += u64::from(action.is_blocking() != former.verdict.action.is_blocking());
                }
            }
            for (endpoint, proto, verdict) in enforcer.former_endpoints()? {
                if let Some(learnt) =
                    self.learnt_before(endpoint, proto, &verdict).filter(|learnt| learnt.expires > now)
                {
                    self.learned(learnt, enforcer);
                }
            }
        }
        enforcer.bump_generation()?;
        Ok(decided)
    }

    /// Nothing where only a look at the flow can tell.
    fn judge_former(&self, former: &Former) -> Option<policy::Decision> {
        let gist = gist_of(former);
        let subject = gist.subject(former.key.low().addr, former.key.high().addr);
        if gist.app == AppId::UNKNOWN && !gist.was_read() {
            return self.rules.policy.decide_at_once(&subject);
        }
        Some(self.rules.policy.decide(&subject))
    }

    fn learnt_before(&self, endpoint: Endpoint, proto: u8, verdict: &Verdict) -> Option<Learnt> {
        let app = AppId(verdict.app);
        (app != AppId::UNKNOWN).then(|| Learnt {
            endpoint,
            transport: Transport::from_number(proto),
            app,
            category: self.rules.catalog.app(app).category,
            protocol: ProtocolId::NONE,
            activity: Activity::Unknown,
            confidence: f64::from(verdict.reason) / f64::from(u8::MAX),
            expires: verdict.expires,
        })
    }
}

/// What a former program took a flow for.
const fn gist_of(former: &Former) -> Gist {
    Gist { app: AppId(former.verdict.app), word: former.verdict.about }
}

/// Flows that a former program decided about, until they are heard of again: those that never are it may have told as
/// ended itself.
pub struct Decided {
    flows: HashMap<FlowKey, Gist>,
    since: Time,
}

impl Decided {
    fn new(since: Time) -> Self {
        Self { flows: HashMap::new(), since }
    }

    /// What a flow was taken for, once, when the kernel has counted a packet of it since.
    pub fn heard_again(&mut self, key: &FlowKey, last: Time) -> Option<Gist> {
        if self.flows.is_empty() || last <= self.since {
            return None;
        }
        self.flows.remove(key)
    }

    /// Forgets those of which nothing was heard for longer than any flow may be silent.
    pub fn forget_silent(&mut self, now: Time) {
        if now.since(self.since) > LONGEST_SILENCE {
            self.flows = HashMap::new();
        }
    }
}

/// A number that is another where applications, protocols or other words have other numbers.
pub fn words_of(catalog: &Catalog) -> u64 {
    let apps = catalog.apps().iter().map(|app| app.name.as_str());
    let protocols = PROTOCOLS.iter().map(|protocol| protocol.profile().name);
    let categories = Category::ALL.iter().map(|category| category.name());
    let activities = Activity::ALL.iter().map(|activity| activity.name());
    let roles = Role::ALL.iter().map(|role| role.name());
    let mut hasher = DefaultHasher::new();
    for word in apps.chain(protocols).chain(categories).chain(activities).chain(roles) {
        word.hash(&mut hasher);
    }
    hasher.finish()
}
