//! Policy, compiled: which rule decides about a flow, in a few comparisons of bits.
//!
//! Groups are prefixes; an address is of the group with the longest prefix that holds it. Rules are asked in order and the
//! first that matches wins; where none does the flow is allowed. Within one condition of a rule any word may match, and all
//! conditions must.

mod compile;
mod explain;
mod gist;

pub use compile::{GroupSpec, Place, PolicyProblem, RuleSpec};
pub use explain::{Tried, WhyNot};
pub use gist::Gist;

use crate::apps::{Activity, AppId, Role};
use crate::hosts::{Excuse, Excuses};
use crate::inspect::{Category, ProtocolId};
use crate::packet::Addr;
use crate::prefix::{Prefix, PrefixMap};

/// What is done with a flow. The numbers are those of the data path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Passes.
    #[default]
    Allow,
    /// Passes, and somebody is told.
    Alert,
    /// Does not pass.
    Block,
}

impl Action {
    /// Every one, mildest first.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Alert, Self::Block];

    /// Its word in policies and on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Alert => "alert",
            Self::Block => "block",
        }
    }

    /// From its word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// A group's place in the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u16);

/// What a policy is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Who asked.
    pub client: Addr,
    /// Who answers.
    pub server: Addr,
    /// What it is taken for.
    pub app: AppId,
    /// What kind of application.
    pub category: Category,
    /// The deepest protocol.
    pub protocol: ProtocolId,
    /// What it is doing.
    pub activity: Activity,
    /// The part that our host plays in it.
    pub role: Role,
    /// Probability that all this is right, in 0..1.
    pub confidence: f64,
}

/// What a policy answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The rule that matched; none where the flow is allowed for want of one.
    pub rule: Option<u16>,
    /// What is done.
    pub action: Action,
}

/// Groups and rules, compiled against one catalog.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    group_names: Vec<String>,
    groups: PrefixMap<GroupId>,
    rules: Vec<Rule>,
    excuses: Excuses,
}

/// A set of small numbers; empty means that the rule does not ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Set(Vec<u64>);

impl Set {
    fn insert(&mut self, number: u16) {
        let place = usize::from(number / 64);
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        if let Some(word) = self.0.get_mut(place) {
            *word |= 1 << (number % 64);
        }
    }

    fn holds(&self, number: u16) -> bool {
        self.0.get(usize::from(number / 64)).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn admits(&self, number: u16) -> bool {
        self.is_empty() || self.holds(number)
    }

    fn admits_one(&self, number: Option<u16>) -> bool {
        self.is_empty() || number.is_some_and(|number| self.holds(number))
    }
}

/// One rule. What it may ask of later (schedules, quotas, users) is one more field here and one line in `matches`.
#[derive(Clone, Debug, Default)]
struct Rule {
    name: String,
    action: Action,
    apps: Set,
    categories: Set,
    protocols: Set,
    activities: Set,
    roles: Set,
    /// Of either end.
    groups: Set,
    src_groups: Set,
    dest_groups: Set,
    min_confidence: f64,
}

/// The groups of both ends of a flow.
#[derive(Clone, Copy)]
struct Ends {
    client: Option<u16>,
    server: Option<u16>,
}

impl Policy {
    /// Asks the rules about a flow.
    #[must_use]
    pub fn decide(&self, subject: &Subject) -> Decision {
        self.first_match(subject, self.ends(subject))
    }

    fn first_match(&self, subject: &Subject, ends: Ends) -> Decision {
        let found = (0..).zip(&self.rules).find(|(_, rule)| rule.matches(subject, ends));
        found.map_or_else(Decision::default, |(place, rule)| Decision { rule: Some(place), action: rule.action })
    }

