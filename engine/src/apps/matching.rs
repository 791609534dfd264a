//! The conditions of signatures, in the form that is matched: ports, byte patterns, values of facts.

use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::facts::{Field, Kind, Value};
use crate::packet::Transport;

/// Ports of one transport: `udp/3478-3481`, `tcp/443`, or of any: `9999`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ports {
    pub transport: Option<Transport>,
    pub ports: RangeInclusive<u16>,
}

impl Ports {
    pub fn hold(&self, transport: Transport, port: u16) -> bool {
        self.transport.is_none_or(|known| known == transport) && self.ports.contains(&port)
    }
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not a port such as \"udp/3478-3481\" or \"tcp/443\"");
        let (transport, ports) = match text.split_once('/') {
            Some((word, ports)) => (Some(transport_from(word).ok_or_else(wrong)?), ports),
            None => (None, text),
        };
        let (low, high) = ports.split_once('-').unwrap_or((ports, ports));
        let low: u16 = low.parse().map_err(|_| wrong())?;
        let high: u16 = high.parse().map_err(|_| wrong())?;
        if low > high {
            return Err(wrong());
        }
        Ok(Self { transport, ports: low..=high })
    }
}

pub(super) fn transport_from(word: &str) -> Option<Transport> {
    match word {
        "tcp" => Some(Transport::Tcp),
        "udp" => Some(Transport::Udp),
        "sctp" => Some(Transport::Sctp),
        _ => None,
    }
}

/// Bytes in hexadecimal, `..` for any byte: `16 03 .. .. .. 01`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Option<u8>>);

impl Pattern {
    pub fn fits(&self, bytes: &[u8], at: usize) -> bool {
        let Some(bytes) = bytes.get(at..).and_then(|rest| rest.get(..self.0.len())) else { return false };
        self.0.iter().zip(bytes).all(|(want, got)| want.is_none_or(|want| want == *got))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Its bytes, where none is free.
    pub fn literal(&self) -> Option<Box<[u8]>> {
        self.0.iter().copied().collect()
    }

    /// Decibans that the fixed bytes are worth against random ones: 24 each.
    pub fn chance(&self) -> i64 {
        24 * i64::try_from(self.0.iter().flatten().count()).unwrap_or(i64::MAX / 24)
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not bytes in hexadecimal such as \"16 03 .. 01\"");
        let digits: Vec<char> = text.chars().filter(|digit| !digit.is_whitespace()).collect();
        let pairs = digits.chunks_exact(2);
        if !pairs.remainder().is_empty() || digits.is_empty() {
            return Err(wrong());
        }
        let byte = |pair: &[char]| match pair {
            ['.', '.'] => Some(None),
            [high, low] => {
                let byte = high.to_digit(16)? * 16 + low.to_digit(16)?;
                u8::try_from(byte).ok().map(Some)
            }
            _ => None,
        };
        pairs.map(byte).collect::<Option<Vec<_>>>().map(Self).ok_or_else(wrong)
    }
}

/// What a fact's value must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// Any value.
    Present,
    Equals(Box<[u8]>),
    Starts(Box<[u8]>),
    Ends(Box<[u8]>),
    Contains(Box<[u8]>),
    Number(RangeInclusive<u64>),
    /// A name drawn by lot between two fixed parts.
    Random {
        before: Box<[u8]>,
        after: Box<[u8]>,
        lengths: RangeInclusive<usize>,
    },
}

impl Want {
    /// Text is compared without regard to ASCII case, as names and headers are; bytes as they are.
    pub fn fits(&self, field: &Field, packed: &[u8]) -> bool {
        let exact = field.kind == Kind::Bytes;
        let same = |a: &[u8], b: &[u8]| if exact { a == b } else { a.eq_ignore_ascii_case(b) };
        match (self, field.value(packed)) {
            (Self::Present, _) => true,
            (Self::Number(range), Value::Number(number)) => range.contains(&number),
            (Self::Equals(want), Value::Bytes(got)) => same(got, want),
            (Self::Starts(want), Value::Bytes(got)) => got.get(..want.len()).is_some_and(|start| same(start, want)),
            (Self::Ends(want), Value::Bytes(got)) => {
                let from = got.len().checked_sub(want.len());
                from.and_then(|from| got.get(from..)).is_some_and(|end| same(end, want))
            }
            (Self::Contains(want), Value::Bytes(got)) => got.windows(want.len()).any(|part| same(part, want)),
            (Self::Random { before, after, lengths }, Value::Bytes(got)) => {
                let middle = got.strip_prefix(&**before).and_then(|rest| rest.strip_suffix(&**after));
                middle.is_some_and(|middle| lengths.contains(&middle.len()) && is_drawn(middle))
            }
            _ => false,
        }
    }
}

/// Whether it is of the letters and digits of base 32 (RFC 4648 §6), with a digit before a letter: one in 300 names
/// that people choose is, and nine in ten that are drawn by lot.
fn is_drawn(middle: &[u8]) -> bool {
    let digit = |byte: u8| (b'2'..=b'7').contains(&byte);
    middle.iter().all(|byte| byte.is_ascii_lowercase() || digit(*byte))
        && middle.windows(2).any(|pair| matches!(pair, [a, b] if digit(*a) && b.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_a_number_or_a_span_of_one_transport_or_any() {
        let span: Ports = "udp/3478-3481".parse().unwrap();
        assert!(
            span.hold(Transport::Udp, 3480) && !span.hold(Transport::Tcp, 3480) && !span.hold(Transport::Udp, 3482)
        );
        assert!("9999".parse::<Ports>().unwrap().hold(Transport::Tcp, 9999));
        for wrong in ["udp/", "udq/1", "2-1", "70000", ""] {
            assert!(wrong.parse::<Ports>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_pattern_fits_at_its_place_only_and_dots_are_any_byte() {
        let pattern: Pattern = "16 03 .. 01".parse().unwrap();
        assert!(pattern.fits(&[0, 0x16, 3, 9, 1], 1));
        assert!(!pattern.fits(&[0, 0x16, 3, 9, 1], 0));
        assert!(!pattern.fits(&[0x16, 3, 9], 0));
        assert_eq!(pattern.chance(), 72);
        for wrong in ["1", "zz", "1 . 2", "é1"] {
            assert!(wrong.parse::<Pattern>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_drawn_by_lot_is_told_from_one_that_was_chosen() {
        static TEXT: Field = Field::text("test.text", "");
        let want = Want::Random { before: (*b"www.").into(), after: (*b".com").into(), lengths: 4..=25 };
        assert!(want.fits(&TEXT, b"www.q7ogxwkxljpjid.com"));
        for chosen in ["www.example.com", "www.office365.com", "www.a7b.com", "q7ogxwkxljpjid.com", "www.9f2ab.com"] {
            assert!(!want.fits(&TEXT, chosen.as_bytes()), "{chosen}");
        }
    }

    #[test]
    fn text_is_compared_without_case_and_bytes_with_it() {
        static TEXT: Field = Field::text("test.text", "");
        static BYTES: Field = Field::bytes("test.bytes", "");
        let contains = Want::Contains((*b"Call").into());
        assert!(contains.fits(&TEXT, b"a call"));
        assert!(!contains.fits(&BYTES, b"a call"));
        assert!(Want::Starts((*b"a ").into()).fits(&TEXT, b"A call"));
        assert!(Want::Ends((*b"LL").into()).fits(&TEXT, b"A call"));
        assert!(!Want::Ends((*b"a longer value").into()).fits(&TEXT, b"A call"));
    }
}
