//! From words to a compiled policy; every word that means nothing is answered with the nearest that does.

use std::fmt;

use super::{Action, GroupId, Policy, Rule, Set};
use crate::apps::{unknown_word, Activity, AppId, Catalog, Role};
use crate::inspect::{registry, Category, PROTOCOLS};
use crate::prefix::Prefix;

/// A group as it is written.
#[derive(Clone, Debug, Default)]
pub struct GroupSpec {
    /// Its word in rules.
    pub name: String,
    /// Addresses and prefixes: `10.1.0.0/16`, `2001:db8::/32`.
    pub prefixes: Vec<String>,
}

/// A rule as it is written; an empty list does not ask.
#[derive(Clone, Debug, Default)]
pub struct RuleSpec {
    /// For people.
    pub name: String,
    /// Applications, by name or alias.
    pub app: Vec<String>,
    /// Categories.
    pub category: Vec<String>,
    /// Protocols.
    pub protocol: Vec<String>,
    /// Activities.
    pub activity: Vec<String>,
    /// Roles of our host.
    pub role: Vec<String>,
    /// Groups of either end.
    pub group: Vec<String>,
    /// Groups of who asks.
    pub src_group: Vec<String>,
    /// Groups of who answers.
    pub dest_group: Vec<String>,
    /// `allow`, `alert` or `block`.
    pub action: String,
    /// Flows that are less sure are not meant.
    pub min_confidence: f64,
}

/// Where in a policy a mistake is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the group at this place, in this of its prefixes or in its name.
    Group {
        /// Counted from 0.
        group: usize,
        /// Counted from 0.
        prefix: Option<usize>,
    },
    /// In the rule at this place, in this field, in this of its words.
    Rule {
        /// Counted from 0.
        rule: usize,
        /// As in [`RuleSpec`].
        field: &'static str,
        /// Counted from 0.
        item: usize,
    },
}

/// One mistake in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProblem {
    /// Where.
    pub place: Place,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Group { group, prefix: Some(prefix) } => write!(f, "groups[{group}][{prefix}]: ")?,
            Place::Group { group, prefix: None } => write!(f, "groups[{group}]: ")?,
            Place::Rule { rule, field, item } => write!(f, "rules[{rule}].{field}[{item}]: ")?,
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for PolicyProblem {}

impl Policy {
    /// Compiles groups and rules against the words of a catalog.
    ///
    /// # Errors
    /// Every mistake, groups first.
    pub fn compile(groups: &[GroupSpec], rules: &[RuleSpec], catalog: &Catalog) -> Result<Self, Vec<PolicyProblem>> {
        let mut compiler = Compiler { catalog, policy: Self::default(), problems: Vec::new() };
        for (place, group) in groups.iter().enumerate() {
            compiler.group(place, group);
        }
        for (place, rule) in rules.iter().enumerate() {
            compiler.rule(place, rule);
        }
        if compiler.problems.is_empty() {
            Ok(compiler.policy)
        } else {
            Err(compiler.problems)
        }
    }
}

struct Compiler<'c> {
    catalog: &'c Catalog,
    policy: Policy,
    problems: Vec<PolicyProblem>,
}

