//! Messages of the DNS on the wire, as DNS, multicast DNS, LLMNR and NetBIOS names share them (RFC 1035 §4).

use crate::bytes::{byte, Reader};
use crate::text::Text;

/// Bytes of the header.
pub const HEADER: usize = 12;
/// Longest name, with its dots (RFC 1035 §2.3.4).
const LONGEST_NAME: usize = 255;
/// Most pointers followed for one name. Each must point further back, so that there is an end in any case.
const MOST_POINTERS: u8 = 32;

/// The header.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    pub flags: u16,
    pub questions: u16,
    pub answers: u16,
    pub authorities: u16,
    pub additionals: u16,
}

impl Header {
    /// Whether it answers.
    pub const fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    /// 0 query, 4 notify, 5 update; NetBIOS has more.
    pub const fn opcode(&self) -> u16 {
        self.flags >> 11 & 0xf
    }

    /// What an answer says of itself: 0 is well, 3 no such name.
    pub const fn code(&self) -> u16 {
        self.flags & 0xf
    }
}

/// Where a name is in its message. Most records only point to the question's: then it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(usize);

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// What it asks about.
    pub name: Name,
    pub kind: u16,
    pub class: u16,
}

/// A record of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    pub name: Name,
    pub kind: u16,
    pub ttl: u32,
    pub data: &'a [u8],
    /// The name that the data begins with, where its kind has one there.
    pub inner: Name,
}

/// A message that is read from front to back.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    reader: Reader<'a>,
    pub header: Header,
}

impl<'a> Message<'a> {
    /// Reads the header.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.skip(2)?;
        let header = Header {
            flags: reader.be16()?,
            questions: reader.be16()?,
            answers: reader.be16()?,
            authorities: reader.be16()?,
            additionals: reader.be16()?,
        };
        Some(Self { bytes, reader, header })
    }

    /// The next question.
    pub fn question(&mut self) -> Option<Question> {
        Some(Question { name: self.name()?, kind: self.reader.be16()?, class: self.reader.be16()? })
    }

    /// What a name says: lower case, without the last dot; nothing where it cannot be read.
    pub fn text(&self, name: Name) -> Text {
        let mut text = Text::default();
        let read = walk_name(self.bytes, name.0, |label| {
            if !text.is_empty() {
                text.push_small(b".");
            }
            text.push_small(label);
        });
        if read.is_none() {
            text.clear();
        }
        text
    }

    /// The next record.
    pub fn record(&mut self) -> Option<Record<'a>> {
        let name = self.name()?;
        let kind = self.reader.be16()?;
        self.reader.skip(2)?;
        let ttl = self.reader.be32()?;
        let length = usize::from(self.reader.be16()?);
        let inner = self.name_here();
        Some(Record { name, kind, ttl, data: self.reader.take(length)?, inner })
    }

    /// Whether nothing is left.
    pub fn is_read(&self) -> bool {
        self.reader.is_empty()
    }

    /// Passes a name.
    fn name(&mut self) -> Option<Name> {
        let (name, at) = (self.name_here(), self.reader.position());
        let end = walk_name(self.bytes, at, |_| ())?;
        self.reader.skip(end - at)?;
        Some(name)
    }

    fn name_here(&self) -> Name {
        let at = self.reader.position();
        Name(pointer(self.bytes, at).unwrap_or(at))
    }
}

/// Where the pointer at this place leads back to, if it is one.
fn pointer(message: &[u8], at: usize) -> Option<usize> {
    let high = byte(message, at).filter(|high| *high >= 0xc0)?;
    let target = usize::from(high & 0x3f) << 8 | usize::from(byte(message, at + 1)?);
    (HEADER..at).contains(&target).then_some(target)
}

/// Gives every label of the name at `start`; where what follows it begins.
fn walk_name(message: &[u8], start: usize, mut each: impl FnMut(&[u8])) -> Option<usize> {
    let (mut at, mut end, mut pointers, mut length_of_all) = (start, None, 0, 0);
    // Each pointer must lead to before the part that it ends: loops cannot be said.
    let mut part = start;
    loop {
        let length = byte(message, at)?;
        match length {
            0 => return Some(end.unwrap_or(at + 1)),
            1..=63 => {
                let label = message.get(at + 1..at + 1 + usize::from(length))?;
                each(label);
                at += 1 + usize::from(length);
                length_of_all += 1 + usize::from(length);
            }
            0xc0..=0xff => {
                let target = pointer(message, at)?;
                end.get_or_insert(at + 2);
                pointers += 1;
                if target >= part || pointers > MOST_POINTERS {
                    return None;
                }
                (at, part) = (target, target);
            }
            _ => return None,
        }
        // A dot less than lengths.
        if length_of_all > LONGEST_NAME + 1 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_followed_backwards_only() {
        let mut bytes = vec![0; HEADER];
        bytes.extend(b"\x03WWW\x07example\x00\x04mail\xc0\x10");
        let message = Message::read(&bytes).unwrap();
        assert_eq!(message.text(Name(HEADER)).as_bytes(), b"www.example");
        assert_eq!(message.text(Name(25)).as_bytes(), b"mail.example");
        assert_eq!([HEADER, 25].map(|at| walk_name(&bytes, at, |_| ())), [Some(25), Some(32)]);
        let mut looped = vec![0; HEADER];
        looped.extend([0xc0, 12, 0xc0, 14, 0xc0, 12]);
        assert!([12, 14, 16].iter().all(|at| walk_name(&looped, *at, |_| ()).is_none()));
        let message = Message::read(&looped).unwrap();
        assert!([12, 14, 16].iter().all(|at| message.text(Name(*at)).is_empty()));
    }
}
