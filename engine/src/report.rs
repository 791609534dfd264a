//! A flow as people and other programs read it: words instead of numbers, sentences instead of signs.
//!
//! One place makes the words; EVE lines, Arrow columns and Python's flows all take them from here.

use std::fmt::Write as _;

use crate::apps::{self, Activity, AppId, Catalog, Role, Source};
use crate::behaviour::{Change, Finding};
use crate::event::Told;
use crate::evidence::confidence;
use crate::facts::{Kind, Value};
use crate::flow::{community_id, EndReason, Flow};
use crate::inspect::{registry, Category};
use crate::packet::{Endpoint, Side, Time, Transport};
use crate::policy::Policy;

/// One piece of evidence, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// A sentence.
    pub what: String,
    /// Decibans.
    pub weight: i16,
    /// Who saw it: a protocol, a detector, or a stage.
    pub detector: &'static str,
    /// At which packet of the flow, from 1.
    pub packet: u32,
}

/// A flow with what is needed to put it in words.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The flow.
    pub flow: &'a Flow,
    /// Why it is over; `None` while it lives.
    pub reason: Option<&'static str>,
    change: Option<Change>,
    catalog: &'a Catalog,
    policy: &'a Policy,
}

impl<'a> Report<'a> {
    /// Of what was told.
    #[must_use]
    pub fn new(told: &'a Told, catalog: &'a Catalog, policy: &'a Policy) -> Self {
        let reason = told.reason.map(EndReason::name);
        Self { flow: &told.flow, reason, change: told.change, catalog, policy }
    }

    /// Suricata's word for what IP carries.
    #[must_use]
    pub fn proto(&self) -> String {
        match self.flow.transport() {
            Transport::Tcp => "TCP".into(),
            Transport::Udp => "UDP".into(),
            Transport::Sctp => "SCTP".into(),
            Transport::Icmp => "ICMP".into(),
            Transport::Icmp6 => "IPv6-ICMP".into(),
            Transport::Other(2) => "IGMP".into(),
            Transport::Other(4) => "IPIP".into(),
            Transport::Other(41) => "IPv6".into(),
            Transport::Other(47) => "GRE".into(),
            Transport::Other(50) => "ESP".into(),
            Transport::Other(51) => "AH".into(),
            Transport::Other(number) => number.to_string(),
        }
    }

    /// Who opened it.
    #[must_use]
    pub fn client(&self) -> Endpoint {
        self.flow.end(Side::Client)
    }

    /// Who answers.
    #[must_use]
    pub fn server(&self) -> Endpoint {
        self.flow.end(Side::Server)
    }

    /// The application's word.
    #[must_use]
    pub fn app(&self) -> &'a str {
        &self.catalog.app(self.flow.judgement.app).name
    }

    /// The deepest protocol's word; `unknown` where none was recognised.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        registry().profile(self.flow.judgement.protocol).map_or("unknown", |profile| profile.name)
    }

    /// The category's word.
    #[must_use]
    pub fn category(&self) -> &'static str {
        self.flow.judgement.category().name()
    }

    /// What goes on in it, where known.
    #[must_use]
    pub fn activity(&self) -> Option<&'static str> {
        let activity = self.flow.judgement.activity;
        (activity != Activity::Unknown).then(|| activity.name())
    }

    /// What went on before, where this is told because that changed.
    #[must_use]
    pub fn activity_before(&self) -> Option<&'static str> {
        self.change.map(|change| change.before.name())
    }

    /// The part that the local host plays, where known.
    #[must_use]
    pub fn role(&self) -> Option<&'static str> {
        let role = self.flow.judgement.role;
        (role != Role::Unknown).then(|| role.name())
    }

    /// Probability that the application is right, 0..1; 0 for `unknown`.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        rounded(self.flow.judgement.confidence())
    }

    /// The policy's word.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.flow.decision.action.name()
    }

    /// The rule that said so.
    #[must_use]
    pub fn rule(&self) -> Option<&'a str> {
        self.flow.decision.rule.map(|rule| self.policy.rule_name(rule))
    }

    /// Community ID v1.
    #[must_use]
    pub fn community_id(&self) -> String {
        community_id(&self.flow.key, self.flow.icmp_kind().map(|kind| (kind, self.flow.client_is_low)), 0)
    }

    /// Everything that speaks for the verdict, heaviest first.
    #[must_use]
    pub fn evidence(&self) -> Vec<Evidence> {
        let mut all: Vec<Evidence> = self.flow.judgement.evidence().iter().map(|piece| self.in_words(piece)).collect();
        all.sort_by_key(|evidence| std::cmp::Reverse(evidence.weight));
        all
    }

    fn in_words(&self, piece: &apps::Evidence) -> Evidence {
        let seen_by = match piece.source {
            Source::Sign(sign) => self.flow.signs.iter().find(|seen| seen.sign == sign).map_or(0, |seen| seen.detector),
            _ => 0,
        };
        Evidence {
            what: match piece.source {
                Source::Finding(place) => self.finding(place),
                _ => self.catalog.sentence(piece, &self.flow.facts),
            },
            weight: piece.weight,
            detector: self.catalog.detector(piece, seen_by),
            packet: piece.packet,
        }
    }

    fn finding(&self, place: u8) -> String {
        let findings = self.flow.behaviour.as_ref().map_or(&[][..], |behaviour| behaviour.findings());
        let found = findings.iter().find(|finding| finding.detector == place);
        let inside = self.flow.judgement.category() == Category::Tunnel
            && found.is_some_and(|finding| finding.activity() == Activity::Call);
        let sentence = found.map_or_else(String::new, Finding::sentence);
        if inside {
            format!("inside the tunnel, {sentence}")
        } else {
            sentence
        }
    }

    /// What else it could have been, and how probably.
    #[must_use]
    pub fn alternatives(&self) -> Vec<(&'a str, f64)> {
        let others = self.flow.judgement.others.iter().filter(|(app, _)| *app != AppId::UNKNOWN);
        others.map(|(app, sum)| (self.catalog.app(*app).name.as_str(), rounded(confidence((*sum).into())))).collect()
    }

    /// Facts by name, in words.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let known = |id| registry().field(id);
        self.flow
            .facts
            .iter()
            .filter_map(|(id, packed)| known(id).map(|field| (field.name, field.kind, field.value(packed))))
            .map(|(name, kind, value)| (name, shown(kind, value)))
            .collect()
    }
}

fn shown(kind: Kind, value: Value<'_>) -> String {
    match value {
        Value::Bytes(bytes) if kind == Kind::Text => String::from_utf8_lossy(bytes).into_owned(),
        Value::Bytes(bytes) => bytes.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }),
        Value::Number(number) => number.to_string(),
        Value::Flag => "true".into(),
    }
}

/// To three decimals.
pub(crate) fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// ISO 8601 with microseconds and offset, as Suricata writes it.
#[must_use]
pub fn iso(time: Time) -> String {
    let stamp = jiff::Timestamp::from_nanosecond(i128::from(time.0)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    stamp.strftime("%Y-%m-%dT%H:%M:%S.%6f+0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_suricata_writes_them() {
        assert_eq!(iso(Time(1_468_449_727_573_103_000)), "2016-07-13T22:42:07.573103+0000");
    }
}
