//! Evidence as it is kept, a few numbers, and as it is told, a sentence.

use super::clues::Shape;
use super::tally::Weighing;
use super::Catalog;
use crate::behaviour::DETECTORS;
use crate::evidence::{ANNOUNCED, ANNOUNCED_BY, ANNOUNCED_CODING, OF_HOSTS};
use crate::facts::{FactStore, Field, Kind, Value};
use crate::inspect::registry;

/// Where a piece of evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A sign of a protocol, a detector or the engine, by the registry's number.
    Sign(u16),
    /// Something that a signature names, by the catalog's number; and the field that showed it, or 0.
    Clue(u32, u16),
    /// A name that the DNS gave for an address, or that a client asked it for; by the number of the catalog's clue for the name.
    AddressName(u32),
    /// Something that goes on in the flow, by the detector's place in [`crate::behaviour::DETECTORS`].
    Finding(u8),
}

/// One thing that was seen and that speaks for the application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// What.
    pub source: Source,
    /// At which packet of the flow, counted from 1.
    pub packet: u32,
    /// How much it weighs, in decibans.
    pub weight: i16,
    pub(super) weighing: Weighing,
}

impl Default for Source {
    fn default() -> Self {
        Self::Sign(0)
    }
}

impl Catalog {
    /// The evidence in words that an administrator understands; `facts` are those of its flow.
    #[must_use]
    pub fn sentence(&self, evidence: &Evidence, facts: &FactStore) -> String {
        match evidence.source {
            Source::Sign(id) => sign_sentence(id, facts),
            Source::Clue(clue, field) => self.clue_sentence(clue, field, facts),
            Source::AddressName(clue) => match self.shape(clue) {
                Some((title, Shape::Domain(domain))) => {
                    format!("this address was looked up or asked for by a name under {domain}, which is {title}'s")
                }
                _ => String::new(),
            },
            // The numbers are kept with the flow: see [`crate::report::Report::evidence`].
            Source::Finding(_) => String::new(),
        }
    }

    /// Who found it: a protocol, or the signatures.
    #[must_use]
    pub fn detector(&self, evidence: &Evidence, seen_by: u8) -> &'static str {
        match evidence.source {
            Source::Sign(sign) if OF_HOSTS.iter().any(|own| own.id() == sign) => "hosts",
            Source::Sign(_) => {
                registry().profile(crate::inspect::ProtocolId(seen_by)).map_or("learned", |profile| profile.name)
            }
            Source::Clue(..) => "signature",
            Source::AddressName(_) => "dns",
            Source::Finding(place) => DETECTORS.get(usize::from(place)).map_or("", |found| found.profile().name),
        }
    }

    fn shape(&self, clue: u32) -> Option<(&str, &Shape)> {
        let clue = self.clues.get(clue as usize)?;
        Some((&self.app(clue.app).title, &clue.shape))
    }

    fn clue_sentence(&self, clue: u32, field: u16, facts: &FactStore) -> String {
        let Some((title, shape)) = self.shape(clue) else { return String::new() };
        let shown = told(field, facts);
        match shape {
            Shape::Protocol(id) => {
                let protocol = registry().profile(*id).map_or("its protocol", |profile| profile.title);
                format!("{protocol} is spoken by {title}")
            }
            Shape::Domain(domain) => format!("{shown} lies under {domain}, which is {title}'s"),
            Shape::Stun(name) => format!("{shown} names {name}, which is {title}'s"),
            Shape::Alpn(_) => format!("{shown} offers the application protocol of {title}"),
            Shape::Ja4(_) => format!("{shown} is the way in which {title} opens TLS"),
            Shape::Rule(what) => what.to_string(),
            Shape::Port => format!("{title} is usually on this port"),
            Shape::Range => format!("the address lies in a range that is known as {title}'s"),
        }
    }
}

/// What the sign says; of a flow that was announced also by whom, and as what.
fn sign_sentence(id: u16, facts: &FactStore) -> String {
    let Some(sign) = registry().sign(id) else { return String::new() };
    let told = |field: &Field| facts.get(field).filter(|_| id == ANNOUNCED.id()).map(readable);
    match (told(&ANNOUNCED_BY), told(&ANNOUNCED_CODING)) {
        (Some(by), Some(coding)) => format!("{}: {by} ({coding})", sign.what),
        (Some(by), None) => format!("{}: {by}", sign.what),
        _ => sign.what.to_owned(),
    }
}

/// What stands on a screen must not steer it.
fn readable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().map(|each| if each.is_control() { '\u{fffd}' } else { each }).collect()
}

/// `tls.server_name "www.example.com"`.
fn told(field: u16, facts: &FactStore) -> String {
    let Some(field) = registry().field(field) else { return "a name".to_owned() };
    let value = match facts.raw(field.id()).map(|packed| field.value(packed)) {
        Some(Value::Bytes(bytes)) if field.kind == Kind::Text => readable(bytes),
        Some(Value::Bytes(bytes)) => hex(bytes),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    format!("{} \"{value}\"", field.name)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
