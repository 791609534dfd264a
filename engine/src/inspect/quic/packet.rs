//! QUIC packets as every observer can read them: the long header (RFC 8999, RFC 9000 §17.2).

use super::version::{Form, Version};
use crate::bytes::Reader;

/// What a long header says that its packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Carries the hellos.
    Initial,
    /// Data before the handshake.
    ZeroRtt,
    /// The rest of the handshake.
    Handshake,
    /// "Come again from the address that you say is yours."
    Retry,
}

/// A packet with a long header of a known version.
#[derive(Clone, Copy)]
pub struct Packet<'a> {
    /// Its version.
    pub version: Version,
    /// What it is.
    pub kind: Kind,
    /// The connection ID that its receiver chose (the first time: its sender).
    pub destination: &'a [u8],
    /// From the first byte to the last of its protected payload.
    pub bytes: &'a [u8],
    /// Where its packet number begins.
    pub number_at: usize,
}

/// Longest connection ID (RFC 9000 §17.2).
const LONGEST_ID: u8 = 20;
/// Packet number and authentication tag: no payload is shorter.
const SHORTEST_PAYLOAD: usize = 20;
/// The high bit of the first byte.
pub const LONG: u8 = 0x80;

/// The part of a long header that holds for all versions, ever.
#[derive(Clone, Copy, Debug)]
pub struct Invariants<'a> {
    /// The first byte.
    pub first: u8,
    /// The version's number; 0 for Version Negotiation.
    pub version: u32,
    /// Destination connection ID.
    pub destination: &'a [u8],
    /// What follows both connection IDs, and where.
    pub rest: Reader<'a>,
}

impl<'a> Invariants<'a> {
    /// Reads them.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = Reader::new(bytes);
        let first = rest.u8().filter(|first| first & LONG != 0)?;
        let version = rest.be32()?;
        let destination = connection_id(&mut rest)?;
        connection_id(&mut rest)?;
        Some(Self { first, version, destination, rest })
    }

    /// The versions that a Version Negotiation packet offers.
    pub fn offered(&self) -> Option<impl Iterator<Item = u32> + 'a> {
        let mut rest = self.rest;
        let listed = self.version == 0 && rest.remaining() >= 4 && rest.remaining().is_multiple_of(4);
        listed.then(|| std::iter::from_fn(move || rest.be32()))
    }
}

fn connection_id<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = reader.u8().filter(|length| *length <= LONGEST_ID)?;
    reader.take(length.into())
}

impl<'a> Packet<'a> {
    /// Reads the packet that `bytes` begin with, and what follows it in the same datagram. `missing` bytes of the
    /// datagram were not captured.
    #[must_use]
    pub fn read(bytes: &'a [u8], missing: usize) -> Option<(Self, &'a [u8])> {
        let head = Invariants::read(bytes)?;
        let version = Version::of(head.version).filter(|version| version.form != Form::Google)?;
        let kind = kind(version.form, head.first);
        let mut rest = head.rest;
        let packet = |bytes, number_at| Self { version, kind, destination: head.destination, bytes, number_at };
        if kind == Kind::Retry {
            return Some((packet(bytes, bytes.len()), &[]));
        }
        if kind == Kind::Initial {
            let token = varint(&mut rest)?;
            rest.skip(usize::try_from(token).ok()?)?;
        }
        let length = usize::try_from(varint(&mut rest)?).ok()?;
        if length < SHORTEST_PAYLOAD || length > rest.remaining() + missing {
            return None;
        }
        let number_at = rest.position();
        let end = number_at.checked_add(length)?.min(bytes.len());
        let (own, others) = bytes.split_at_checked(end)?;
        Some((packet(own, number_at), others))
    }
}

const fn kind(form: Form, first: u8) -> Kind {
    let shift = if matches!(form, Form::V2) { 3 } else { 0 };
    match ((first >> 4) + shift) & 3 {
        0 => Kind::Initial,
        1 => Kind::ZeroRtt,
        2 => Kind::Handshake,
        _ => Kind::Retry,
    }
}

/// A number of variable length (RFC 9000 §16).
pub fn varint(reader: &mut Reader<'_>) -> Option<u64> {
    let first = reader.u8()?;
    let more = (1_usize << (first >> 6)) - 1;
    let start = u64::from(first & 0x3f);
    Some(reader.take(more)?.iter().fold(start, |all, byte| all << 8 | u64::from(*byte)))
}
