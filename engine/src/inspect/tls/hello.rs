//! The two hellos that open every TLS, DTLS and QUIC handshake (RFC 8446 §4.1, RFC 6347 §4.2.1).

use crate::bytes::Reader;

/// Which of the protocols a hello belongs to; also the first letter of its JA4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// TLS over a stream.
    Tcp,
    /// TLS inside QUIC.
    Quic,
    /// DTLS: has a cookie after the session, and versions that count down.
    Dtls,
}

mod extension {
    pub const SERVER_NAME: u16 = 0;
    pub const SIGNATURE_ALGORITHMS: u16 = 13;
    pub const USE_SRTP: u16 = 14;
    pub const ALPN: u16 = 16;
    pub const SUPPORTED_VERSIONS: u16 = 43;
    pub const QUIC_PARAMETERS: u16 = 57;
    pub const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;
    /// The forerunner of ECH (draft-ietf-tls-esni-02).
    pub const ENCRYPTED_SERVER_NAME: u16 = 0xffce;
    /// QUIC before RFC 9001.
    pub const QUIC_PARAMETERS_DRAFT: u16 = 0xffa5;
}

pub use extension::{ALPN, SERVER_NAME};

/// A ClientHello, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct ClientHello<'a> {
    /// The version that the hello itself carries; what counts is [`ClientHello::best_version`].
    pub version: u16,
    /// Cipher suites, two bytes each.
    pub ciphers: &'a [u8],
    /// All extensions.
    pub extensions: &'a [u8],
    /// Whether all of it was there.
    pub whole: bool,
    /// The name of the server that the client wants; empty where the extension is there without a name.
    pub server_name: Option<&'a [u8]>,
    /// Application protocols: lengths and names.
    pub alpn: &'a [u8],
    /// Versions offered, two bytes each.
    pub versions: &'a [u8],
    /// Signature algorithms, two bytes each.
    pub signatures: &'a [u8],
    /// Whether the true name may be hidden in an encrypted hello.
    pub encrypted: bool,
    /// Whether keys for SRTP are asked for: WebRTC, or a call that is like it.
    pub srtp: bool,
    /// QUIC's transport parameters.
    pub quic: &'a [u8],
}

impl<'a> ClientHello<'a> {
    /// Reads a ClientHello's body. `whole` says that no byte is missing at the end; a hello that is cut gives what it
    /// holds up to there, a whole one whose lengths contradict each other gives nothing.
    #[must_use]
    pub fn parse(body: &'a [u8], over: Over, whole: bool) -> Option<Self> {
        let mut reader = Reader::new(body);
        let version = reader.be16()?;
        reader.skip(32)?;
        skip_short(&mut reader)?;
        if over == Over::Dtls {
            skip_short(&mut reader)?;
        }
        let mut hello = Self {
            version,
            ciphers: vector(&mut reader, whole)?,
            extensions: &[],
            whole,
            server_name: None,
            alpn: &[],
            versions: &[],
            signatures: &[],
            encrypted: false,
            srtp: false,
            quic: &[],
        };
        if reader.is_empty() && !whole {
            return Some(hello);
        }
        skip_short(&mut reader)?;
        // SSL 3.0 and some embedded clients end here.
        if !reader.is_empty() {
            hello.extensions = vector(&mut reader, whole)?;
            hello.read_extensions()?;
        }
        Some(hello)
    }

    fn read_extensions(&mut self) -> Option<()> {
        for (kind, value) in extensions(self.extensions) {
            match value {
                Some(value) => self.read_extension(kind, value),
                None => return (!self.whole).then_some(()),
            }
        }
        Some(())
    }