impl Compiler<'_> {
    fn group(&mut self, place: usize, spec: &GroupSpec) {
        let mut problem = |prefix, message| {
            self.problems.push(PolicyProblem { place: Place::Group { group: place, prefix }, message });
        };
        if self.policy.group_names.contains(&spec.name) {
            problem(None, format!("there are two groups \"{}\"", spec.name));
        }
        let Ok(id) = u16::try_from(place).map(GroupId) else {
            problem(None, "there are more groups than 65,535".to_owned());
            return;
        };
        self.policy.group_names.push(spec.name.clone());
        for (item, text) in spec.prefixes.iter().enumerate() {
            match text.parse::<Prefix>() {
                Err(message) => problem(Some(item), message),
                Ok(prefix) => {
                    let before = self.policy.groups.insert(prefix, id).filter(|before| *before != id);
                    if let Some(before) = before.and_then(|before| self.policy.group_names.get(usize::from(before.0))) {
                        problem(Some(item), format!("{prefix} is already in the group \"{before}\""));
                    }
                }
            }
        }
    }

    fn rule(&mut self, rule: usize, spec: &RuleSpec) {
        let groups = self.policy.group_names.clone();
        let group = |word: &str| {
            let place = groups.iter().position(|name| name == word)?;
            u16::try_from(place).ok()
        };
        let names = || groups.iter().map(String::as_str).collect();
        let action = self.action(rule, spec);
        let compiled = Rule {
            name: spec.name.clone(),
            action,
            apps: self.apps(rule, spec, action),
            categories: self.set(
                rule,
                "category",
                &spec.category,
                |word| Some(Category::from_name(word)? as u16),
                || Category::ALL.map(Category::name).to_vec(),
            ),
            protocols: self.set(
                rule,
                "protocol",
                &spec.protocol,
                |word| registry().by_name(word).map(|id| u16::from(id.0)),
                || PROTOCOLS.iter().map(|protocol| protocol.profile().name).collect(),
            ),
            activities: self.set(
                rule,
                "activity",
                &spec.activity,
                |word| Some(Activity::from_name(word)? as u16),
                || Activity::ALL.iter().map(|activity| activity.name()).collect(),
            ),
            roles: self.set(
                rule,
                "role",
                &spec.role,
                |word| Some(Role::from_name(word)? as u16),
                || Role::ALL.iter().map(|role| role.name()).collect(),
            ),
            groups: self.set(rule, "group", &spec.group, group, names),
            src_groups: self.set(rule, "src_group", &spec.src_group, group, names),
            dest_groups: self.set(rule, "dest_group", &spec.dest_group, group, names),
            min_confidence: spec.min_confidence,
        };
        if !(0.0..=1.0).contains(&spec.min_confidence) {
            self.problem(rule, "min_confidence", 0, "min_confidence must be from 0 to 1".to_owned());
        }
        if rule > usize::from(u16::MAX) {
            self.problem(rule, "name", 0, "there are more rules than 65,535".to_owned());
        }
        self.policy.rules.push(compiled);
    }

    fn action(&mut self, rule: usize, spec: &RuleSpec) -> Action {
        Action::from_name(&spec.action).unwrap_or_else(|| {
            let message = unknown_word("action", &spec.action, Action::ALL.map(Action::name));
            self.problem(rule, "action", 0, message);
            Action::Allow
        })
    }

    /// The applications of a rule. One that is allowed is allowed what it cannot work without.
    fn apps(&mut self, rule: usize, spec: &RuleSpec, action: Action) -> Set {
        let catalog = self.catalog;
        let by_name = |word: &str| catalog.by_name(word).map(|id| id.0);
        let mut apps = self.set(rule, "app", &spec.app, by_name, || catalog.names().collect());
        if action == Action::Allow {
            let named = spec.app.iter().filter_map(|word| catalog.by_name(word));
            for need in named.flat_map(|app| needs(catalog, app)) {
                apps.insert(need.0);
            }
        }
        apps
    }

    fn set<'w>(
        &mut self,
        rule: usize,
        field: &'static str,
        words: &[String],
        number: impl Fn(&str) -> Option<u16>,
        right: impl Fn() -> Vec<&'w str>,
    ) -> Set {
        let mut set = Set::default();
        for (item, word) in words.iter().enumerate() {
            if let Some(number) = number(word) {
                set.insert(number);
                continue;
            }
            let what = field.trim_start_matches("src_").trim_start_matches("dest_");
            let message = unknown_word(what, word, right());
            self.problem(rule, field, item, message);
        }
        set
    }

    fn problem(&mut self, rule: usize, field: &'static str, item: usize, message: String) {
        self.problems.push(PolicyProblem { place: Place::Rule { rule, field, item }, message });
    }
}

/// What an application needs, and what that needs.
fn needs(catalog: &Catalog, app: AppId) -> Vec<AppId> {
    let mut all = catalog.app(app).needs.clone();
    let mut done = 0;
    while let Some(next) = all.get(done).copied() {
        let further: Vec<AppId> =
            catalog.app(next).needs.iter().copied().filter(|need| !all.contains(need) && *need != app).collect();
        all.extend(further);
        done += 1;
    }
    all
}
