//! For the tests of protocols: plays a conversation to one protocol and tells what it found.

use super::{registry, Match, Next, Parser, Payload, Protocol};
use crate::facts::{Announcement, FactStore, Facts, Field, Sign, Signs, Value};
use crate::packet::{Addr, Endpoint, Side, Time, Transport};

/// Who talks in tests: a private client and a public server.
pub const CLIENT: Endpoint = Endpoint { addr: Addr::v4([192, 168, 1, 10]), port: 50_000 };
/// The far end.
pub const SERVER: Endpoint = Endpoint { addr: Addr::v4([198, 51, 100, 1]), port: 443 };

/// What one protocol made of a conversation.
pub struct Told {
    /// The first sign of its match.
    pub matched: Option<&'static Sign>,
    facts: FactStore,
    signs: Signs,
    /// What it announced of other flows.
    pub announced: Vec<Announcement>,
    /// What it said to the last payload.
    pub last: Next,
}

impl Told {
    /// A text's words.
    pub fn text(&self, field: &Field) -> Option<String> {
        self.facts.get(field).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// A number.
    pub fn number(&self, field: &Field) -> Option<u64> {
        match field.value(self.facts.get(field)?) {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Whether the field was told at all.
    pub fn has(&self, field: &Field) -> bool {
        self.facts.get(field).is_some()
    }

    /// Whether the sign was seen.
    pub fn saw(&self, sign: &Sign) -> bool {
        self.signs.iter().any(|seen| seen.sign == sign.id())
    }
}

/// Plays payloads one after the other: datagrams, or segments of a stream in order.
pub fn tell(protocol: &dyn Protocol, transport: Transport, talk: &[(Side, &[u8])]) -> Told {
    tell_between(protocol, transport, CLIENT, SERVER, talk)
}

/// The same between given ends.
pub fn tell_between(
    protocol: &dyn Protocol,
    transport: Transport,
    client: Endpoint,
    server: Endpoint,
    talk: &[(Side, &[u8])],
) -> Told {
    let _ = registry();
    let mut told = Told {
        matched: None,
        facts: FactStore::default(),
        signs: Signs::new(),
        announced: Vec::new(),
        last: Next::More,
    };
    let mut parser: Option<Box<dyn Parser>> = None;
    let mut so_far: [Vec<u8>; 2] = [Vec::new(), Vec::new()];
    for (packet, (side, bytes)) in talk.iter().enumerate() {
        let stream = transport == Transport::Tcp;
        if !stream && parser.is_none() || so_far[side.index()].is_empty() {
            so_far[side.index()].clear();
        }
        so_far[side.index()].extend_from_slice(bytes);
        let other = so_far[side.other().index()].clone();
        let all = so_far[side.index()].clone();
        let mut payload = Payload {
            bytes: if stream && parser.is_none() { &all } else { bytes },
            wire_len: 0,
            other: other.get(..other.len().min(super::KEPT_OF_OPENING)).unwrap_or_default(),
            side: *side,
            time: Time(packet as u64 * 20 * Time::MILLI),
            transport,
            client,
            server,
        };
        payload.wire_len = u32::try_from(payload.bytes.len()).unwrap_or(u32::MAX);
        let mut facts = Facts::new(
            &mut told.facts,
            &mut told.signs,
            &mut told.announced,
            u32::try_from(packet + 1).unwrap_or(u32::MAX),
            1,
        );
        if parser.is_none() {
            let Match::Yes(sign) = protocol.matches(&payload) else { continue };
            told.matched.get_or_insert(sign);
            facts.sign(sign);
            let mut begun = protocol.parser();
            if stream && !other.is_empty() {
                // As on the wire: what the other side said before comes first.
                let wire_len = u32::try_from(other.len()).unwrap_or(u32::MAX);
                let earlier = Payload { bytes: &other, wire_len, other: &[], side: side.other(), ..payload };
                begun.feed(&earlier, &mut facts);
            }
            parser = Some(begun);
        }
        if let Some(parser) = &mut parser {
            told.last = parser.feed(&payload, &mut facts);
        }
    }
    told
}
