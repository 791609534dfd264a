//! Conversations in lines (mail, files, chat), which may turn to TLS half way.

use super::tls::Tls;
use super::{Match, Next, Parser, Payload};
use crate::bytes::Reader;
use crate::facts::Facts;
use crate::packet::{Side, Transport};

/// Takes lines from payloads that may be cut anywhere.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The start of a line whose end has not come.
    started: Vec<u8>,
    told: bool,
}

/// Most bytes of one line that are kept; of longer lines the start tells enough.
pub(super) const LONGEST_LINE: usize = 2048;

impl Lines {
    /// The next line that `reader`, and what came before, completes; without its end.
    pub(super) fn next<'s, 'a: 's>(&'s mut self, reader: &mut Reader<'a>) -> Option<&'s [u8]> {
        if std::mem::take(&mut self.told) {
            self.started.clear();
        }
        let rest = reader.rest();
        let end = memchr::memchr(b'\n', rest);
        let part = reader.take(end.unwrap_or(rest.len()))?;
        if end.is_some() {
            reader.skip(1)?;
            if self.started.is_empty() {
                return Some(without_return(part));
            }
        }
        let room = LONGEST_LINE.saturating_sub(self.started.len());
        self.started.extend_from_slice(part.get(..part.len().min(room))?);
        self.told = end.is_some();
        self.told.then(|| without_return(&self.started))
    }

    /// Bytes held.
    pub(super) fn kept(&self) -> usize {
        self.started.capacity()
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// What a line leads to.
pub(super) enum Step {
    /// The next line.
    On,
    /// With the next byte TLS begins.
    Tls,
    /// Nothing more that could be told.
    Over,
}

/// A protocol whose two ends talk in lines.
pub(super) trait Dialogue: Default + Send + Sync {
    /// Lines after which no more is read.
    const ENOUGH: u16 = 100;
    /// Takes a line of `payload`'s side, without its end.
    fn line(&mut self, line: &[u8], payload: &Payload<'_>, facts: &mut Facts<'_>) -> Step;
}

/// Reads a dialogue, wherever its segments split.
#[derive(Default)]
pub(super) struct Talk<D> {
    dialogue: D,
    lines: [Lines; 2],
    read: u16,
}

impl<D: Dialogue> Parser for Talk<D> {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Self { dialogue, lines: [client, server], read } = self;
        let lines = if payload.side == Side::Client { client } else { server };
        let mut reader = Reader::new(payload.bytes);
        while let Some(line) = lines.next(&mut reader) {
            *read = read.saturating_add(1);
            match dialogue.line(line, payload, facts) {
                Step::On if *read < D::ENOUGH => {}
                Step::Tls => return Next::Becomes(&Tls, reader.position()),
                Step::On | Step::Over => return Next::Done,
            }
        }
        Next::More
    }

    fn turned(&mut self) {
        self.lines.reverse();
    }

    fn kept(&self) -> usize {
        self.lines.iter().map(Lines::kept).sum()
    }
}

/// Longest first line that an opening is judged by (RFC 5321 §4.5.3.1.5).
const LONGEST_FIRST: usize = 512;

/// Judges an opening by its first line; while that has no end, by whether one of `words` may begin it.
pub(super) fn judge(opening: &Payload<'_>, words: &[&[u8]], judge: impl FnOnce(&[u8]) -> Match) -> Match {
    if opening.transport != Transport::Tcp || !words.iter().any(|word| may_begin(opening.bytes, word)) {
        return Match::No;
    }
    match memchr::memchr(b'\n', opening.bytes) {
        Some(end) => judge(without_return(opening.bytes.get(..end).unwrap_or_default())),
        None if opening.bytes.len() < LONGEST_FIRST => Match::Unsure,
        None => Match::No,
    }
}

/// Whether `bytes` begin with `word`, in either case, as far as they came.
fn may_begin(bytes: &[u8], word: &[u8]) -> bool {
    bytes.iter().zip(word).all(|(byte, letter)| byte.eq_ignore_ascii_case(letter))
}

/// Whether `line` begins with `word`, in either case.
pub(super) fn begins(line: &[u8], word: &[u8]) -> bool {
    line.len() >= word.len() && may_begin(line, word)
}

/// Whether `word` is somewhere in `line`, in either case.
pub(super) fn holds(line: &[u8], word: &[u8]) -> bool {
    line.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

/// The words of a line, as spaces divide it.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b' ').filter(|word| !word.is_empty())
}
