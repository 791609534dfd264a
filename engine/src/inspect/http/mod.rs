//! HTTP/1: the web's own protocol, and the dress that many others wear (RFC 9112).
//!
//! Recognised by the first line of a request or of a response. Told are the host and what is asked of it, both programs,
//! the type of the content. An upgrade to WebSocket and a proxy's CONNECT are followed: what is inside a tunnel is
//! recognised on its own, with the name that the tunnel leads to.

mod line;
#[cfg(test)]
mod tests;

use super::lines::Lines;
use super::websocket::WebSocket;
use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};
use crate::text::Text;
use line::Start;

/// The HTTP/1 protocol.
pub struct Http;

static METHOD: Field = Field::text("http.method", "what is to be done: GET, POST, CONNECT");
static HOST: Field = Field::text("http.host", "host that the client asks for");
static URL: Field = Field::text("http.url", "path that the client asks for, with its query");
static USER_AGENT: Field = Field::text("http.user_agent", "the client's program, as it says");
static REQUEST_TYPE: Field = Field::text("http.request_type", "type of the content that the client sends");
static TUNNEL: Field = Field::text("http.tunnel", "host and port that a proxy is asked to connect to");
static STATUS: Field = Field::number("http.status", "status of the response");
static SERVER: Field = Field::text("http.server", "the server's program, as it says");
static CONTENT_TYPE: Field = Field::text("http.content_type", "type of the content that the server sends");
static UPGRADE: Field = Field::text("http.upgrade", "protocol that the client asks to go on with");
// The question for WebSocket has no body (RFC 6455 §4.1); simple-obfs writes its first message there (`obfs_http.c`).
static FALSE_UPGRADE: Field = Field::flag("http.false_upgrade", "the client asks for WebSocket and sends a body");

// Eight fixed bytes of the version and a sound method: 1 of 2^70. Many protocols dress as HTTP, and say so heavier.
static REQUEST: Sign = Sign::new("an HTTP request line", 100);
// The same with a target so long that the version is not in sight.
static LONG_REQUEST: Sign = Sign::new("the start of a long HTTP request line", 60);
static RESPONSE: Sign = Sign::new("an HTTP status line", 100);

static PROFILE: Profile = Profile {
    name: "http",
    title: "HTTP/1",
    category: Category::Web,
    layer: Layer::Session,
    transports: &[Transport::Tcp],
    ports: &[80, 8080, 3128, 8000, 8008, 8888],
    first: First::Range(b'A', b'Z'),
    fields: &[
        &METHOD,
        &HOST,
        &URL,
        &USER_AGENT,
        &REQUEST_TYPE,
        &TUNNEL,
        &STATUS,
        &SERVER,
        &CONTENT_TYPE,
        &UPGRADE,
        &FALSE_UPGRADE,
    ],
    signs: &[&REQUEST, &LONG_REQUEST, &RESPONSE],
};

/// From here on a line that began with a known method and a path is believed before its end is seen.
const LONG_LINE: usize = 512;
/// Methods that a long request may have.
const COMMON: [&[u8]; 4] = [b"GET", b"POST", b"PUT", b"HEAD"];

impl Protocol for Http {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        if let Some(end) = memchr::memchr(b'\n', bytes) {
            let line = bytes.get(..end).unwrap_or_default();
            return match line::start(line.strip_suffix(b"\r").unwrap_or(line)) {
                Some(Start::Request(..)) => Match::Yes(&REQUEST),
                Some(Start::Response(_)) => Match::Yes(&RESPONSE),
                None => Match::No,
            };
        }
        match line::split(bytes) {
            Some((b"HTTP/1.0" | b"HTTP/1.1", _)) if line::status(bytes).is_some() => Match::Yes(&RESPONSE),
            Some((b"HTTP/1.0" | b"HTTP/1.1", rest)) if rest.len() < 3 => Match::Unsure,
            Some((method, target)) if method.iter().all(|byte| line::is_of_method(*byte)) => {
                match_target(method, target)
            }
            None if b"HTTP/1.1".starts_with(bytes) || bytes.iter().all(|byte| line::is_of_method(*byte)) => {
                Match::Unsure
            }
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<HttpParser>::default()
    }
}

/// Judges a request line whose end is not in sight.
fn match_target(method: &[u8], target: &[u8]) -> Match {
    let printable = target.iter().all(|byte| *byte >= b' ' && *byte != 0x7f);
    let path = target.starts_with(b"/") || target.starts_with(b"http");
    match target.len() {
        _ if !printable => Match::No,
        ..LONG_LINE => Match::Unsure,
        _ if COMMON.contains(&method) && path => Match::Yes(&LONG_REQUEST),
        _ => Match::No,
    }
}

/// Payloads after which a head that did not end, or an answer that did not come, is not waited for.
const MOST_PAYLOADS: u8 = 64;
/// Header fields of one message that are looked at.
const MOST_FIELDS: u8 = 100;

/// How far one side's message was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before a start line; other lines, of a body, are passed over.
    #[default]
    Start,
    /// In a request's head.
    Request,
    /// In a response's head.
    Response,
    /// After a head.
    Body,
}

