//! Gnutella and Gnutella2: searches that peers pass on to each other, and files fetched straight from them.
//!
//! Recognised by the handshake in words (`GNUTELLA CONNECT/0.6`, the Gnutella protocol specification 0.6), by requests for
//! files by their hash, by the 23-byte header of messages over UDP, whose length has to fit, and by the reliable
//! datagrams of Gnutella2 (`GND`).

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The Gnutella protocol, both of that name.
pub struct Gnutella;

static NETWORK: Field = Field::text("gnutella.network", "gnutella or gnutella2");
static USER_AGENT: Field = Field::text("gnutella.user_agent", "the program that opened the connection");
static MESSAGE: Field =
    Field::text("gnutella.message", "the first message over UDP: ping, pong, query, hit, push, dht");

static WORDS: Sign = Sign::new("Gnutella's handshake, in words", 95);
// Words of a standard (RFC 2169) that nothing else uses with these hashes; heavier than HTTP, which this is too.
static REQUEST: Sign = Sign::new("a request for a file by its hash, as Gnutella peers ask", 110);
// Three letters, which are 57 in text, a part that is in its count, and a name behind.
static DATAGRAM_2: Sign = Sign::new("a datagram of Gnutella2's reliable transport", 63);
// The length fits in 32 bits, 35 among small numbers; 8 of 256 types, 10.
static HEADER: Sign = Sign::new("a Gnutella message, whose length is that of the datagram", 45);

static PROFILE: Profile = Profile {
    name: "gnutella",
    title: "Gnutella",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[6346, 6347, 6348],
    first: First::Shapes(&[
        Shape::stream().at(0, Bytes::Of(b"G")).at(1, Bytes::Of(b"NEI")),
        Shape::stream().at(0, Bytes::Of(b"H")).at(1, Bytes::Of(b"E")),
        Shape::datagram().at(0, Bytes::Of(b"G")).at(1, Bytes::Of(b"N")).at(2, Bytes::Of(b"D")),
        Shape::datagram().at(16, Bytes::Of(&KINDS)).at(17, Bytes::Range(0, MOST_HOPS)),
    ]),
    fields: &[&NETWORK, &USER_AGENT, &MESSAGE],
    signs: &[&WORDS, &REQUEST, &DATAGRAM_2, &HEADER],
};

/// Identifier, type, hops to go, hops gone, length.
const HEADER_LENGTH: usize = 23;
/// More hops than anybody allows a message.
/// Ping, pong, routing, push, hash table, query, hit.
const KINDS: [u8; 8] = [0x00, 0x01, 0x30, 0x31, 0x40, 0x44, 0x80, 0x81];
const MOST_HOPS: u8 = 16;
/// Longest message over UDP.
const LONGEST: u32 = 4096;
const MOST_KEPT: usize = 2048;
const OPENINGS: [&[u8]; 4] = [b"GNUTELLA CONNECT/0.", b"GNUTELLA/0.", b"GNUTELLA OK", b"GNUTELLA PONG"];
const REQUESTS: [&[u8]; 3] = [b"GET /uri-res/N2R?urn:", b"HEAD /uri-res/N2R?urn:", b"GET /gnutella/"];
/// How one behind a firewall calls back whoever asked for a file: its number, who serves it, its name.
const CALL: &[u8] = b"GIV ";
/// Digits of the server's identifier.
const DIGITS: usize = 32;

impl Protocol for Gnutella {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        if opening.transport == Transport::Udp {
            let sign = reliable(bytes).or_else(|| message(opening).map(|_| &HEADER));
            return sign.map_or(Match::No, Match::Yes);
        }
        let begins = |words: &[&[u8]]| words.iter().any(|word| bytes.starts_with(word));
        let may_begin = |words: &[&[u8]]| words.iter().any(|word| word.starts_with(bytes));
        if begins(&OPENINGS) {
            Match::Yes(&WORDS)
        } else if begins(&REQUESTS) {
            Match::Yes(&REQUEST)
        } else if let Some(called) = call(bytes) {
            called
        } else if may_begin(&OPENINGS) || may_begin(&REQUESTS) {
            Match::Unsure
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Handshake>::default()
    }
}

/// The client's part of a handshake in words, until its empty line.
#[derive(Default)]
struct Handshake {
    words: Vec<u8>,
}

impl Parser for Handshake {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.transport == Transport::Udp {
            return datagram(payload, facts);
        }
        if payload.side == Side::Server {
            return Next::More;
        }
        let room = MOST_KEPT.saturating_sub(self.words.len()).min(payload.bytes.len());
        self.words.extend_from_slice(payload.bytes.get(..room).unwrap_or_default());
        let ended = self.words.windows(4).any(|end| end == b"\r\n\r\n");
        if !ended && self.words.len() < MOST_KEPT {
            return Next::More;
        }
        if let Some(program) = header(&self.words, b"user-agent:") {
            facts.text(&USER_AGENT, program);
        }
        let second = self.words.windows(9).any(|word| word == b"gnutella2");
        facts.text(&NETWORK, if second { b"gnutella2" } else { b"gnutella" });
        Next::Done
    }

    fn kept(&self) -> usize {
        self.words.capacity()
    }
}

fn datagram(payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
    if reliable(payload.bytes).is_some() {
        facts.text(&NETWORK, b"gnutella2");
        return Next::Done;
    }
    let Some(kind) = message(payload) else { return Next::NotMine };
    facts.text(&NETWORK, b"gnutella");
    facts.text(&MESSAGE, kind);
    Next::Done
}

