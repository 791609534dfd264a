//! MySQL and MariaDB: a database is asked (MySQL client/server protocol, version 10).
//!
//! Recognised by the server's greeting. Where the client wants TLS, that is told by its own file.

use super::tls::Tls;
use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The MySQL protocol.
pub struct Mysql;

static VERSION: Field = Field::text("mysql.version", "what the server's program calls its version");
static ENCRYPTED: Field = Field::flag("mysql.encrypted", "the connection goes on in TLS");

// Length (32 dB), number and version of the protocol (72 dB), a version with digits and a dot (30 dB).
static GREETING: Sign = Sign::new("the greeting of a MySQL server", 95);

static PROFILE: Profile = Profile {
    name: "mysql",
    title: "MySQL",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[3306, 33060],
    first: First::Shapes(&[Shape::stream()
        .at(1, Bytes::Of(&[0]))
        .at(2, Bytes::Of(&[0]))
        .at(3, Bytes::Of(&[0]))
        .at(4, Bytes::Of(&[10]))]),
    fields: &[&VERSION, &ENCRYPTED],
    signs: &[&GREETING],
};

/// Length and number of a packet, and the version of the protocol.
const HEADER: usize = 5;
/// Longest words for a version.
const LONGEST_VERSION: usize = 64;
/// The client's packet that asks for TLS, and the bit that does (CLIENT_SSL).
const TLS_REQUEST: usize = 36;
const TLS_BIT: u8 = 0x08;

impl Protocol for Mysql {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        if !PROFILE.first.fits(opening) {
            return Match::No;
        }
        match version(bytes) {
            Some(words) if is_version(words) => Match::Yes(&GREETING),
            None if bytes.len() < HEADER + LONGEST_VERSION => Match::Unsure,
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Connection>::default()
    }
}

/// The words behind the header, up to their end.
fn version(bytes: &[u8]) -> Option<&[u8]> {
    let words = bytes.get(HEADER..bytes.len().min(HEADER + LONGEST_VERSION))?;
    words.get(..memchr::memchr(0, words)?)
}

/// `8.0.36`, `11.4.2-MariaDB-log`
fn is_version(words: &[u8]) -> bool {
    words.first().is_some_and(u8::is_ascii_digit) && words.contains(&b'.') && words.iter().all(u8::is_ascii_graphic)
}

/// The greeting, and whether the client answers it with a wish for TLS.
#[derive(Default)]
struct Connection {
    answer: Vec<u8>,
}

impl Parser for Connection {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.side == Side::Server {
            if let Some(words) = version(payload.bytes).filter(|words| is_version(words)) {
                facts.text(&VERSION, words);
            }
            return Next::More;
        }
        let before = self.answer.len();
        let mut reader = Reader::new(payload.bytes);
        let taken = reader.take((TLS_REQUEST - before).min(payload.bytes.len())).unwrap_or_default();
        self.answer.extend_from_slice(taken);
        match self.answer[..] {
            // Exactly so long, number 1, and the bit in the second byte of what the client can.
            [32, 0, 0, 1, _, can, ..] if can & TLS_BIT > 0 => {
                if self.answer.len() < TLS_REQUEST {
                    return Next::More;
                }
                facts.flag(&ENCRYPTED);
                Next::Becomes(&Tls, reader.position())
            }
            _ if self.answer.len() < 6 => Next::More,
            _ => Next::Done,
        }
    }

    fn kept(&self) -> usize {
        self.answer.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    #[test]
    fn the_greeting_tells_its_version_and_tls_is_followed() {
        let greeting = [&[0x4a, 0, 0, 0, 10][..], b"8.0.36-log\0", &[7; 20]].concat();
        let mut wish = vec![32, 0, 0, 1, 0x85, 0xae];
        wish.resize(TLS_REQUEST, 0);
        for split in 1..TLS_REQUEST {
            let (one, two) = wish.split_at(split);
            let told =
                tell(&Mysql, Transport::Tcp, &[(Side::Server, &greeting), (Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&VERSION).as_deref(), Some("8.0.36-log"));
            assert!(matches!(told.last, Next::Becomes(_, end) if end == two.len()), "{split}");
        }
        assert!(tell(&Mysql, Transport::Tcp, &[(Side::Server, &[0x4a, 0, 0, 0, 10, 0, 0])]).matched.is_none());
    }
}
