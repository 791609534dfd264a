//! FastTrack: Kazaa, Grokster, iMesh and their supernodes.
//!
//! Recognised by what is not encrypted (the giFT-FastTrack project's `PROTOCOL`): requests for files by their hash and
//! the words around them, calls to send (`GIVE`), and the ping of supernodes over UDP, which ends in `KaZaA`.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The FastTrack protocol.
pub struct FastTrack;

static MESSAGE: Field = Field::text("fasttrack.message", "the first message: file, give, ping, pong");

// Heavier than HTTP, which this is too.
static FILE: Sign = Sign::new("a request for a file by FastTrack's hash", 110);
// Four letters, digits and two line ends.
static GIVE: Sign = Sign::new("a call to a FastTrack user behind a firewall to send a file", 45);
// Ten fixed bytes or more.
static PING: Sign = Sign::new("the ping of a FastTrack supernode", 90);

static PROFILE: Profile = Profile {
    name: "fasttrack",
    title: "FastTrack",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[1214],
    first: First::Of(&[b'G', 0x27, 0x28, 0x29]),
    fields: &[&MESSAGE],
    signs: &[&FILE, &GIVE, &PING],
};

const FILE_BY_HASH: &[u8] = b"GET /.hash=";
const PING_TAIL: &[u8] = b"KaZaA\0";
const PINGS: [u8; 3] = [0x27, 0x28, 0x29];
const LONGEST_PING: usize = 64;
const LONGEST_GIVE: usize = 20;

impl Protocol for FastTrack {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        match opening.transport {
            Transport::Udp if is_ping(bytes) => Match::Yes(&PING),
            Transport::Udp => Match::No,
            _ if bytes.starts_with(FILE_BY_HASH) => Match::Yes(&FILE),
            _ if is_give(bytes) => Match::Yes(&GIVE),
            _ if FILE_BY_HASH.starts_with(bytes) => Match::Unsure,
            _ if bytes.len() < LONGEST_GIVE && may_give(bytes) => Match::Unsure,
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(FastTrack)
    }
}

fn is_ping(bytes: &[u8]) -> bool {
    bytes.len() <= LONGEST_PING && bytes.first().is_some_and(|kind| PINGS.contains(kind)) && bytes.ends_with(PING_TAIL)
}

/// `GIVE`, a number of up to nine digits, and two line ends.
fn is_give(bytes: &[u8]) -> bool {
    let number = bytes.strip_prefix(b"GIVE ").and_then(|rest| rest.strip_suffix(b"\r\n\r\n"));
    number.is_some_and(|number| (1..10).contains(&number.len()) && number.iter().all(u8::is_ascii_digit))
}

fn may_give(bytes: &[u8]) -> bool {
    b"GIVE ".starts_with(bytes) || bytes.starts_with(b"GIVE ")
}

impl Parser for FastTrack {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let message = match payload.bytes {
            [b'G', b'E', ..] => &b"file"[..],
            [b'G', ..] => b"give",
            [0x27, ..] => b"ping",
            _ => b"pong",
        };
        facts.text(&MESSAGE, message);
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn files_calls_and_pings_are_told() {
        let file = b"GET /.hash=0123456789abcdef0123456789abcdef01234567 HTTP/1.1\r\n\r\n";
        assert!(tell(&FastTrack, Transport::Tcp, &[(Side::Client, file)]).saw(&FILE));
        assert!(
            tell(&FastTrack, Transport::Tcp, &[(Side::Client, b"GIVE 1234"), (Side::Client, b"5\r\n\r\n")]).saw(&GIVE)
        );
        let ping = b"\x27\0\0\0\xa9\x80KaZaA\0";
        assert_eq!(tell(&FastTrack, Transport::Udp, &[(Side::Client, ping)]).text(&MESSAGE).unwrap(), "ping");
    }

    #[test]
    fn the_web_is_not_fasttrack() {
        assert!(tell(&FastTrack, Transport::Tcp, &[(Side::Client, b"GET / HTTP/1.1\r\n\r\n")]).matched.is_none());
    }
}
