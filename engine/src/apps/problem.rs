//! What is wrong with a signature file, told so that it can be mended: file, line, and the nearest right word.

use std::fmt;
use std::ops::Range;

/// One mistake in one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// As it was given.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for Problem {}

/// Collects the mistakes of one file.
pub(super) struct Problems<'a> {
    pub file: &'a str,
    pub text: &'a str,
    pub found: &'a mut Vec<Problem>,
}

impl Problems<'_> {
    /// Notes a mistake at these bytes of the text.
    pub fn at(&mut self, span: &Range<usize>, message: impl Into<String>) {
        let before = self.text.as_bytes().get(..span.start).unwrap_or(self.text.as_bytes());
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        self.found.push(Problem { file: self.file.to_owned(), line, message: message.into() });
    }

    /// Notes a word that is none of `right`.
    pub fn unknown<'w>(
        &mut self,
        span: &Range<usize>,
        what: &str,
        word: &str,
        right: impl IntoIterator<Item = &'w str>,
    ) {
        self.at(span, unknown_word(what, word, right));
    }
}

/// `unknown app "skyp"; did you mean "skype"?`, or all right words where none is near and they are few.
pub(crate) fn unknown_word<'w>(what: &str, word: &str, right: impl IntoIterator<Item = &'w str>) -> String {
    let right: Vec<&str> = right.into_iter().collect();
    let near = nearest(word, &right);
    match near {
        Some(near) => format!("unknown {what} \"{word}\"; did you mean \"{near}\"?"),
        None if right.len() <= 24 && !right.is_empty() => {
            format!("unknown {what} \"{word}\"; it can be {}", right.join(", "))
        }
        None => format!("unknown {what} \"{word}\""),
    }
}

/// The right word that is so like `word` that it was probably meant.
fn nearest<'w>(word: &str, right: &[&'w str]) -> Option<&'w str> {
    /// Below this similarity a suggestion misleads.
    const ALIKE: f64 = 0.75;
    let lower = word.to_lowercase();
    // One slip of the keys is near however short the word is.
    let slip = |candidate: &str| strsim::osa_distance(&lower, candidate) == 1;
    let alike = |candidate: &str| strsim::jaro_winkler(&lower, candidate) + if slip(candidate) { 0.5 } else { 0.0 };
    right
        .iter()
        .map(|candidate| (alike(candidate), *candidate))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::unknown_word;

    #[test]
    fn a_misspelt_word_is_answered_with_the_nearest() {
        let right = ["skype", "tox", "bittorrent"];
        assert_eq!(unknown_word("app", "skyp", right), "unknown app \"skyp\"; did you mean \"skype\"?");
    }

    #[test]
    fn a_word_that_is_like_none_is_answered_with_all() {
        assert_eq!(unknown_word("side", "upward", ["client", "x"]), "unknown side \"upward\"; it can be client, x");
    }
}
