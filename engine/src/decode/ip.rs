//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers, options and extension headers.
//!
//! Checksums are not verified: where the network card computes them, a capture of one's own host has none that fits.

use super::{len32, Malformed};
use crate::bytes::Reader;
use crate::packet::Addr;

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION: u8 = 60;

/// RFC 8200 §4.1 names seven at most in one packet.
const MAX_EXTENSIONS: usize = 8;

/// An IP packet behind its headers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram<'a> {
    pub source: Addr,
    pub destination: Addr,
    /// What the payload is: an IANA protocol number.
    pub protocol: u8,
    /// As far as it was captured; what the link layer padded is off.
    pub payload: &'a [u8],
    /// On the wire.
    pub payload_len: u32,
    /// The whole IP packet on the wire.
    pub len: u32,
    /// The place of this payload in its datagram, where it is but a part.
    pub part: Option<Part>,
    /// It says that it is longer than its frame was; the frame's length holds.
    pub contradicts: bool,
}

/// Which part of a datagram a fragment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub id: u32,
    pub offset: u32,
    pub more: bool,
}

impl Datagram<'_> {
    /// The datagram that this fragment was a part of, given all of its payload.
    pub fn whole<'a>(&self, payload: &'a [u8]) -> Result<Datagram<'a>, Malformed> {
        let (protocol, payload) = unwrapped(self.protocol, payload)?;
        let payload_len = len32(payload);
        Ok(Datagram {
            source: self.source,
            destination: self.destination,
            protocol,
            payload,
            payload_len,
            len: self.len,
            part: None,
            contradicts: false,
        })
    }

    /// What an authentication header vouches for, between the same addresses.
    pub fn authenticated(&self) -> Result<Self, Malformed> {
        let mut reader = Reader::new(self.payload);
        let following = authentication(&mut reader).ok_or(Malformed::Truncated)?;
        let (protocol, _) = extensions(following, &mut reader)?;
        let passed = len32(self.payload).saturating_sub(len32(reader.rest()));
        Ok(Self { protocol, payload: reader.rest(), payload_len: self.payload_len.saturating_sub(passed), ..*self })
    }

    /// The ports at the start of a first fragment.
    pub fn ports(&self) -> Option<[u16; 2]> {
        let (protocol, payload) = unwrapped(self.protocol, self.payload).ok()?;
        let mut reader = Reader::new(payload);
        super::transport::has_ports(protocol).then(|| Some([reader.be16()?, reader.be16()?]))?
    }
}

/// Passes an authentication header, which counts its length in words, less two (RFC 4302 §2.2); what follows it.
fn authentication(reader: &mut Reader<'_>) -> Option<u8> {
    let [following, len] = reader.array()?;
    reader.skip(usize::from(len) * 4 + 6)?;
    Some(following)
}

/// Passes the extension headers that were inside the fragments (RFC 8200 §4.5).
fn unwrapped(protocol: u8, payload: &[u8]) -> Result<(u8, &[u8]), Malformed> {
    let mut reader = Reader::new(payload);
    let (protocol, _) = extensions(protocol, &mut reader)?;
    Ok((protocol, reader.rest()))
}

/// Reads the IP packet at the start of `bytes`, of which `cut` more were on the wire.
#[inline]
pub(super) fn open(bytes: &[u8], cut: u32) -> Result<Datagram<'_>, Malformed> {
    match bytes.first().map(|first| first >> 4) {
        Some(4) => v4(bytes, cut),
        Some(6) => v6(bytes, cut),
        Some(_) => Err(Malformed::Version),
        None => Err(Malformed::Truncated),
    }
}