    /// What is decided of a flow before anything is recognised; nothing where a rule waits to hear what it is.
    #[must_use]
    pub fn decide_at_once(&self, subject: &Subject) -> Option<Decision> {
        let ends = self.ends(subject);
        let mut of_these_ends = (0..).zip(&self.rules).filter(|(_, rule)| rule.is_about(ends));
        match of_these_ends.next() {
            Some((_, rule)) if rule.asks_what_it_is() => None,
            Some((place, rule)) => Some(Decision { rule: Some(place), action: rule.action }),
            None => Some(Decision::default()),
        }
    }

    /// Whether a rule before the one that decided lets pass what such a flow could turn out to be.
    #[must_use]
    pub fn may_yet_allow(&self, subject: &Subject, decision: Decision) -> bool {
        let ends = self.ends(subject);
        let before = self.rules.iter().take(decision.rule.map_or(0, usize::from));
        before.into_iter().any(|rule| rule.action != Action::Block && rule.asks_what_it_is() && rule.is_about(ends))
    }

    /// Asks the rules about a flow between members of these groups; `None` is the addresses in no group.
    #[must_use]
    pub fn decide_between(&self, subject: &Subject, client: Option<GroupId>, server: Option<GroupId>) -> Decision {
        self.first_match(subject, Ends { client: client.map(|id| id.0), server: server.map(|id| id.0) })
    }

    /// Every group, with a prefix of it, once for each of its prefixes.
    pub fn prefixes(&self) -> impl Iterator<Item = (Prefix, GroupId)> + '_ {
        self.groups.iter()
    }

    /// Every group.
    pub fn group_ids(&self) -> impl Iterator<Item = GroupId> {
        (0..).take(self.group_names.len()).map(GroupId)
    }

    /// The group of an address.
    #[must_use]
    pub fn group(&self, addr: Addr) -> Option<GroupId> {
        self.groups.get(addr)
    }

    /// A group's name.
    #[must_use]
    pub fn group_name(&self, id: GroupId) -> &str {
        self.group_names.get(usize::from(id.0)).map_or("", String::as_str)
    }

    /// A rule's name.
    #[must_use]
    pub fn rule_name(&self, rule: u16) -> &str {
        self.rules.get(usize::from(rule)).map_or("", |rule| &rule.name)
    }

    /// The same policy, by which these hosts may play these roles.
    #[must_use]
    pub fn excusing(self, excuses: Vec<Excuse>) -> Self {
        Self { excuses: Excuses(excuses), ..self }
    }

    /// Hosts that may play a role, and why.
    #[must_use]
    pub fn excuses(&self) -> &Excuses {
        &self.excuses
    }

    /// Whether a rule asks which role a host plays: then also flows whose application is known are asked about again when
    /// a host is found to play one.
    #[must_use]
    pub fn asks_roles(&self) -> bool {
        self.rules.iter().any(|rule| !rule.roles.is_empty())
    }

    /// How many rules there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are no rules: everything is allowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    fn ends(&self, subject: &Subject) -> Ends {
        Ends { client: self.group(subject.client).map(|id| id.0), server: self.group(subject.server).map(|id| id.0) }
    }
}

impl Rule {
    fn matches(&self, subject: &Subject, ends: Ends) -> bool {
        self.apps.admits(subject.app.0)
            && self.categories.admits(subject.category as u16)
            && self.protocols.admits(u16::from(subject.protocol.0))
            && self.activities.admits(subject.activity as u16)
            && self.roles.admits(subject.role as u16)
            && subject.confidence >= self.min_confidence
            && self.is_about(ends)
    }

    fn is_about(&self, ends: Ends) -> bool {
        self.src_groups.admits_one(ends.client)
            && self.dest_groups.admits_one(ends.server)
            && (self.groups.admits_one(ends.client) || self.groups.admits_one(ends.server))
    }

    fn asks_what_it_is(&self) -> bool {
        let sets = [&self.apps, &self.categories, &self.protocols, &self.activities, &self.roles];
        self.min_confidence > 0.0 || sets.iter().any(|set| !set.is_empty())
    }
}

#[cfg(test)]
mod tests;
