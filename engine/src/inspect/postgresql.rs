//! PostgreSQL: a database is asked (PostgreSQL frontend/backend protocol 3.0).
//!
//! Recognised by the client's first message, which opens a session or asks for encryption first. Where the server agrees,
//! TLS is told by its own file.

use super::tls::Tls;
use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::{be32, Reader};
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The PostgreSQL protocol.
pub struct PostgreSql;

static USER: Field = Field::text("postgresql.user", "who logs on");
static DATABASE: Field = Field::text("postgresql.database", "the database that is asked for");
static ENCRYPTED: Field = Field::flag("postgresql.encrypted", "the connection goes on in TLS");

// Version (96 dB), a length that fits (40 dB), and a word.
static START: Sign = Sign::new("a session with a PostgreSQL server is opened", 95);
// Length and code are fixed: 192 dB.
static REQUEST: Sign = Sign::new("a PostgreSQL client asks for encryption", 96);

static PROFILE: Profile = Profile {
    name: "postgresql",
    title: "PostgreSQL",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[5432],
    first: First::Shapes(&[Shape::stream().at(0, Bytes::Of(&[0])).at(1, Bytes::Of(&[0])).at(4, Bytes::Of(&[0, 4]))]),
    fields: &[&USER, &DATABASE, &ENCRYPTED],
    signs: &[&START, &REQUEST],
};

/// 3.0.
const VERSION: u32 = 0x0003_0000;
/// To cancel, to encrypt by TLS and by GSSAPI: in place of a version.
const CANCEL: u32 = 80_877_102;
const TLS: u32 = 80_877_103;
const GSSAPI: u32 = 80_877_104;
/// Length and code.
const SHORT: usize = 8;
/// Longest opening message that is waited for.
const LONGEST: u32 = 1024;

/// What a client's first message is.
fn kind(bytes: &[u8]) -> Option<&'static Sign> {
    match (be32(bytes, 0)?, be32(bytes, 4)?) {
        (8, TLS | GSSAPI) | (16, CANCEL) => Some(&REQUEST),
        (9..=LONGEST, VERSION) if bytes.get(SHORT).is_none_or(u8::is_ascii_lowercase) => Some(&START),
        _ => None,
    }
}

impl Protocol for PostgreSql {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match kind(opening.bytes) {
            Some(sign) => Match::Yes(sign),
            None if opening.bytes.len() < SHORT && PROFILE.first.fits(opening) => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Session>::default()
    }
}

/// The client's messages before it is let in.
#[derive(Default)]
struct Session {
    message: Vec<u8>,
    asked_for_tls: bool,
}

impl Parser for Session {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.side == Side::Server {
            return match payload.bytes.first() {
                Some(b'S') if self.asked_for_tls => {
                    facts.flag(&ENCRYPTED);
                    Next::Becomes(&Tls, 1)
                }
                // "No": the client goes on in the clear, or not at all.
                _ => Next::More,
            };
        }
        let room = (LONGEST as usize).saturating_sub(self.message.len()).min(payload.bytes.len());
        self.message.extend_from_slice(payload.bytes.get(..room).unwrap_or_default());
        while be32(&self.message, 0) == Some(8) && self.message.len() >= SHORT {
            self.asked_for_tls |= be32(&self.message, 4) == Some(TLS);
            self.message.drain(..SHORT);
        }
        match be32(&self.message, 0) {
            Some(length) if length <= LONGEST && (self.message.len() as u64) < u64::from(length) => Next::More,
            None => Next::More,
            Some(_) => {
                tell(&self.message, facts);
                Next::Done
            }
        }
    }

    fn kept(&self) -> usize {
        self.message.capacity()
    }
}

/// Names and values in turn, each with its end.
fn tell(message: &[u8], facts: &mut Facts<'_>) {
    let mut reader = Reader::new(message);
    if reader.skip(SHORT).is_none() {
        return;
    }
    let mut words = reader.rest().split(|byte| *byte == 0);
    while let (Some(name), Some(value)) = (words.next().filter(|name| !name.is_empty()), words.next()) {
        match name {
            b"user" => facts.text(&USER, value),
            b"database" => facts.text(&DATABASE, value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing;

    const WISH: [u8; 8] = [0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f];

    fn start() -> Vec<u8> {
        let words = b"user\0ann\0database\0books\0\0";
        let length = u32::try_from(words.len() + SHORT).unwrap();
        [&length.to_be_bytes()[..], &VERSION.to_be_bytes(), words].concat()
    }

    #[test]
    fn a_session_tells_who_logs_on_wherever_it_is_split() {
        let start = [&WISH[..], &start()].concat();
        for split in 1..start.len() {
            let (one, two) = start.split_at(split);
            let told = testing::tell(&PostgreSql, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&USER).as_deref(), Some("ann"));
            assert_eq!(told.text(&DATABASE).as_deref(), Some("books"));
        }
    }

    #[test]
    fn a_wish_for_tls_is_followed_where_the_server_agrees() {
        let talk: [(Side, &[u8]); 2] = [(Side::Client, &WISH), (Side::Server, b"S")];
        let told = testing::tell(&PostgreSql, Transport::Tcp, &talk);
        assert!(told.saw(&REQUEST) && told.has(&ENCRYPTED));
        assert!(matches!(told.last, Next::Becomes(_, 1)));
        let talk: [(Side, &[u8]); 3] = [(Side::Client, &WISH), (Side::Server, b"N"), (Side::Client, &start())];
        assert!(testing::tell(&PostgreSql, Transport::Tcp, &talk).has(&USER));
    }
}
