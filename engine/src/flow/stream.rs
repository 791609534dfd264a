//! One direction of a TCP connection, put in order within bounds.

/// Most segments that wait for a hole to be filled.
const MOST_HELD: usize = 32;
/// Most bytes that wait.
const MOST_HELD_BYTES: usize = 64 * 1024;
/// A sequence number farther ahead than any usual window is not a hole: the stream is taken up there.
const FARTHEST_AHEAD: u32 = 1 << 20;
/// So many segments behind a hole, and the receiver's word that it has them, prove that only we missed it.
const BEHIND_A_HOLE: usize = 3;

/// What a stream gives, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The next bytes.
    Data(&'a [u8]),
    /// So many bytes are missing here.
    Lost(u32),
}

/// A segment that came before its turn.
#[derive(Debug)]
struct Held {
    seq: u32,
    bytes: Box<[u8]>,
    /// On the wire; more than `bytes` where the capture was cut.
    len: u32,
}

/// The order of one direction.
#[derive(Debug, Default)]
pub struct Stream {
    next: Option<u32>,
    held: Vec<Held>,
}

impl Stream {
    /// The connection begins: data starts after this SYN. Where it has begun already only a stranger sends one.
    pub fn syn(&mut self, seq: u32) {
        self.next.get_or_insert(seq.wrapping_add(1));
    }

