//! Soulseek: music from one user to another, and rooms to talk about it.
//!
//! Recognised by its messages (the Nicotine+ protocol documentation): a length that has to fit, a code, and texts with
//! lengths of their own. The log-in names the user and ends in the MD5 of name and password, in letters.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The Soulseek protocol.
pub struct Soulseek;

static USER: Field = Field::text("soulseek.user", "name of the user who logs in or calls a peer");
static CONNECTION: Field = Field::text("soulseek.connection", "server, peer, file, distributed");

// Lengths that lead through to the end, 32 bits each, and a hash in letters.
static LOGIN: Sign = Sign::new("a log-in to the Soulseek server", 85);
// A length, a code, a letter of three, and lengths within that fit.
static PEER: Sign = Sign::new("a Soulseek user's call of another, by name and kind of connection", 70);

static PROFILE: Profile = Profile {
    name: "soulseek",
    title: "Soulseek",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[2234, 2235, 2242, 2416],
    first: First::Shapes(&[Shape::stream().at(3, Bytes::Of(&[0]))]),
    fields: &[&USER, &CONNECTION],
    signs: &[&LOGIN, &PEER],
};

/// Longest name that the server takes is 30; older ones were longer.
const LONGEST_NAME: u32 = 64;
const LONGEST_LOGIN: u32 = 256;
const HASH_LETTERS: usize = 32;
const LOGIN_CODE: u32 = 1;
const PEER_CODE: u8 = 1;

/// What an opening says.
enum Opening<'a> {
    Login { user: &'a [u8] },
    Peer { user: &'a [u8], kind: u8 },
}

impl Protocol for Soulseek {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.side == Side::Server {
            return Match::No;
        }
        match read(opening.bytes) {
            Some(Opening::Login { .. }) => Match::Yes(&LOGIN),
            Some(Opening::Peer { .. }) => Match::Yes(&PEER),
            None if may_grow(opening.bytes) => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Soulseek)
    }
}

fn text<'a>(reader: &mut Reader<'a>, longest: u32) -> Option<&'a [u8]> {
    let length = reader.le32().filter(|length| *length <= longest)?;
    reader.take(usize::try_from(length).ok()?)
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| *byte >= b' ' && *byte != 0x7f)
}

fn read(bytes: &[u8]) -> Option<Opening<'_>> {
    let mut reader = Reader::new(bytes);
    let length = reader.le32().filter(|length| *length <= LONGEST_LOGIN)?;
    let message = reader.take(usize::try_from(length).ok()?)?;
    login(message).or_else(|| peer(message))
}

/// Code, name, password, version, hash, minor version.
fn login(message: &[u8]) -> Option<Opening<'_>> {
    let mut reader = Reader::new(message);
    if reader.le32()? != LOGIN_CODE {
        return None;
    }
    let user = text(&mut reader, LONGEST_NAME)?;
    text(&mut reader, LONGEST_LOGIN)?;
    reader.le32()?;
    let hash = text(&mut reader, LONGEST_LOGIN)?;
    let hashed = hash.len() == HASH_LETTERS && hash.iter().all(u8::is_ascii_hexdigit);
    (hashed && is_name(user)).then_some(Opening::Login { user })
}

/// Code, name, kind (a text of one letter), and a token that is zero since long.
fn peer(message: &[u8]) -> Option<Opening<'_>> {
    let mut reader = Reader::new(message);
    if reader.u8()? != PEER_CODE {
        return None;
    }
    let user = text(&mut reader, LONGEST_NAME)?;
    let kind = text(&mut reader, 1)?.first().copied()?;
    let token_fits = reader.remaining() == 4 || reader.remaining() == 8;
    (token_fits && matches!(kind, b'P' | b'F' | b'D') && is_name(user)).then_some(Opening::Peer { user, kind })
}

/// Whether a message of a possible length is still coming.
fn may_grow(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    let Some(length) = reader.le32() else { return true };
    let begins = matches!(reader.rest(), [] | [1, ..]);
    (5..=LONGEST_LOGIN).contains(&length) && begins && bytes.len() as u64 - 4 < u64::from(length)
}

impl Parser for Soulseek {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let (user, connection) = match read(payload.bytes) {
            Some(Opening::Login { user }) => (user, &b"server"[..]),
            Some(Opening::Peer { user, kind: b'P' }) => (user, &b"peer"[..]),
            Some(Opening::Peer { user, kind: b'F' }) => (user, &b"file"[..]),
            Some(Opening::Peer { user, .. }) => (user, &b"distributed"[..]),
            None => return Next::Done,
        };
        facts.text(&USER, user);
        facts.text(&CONNECTION, connection);
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    fn framed(message: &[u8]) -> Vec<u8> {
        [&u32::try_from(message.len()).unwrap().to_le_bytes()[..], message].concat()
    }

    #[test]
    fn a_log_in_tells_the_user_however_it_is_cut() {
        let message = [
            &1u32.to_le_bytes()[..],
            &framed(b"alice"),
            &framed(b"secret"),
            &160u32.to_le_bytes(),
            &framed(b"d51c9a7e9353746a6020f9602d452929"),
            &1u32.to_le_bytes(),
        ]
        .concat();
        let whole = framed(&message);
        for size in [1, 10, 500] {
            let cut: Vec<_> = whole.chunks(size).map(|bytes| (Side::Client, bytes)).collect();
            let told = tell(&Soulseek, Transport::Tcp, &cut);
            assert!(told.saw(&LOGIN));
            assert_eq!(told.text(&USER).unwrap(), "alice");
        }
    }

    #[test]
    fn a_call_of_a_peer_tells_its_kind() {
        let message = [&[1][..], &framed(b"alice"), &framed(b"F"), &[0; 4]].concat();
        let told = tell(&Soulseek, Transport::Tcp, &[(Side::Client, &framed(&message))]);
        assert_eq!(told.text(&CONNECTION).unwrap(), "file");
        let other = [&[1][..], &framed(b"alice"), &framed(b"X"), &[0; 4]].concat();
        assert!(tell(&Soulseek, Transport::Tcp, &[(Side::Client, &framed(&other))]).matched.is_none());
    }
}
