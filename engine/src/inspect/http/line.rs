//! The lines of an HTTP/1 head: the start line of a request or a response, and the header fields (RFC 9112).

use crate::bytes::Reader;
use crate::inspect::lines::LONGEST_LINE;

/// What a start line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start<'a> {
    /// Method and target.
    Request(&'a [u8], &'a [u8]),
    /// Status.
    Response(u16),
}

/// Longest method in use, with room: `BASELINE-CONTROL` (RFC 3253).
const LONGEST_METHOD: usize = 20;

/// Reads a start line, without its end. Of one longer than is kept the version is not asked for.
#[must_use]
pub fn start(line: &[u8]) -> Option<Start<'_>> {
    if line.starts_with(b"HTTP/1.") {
        return status(line).map(Start::Response);
    }
    let (method, rest) = split(line)?;
    let known = !method.is_empty() && method.len() <= LONGEST_METHOD && method.iter().all(|byte| is_of_method(*byte));
    if known && line.len() >= LONGEST_LINE {
        return Some(Start::Request(method, rest));
    }
    let at = rest.len().checked_sub(VERSION)?;
    let (target, version) = rest.split_at_checked(at)?;
    let target = target.strip_suffix(b" ")?;
    let sound = version.starts_with(b"HTTP/1.") && version.last()?.is_ascii_digit();
    (known && sound && !target.is_empty()).then_some(Start::Request(method, target))
}

/// `HTTP/1.1`.
const VERSION: usize = 8;

/// Whether a byte may stand in a method. Lower case is allowed by the RFC and used by nobody but scanners.
pub const fn is_of_method(byte: u8) -> bool {
    byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_')
}

/// `HTTP/1.1 200 OK`: the status.
pub fn status(line: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(line);
    reader.skip(VERSION - 1)?;
    if !reader.u8()?.is_ascii_digit() || reader.u8()? != b' ' {
        return None;
    }
    let [hundreds, tens, ones] = reader.array::<3>()?.map(|digit| u16::from(digit.wrapping_sub(b'0')));
    let sound = (1..=9).contains(&hundreds) && tens <= 9 && ones <= 9;
    sound.then_some(hundreds * 100 + tens * 10 + ones)
}

/// Before and after the first space.
pub fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b' ', line)?;
    Some((line.get(..at)?, line.get(at + 1..)?))
}

/// A header field's name and value.
#[must_use]
pub fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b':', line)?;
    Some((line.get(..at)?, line.get(at + 1..)?.trim_ascii()))
}
