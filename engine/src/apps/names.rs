//! Names to owners by their last labels: `a.b.example.com` belongs to whoever claims `example.com`, unless somebody claims
//! `b.example.com`.

use super::Table;
use crate::facts::LONGEST_TEXT;

/// Suffixes of names, each with a value.
#[derive(Default)]
pub(super) struct Suffixes {
    table: Table<Box<[u8]>, u32>,
    /// A name of more labels is looked at from there on: hostile names have a hundred.
    most_labels: usize,
}

impl Suffixes {
    /// Claims a name and all below it, whoever claimed it before.
    pub fn insert(&mut self, name: &str, value: u32) {
        self.most_labels = self.most_labels.max(name.split('.').count());
        self.table.insert(name.as_bytes().into(), value);
    }

    /// The value of this very name.
    pub fn exactly(&self, name: &str) -> Option<u32> {
        self.table.get(name.as_bytes()).copied()
    }

    /// The value of the longest suffix, in whole labels, of a name in any case, with or without a last dot.
    pub fn get(&self, name: &[u8]) -> Option<u32> {
        let name = name.strip_suffix(b".").unwrap_or(name);
        let mut lower = [0; LONGEST_TEXT];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        self.longest(lower)
    }

    fn longest(&self, name: &[u8]) -> Option<u32> {
        let dots = memchr::memchr_iter(b'.', name).count();
        let mut rest = name;
        for labels in (1..=dots + 1).rev() {
            if labels <= self.most_labels {
                if let Some(value) = self.table.get(rest) {
                    return Some(*value);
                }
            }
            let dot = memchr::memchr(b'.', rest)?;
            rest = rest.get(dot + 1..)?;
        }
        None
    }
}

/// Whether a signature may claim it: lower case, at least two labels, letters, digits, `-` and `_`.
pub(super) fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() < 64
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
    };
    name.len() <= LONGEST_TEXT && name.contains('.') && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn suffixes() -> Suffixes {
        let mut suffixes = Suffixes::default();
        for (name, value) in [("example.com", 1), ("media.example.com", 2), ("org", 3)] {
            suffixes.insert(name, value);
        }
        suffixes
    }

    #[test]
    fn the_longest_claim_has_the_name() {
        let suffixes = suffixes();
        assert_eq!(suffixes.get(b"example.com"), Some(1));
        assert_eq!(suffixes.get(b"www.Example.COM."), Some(1));
        assert_eq!(suffixes.get(b"eu.media.example.com"), Some(2));
        assert_eq!(suffixes.get(b"com"), None);
        assert_eq!(suffixes.get(b""), None);
    }

    #[test]
    fn part_of_a_label_is_not_a_match() {
        let suffixes = suffixes();
        assert_eq!(suffixes.get(b"notexample.com"), None);
        assert_eq!(suffixes.get(b"xmedia.example.com"), Some(1));
        assert_eq!(suffixes.get(b"example.com.evil.net"), None);
    }

    #[test]
    fn a_claim_is_a_name_of_two_labels_in_lower_case() {
        assert!(is_domain("a-1.example.com") && is_domain("xn--bcher-kva.example"));
        for wrong in ["com", "Example.com", ".example.com", "*.example.com", "example..com", "exa mple.com", ""] {
            assert!(!is_domain(wrong), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_name_matches_exactly_where_a_plain_reading_says_so(name in "[a-c.]{0,12}(example|media)?[.]?(com|org|example.com)?") {
            let name = name.trim_end_matches('.');
            let plain = |claim: &str| name == claim || name.ends_with(&format!(".{claim}"));
            let want = [("media.example.com", 2), ("example.com", 1), ("org", 3)];
            let want = want.into_iter().find(|(claim, _)| plain(claim)).map(|(_, value)| value);
            prop_assert_eq!(suffixes().get(name.as_bytes()), want);
        }

        #[test]
        fn no_bytes_panic(name in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = suffixes().get(&name);
        }
    }
}
