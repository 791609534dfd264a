//! TLS records, and the handshake messages that they carry: either may be cut anywhere, also across each other
//! (RFC 8446 §5.1).

use crate::bytes::Reader;

/// What a record carries.
pub mod kind {
    pub const CHANGE_CIPHER: u8 = 20;
    pub const ALERT: u8 = 21;
    pub const HANDSHAKE: u8 = 22;
    pub const APPLICATION: u8 = 23;
    pub const HEARTBEAT: u8 = 24;
}

/// Bytes before a record's body.
pub const HEAD: usize = 5;
/// Longest body: 2^14, and what TLS 1.2 allows compression and encryption to add (RFC 5246 §6.2.3).
pub const LONGEST: u16 = 16_384 + 2_048;

/// A record's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What it carries.
    pub kind: u8,
    /// `0x0301` to `0x0304`; the body's own version counts.
    pub version: u16,
    /// Of the body.
    pub length: u16,
}

impl Head {
    /// Reads a header; nothing where it cannot be one.
    #[must_use]
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let head = Self { kind: reader.u8()?, version: reader.be16()?, length: reader.be16()? };
        head.is_sound().then_some(head)
    }

    const fn is_sound(self) -> bool {
        let version_fits = self.version >> 8 == 3 && self.version & 0xff <= 4;
        let empty_fits = self.length > 0 || self.kind == kind::APPLICATION;
        matches!(self.kind, kind::CHANGE_CIPHER..=kind::HEARTBEAT)
            && version_fits
            && empty_fits
            && self.length <= LONGEST
    }
}

/// A part of a record's body, as much as this payload holds.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// What the record carries.
    pub kind: u8,
    /// Whether the record begins here.
    pub starts: bool,
    /// The part.
    pub bytes: &'a [u8],
}

/// No record can begin so.
#[derive(Debug)]
pub struct Broken;

/// Takes one side's stream apart.
#[derive(Debug, Default)]
pub struct Records {
    head: [u8; HEAD],
    have: usize,
    left: usize,
    kind: u8,
}

impl Records {
    /// Passes over bytes that are no records.
    pub fn skip(&mut self, count: usize) {
        self.left = count;
        self.kind = 0;
    }

    /// The next piece of what `reader` holds.
    pub fn next<'a>(&mut self, reader: &mut Reader<'a>) -> Result<Option<Piece<'a>>, Broken> {
        let starts = self.left == 0;
        if starts && !self.read_head(reader)? {
            return Ok(None);
        }
        let count = self.left.min(reader.remaining());
        self.left -= count;
        let bytes = reader.take(count).unwrap_or_default();
        Ok((starts || count > 0).then_some(Piece { kind: self.kind, starts, bytes }))
    }

    fn read_head(&mut self, reader: &mut Reader<'_>) -> Result<bool, Broken> {
        if self.have == 0 && reader.remaining() >= HEAD {
            return self.begin(reader);
        }
        while let Some(place) = self.head.get_mut(self.have) {
            let Some(byte) = reader.u8() else { return Ok(false) };
            *place = byte;
            self.have += 1;
        }
        self.have = 0;
        let head = self.head;
        self.begin(&mut Reader::new(&head))
    }

    fn begin(&mut self, reader: &mut Reader<'_>) -> Result<bool, Broken> {
        let head = Head::read(reader).ok_or(Broken)?;
        self.left = head.length.into();
        self.kind = head.kind;
        Ok(true)
    }
}

/// A handshake message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// What it says.
    pub kind: u8,
    /// Its body.
    pub body: &'a [u8],
    /// Whether the body is all there, not cut at [`MOST_BUFFERED`].
    pub whole: bool,
}

/// Most bytes of one message that are kept: enough for a ClientHello with post-quantum keys and an encrypted hello, and
/// for the first certificate of a chain; half of what a parser may hold.
pub const MOST_BUFFERED: usize = super::super::MOST_KEPT / 2;

/// Puts handshake messages together again.
#[derive(Debug, Default)]
pub struct Messages {
    buffer: Vec<u8>,
    /// The buffer's message was handed out.
    told: bool,
    /// Bytes to come of a message that was handed out before its end.
    skip: usize,
}

const MESSAGE_HEAD: usize = 4;

impl Messages {
    /// The next message that `reader`, and what came before, completes.
    pub fn next<'s, 'a: 's>(&'s mut self, reader: &mut Reader<'a>) -> Option<Message<'s>> {
        if self.told {
            self.told = false;
            self.buffer = Vec::new();
        }
        let skipped = self.skip.min(reader.remaining());
        reader.skip(skipped)?;
        self.skip -= skipped;
        if self.buffer.is_empty() {
            // Most messages lie in one piece: no copy.
            let mut ahead = *reader;
            if let Some(message) = read_message(&mut ahead) {
                *reader = ahead;
                return Some(message);
            }
        }
        self.gather(reader, MESSAGE_HEAD)?;
        let length = message_length(&self.buffer)?;
        self.gather(reader, length.min(MOST_BUFFERED))?;
        self.told = true;
        self.skip = length.saturating_sub(MOST_BUFFERED);
        let kind = *self.buffer.first()?;
        Some(Message { kind, body: self.buffer.get(MESSAGE_HEAD..)?, whole: self.skip == 0 })
    }

    /// Fills the buffer up to `wanted` bytes; nothing if there are not so many yet.
    fn gather(&mut self, reader: &mut Reader<'_>, wanted: usize) -> Option<()> {
        let missing = wanted.saturating_sub(self.buffer.len());
        let bytes = reader.take(missing.min(reader.remaining()))?;
        self.buffer.reserve_exact(bytes.len());
        self.buffer.extend_from_slice(bytes);
        (self.buffer.len() >= wanted).then_some(())
    }

    /// Bytes held.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.buffer.capacity()
    }
}

fn read_message<'a>(reader: &mut Reader<'a>) -> Option<Message<'a>> {
    let kind = reader.u8()?;
    let length = reader.be24()?;
    Some(Message { kind, body: reader.take(usize::try_from(length).ok()?)?, whole: true })
}

fn message_length(buffer: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(buffer);
    reader.skip(1)?;
    Some(MESSAGE_HEAD + usize::try_from(reader.be24()?).ok()?)
}