    /// Takes a segment, and gives what is now in order.
    pub fn push(&mut self, seq: u32, bytes: &[u8], len: u32, each: &mut impl FnMut(Piece<'_>)) {
        let next = *self.next.get_or_insert(seq);
        let ahead = seq.wrapping_sub(next);
        if ahead == 0 {
            self.give(bytes, len, each);
        } else if ahead > u32::MAX / 2 {
            self.overlapping(next.wrapping_sub(seq), bytes, len, each);
        } else if ahead > FARTHEST_AHEAD {
            self.held.clear();
            each(Piece::Lost(ahead));
            self.next = Some(seq);
            self.give(bytes, len, each);
        } else {
            self.hold(seq, bytes, len);
            // One hole may free a single byte where the segment behind the last brought thousands.
            while self.held.len() > MOST_HELD || self.held_bytes() > MOST_HELD_BYTES {
                self.pass_hole(each);
            }
        }
    }

    /// The receiver says that it has everything before `ack`.
    pub fn acked(&mut self, ack: u32, each: &mut impl FnMut(Piece<'_>)) {
        let Some(next) = self.next else { return };
        let beyond = ack.wrapping_sub(next);
        if self.held.len() >= BEHIND_A_HOLE && beyond != 0 && beyond <= FARTHEST_AHEAD {
            self.pass_hole(each);
        }
    }

    /// Whether segments wait for a hole to be filled.
    #[must_use]
    #[inline]
    pub fn waits(&self) -> bool {
        !self.held.is_empty()
    }

    /// Bytes that wait, on the heap.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.held.iter().map(|held| held.bytes.len() + size_of::<Held>()).sum()
    }

    /// Retransmits may overlap: keep the first copy, as hosts do (RFC 9293 §3.10).
    fn overlapping(&mut self, old: u32, bytes: &[u8], len: u32, each: &mut impl FnMut(Piece<'_>)) {
        if old >= len {
            return;
        }
        let fresh = bytes.get(old as usize..).unwrap_or_default();
        self.give(fresh, len - old, each);
    }

    fn give(&mut self, bytes: &[u8], len: u32, each: &mut impl FnMut(Piece<'_>)) {
        self.give_one(bytes, len, each);
        while let Some(held) = self.due() {
            let Some(next) = self.next else { return };
            let old = next.wrapping_sub(held.seq);
            if old < held.len {
                let fresh = held.bytes.get(old as usize..).unwrap_or_default();
                self.give_one(fresh, held.len - old, each);
            }
        }
    }

    fn give_one(&mut self, bytes: &[u8], len: u32, each: &mut impl FnMut(Piece<'_>)) {
        let bytes = bytes.get(..bytes.len().min(len as usize)).unwrap_or_default();
        if !bytes.is_empty() {
            each(Piece::Data(bytes));
        }
        // A snap length cut the rest off.
        let cut = len.saturating_sub(u32::try_from(bytes.len()).unwrap_or(len));
        if cut > 0 {
            each(Piece::Lost(cut));
        }
        self.next = self.next.map(|next| next.wrapping_add(len));
    }

    /// Takes the first held segment whose turn has come.
    fn due(&mut self) -> Option<Held> {
        let next = self.next?;
        let first = self.held.first()?;
        let ahead = first.seq.wrapping_sub(next);
        (ahead == 0 || ahead > u32::MAX / 2).then(|| self.held.remove(0))
    }

    /// Keeps a segment in sequence order, less what was already held of it.
    fn hold(&mut self, seq: u32, bytes: &[u8], len: u32) {
        let place = self.held.partition_point(|held| held.seq.wrapping_sub(seq) > u32::MAX / 2);
        let before = place.checked_sub(1).and_then(|before| self.held.get(before));
        let covered = before.map_or(0, |held| held.len.saturating_sub(seq.wrapping_sub(held.seq)));
        let until = self.held.get(place).map_or(len, |held| held.seq.wrapping_sub(seq).min(len));
        if covered >= until {
            return;
        }
        // What was captured may end before what is new of it begins.
        let captured = bytes.get(..bytes.len().min(until as usize)).unwrap_or_default();
        let fresh = captured.get(covered as usize..).unwrap_or_default();
        self.held.insert(place, Held { seq: seq.wrapping_add(covered), bytes: fresh.into(), len: until - covered });
    }

    /// Gives the hole up and goes on behind it.
    fn pass_hole(&mut self, each: &mut impl FnMut(Piece<'_>)) {
        let (Some(next), Some(first)) = (self.next, self.held.first()) else { return };
        let seq = first.seq;
        each(Piece::Lost(seq.wrapping_sub(next)));
        self.next = Some(seq);
        self.give(&[], 0, each);
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "lengths of test data")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn collect(stream: &mut Stream, seq: u32, bytes: &[u8], out: &mut Vec<u8>) {
        let len = u32::try_from(bytes.len()).unwrap();
        stream.push(seq, bytes, len, &mut |piece| match piece {
            Piece::Data(data) => out.extend_from_slice(data),
            Piece::Lost(count) => out.extend(std::iter::repeat_n(b'?', count as usize)),
        });
    }

    #[test]
    fn the_first_copy_of_overlapping_bytes_stays() {
        let (mut stream, mut out) = (Stream::default(), Vec::new());
        stream.syn(99);
        collect(&mut stream, 100, b"abcd", &mut out);
        collect(&mut stream, 102, b"XYef", &mut out);
        assert_eq!(out, b"abcdef");
    }

    #[test]
    fn a_cut_capture_leaves_a_loss_of_the_right_size() {
        let mut stream = Stream::default();
        let mut pieces = Vec::new();
        stream.push(0, b"ab", 5, &mut |piece| pieces.push(format!("{piece:?}")));
        assert_eq!(pieces, ["Data([97, 98])", "Lost(3)"]);
    }

    #[test]
    fn a_hole_that_the_receiver_does_not_have_is_passed() {
        let (mut stream, mut out) = (Stream::default(), Vec::new());
        stream.syn(u32::MAX);
        for seq in [2, 4, 6] {
            collect(&mut stream, seq, b"xy", &mut out);
        }
        stream.acked(8, &mut |piece| match piece {
            Piece::Data(data) => out.extend_from_slice(data),
            Piece::Lost(count) => out.extend(std::iter::repeat_n(b'?', count as usize)),
        });
        assert_eq!(out, b"??xyxyxy");
    }

    #[test]
    fn a_cut_segment_gives_no_bytes_where_it_overlaps_a_held_one() {
        let (mut stream, mut out) = (Stream::default(), Vec::new());
        stream.syn(u32::MAX);
        collect(&mut stream, 2, b"cdefgh", &mut out);
        stream.push(4, b"ef", 6, &mut |_| ());
        collect(&mut stream, 0, b"ab", &mut out);
        assert_eq!(out, b"abcdefgh??");
    }

    #[test]
    fn big_segments_behind_small_holes_do_not_pile_up() {
        let (mut stream, big) = (Stream::default(), vec![0; 60_000]);
        stream.syn(u32::MAX);
        for small in 1..=31 {
            stream.push(small * 2, b"x", 1, &mut |_| ());
        }
        for place in 1..=8 {
            stream.push(place * 100_000, &big, 60_000, &mut |_| ());
            assert!(stream.held_bytes() <= MOST_HELD_BYTES);
        }
    }

    proptest! {
        #[test]
        fn any_order_of_segments_gives_the_same_bytes(
            data in proptest::collection::vec(any::<u8>(), 1..400),
            cuts in proptest::collection::vec((0usize..400, 1usize..40), 1..24),
            start in any::<u32>(),
        ) {
            let (mut stream, mut out) = (Stream::default(), Vec::new());
            stream.syn(start.wrapping_sub(1));
            for (from, len) in cuts {
                let from = from % data.len();
                let to = (from + len).min(data.len());
                collect(&mut stream, start.wrapping_add(from as u32), &data[from..to], &mut out);
            }
            collect(&mut stream, start, &data, &mut out);
            prop_assert_eq!(out, data);
        }

        #[test]
        fn what_is_held_stays_within_its_bound(
            segments in proptest::collection::vec((any::<u32>(), 0usize..3000), 0..200),
        ) {
            let mut stream = Stream::default();
            let bytes = [0u8; 3000];
            for (seq, len) in segments {
                stream.push(seq % 300_000, &bytes[..len], len as u32, &mut |_| ());
                prop_assert!(stream.held_bytes() <= MOST_HELD_BYTES);
            }
        }
    }
}
