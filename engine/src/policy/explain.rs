//! Why a policy decides as it does: what each rule said, up to the one that matched.

use super::{Policy, Rule, Subject};

/// What keeps a rule from matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// It is about other applications.
    App,
    /// It is about other categories.
    Category,
    /// It is about other protocols.
    Protocol,
    /// It is about other activities.
    Activity,
    /// It is about hosts in other roles.
    Role,
    /// Neither end is in its groups.
    Group,
    /// Who asks is not in its groups.
    SrcGroup,
    /// Who answers is not in its groups.
    DestGroup,
    /// It wants to be surer.
    Confidence,
}

impl WhyNot {
    /// In words.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::App => "it is about other applications",
            Self::Category => "it is about other categories",
            Self::Protocol => "it is about other protocols",
            Self::Activity => "it is about other activities",
            Self::Role => "it is about hosts in other roles",
            Self::Group => "neither end is in its groups",
            Self::SrcGroup => "the client is not in its groups",
            Self::DestGroup => "the server is not in its groups",
            Self::Confidence => "it asks for more confidence",
        }
    }
}

/// A rule that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Its place.
    pub rule: u16,
    /// Everything that kept it from matching; nothing where it matched.
    pub why_not: Vec<WhyNot>,
}

impl Tried {
    /// Whether it decides.
    #[must_use]
    pub fn matched(&self) -> bool {
        self.why_not.is_empty()
    }
}

impl Policy {
    /// The rules in the order in which they are asked, up to the one that decides.
    #[must_use]
    pub fn explain(&self, subject: &Subject) -> Vec<Tried> {
        let mut tried = Vec::new();
        for (place, rule) in (0..).zip(&self.rules) {
            let why_not = self.why_not(rule, subject);
            let matched = why_not.is_empty();
            tried.push(Tried { rule: place, why_not });
            if matched {
                break;
            }
        }
        tried
    }

    fn why_not(&self, rule: &Rule, subject: &Subject) -> Vec<WhyNot> {
        let ends = self.ends(subject);
        let asked = [
            (WhyNot::App, rule.apps.admits(subject.app.0)),
            (WhyNot::Category, rule.categories.admits(subject.category as u16)),
            (WhyNot::Protocol, rule.protocols.admits(u16::from(subject.protocol.0))),
            (WhyNot::Activity, rule.activities.admits(subject.activity as u16)),
            (WhyNot::Role, rule.roles.admits(subject.role as u16)),
            (WhyNot::Group, rule.groups.admits_one(ends.client) || rule.groups.admits_one(ends.server)),
            (WhyNot::SrcGroup, rule.src_groups.admits_one(ends.client)),
            (WhyNot::DestGroup, rule.dest_groups.admits_one(ends.server)),
            (WhyNot::Confidence, subject.confidence >= rule.min_confidence),
        ];
        asked.into_iter().filter(|(_, admits)| !admits).map(|(why, _)| why).collect()
    }
}
