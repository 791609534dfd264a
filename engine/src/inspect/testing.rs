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
    let mut play = Play {
        protocol,
        transport,
        ends: [client, server],
        parser: None,
        said: [Vec::new(), Vec::new()],
        told: Told {
            matched: None,
            facts: FactStore::default(),
            signs: Signs::new(),
            announced: Vec::new(),
            last: Next::More,
        },
    };
    for (packet, (side, bytes)) in (1..).zip(talk) {
        play.hear(packet, *side, bytes);
    }
    play.told
}

/// A conversation, as far as it is.
struct Play<'p> {
    protocol: &'p dyn Protocol,
    transport: Transport,
    ends: [Endpoint; 2],
    /// From the match on.
    parser: Option<Box<dyn Parser>>,
    /// What each side said; of datagrams before the match the latest.
    said: [Vec<u8>; 2],
    told: Told,
}

impl Play<'_> {
    fn hear(&mut self, packet: u32, side: Side, bytes: &[u8]) {
        let opens_stream = self.parser.is_none() && self.transport == Transport::Tcp;
        let own = &mut self.said[side.index()];
        if self.parser.is_none() && !opens_stream {
            own.clear();
        }
        own.extend_from_slice(bytes);
        let [own, other] = [side, side.other()].map(|side| self.said[side.index()].clone());
        let bytes = if opens_stream { &own } else { bytes };
        let payload = Payload {
            bytes,
            wire_len: length(bytes),
            other: other.get(..other.len().min(super::KEPT_OF_OPENING)).unwrap_or_default(),
            side,
            time: Time(u64::from(packet - 1) * 20 * Time::MILLI),
            transport: self.transport,
            client: self.ends[0],
            server: self.ends[1],
        };
        let Told { matched, facts, signs, announced, last } = &mut self.told;
        let mut facts = Facts::new(facts, signs, announced, packet, 1);
        if self.parser.is_none() {
            let Match::Yes(sign) = self.protocol.matches(&payload) else { return };
            assert!(is_asked(self.protocol, &payload), "its shape rules out what it matches");
            *matched = Some(sign);
            facts.sign(sign);
            let mut begun = self.protocol.parser();
            if opens_stream && !other.is_empty() {
                // As on the wire: what the other side said before comes first.
                let earlier =
                    Payload { bytes: &other, wire_len: length(&other), other: &[], side: side.other(), ..payload };
                begun.feed(&earlier, &mut facts);
            }
            self.parser = Some(begun);
        }
        if let Some(parser) = &mut self.parser {
            *last = parser.feed(&payload, &mut facts);
        }
    }
}

/// Whether the registry asks a protocol about this opening at all.
fn is_asked(protocol: &dyn Protocol, opening: &Payload<'_>) -> bool {
    let mut asked = false;
    registry().asked(opening, |(_, other)| asked |= other.profile().name == protocol.profile().name);
    asked
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
