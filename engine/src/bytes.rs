//! Checked reads from untrusted bytes.
//!
//! Everything that comes from a network goes through [`Reader`]: each read gives `None` past the end, none can panic.

/// A cursor over bytes that somebody else wrote.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $from:ident;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub fn $name(&mut self) -> Option<$kind> {
            self.array().map(<$kind>::$from)
        }
    )*};
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    number! {
        /// Next two bytes, network order.
        be16: u16 = from_be_bytes;
        /// Next four bytes, network order.
        be32: u32 = from_be_bytes;
        /// Next eight bytes, network order.
        be64: u64 = from_be_bytes;
        /// Next two bytes, least significant first.
        le16: u16 = from_le_bytes;
        /// Next four bytes, least significant first.
        le32: u32 = from_le_bytes;
        /// Next eight bytes, least significant first.
        le64: u64 = from_le_bytes;
    }

    /// Next byte.
    #[inline]
    pub fn u8(&mut self) -> Option<u8> {
        let byte = self.peek_u8()?;
        self.position += 1;
        Some(byte)
    }

    /// Next three bytes, network order.
    #[inline]
    pub fn be24(&mut self) -> Option<u32> {
        let [a, b, c] = self.array()?;
        Some(u32::from_be_bytes([0, a, b, c]))
    }

    /// Next `N` bytes as an array.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// Next `count` bytes.
    #[inline]
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.position.checked_add(count)?;
        let taken = self.bytes.get(self.position..end)?;
        self.position = end;
        Some(taken)
    }

    /// Passes over `count` bytes.
    #[inline]
    pub fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(drop)
    }

    /// Next byte, left where it is.
    #[must_use]
    #[inline]
    pub fn peek_u8(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    /// A reader over the next `count` bytes, which this one passes.
    #[inline]
    pub fn sub(&mut self, count: usize) -> Option<Reader<'a>> {
        self.take(count).map(Reader::new)
    }

    /// All that is left, left where it is.
    #[must_use]
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// How many bytes are left.
    #[must_use]
    #[inline]
    pub const fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.position)
    }

    /// How many bytes were read.
    #[must_use]
    #[inline]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Whether nothing is left.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.remaining() == 0
    }
}

/// The byte at `offset`, if there is one. For rules that look at one place of a payload.
#[must_use]
#[inline]
pub fn byte(bytes: &[u8], offset: usize) -> Option<u8> {
    bytes.get(offset).copied()
}

/// Two bytes at `offset`, network order.
#[must_use]
#[inline]
pub fn be16(bytes: &[u8], offset: usize) -> Option<u16> {
    let mut reader = Reader::new(bytes.get(offset..)?);
    reader.be16()
}

/// Four bytes at `offset`, network order.
#[must_use]
#[inline]
pub fn be32(bytes: &[u8], offset: usize) -> Option<u32> {
    let mut reader = Reader::new(bytes.get(offset..)?);
    reader.be32()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_stop_at_the_end_and_stay_there() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.be16(), Some(0x0102));
        assert_eq!(reader.be16(), None);
        assert_eq!(reader.remaining(), 1);
        assert_eq!(reader.u8(), Some(3));
        assert!(reader.is_empty());
        assert_eq!(reader.take(usize::MAX), None);
    }
}
