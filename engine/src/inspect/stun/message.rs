//! STUN messages on the wire: the header, the chain of attributes, and addresses as they are written in them.

use crate::bytes::Reader;
use crate::packet::{Addr, Endpoint};

/// Bytes before the attributes (RFC 8489 §5).
pub const HEADER: usize = 20;
/// Bytes 4 to 7 of every message since RFC 5389.
const COOKIE: u32 = 0x2112_a442;

pub const BINDING: u16 = 0x001;
pub const ALLOCATE: u16 = 0x003;
pub const CREATE_PERMISSION: u16 = 0x008;
pub const CHANNEL_BIND: u16 = 0x009;
pub const CONNECTION_BIND: u16 = 0x00b;

/// What a message is to its method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Request,
    Indication,
    Success,
    Error,
}

/// One attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    pub kind: u16,
    pub value: &'a [u8],
    /// Where the value begins in the message.
    pub offset: usize,
}

/// One message, as far as it was captured.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub method: u16,
    pub class: Class,
    /// It has the cookie of RFC 5389; without it it is RFC 3489's.
    pub cookie: bool,
    /// Bytes of the whole message on the wire.
    pub length: usize,
    /// Bytes 4 to 19: cookie and transaction.
    mask: [u8; 16],
    attributes: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads the message that `bytes` begin with; more may follow, and less may be there.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let (kind, length) = (reader.be16()?, usize::from(reader.be16()?));
        let mask: [u8; 16] = reader.array()?;
        // The two top bits tell STUN from everything that it shares a port with (RFC 8489 §5).
        if kind >> 14 != 0 {
            return None;
        }
        let attributes = reader.rest();
        Some(Self {
            method: kind & 0xf | kind >> 1 & 0x70 | kind >> 2 & 0xf80,
            class: match (kind >> 8 & 1, kind >> 4 & 1) {
                (0, 0) => Class::Request,
                (0, _) => Class::Indication,
                (_, 0) => Class::Success,
                _ => Class::Error,
            },
            cookie: mask.starts_with(&COOKIE.to_be_bytes()),
            length: HEADER + length,
            mask,
            attributes: attributes.get(..length).unwrap_or(attributes),
        })
    }

    /// Whether the attributes end exactly where the message does.
    pub fn is_exact(&self) -> bool {
        let whole = self.length - HEADER;
        let end = self.attributes().last().map_or(0, |last| last.offset - HEADER + last.value.len());
        end == whole || end.next_multiple_of(4) == whole
    }

    /// Whether bytes 4 to 19 look drawn by chance: counters and padding of other protocols have zeros there.
    pub fn has_mixed_transaction(&self) -> bool {
        self.mask.iter().filter(|byte| matches!(byte, 0 | 0xff)).count() <= 3
    }

    /// Every attribute that is there whole.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        let mut reader = Reader::new(self.attributes);
        std::iter::from_fn(move || {
            let (kind, length) = (reader.be16()?, usize::from(reader.be16()?));
            let offset = HEADER + reader.position();
            let value = reader.take(length)?;
            // Values are padded to four bytes (RFC 8489 §14), the last one not always.
            reader.skip(length.next_multiple_of(4) - length);
            Some(Attribute { kind, value, offset })
        })
    }

    /// The value of the first attribute of this kind.
    pub fn get(&self, kind: u16) -> Option<&'a [u8]> {
        self.attributes().find(|attribute| attribute.kind == kind).map(|attribute| attribute.value)
    }

    /// An address that is hidden from meddling middleboxes (RFC 8489 §14.2).
    pub fn xor_endpoint(&self, value: &[u8]) -> Option<Endpoint> {
        let mut reader = Reader::new(value);
        let mut plain = reader.take(2)?.to_vec();
        // Port and address are masked each from the start of the cookie.
        let port = reader.take(2)?;
        for part in [port, reader.rest()] {
            plain.extend(part.iter().zip(self.mask).map(|(byte, mask)| byte ^ mask));
        }
        endpoint(&plain)
    }
}

/// An address as MAPPED-ADDRESS writes it (RFC 8489 §14.1).
pub fn endpoint(value: &[u8]) -> Option<Endpoint> {
    let mut reader = Reader::new(value);
    reader.u8()?;
    let family = reader.u8()?;
    let port = reader.be16()?;
    let addr = match (family, reader.remaining()) {
        (1, 4) => Addr::v4(reader.array()?),
        (2, 16) => Addr(reader.array()?),
        _ => return None,
    };
    Some(Endpoint { addr, port })
}

/// A method's word.
pub fn method_name(method: u16) -> Option<&'static str> {
    Some(match method {
        BINDING => "binding",
        0x002 => "shared-secret",
        ALLOCATE => "allocate",
        0x004 => "refresh",
        0x006 => "send",
        0x007 => "data",
        CREATE_PERMISSION => "create-permission",
        CHANNEL_BIND => "channel-bind",
        0x00a => "connect",
        CONNECTION_BIND => "connection-bind",
        0x00c => "connection-attempt",
        0x080 => "goog-ping",
        _ => return None,
    })
}