/// The value of a header line; `name` in small letters, with its colon.
fn header<'a>(words: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut lines = words.split(|byte| *byte == b'\n');
    let line = lines.find(|line| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))?;
    line.get(name.len()..).map(<[u8]>::trim_ascii)
}

/// `GIV 7:ABCDEF0123456789ABCDEF0123456789/a file` and an end of line.
fn call(bytes: &[u8]) -> Option<Match> {
    if CALL.starts_with(bytes) {
        return Some(Match::Unsure);
    }
    let rest = bytes.strip_prefix(CALL)?;
    let number = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some(identifier) = rest.get(number..).and_then(|rest| rest.strip_prefix(b":")?.get(..=DIGITS)) else {
        let may_come = rest.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b':') && rest.len() <= DIGITS + 10;
        return may_come.then_some(Match::Unsure);
    };
    let (slash, digits) = identifier.split_last()?;
    let known = number > 0 && digits.iter().all(u8::is_ascii_hexdigit) && *slash == b'/';
    known.then_some(Match::Yes(&REQUEST))
}

/// Gnutella2 over UDP: `GND`, flags, number, part and how many there are; none is an acknowledgement.
fn reliable(bytes: &[u8]) -> Option<&'static Sign> {
    let mut reader = Reader::new(bytes.strip_prefix(b"GND")?);
    let _flags = reader.u8()?;
    reader.skip(2)?;
    let (part, count) = (reader.u8()?, reader.u8()?);
    (count == 0 && reader.is_empty() || (1..=count).contains(&part)).then_some(&DATAGRAM_2)
}

/// What a message over UDP is, where its length is that of the datagram.
fn message(payload: &Payload<'_>) -> Option<&'static [u8]> {
    let mut reader = Reader::new(payload.bytes);
    reader.skip(16)?;
    let kind = match reader.u8()? {
        0x00 => &b"ping"[..],
        0x01 => b"pong",
        0x30 | 0x31 => b"routing",
        0x40 => b"push",
        0x44 => b"dht",
        0x80 => b"query",
        0x81 => b"hit",
        _ => return None,
    };
    let (to_go, gone) = (reader.u8()?, reader.u8()?);
    let length = reader.le32()?;
    let fits = u64::from(length) + HEADER_LENGTH as u64 == u64::from(payload.wire_len) && length <= LONGEST;
    // The identifier is random; a zero one, and empty messages, look like anything.
    let identifier = payload.bytes.get(..16)?;
    let random = identifier.iter().filter(|byte| **byte != 0).count() > 10;
    (fits && random && to_go <= MOST_HOPS && gone <= MOST_HOPS).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::noise::tests::cipher;
    use crate::inspect::testing::tell;

    #[test]
    fn the_handshake_tells_the_program() {
        let words = b"GNUTELLA CONNECT/0.6\r\nUser-Agent: gtk-gnutella/1.1\r\nAccept: application/x-gnutella2\r\n\r\n";
        for cut in [1, 12, 40] {
            let (one, other) = words.split_at(cut);
            let told = tell(&Gnutella, Transport::Tcp, &[(Side::Client, one), (Side::Client, other)]);
            assert!(told.saw(&WORDS));
            assert_eq!(told.text(&USER_AGENT).unwrap(), "gtk-gnutella/1.1");
            assert_eq!(told.text(&NETWORK).unwrap(), "gnutella2");
        }
    }

    #[test]
    fn a_request_by_hash_is_told_and_other_requests_are_not() {
        let request = b"GET /uri-res/N2R?urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB HTTP/1.1\r\n\r\n";
        assert!(tell(&Gnutella, Transport::Tcp, &[(Side::Client, request)]).saw(&REQUEST));
        assert!(tell(&Gnutella, Transport::Tcp, &[(Side::Client, b"GET / HTTP/1.1\r\n\r\n")]).matched.is_none());
    }

    #[test]
    fn a_call_back_is_told_wherever_it_is_cut() {
        let call = b"GIV 36:ABCDEF0123456789ABCDEF0123456789/a.txt\n\n";
        for cut in 1..call.len() {
            let (one, other) = call.split_at(cut);
            assert!(tell(&Gnutella, Transport::Tcp, &[(Side::Client, one), (Side::Client, other)]).saw(&REQUEST));
        }
        assert!(tell(&Gnutella, Transport::Tcp, &[(Side::Client, b"GIV me all that you have, please and thank you")])
            .matched
            .is_none());
    }

    #[test]
    fn a_message_is_told_where_its_length_fits() {
        let ping =
            |length: u8| [&cipher(1, 16)[..], &[0, 1, 0, length, 0, 0, 0], &[0xc3, 0x82, 0x51, 0x4b, 0x40]].concat();
        let told = tell(&Gnutella, Transport::Udp, &[(Side::Client, &ping(5))]);
        assert_eq!(told.text(&MESSAGE).unwrap(), "ping");
        assert!(tell(&Gnutella, Transport::Udp, &[(Side::Client, &ping(6))]).matched.is_none());
    }

    #[test]
    fn reliable_datagrams_are_gnutella2() {
        let told = tell(&Gnutella, Transport::Udp, &[(Side::Client, b"GND\x10\x3e\x8f\x01\x01\x54\x0bQKR")]);
        assert_eq!(told.text(&NETWORK).unwrap(), "gnutella2");
        assert!(tell(&Gnutella, Transport::Udp, &[(Side::Client, b"GND\x10\x3e\x8f\x03\x01\x54")]).matched.is_none());
    }
}