#[inline]
fn v4(bytes: &[u8], cut: u32) -> Result<Datagram<'_>, Malformed> {
    let mut reader = Reader::new(bytes);
    let header = reader.array::<20>().ok_or(Malformed::Truncated)?;
    // In words, each read whole: a compiler puts bytes together one by one.
    let fields = (|| {
        let mut header = Reader::new(&header);
        let [first, _] = header.array()?;
        let (len, id, place) = (header.be16()?, header.be16()?, header.be16()?);
        let [_, protocol, _, _] = header.array()?;
        Some((first, len, id, place, protocol, header.array()?, header.array()?))
    })();
    let (first, len, id, place, protocol, source, destination) = fields.ok_or(Malformed::Truncated)?;
    let options = usize::from(first & 0x0f).checked_mul(4).and_then(|len| len.checked_sub(20));
    let options = options.ok_or(Malformed::HeaderLength)?;
    if options > 0 {
        reader.skip(options).ok_or(Malformed::Truncated)?;
    }
    let available = len32(bytes).saturating_add(cut);
    // A super-packet on its way to the network card: too long for the field (Linux's BIG TCP).
    let len = match len {
        0 => available,
        len => u32::from(len),
    };
    let part = (place & 0x3fff != 0).then(|| Part {
        id: id.into(),
        offset: u32::from(place & 0x1fff) * 8,
        more: place & 0x2000 != 0,
    });
    rest_of(reader, len, available, |payload, payload_len, contradicts| Datagram {
        source: Addr::v4(source),
        destination: Addr::v4(destination),
        protocol,
        payload,
        payload_len,
        len,
        part,
        contradicts,
    })
}

#[inline]
fn v6(bytes: &[u8], cut: u32) -> Result<Datagram<'_>, Malformed> {
    let mut reader = Reader::new(bytes);
    let header = (|| {
        reader.skip(4)?;
        let len = reader.be16()?;
        let [next, _] = reader.array()?;
        Some((len, next, reader.array()?, reader.array()?))
    })();
    let (payload_len, next, source, destination) = header.ok_or(Malformed::Truncated)?;
    let available = len32(bytes).saturating_add(cut);
    // A jumbogram says its length in the hop-by-hop header (RFC 2675); Linux hands such to the network card.
    let len = if payload_len == 0 && next == HOP_BY_HOP { available } else { u32::from(payload_len) + 40 };
    let (protocol, part) = extensions(next, &mut reader)?;
    rest_of(reader, len, available, |payload, payload_len, contradicts| Datagram {
        source: Addr(source),
        destination: Addr(destination),
        protocol,
        payload,
        payload_len,
        len,
        part,
        contradicts,
    })
}

/// What follows the headers up to the length that they tell, so that padding is no payload.
#[inline]
fn rest_of<'a>(
    reader: Reader<'a>,
    len: u32,
    available: u32,
    datagram: impl FnOnce(&'a [u8], u32, bool) -> Datagram<'a>,
) -> Result<Datagram<'a>, Malformed> {
    let headers = u32::try_from(reader.position()).unwrap_or(u32::MAX);
    let payload_len = len.min(available).checked_sub(headers).ok_or(Malformed::HeaderLength)?;
    let rest = reader.rest();
    let payload = rest.get(..payload_len as usize).unwrap_or(rest);
    Ok(datagram(payload, payload_len, len > available))
}

/// Passes the extension headers, up to a fragment header.
#[inline]
fn extensions(mut next: u8, reader: &mut Reader<'_>) -> Result<(u8, Option<Part>), Malformed> {
    for _ in 0..MAX_EXTENSIONS {
        next = match next {
            HOP_BY_HOP | ROUTING | DESTINATION => extension(reader).ok_or(Malformed::Truncated)?,
            FRAGMENT => match fragment(reader).ok_or(Malformed::Truncated)? {
                // An atomic fragment is whole (RFC 6946).
                (following, Part { offset: 0, more: false, .. }) => following,
                (following, part) => return Ok((following, Some(part))),
            },
            protocol => return Ok((protocol, None)),
        };
    }
    Err(Malformed::Extensions)
}

fn extension(reader: &mut Reader<'_>) -> Option<u8> {
    let [following, len] = reader.array()?;
    reader.skip(usize::from(len) * 8 + 6)?;
    Some(following)
}

fn fragment(reader: &mut Reader<'_>) -> Option<(u8, Part)> {
    let [following, _] = reader.array()?;
    let place = reader.be16()?;
    let id = reader.be32()?;
    Some((following, Part { id, offset: u32::from(place & 0xfff8), more: place & 1 != 0 }))
}
