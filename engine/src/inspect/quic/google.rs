//! Google's QUIC before the IETF's (versions Q001 to Q050): its own hello, a list of tags, mostly in the clear.

use memchr::memchr_iter;

use crate::bytes::Reader;

/// A client's hello, or a server's rejection of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hello<'a> {
    /// The name of the server that the client wants.
    pub server_name: Option<&'a [u8]>,
    /// The program.
    pub user_agent: Option<&'a [u8]>,
}

/// Headers, a frame and a hash before the hello: it begins in here.
const STARTS_WITHIN: usize = 64;
/// More tags than any hello has.
const MOST_TAGS: u16 = 64;

/// Finds a client's hello near the start of a packet.
#[must_use]
pub fn client_hello(bytes: &[u8]) -> Option<Hello<'_>> {
    let mut hello = Hello::default();
    read(bytes, *b"CHLO", |tag, value| match tag {
        b"SNI\0" => hello.server_name = Some(value),
        b"UAID" => hello.user_agent = Some(value),
        _ => {}
    })?;
    Some(hello)
}

/// Whether a server's rejection, with a token for the next try, is near the start of a packet.
#[must_use]
pub fn is_rejection(bytes: &[u8]) -> bool {
    let mut has_token = false;
    read(bytes, *b"REJ\0", |tag, _| has_token |= tag == b"STK\0").is_some() && has_token
}

/// Walks over the tags of a message: name, and value where it was captured.
fn read<'a>(bytes: &'a [u8], name: [u8; 4], mut each: impl FnMut(&[u8; 4], &'a [u8])) -> Option<()> {
    let near = bytes.get(..bytes.len().min(STARTS_WITHIN + name.len()))?;
    // By its third letter, which is rare: every second datagram that nobody knows is searched for a rejection.
    let mut third = memchr_iter(name[2], near);
    let start =
        third.find_map(|at| at.checked_sub(2).filter(|start| near.get(*start..*start + 4) == Some(&name[..])))?;
    let mut reader = Reader::new(bytes.get(start + name.len()..)?);
    let count = reader.le16().filter(|count| (1..=MOST_TAGS).contains(count))?;
    if reader.le16()? != 0 {
        return None;
    }
    let mut tags = reader.sub(usize::from(count) * 8)?;
    let values = reader.rest();
    let mut start = 0;
    while let (Some(tag), Some(end)) = (tags.array::<4>(), tags.le32()) {
        let end = usize::try_from(end).ok()?;
        // Each value ends where it says, and the next begins there.
        if end < start {
            return None;
        }
        each(&tag, values.get(start..end).unwrap_or_default());
        start = end;
    }
    Some(())
}

/// The public header of versions up to Q043.
#[derive(Clone, Copy, Debug)]
pub struct PublicHeader {
    /// The version, where the header tells it (only a client's does, until the server answered).
    pub version: Option<u32>,
}

const HAS_VERSION: u8 = 0x01;
const IS_RESET: u8 = 0x02;
const HAS_CONNECTION: u8 = 0x08;
const RESERVED: u8 = 0xc0;

impl PublicHeader {
    /// Reads it.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let flags = reader.u8()?;
        if flags & (RESERVED | IS_RESET) != 0 || flags & HAS_CONNECTION == 0 {
            return None;
        }
        reader.skip(8)?;
        let version = if flags & HAS_VERSION != 0 { Some(reader.be32()?) } else { None };
        Some(Self { version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_hello_lie_where_their_ends_say() {
        let mut bytes = vec![0; 26];
        bytes.extend_from_slice(b"CHLO\x03\x00\x00\x00");
        bytes.extend_from_slice(b"PAD\0\x02\0\0\0SNI\0\x0d\0\0\0UAID\x13\0\0\0");
        bytes.extend_from_slice(b"--example.org Chrom");
        let hello = client_hello(&bytes).unwrap();
        assert_eq!(hello.server_name, Some(&b"example.org"[..]));
        assert_eq!(hello.user_agent, Some(&b" Chrom"[..]));
    }

    #[test]
    fn ends_that_run_backwards_are_no_hello() {
        let bytes = b"CHLO\x02\x00\x00\x00PAD\0\x09\0\0\0SNI\0\x02\0\0\0----------";
        assert!(client_hello(bytes).is_none());
    }
}
