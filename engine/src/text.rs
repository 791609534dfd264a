//! A text that is put together where it is needed: no memory is asked for, and it is no longer than a fact may be.

use crate::facts::LONGEST_TEXT;

/// Words on their way into a fact.
#[derive(Clone, Debug)]
pub struct Text {
    bytes: [u8; LONGEST_TEXT],
    length: usize,
}

impl Default for Text {
    fn default() -> Self {
        Self { bytes: [0; LONGEST_TEXT], length: 0 }
    }
}

impl Text {
    /// As much of `bytes` as a fact takes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut text = Self::default();
        text.push(bytes.get(..LONGEST_TEXT).unwrap_or(bytes));
        text
    }

    /// The same with small letters for capitals.
    #[must_use]
    pub fn of_small(bytes: &[u8]) -> Self {
        let mut text = Self::default();
        text.push_small(bytes.get(..LONGEST_TEXT).unwrap_or(bytes));
        text
    }

    /// Adds all of `bytes`, or nothing where they do not fit; says whether they did.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        let end = self.length + bytes.len();
        let Some(place) = self.bytes.get_mut(self.length..end) else { return false };
        place.copy_from_slice(bytes);
        self.length = end;
        true
    }

    /// The same with small letters for capitals.
    pub fn push_small(&mut self, bytes: &[u8]) -> bool {
        let end = self.length + bytes.len();
        let Some(place) = self.bytes.get_mut(self.length..end) else { return false };
        place.iter_mut().zip(bytes).for_each(|(to, from)| *to = from.to_ascii_lowercase());
        self.length = end;
        true
    }

    /// Takes it all away.
    pub const fn clear(&mut self) {
        self.length = 0;
    }

    /// What is there so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Whether nothing is there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out_whole() {
        let mut text = Text::of(&[b'A'; 250]);
        assert!(!text.push(b"123456"));
        assert!(text.push(b"12345"));
        assert!(!text.push(b"6"));
        assert_eq!(text.as_bytes(), [&[b'A'; 250][..], b"12345"].concat());
        assert_eq!(Text::of(&[b'a'; 300]).as_bytes().len(), LONGEST_TEXT);
        assert_eq!(Text::of_small(b"Www.Example.org").as_bytes(), b"www.example.org");
    }
}
