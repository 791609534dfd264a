//! Handshake bytes that come in pieces, in any order: the CRYPTO frames of QUIC, the fragments of DTLS.

/// Most pieces with gaps between; browsers make about twenty of one hello.
const MOST_PIECES: usize = 64;

/// A stretch of bytes whose pieces come in any order; at most `MOST` bytes are kept.
#[derive(Debug, Default)]
pub struct Pieces<const MOST: usize> {
    bytes: Vec<u8>,
    /// What is there: starts and ends, sorted, never touching.
    there: Vec<(usize, usize)>,
}

impl<const MOST: usize> Pieces<MOST> {
    /// Keeps one piece; nothing where there are too many.
    pub fn put(&mut self, offset: usize, piece: &[u8]) -> Option<()> {
        let end = offset.checked_add(piece.len()).filter(|end| *end <= MOST)?;
        if self.there.len() >= MOST_PIECES {
            return None;
        }
        if self.bytes.len() < end {
            self.bytes.reserve_exact(end - self.bytes.len());
            self.bytes.resize(end, 0);
        }
        self.bytes.get_mut(offset..end)?.copy_from_slice(piece);
        let place = self.there.partition_point(|(_, there)| *there < offset);
        let (mut from, mut to) = (offset, end);
        while let Some((start, stop)) = self.there.get(place).copied().filter(|(start, _)| *start <= end) {
            (from, to) = (from.min(start), to.max(stop));
            self.there.remove(place);
        }
        self.there.insert(place, (from, to));
        Some(())
    }

    /// What is there without a gap, from the start on.
    #[must_use]
    pub fn start(&self) -> &[u8] {
        let end = self.there.first().filter(|(start, _)| *start == 0).map_or(0, |(_, end)| *end);
        self.bytes.get(..end).unwrap_or_default()
    }

    /// Bytes held.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.bytes.capacity() + self.there.capacity() * size_of::<(usize, usize)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_pieces_count_once() {
        let mut pieces = Pieces::<4096>::default();
        pieces.put(2, &[0; 4]);
        pieces.put(8, &[0; 4]);
        pieces.put(5, &[0; 4]);
        assert_eq!(pieces.there, [(2, 12)]);
        pieces.put(0, &[0; 1]);
        assert_eq!(pieces.there, [(0, 1), (2, 12)]);
        assert_eq!(pieces.start().len(), 1);
    }

    #[test]
    fn a_flood_of_pieces_stays_bounded() {
        let mut pieces = Pieces::<4096>::default();
        for offset in 0..10_000 {
            pieces.put(offset * 2, &[0]);
        }
        assert!(pieces.kept() <= crate::inspect::MOST_KEPT);
    }
}
