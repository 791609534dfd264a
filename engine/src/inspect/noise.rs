//! Whether bytes look like cipher text. Not a protocol: a question that several of them ask.

/// As many bytes as are looked at: more would say little more.
const LOOKED_AT: usize = 32;

/// Hardly any value comes twice, and zeros are few. Of 15 random bytes 14.6 are different, of 32 there are 30.1;
/// text, counters and padded structures repeat themselves.
pub(super) fn is_noise(bytes: &[u8]) -> bool {
    let looked_at = bytes.get(..bytes.len().min(LOOKED_AT)).unwrap_or_default();
    let mut seen = [0u8; 256];
    for byte in looked_at {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = seen.saturating_add(1);
        }
    }
    let different = seen.iter().filter(|count| **count > 0).count();
    different * 4 >= looked_at.len() * 3 && seen.first().is_none_or(|zeros| *zeros <= 2)
}

#[cfg(test)]
pub(super) mod tests {
    use super::is_noise;

    /// Bytes without order, the same for the same seed: cipher text for the tests of protocols.
    pub(crate) fn cipher(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let next = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32).to_le_bytes()[0]
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn cipher_text_is_noise_and_words_and_structures_are_not() {
        assert!((0..500).filter(|seed| is_noise(&cipher(*seed, 32))).count() > 495);
        assert!(!is_noise(b"the quick brown fox jumps over the lazy dog"));
        assert!(!is_noise(&[0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 8]));
    }
}
