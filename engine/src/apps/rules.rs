//! The rules of signatures, kept by what they hold on to: a protocol, a fact, or bytes that nobody recognises.

use super::file::{BytesWant, LengthWant, SignFile};
use super::judgement::Known;
use super::matching::{Ports, Want};
use crate::facts::Field;
use crate::inspect::ProtocolId;
use crate::packet::{Side, Transport};
use crate::prefix::Prefix;

/// A rule; all of its conditions must hold.
struct Rule {
    clue: u32,
    protocols: Vec<ProtocolId>,
    transport: Option<Transport>,
    facts: Vec<(&'static Field, Want)>,
    bytes: Vec<BytesWant>,
    lengths: Vec<LengthWant>,
    ports: Vec<Ports>,
    /// Where the server must be; never enough by itself.
    ranges: Vec<Prefix>,
}

/// All rules, so that a flow asks only those that could hold.
#[derive(Default)]
pub(super) struct Rules {
    /// By the protocol that they ask for.
    spoken: Vec<Vec<Rule>>,
    /// By the first fact that they ask for, where they ask for no protocol.
    told: Vec<Vec<Rule>>,
    /// For flows in which no protocol was recognised.
    bytes: Vec<Rule>,
}

impl Rules {
    pub fn add(&mut self, clue: u32, sign: SignFile) {
        let rule = Rule {
            clue,
            protocols: sign.protocols,
            transport: sign.transport,
            facts: sign.facts,
            bytes: sign.bytes,
            lengths: sign.lengths,
            ports: sign.ports,
            ranges: sign.ranges,
        };
        match (rule.protocols.first(), rule.facts.first()) {
            (Some(protocol), _) => put(&mut self.spoken, usize::from(protocol.0), rule),
            (None, Some((field, _))) => put(&mut self.told, usize::from(field.id()), rule),
            (None, None) => self.bytes.push(rule),
        }
    }

    /// Gives the clues of the rules that hold.
    pub fn holding(&self, known: &Known<'_>, mut each: impl FnMut(u32)) {
        let mut ask = |rules: &[Rule]| {
            for rule in rules.iter().filter(|rule| rule.holds(known)) {
                each(rule.clue);
            }
        };
        for id in known.protocols.iter().take_while(|id| **id != ProtocolId::NONE) {
            ask(of(&self.spoken, id.0.into()));
        }
        for (field, _) in known.facts.iter() {
            ask(of(&self.told, field.into()));
        }
        if known.is_unrecognised() {
            ask(&self.bytes);
        }
    }
}

/// Most places of a table are empty, and it ends with the last that is not.
#[inline]
fn of(table: &[Vec<Rule>], place: usize) -> &[Rule] {
    table.get(place).map_or(&[], Vec::as_slice)
}

fn put(table: &mut Vec<Vec<Rule>>, place: usize, rule: Rule) {
    if table.len() <= place {
        table.resize_with(place + 1, Vec::new);
    }
    if let Some(rules) = table.get_mut(place) {
        rules.push(rule);
    }
}

impl Rule {
    fn holds(&self, known: &Known<'_>) -> bool {
        self.transport.is_none_or(|transport| transport == known.transport)
            && self.protocols.iter().all(|protocol| known.protocols.contains(protocol))
            && (self.ports.is_empty() || self.ports.iter().any(|ports| ports.hold(known.transport, known.server.port)))
            && (self.ranges.is_empty() || self.ranges.iter().any(|range| range.holds(known.server.addr)))
            && self.bytes.iter().all(|bytes| bytes.holds(known))
            && self.lengths.iter().all(|length| length.holds(known))
            && self
                .facts
                .iter()
                .all(|(field, want)| known.facts.raw(field.id()).is_some_and(|packed| want.fits(field, packed)))
    }
}

/// The side that a condition speaks of, or both.
fn sides(side: Option<Side>) -> impl Iterator<Item = Side> {
    [Side::Client, Side::Server].into_iter().filter(move |each| side.is_none_or(|side| side == *each))
}

impl BytesWant {
    fn holds(&self, known: &Known<'_>) -> bool {
        sides(self.side).any(|side| self.pattern.fits(known.opening(side), self.at))
    }
}

impl LengthWant {
    fn holds(&self, known: &Known<'_>) -> bool {
        sides(self.side).any(|side| {
            let length = known.opening_len(side);
            length != 0 && (self.from..=self.to).contains(&length)
        })
    }
}
