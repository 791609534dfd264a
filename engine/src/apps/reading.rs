//! Reads the tables of a signature file: every value with its place in the text, every mistake noted, none the last.

use std::ops::Range;
use std::str::FromStr;

use toml::de::{DeTable, DeValue};
use toml::Spanned;

use super::problem::Problems;

/// A value and where it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said<T> {
    pub value: T,
    pub span: Range<usize>,
}

/// One table of a file, whose keys have been checked.
pub(super) struct Section<'t> {
    table: &'t DeTable<'t>,
    pub span: Range<usize>,
}

impl<'t> Section<'t> {
    /// Notes every key that is none of `keys`.
    pub fn new(table: &'t DeTable<'t>, span: Range<usize>, keys: &[&'static str], problems: &mut Problems<'_>) -> Self {
        for key in table.keys().filter(|key| !keys.contains(&key.get_ref().as_ref())) {
            problems.unknown(&key.span(), "field", key.get_ref(), keys.iter().copied());
        }
        Self { table, span }
    }

    fn value(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.get(key)
    }

    /// Whether the key is there at all.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Words in quotes, not empty.
    pub fn text(&self, key: &str, problems: &mut Problems<'_>) -> Option<Said<&'t str>> {
        text_of(self.value(key)?, key, problems)
    }

    /// One text or a list of them.
    pub fn texts(&self, key: &str, problems: &mut Problems<'_>) -> Vec<Said<&'t str>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|item| text_of(item, key, problems)).collect(),
            _ => text_of(value, key, problems).into_iter().collect(),
        }
    }

    /// A list of texts, each of which must read as a `T`.
    pub fn parsed<T: FromStr<Err = String>>(&self, key: &str, problems: &mut Problems<'_>) -> Vec<Said<T>> {
        let mut right = Vec::new();
        for said in self.texts(key, problems) {
            match said.value.parse() {
                Ok(value) => right.push(Said { value, span: said.span }),
                Err(message) => problems.at(&said.span, format!("{key}: {message}")),
            }
        }
        right
    }

    /// One of a set of words.
    pub fn word<T>(
        &self,
        key: &str,
        from: impl Fn(&str) -> Option<T>,
        right: &[&str],
        problems: &mut Problems<'_>,
    ) -> Option<T> {
        let said = self.text(key, problems)?;
        let found = from(said.value);
        if found.is_none() {
            problems.unknown(&said.span, key, said.value, right.iter().copied());
        }
        found
    }

    /// A whole number between `low` and `high`.
    pub fn number(&self, key: &str, low: i64, high: i64, problems: &mut Problems<'_>) -> Option<i64> {
        let value = self.value(key)?;
        let number = number_of(value.get_ref()).filter(|number| (low..=high).contains(number));
        if number.is_none() {
            problems.at(&value.span(), format!("{key} must be a whole number from {low} to {high}"));
        }
        number
    }

    /// True or false; false where it is not said.
    pub fn flag(&self, key: &str, problems: &mut Problems<'_>) -> Option<bool> {
        let value = self.value(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            problems.at(&value.span(), format!("{key} must be true or false"));
        }
        flag
    }

    /// One table or a list of them.
    pub fn sections(&self, key: &str, keys: &[&'static str], problems: &mut Problems<'_>) -> Vec<Section<'t>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let items: &[Spanned<DeValue<'_>>] = match value.get_ref() {
            DeValue::Array(items) => items,
            _ => std::slice::from_ref(value),
        };
        let mut sections = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => sections.push(Section::new(table, item.span(), keys, problems)),
                _ => problems.at(&item.span(), format!("{key} must be a table, or a list of tables")),
            }
        }
        sections
    }

    /// A table whose keys are not fixed.
    pub fn pairs(&self, key: &str, problems: &mut Problems<'_>) -> Vec<(Said<&'t str>, &'t Spanned<DeValue<'t>>)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let DeValue::Table(table) = value.get_ref() else {
            problems.at(&value.span(), format!("{key} must be a table"));
            return Vec::new();
        };
        let pair = |(key, value): (&'t Spanned<_>, _)| (Said { value: as_str(key), span: key.span() }, value);
        table.iter().map(pair).collect()
    }
}

fn as_str<'t>(key: &'t Spanned<std::borrow::Cow<'_, str>>) -> &'t str {
    key.get_ref()
}

/// Words in quotes, not empty.
pub(super) fn text_of<'t>(
    value: &'t Spanned<DeValue<'_>>,
    key: &str,
    problems: &mut Problems<'_>,
) -> Option<Said<&'t str>> {
    let text = value.get_ref().as_str().filter(|text| !text.trim().is_empty());
    if text.is_none() {
        problems.at(&value.span(), format!("{key} must be text in quotes, and not empty"));
    }
    text.map(|text| Said { value: text, span: value.span() })
}

/// A whole number, however it is written.
pub(super) fn number_of(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