#[derive(Debug, Default)]
struct Half {
    place: Place,
    lines: Lines,
    fields: u8,
}

/// Reads one HTTP connection up to the end of the first request's and response's heads, or into a tunnel.
#[derive(Default)]
struct HttpParser {
    halves: [Half; 2],
    payloads: u8,
    asked: bool,
    connects: bool,
    upgrades: bool,
    status: u16,
}

impl Parser for HttpParser {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.payloads += 1;
        let mut reader = Reader::new(payload.bytes);
        while let Some(place) = self.read_line(payload.side, &mut reader, facts) {
            if let Some(next) = self.after_head(place, payload, &reader) {
                return next;
            }
            if reader.is_empty() {
                break;
            }
        }
        if self.payloads >= MOST_PAYLOADS {
            Next::Done
        } else {
            Next::More
        }
    }

    fn turned(&mut self) {
        self.halves.reverse();
    }

    fn kept(&self) -> usize {
        self.halves.iter().map(|half| half.lines.kept()).sum()
    }
}

fn half_of(halves: &mut [Half; 2], side: Side) -> &mut Half {
    let [client, server] = halves;
    if side == Side::Client {
        client
    } else {
        server
    }
}

impl HttpParser {
    /// Reads one line; says whose head ended with it, if one did.
    fn read_line(&mut self, side: Side, reader: &mut Reader<'_>, facts: &mut Facts<'_>) -> Option<Place> {
        let Self { halves, asked, connects, upgrades, status, .. } = self;
        let half = half_of(halves, side);
        if half.place == Place::Body {
            return None;
        }
        let line = half.lines.next(reader)?;
        let ended = if line.is_empty() { half.place } else { Place::Start };
        match (half.place, line) {
            (place, []) if place != Place::Start => half.place = Place::Body,
            (Place::Start, line) => match line::start(line) {
                Some(Start::Request(method, target)) => {
                    half.place = Place::Request;
                    facts.client_is(side);
                    *asked = true;
                    *connects = method == b"CONNECT";
                    tell_request(method, target, facts);
                }
                Some(Start::Response(number)) => {
                    half.place = Place::Response;
                    facts.client_is(side.other());
                    *status = number;
                    facts.number(&STATUS, number.into());
                }
                None => {}
            },
            (place, line) if half.fields < MOST_FIELDS => {
                half.fields += 1;
                *upgrades |= tell_field(place == Place::Request, line, facts);
            }
            _ => {}
        }
        Some(ended)
    }

    /// What comes after the head of a request or a response.
    fn after_head(&mut self, ended: Place, payload: &Payload<'_>, reader: &Reader<'_>) -> Option<Next> {
        const SWITCHING: u16 = 101;
        if ended != Place::Response || !self.asked {
            return None;
        }
        match self.status {
            SWITCHING if self.upgrades => Some(Next::Becomes(&WebSocket, reader.position())),
            // "Go on" and the like: the answer itself is still to come.
            100..=199 => {
                half_of(&mut self.halves, payload.side).place = Place::Start;
                None
            }
            200..=299 if self.connects => Some(Next::Inside(reader.position())),
            // A proxy that wants a password first: the client asks again on the same connection.
            _ if self.connects => {
                self.halves.iter_mut().for_each(|half| half.place = Place::Start);
                None
            }
            _ => Some(Next::Done),
        }
    }
}

fn tell_request(method: &[u8], target: &[u8], facts: &mut Facts<'_>) {
    facts.text(&METHOD, method);
    if method == b"CONNECT" {
        facts.text(&TUNNEL, target);
    } else {
        facts.text(&URL, target);
    }
}

fn asks_for_websocket(facts: &Facts<'_>) -> bool {
    facts.get(&UPGRADE).is_some_and(|asked| asked.eq_ignore_ascii_case(b"websocket"))
}

/// Tells what a header field says; whether it asks for WebSocket.
fn tell_field(of_request: bool, line: &[u8], facts: &mut Facts<'_>) -> bool {
    let first = line.first().map(u8::to_ascii_lowercase);
    // Most fields tell nothing here: these are the first letters of those below that do.
    if !matches!(first, Some(b'h' | b'u' | b'c' | b's')) {
        return false;
    }
    let Some((name, value)) = line::field(line) else { return false };
    let is = |wanted: &[u8]| name.eq_ignore_ascii_case(wanted);
    match first {
        Some(b'h') if of_request && is(b"host") => facts.text(&HOST, Text::of_small(value).as_bytes()),
        Some(b'u') if of_request && is(b"user-agent") => facts.text(&USER_AGENT, value),
        Some(b'c') if is(b"content-type") => {
            facts.text(if of_request { &REQUEST_TYPE } else { &CONTENT_TYPE }, value);
        }
        Some(b'c') if of_request && is(b"content-length") && value != b"0" && asks_for_websocket(facts) => {
            facts.flag(&FALSE_UPGRADE);
        }
        Some(b's') if !of_request && is(b"server") => facts.text(&SERVER, value),
        Some(b'u') if is(b"upgrade") => {
            facts.text(&UPGRADE, value);
            return value.eq_ignore_ascii_case(b"websocket");
        }
        _ => {}
    }
    false
}
