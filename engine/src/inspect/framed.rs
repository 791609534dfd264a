//! Messages of a stream that begin with their length, wherever segments split: heads are gathered, bodies handed on in parts.

use crate::bytes::Reader;

/// Longest head of any protocol that is read so.
const LONGEST_HEAD: usize = 8;

/// How far one side's messages were read.
#[derive(Debug, Default)]
pub(super) struct Framed {
    head: [u8; LONGEST_HEAD],
    gathered: usize,
    /// Bytes of the body that are to come; nothing while the head is not whole.
    left: Option<usize>,
}

/// What came next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// A head is whole; [`Framed::head`] has it.
    Head,
    /// Bytes of the body.
    Body(&'a [u8]),
    /// No head is that long.
    Broken,
}

impl Framed {
    /// Whether the next byte begins a message.
    pub(super) fn is_between(&self) -> bool {
        self.left == Some(0) || self.gathered == 0
    }

    /// The last head, as far as it came.
    pub(super) fn head(&self) -> &[u8] {
        self.head.get(..self.gathered).unwrap_or_default()
    }

    /// The next step through the bytes of this side, while there are some. `length` tells a body's length from a whole head.
    pub(super) fn next<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        length: impl Fn(&[u8]) -> Option<usize>,
    ) -> Option<Step<'a>> {
        if let Some(left) = self.left.filter(|left| *left > 0) {
            let part = reader.take(left.min(reader.remaining())).filter(|part| !part.is_empty())?;
            self.left = Some(left - part.len());
            return Some(Step::Body(part));
        }
        if self.left.take().is_some() {
            self.gathered = 0;
        }
        loop {
            let byte = reader.u8()?;
            let Some(place) = self.head.get_mut(self.gathered) else { return Some(Step::Broken) };
            *place = byte;
            self.gathered += 1;
            self.left = length(self.head());
            if self.left.is_some() {
                return Some(Step::Head);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_and_bodies_are_found_wherever_the_bytes_split() {
        let stream = [2, 0, b'a', b'b', 0, 0, 1, 0, b'c'];
        let length = |head: &[u8]| (head.len() == 2).then(|| usize::from(head[0]));
        for split in 0..stream.len() {
            let mut framed = Framed::default();
            let (mut heads, mut body) = (0, Vec::new());
            for part in [&stream[..split], &stream[split..]] {
                let mut reader = Reader::new(part);
                while let Some(step) = framed.next(&mut reader, length) {
                    match step {
                        Step::Head => heads += 1,
                        Step::Body(part) => body.extend_from_slice(part),
                        Step::Broken => panic!("{split}"),
                    }
                }
            }
            assert_eq!((heads, &body[..], framed.is_between()), (3, &b"abc"[..], true), "{split}");
        }
    }

    #[test]
    fn a_head_without_an_end_is_broken() {
        let mut framed = Framed::default();
        assert_eq!(framed.next(&mut Reader::new(&[0; 9]), |_| None), Some(Step::Broken));
    }
}
