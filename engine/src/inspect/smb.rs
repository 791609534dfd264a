//! SMB: shared folders and printers of Windows, in its three generations (MS-CIFS, MS-SMB2).
//!
//! Recognised by the mark at the start of every message, behind the length that NetBIOS gave it. Told is the version that
//! the server chose; version 1 is long unsafe.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The SMB protocol.
pub struct Smb;

static VERSION: Field = Field::text("smb.version", "the version that the server chose: 1, 2.1, 3.1.1 …");

// The mark (96 dB), and an empty byte and a length before it (40 dB).
static MESSAGE: Sign = Sign::new("a message of Windows file sharing (SMB)", 95);

static PROFILE: Profile = Profile {
    name: "smb",
    title: "SMB",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[139, 445],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[0]))
        .at(5, Bytes::Of(b"S"))
        .at(6, Bytes::Of(b"M"))
        .at(7, Bytes::Of(b"B"))]),
    fields: &[&VERSION],
    signs: &[&MESSAGE],
};

/// Type and length (RFC 1002 §4.3.1).
const FRAME: usize = 4;
/// Frame, header of 64 bytes, and of the answer to a negotiation its size, mode and dialect (MS-SMB2 §2.2.4).
const READ: usize = FRAME + 64 + 6;
/// "Any version from 2 on": another round follows (MS-SMB2 §3.3.5.3.1).
const WILDCARD: u16 = 0x02ff;

/// The byte before "SMB": it says the generation.
fn generation(message: &[u8]) -> Option<u8> {
    match message {
        // From 1 on; from 2 on; encrypted and compressed, which came with 3.
        [0, _, _, _, mark @ 0xfc..=0xff, b'S', b'M', b'B', ..] => Some(*mark),
        _ => None,
    }
}

impl Protocol for Smb {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match generation(opening.bytes) {
            Some(_) => Match::Yes(&MESSAGE),
            None if opening.bytes.len() < FRAME + 4 && PROFILE.first.fits(opening) => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Negotiation>::default()
    }
}

/// The server's messages, until one says the version.
#[derive(Default)]
struct Negotiation {
    /// The start of the present message.
    start: Vec<u8>,
    /// Bytes of it that are passed over.
    left: usize,
}

impl Parser for Negotiation {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.side == Side::Client {
            return Next::More;
        }
        let mut reader = Reader::new(payload.bytes);
        while !reader.is_empty() {
            let passed = self.left.min(reader.remaining());
            self.left -= passed;
            let wanted = if self.start.len() < FRAME { FRAME } else { whole(&self.start).min(READ) };
            let taken =
                reader.skip(passed).and_then(|()| reader.take((wanted - self.start.len()).min(reader.remaining())));
            self.start.extend_from_slice(taken.unwrap_or_default());
            let all = whole(&self.start);
            if self.start.len() < FRAME || self.start.len() < all.min(READ) {
                continue;
            }
            if let Some(version) = version(&self.start) {
                facts.text(&VERSION, version);
                return Next::Done;
            }
            self.left = all - self.start.len();
            self.start.clear();
        }
        Next::More
    }

    fn kept(&self) -> usize {
        self.start.capacity()
    }
}

/// Bytes of a message, from its frame.
fn whole(start: &[u8]) -> usize {
    match start {
        [_, a, b, c, ..] => FRAME + usize::from(*a) * 65_536 + usize::from(*b) * 256 + usize::from(*c),
        _ => FRAME,
    }
}

/// What a message of the server says of the version, if anything.
fn version(message: &[u8]) -> Option<&'static [u8]> {
    match generation(message)? {
        0xff => return Some(b"1"),
        0xfc | 0xfd => return Some(b"3"),
        _ => {}
    }
    let mut reader = Reader::new(message);
    // The command, behind mark, size, credits and status; 0 negotiates.
    reader.skip(FRAME + 12)?;
    if reader.le16()? != 0 {
        return Some(b"2 or 3");
    }
    reader.skip(READ - FRAME - 16)?;
    match reader.le16()? {
        0x0202 => Some(b"2.0.2"),
        0x0210 => Some(b"2.1"),
        0x0300 => Some(b"3.0"),
        0x0302 => Some(b"3.0.2"),
        0x0311 => Some(b"3.1.1"),
        WILDCARD => None,
        _ => Some(b"other"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    fn framed(message: &[u8]) -> Vec<u8> {
        [&u32::try_from(message.len()).unwrap().to_be_bytes()[..], message].concat()
    }

    fn chosen(dialect: u16) -> Vec<u8> {
        let body = [&[65, 0, 1, 0][..], &dialect.to_le_bytes(), &[0; 58]].concat();
        framed(&[&b"\xfeSMB\x40\0"[..], &[0; 58], &body].concat())
    }

    #[test]
    fn the_version_is_what_the_server_chose_in_the_last_round() {
        let asked = framed(&[&b"\xffSMBr"[..], &[0; 40]].concat());
        let answers = [chosen(WILDCARD), chosen(0x0311)].concat();
        for size in [1, 7, 500] {
            let talk = std::iter::once((Side::Client, &asked[..]));
            let talk: Vec<_> = talk.chain(answers.chunks(size).map(|part| (Side::Server, part))).collect();
            let told = tell(&Smb, Transport::Tcp, &talk);
            assert!(told.saw(&MESSAGE));
            assert_eq!(told.text(&VERSION).as_deref(), Some("3.1.1"));
        }
    }

    #[test]
    fn the_first_generation_is_told_by_its_mark() {
        let asked = framed(&[&b"\xffSMBr"[..], &[0; 40]].concat());
        let told = tell(&Smb, Transport::Tcp, &[(Side::Client, &asked), (Side::Server, &asked)]);
        assert_eq!(told.text(&VERSION).as_deref(), Some("1"));
    }
}
