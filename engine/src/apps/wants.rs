//! What a sign may want of a fact: a value, a part of one, a span of numbers, a name drawn by lot.

use super::matching::{Pattern, Want};
use super::problem::Problems;
use super::reading::{number_of, text_of, Section};
use crate::facts::{Field, Kind};
use crate::inspect::registry;

/// Reads what a sign wants of facts: `"field" = …`.
pub(super) fn facts(section: &Section<'_>, problems: &mut Problems<'_>) -> Vec<(&'static Field, Want)> {
    let mut wants = Vec::new();
    for (name, value) in section.pairs("facts", problems) {
        let fields = registry().fields();
        let Some(field) = fields.iter().find(|field| field.name == name.value) else {
            problems.unknown(&name.span, "fact", name.value, fields.iter().map(|field| field.name));
            continue;
        };
        match want(field, value, problems) {
            Some(want) => wants.push((*field, want)),
            None => problems.at(&value.span(), format!("{} cannot be compared with this", field.name)),
        }
    }
    wants
}

/// `"text"`, `80`, `true`, or a table with one of starts, ends, contains, or from and to.
fn want(field: &Field, value: &toml::Spanned<toml::de::DeValue<'_>>, problems: &mut Problems<'_>) -> Option<Want> {
    const KEYS: &[&str] = &["starts", "ends", "contains", "random", "from", "to"];
    if value.get_ref().as_bool() == Some(true) {
        return Some(Want::Present);
    }
    if let Some(table) = value.get_ref().as_table() {
        let section = Section::new(table, value.span(), KEYS, problems);
        if field.kind == Kind::Number {
            let mut bound =
                |key| section.number(key, 0, i64::MAX, problems).and_then(|number| u64::try_from(number).ok());
            let (from, to) = (bound("from"), bound("to"));
            return Some(Want::Number(from.unwrap_or(0)..=to.unwrap_or(u64::MAX)));
        }
        if section.has("random") {
            return random(&section, problems);
        }
        let key = KEYS.iter().find(|key| section.has(key))?;
        let literal = literal(field, section.text(key, problems)?.value)?;
        return Some(match *key {
            "starts" => Want::Starts(literal),
            "ends" => Want::Ends(literal),
            _ => Want::Contains(literal),
        });
    }
    match field.kind {
        Kind::Number => {
            let number = u64::try_from(number_of(value.get_ref())?).ok()?;
            Some(Want::Number(number..=number))
        }
        Kind::Flag => None,
        _ => literal(field, text_of(value, field.name, problems)?.value).map(Want::Equals),
    }
}

/// `www.*.com`: between the two parts stand `from` to `to` letters and digits that were drawn by lot.
fn random(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Want> {
    let (before, after) = section.text("random", problems)?.value.split_once('*')?;
    let mut bound = |key| usize::try_from(section.number(key, 1, 63, problems)?).ok();
    let lengths = bound("from")?..=bound("to")?;
    Some(Want::Random { before: before.as_bytes().into(), after: after.as_bytes().into(), lengths })
}

/// Facts of bytes are written in hexadecimal.
fn literal(field: &Field, text: &str) -> Option<Box<[u8]>> {
    match field.kind {
        Kind::Text => Some(text.as_bytes().into()),
        Kind::Bytes => text.parse::<Pattern>().ok()?.literal(),
        _ => None,
    }
}
