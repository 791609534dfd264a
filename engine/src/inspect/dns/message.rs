//! Messages of the DNS on the wire, as DNS, multicast DNS, LLMNR and NetBIOS names share them (RFC 1035 §4).

use crate::bytes::{byte, Reader};

/// Bytes of the header.
pub const HEADER: usize = 12;
/// Longest name, with its dots (RFC 1035 §2.3.4).
const LONGEST_NAME: usize = 255;
/// Most names are shorter.
const USUAL_NAME: usize = 48;
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

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Where its name is.
    at: usize,
    pub kind: u16,
    pub class: u16,
}

/// A record of an answer.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    pub name: Vec<u8>,
    pub kind: u16,
    pub ttl: u32,
    pub data: &'a [u8],
    /// Where the data begins in the message: names in it point from there.
    pub offset: usize,
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
        let at = self.reader.position();
        let end = walk_name(self.bytes, at, |_| ())?;
        self.reader.skip(end - at)?;
        Some(Question { at, kind: self.reader.be16()?, class: self.reader.be16()? })
    }

    /// What a question asks about: lower case, without the last dot.
    pub fn name_of(&self, question: &Question) -> Vec<u8> {
        name_at(self.bytes, question.at).map_or_else(Vec::new, |(name, _)| name)
    }

    /// The next record.
    pub fn record(&mut self) -> Option<Record<'a>> {
        let name = self.name()?;
        let kind = self.reader.be16()?;
        self.reader.skip(2)?;
        let ttl = self.reader.be32()?;
        let length = usize::from(self.reader.be16()?);
        let offset = self.reader.position();
        Some(Record { name, kind, ttl, data: self.reader.take(length)?, offset })
    }

    /// Whether nothing is left.
    pub fn is_read(&self) -> bool {
        self.reader.is_empty()
    }

    fn name(&mut self) -> Option<Vec<u8>> {
        let (name, end) = name_at(self.bytes, self.reader.position())?;
        self.reader.skip(end - self.reader.position())?;
        Some(name)
    }

    /// The name that a record's data begins with.
    pub fn name_in(&self, record: &Record<'_>) -> Option<Vec<u8>> {
        name_at(self.bytes, record.offset).map(|(name, _)| name)
    }
}

/// The name at `start`, and where what follows it begins.
fn name_at(message: &[u8], start: usize) -> Option<(Vec<u8>, usize)> {
    let mut name = Vec::with_capacity(USUAL_NAME);
    let end = walk_name(message, start, |label| {
        if !name.is_empty() {
            name.push(b'.');
        }
        name.extend(label.iter().map(u8::to_ascii_lowercase));
    })?;
    Some((name, end))
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
                let target = usize::from(length & 0x3f) << 8 | usize::from(byte(message, at + 1)?);
                end.get_or_insert(at + 2);
                pointers += 1;
                if target >= part || target < HEADER || pointers > MOST_POINTERS {
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
        assert_eq!(name_at(&bytes, HEADER), Some((b"www.example".to_vec(), 25)));
        assert_eq!(name_at(&bytes, 25), Some((b"mail.example".to_vec(), 32)));
        let mut looped = vec![0; HEADER];
        looped.extend([0xc0, 12, 0xc0, 14, 0xc0, 12]);
        assert_eq!(name_at(&looped, 12), None);
        assert_eq!(name_at(&looped, 14), None);
        assert_eq!(name_at(&looped, 16), None);
    }
}