    fn read_extension(&mut self, kind: u16, value: &'a [u8]) {
        let mut reader = Reader::new(value);
        match kind {
            extension::SERVER_NAME => self.server_name = Some(host_name(value).unwrap_or_default()),
            extension::ALPN => self.alpn = vector(&mut reader, false).unwrap_or_default(),
            extension::SIGNATURE_ALGORITHMS => self.signatures = vector(&mut reader, false).unwrap_or_default(),
            extension::SUPPORTED_VERSIONS => {
                let length = reader.u8().unwrap_or_default();
                self.versions = reader.take(length.into()).unwrap_or_default();
            }
            extension::USE_SRTP => self.srtp = true,
            extension::ENCRYPTED_CLIENT_HELLO | extension::ENCRYPTED_SERVER_NAME => self.encrypted = true,
            extension::QUIC_PARAMETERS | extension::QUIC_PARAMETERS_DRAFT => self.quic = value,
            _ => {}
        }
    }

    /// The highest version that the client offers.
    #[must_use]
    pub fn best_version(&self) -> u16 {
        // DTLS counts down from 0xfeff, so that its highest version is the lowest number.
        let rank = |version: &u16| if version >> 8 == 0xfe { u16::MAX - version } else { *version };
        pairs(self.versions).filter(|version| !is_grease(*version)).max_by_key(rank).unwrap_or(self.version)
    }

    /// The application protocols, by name.
    pub fn protocols(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut reader = Reader::new(self.alpn);
        std::iter::from_fn(move || {
            let length = reader.u8()?;
            reader.take(length.into())
        })
    }
}

/// A ServerHello.
#[derive(Clone, Copy, Debug)]
pub struct ServerHello<'a> {
    /// The version that was agreed on.
    pub version: u16,
    /// The cipher suite that was agreed on.
    pub cipher: u16,
    /// The application protocol, where it is told in the clear (TLS 1.2 and before).
    pub protocol: Option<&'a [u8]>,
}

impl<'a> ServerHello<'a> {
    /// Reads a ServerHello's body.
    #[must_use]
    pub fn parse(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let version = reader.be16()?;
        reader.skip(32)?;
        skip_short(&mut reader)?;
        let mut hello = Self { version, cipher: reader.be16()?, protocol: None };
        reader.skip(1)?;
        for (kind, value) in extensions(vector(&mut reader, false).unwrap_or_default()) {
            let mut reader = Reader::new(value?);
            match kind {
                extension::SUPPORTED_VERSIONS => hello.version = reader.be16()?,
                extension::ALPN => {
                    reader.skip(2)?;
                    let length = reader.u8()?;
                    hello.protocol = reader.take(length.into());
                }
                _ => {}
            }
        }
        Some(hello)
    }
}

/// Walks over extensions: number, and value where it is all there.
pub fn extensions(bytes: &[u8]) -> impl Iterator<Item = (u16, Option<&[u8]>)> {
    let mut reader = Reader::new(bytes);
    std::iter::from_fn(move || {
        let kind = reader.be16()?;
        let length = reader.be16()?;
        let value = reader.take(length.into());
        if value.is_none() {
            reader.skip(reader.remaining())?;
        }
        Some((kind, value))
    })
}

/// Two-byte numbers, one after the other.
pub fn pairs(bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    bytes.as_chunks().0.iter().map(|pair| u16::from_be_bytes(*pair))
}

/// Numbers that mean nothing, sent so that servers stay tolerant (RFC 8701).
#[must_use]
pub const fn is_grease(number: u16) -> bool {
    number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff
}

fn skip_short(reader: &mut Reader<'_>) -> Option<()> {
    let length = reader.u8()?;
    reader.skip(length.into())
}

/// Bytes behind a two-byte length; what there is of them where the message is cut.
fn vector<'a>(reader: &mut Reader<'a>, whole: bool) -> Option<&'a [u8]> {
    let length = usize::from(reader.be16()?);
    let length = if whole { length } else { length.min(reader.remaining()) };
    reader.take(length)
}

/// The first host name of a server_name extension (RFC 6066 §3).
fn host_name(value: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(value);
    reader.skip(2)?;
    let kind = reader.u8()?;
    let length = reader.be16()?;
    let name = reader.take(length.into())?;
    (kind == 0).then_some(name)
}
