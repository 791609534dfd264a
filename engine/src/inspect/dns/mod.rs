//! DNS: names for addresses (RFC 1035), over UDP and TCP.
//!
//! Recognised by the header's flags and counts and a question that can be one: on any port, as programs that hide
//! ask elsewhere than on 53. Answers tell which name an address had, for as long as the answer holds.

pub(super) mod message;

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape, MOST_KEPT};
use crate::bytes::Reader;
use crate::facts::{Announcement, Facts, Field, Sign};
use crate::packet::{Addr, Side, Transport};
use crate::text::Text;
use message::{Header, Message, Name, Question, HEADER};

/// The DNS protocol.
pub struct Dns;

const PORT: u16 = 53;
/// Those with the same messages and files of their own: NetBIOS names, multicast DNS, LLMNR.
const KIN: [u16; 3] = [137, 5353, 5355];
/// Query, status, notify, update, where they lie in the third byte.
const OPCODES: [u8; 4] = [0, 0x10, 0x20, 0x28];
const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
/// Names held while one answer is read: chains of aliases are short.
const MOST_ALIASES: usize = 16;
/// Records read of one answer.
const MOST_RECORDS: u16 = 64;
/// Programs keep an address a little longer than they may.
const SHORTEST_LIFE: u32 = 60;
/// A lie in an answer is not believed all day.
const LONGEST_LIFE: u32 = 6 * 3600;

static QUERY: Field = Field::text("dns.query", "the first name that was asked for");
static KIND: Field = Field::number("dns.type", "what was asked about it: 1 address, 28 IPv6 address, 16 text …");
static CODE: Field = Field::number("dns.rcode", "what the first answer says: 0 found, 3 no such name");
static ADDRESSES: Field = Field::number("dns.addresses", "addresses in the first answer that has any");

// Counts of a question (1, 0, 0: 2^48 less small ones), its type and class (2^32, some 100 of them), flags (2^6).
static QUESTION: Sign = Sign::new("a DNS message with one well-formed question", 90);
// Flags and four small counts, on the port: answers to what could not be read, and cut messages.
static ON_PORT: Sign = Sign::new("a DNS header on the port of DNS", 45);

static PROFILE: Profile = Profile {
    name: "dns",
    title: "DNS",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[PORT],
    first: First::Shapes(&[
        // At most one question, and flags that a message can have; over TCP behind a length.
        Shape::datagram().at(2, Bytes::Masked(0x78, &OPCODES)).at(4, Bytes::Of(&[0])).at(5, Bytes::Of(&[0, 1])),
        Shape::stream().at(4, Bytes::Masked(0x78, &OPCODES)).at(6, Bytes::Of(&[0])).at(7, Bytes::Of(&[0, 1])),
        // Too short to tell, and not the beginning of too long a message.
        Shape::stream().at(0, Bytes::Range(0, 15)).long(1, 13),
    ]),
    fields: &[&QUERY, &KIND, &CODE, &ADDRESSES],
    signs: &[&QUESTION, &ON_PORT],
};

impl Protocol for Dns {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.on_port(&KIN) {
            return Match::No;
        }
        if opening.transport == Transport::Tcp {
            return in_stream(opening);
        }
        match header(opening.bytes) {
            Some(message) if question(message).is_some() => Match::Yes(&QUESTION),
            Some(_) if opening.on_port(&[PORT]) => Match::Yes(&ON_PORT),
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Talk>::default()
    }
}

/// A message over TCP has its length before it (RFC 1035 §4.2.2).
fn in_stream(opening: &Payload<'_>) -> Match {
    let mut reader = Reader::new(opening.bytes);
    let Some(length) = reader.be16() else { return Match::Unsure };
    let message = reader.rest();
    if message.len() < HEADER {
        // Most streams begin with what would be too long a message; who waits keeps the others from being asked.
        return if length < 4096 && usize::from(length) > HEADER { Match::Unsure } else { Match::No };
    }
    let message = message.get(..usize::from(length)).unwrap_or(message);
    let Some(read) = header(message).filter(|_| usize::from(length) > HEADER) else { return Match::No };
    match question(read) {
        Some(_) => Match::Yes(&QUESTION),
        // The question may end in the next segment.
        None if message.len() < usize::from(length) && message.len() < HEADER + 260 => Match::Unsure,
        None => Match::No,
    }
}

/// A header that a query or an answer can have.
fn header(bytes: &[u8]) -> Option<Message<'_>> {
    let message = Message::read(bytes)?;
    let Header { questions, answers, authorities, additionals, .. } = message.header;
    // Query, status, notify, update (RFC 1035, 1996, 2136), and the reserved bit is empty.
    let known = matches!(message.header.opcode(), 0 | 2 | 4 | 5) && message.header.flags & 0x40 == 0;
    let counts = if message.header.is_response() {
        questions <= 1 && answers <= 512 && authorities <= 64 && additionals <= 128
    } else {
        // IXFR names what it has as an authority; updates carry records.
        let records = if message.header.opcode() == 0 { 1 } else { 64 };
        questions == 1 && answers <= records && authorities <= records && additionals <= 4 && message.header.code() == 0
    };
    (known && counts).then_some(message)
}

/// The one question behind a header, and what follows it.
fn question(mut message: Message<'_>) -> Option<(Message<'_>, Question)> {
    let question = if message.header.questions == 1 { message.question()? } else { return None };
    // IANA's assigned types; NULL (10) and private ones from 65280 are what tunnels like.
    let kind = matches!(question.kind, 1..=65 | 99..=109 | 249..=261 | 0x8000 | 0x8001 | 65280..=65534);
    let class = matches!(question.class, 1 | 3 | 4 | 254 | 255);
    // An empty query ends here; anything that has more to say says so in the counts.
    let Header { answers, authorities, additionals, .. } = message.header;
    let ends = answers + authorities + additionals > 0 || message.is_read();
    (kind && class && ends).then_some((message, question))
}

/// One flow: a resolver may ask thousands of questions on one.
#[derive(Default)]
struct Talk {
    kept: [Vec<u8>; 2],
}

impl Parser for Talk {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.transport == Transport::Tcp {
            return self.stream(payload, facts);
        }
        let Some(message) = header(payload.bytes) else { return Next::NotMine };
        tell(message, payload, facts);
        Next::More
    }

    fn kept(&self) -> usize {
        self.kept.iter().map(Vec::len).sum()
    }
}

impl Talk {
    fn stream(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let [client, server] = &mut self.kept;
        let kept = if payload.side == Side::Client { client } else { server };
        kept.extend_from_slice(payload.bytes);
        loop {
            let mut reader = Reader::new(kept);
            let Some(length) = reader.be16().map(usize::from) else { break };
            let Some(message) = reader.take(length) else { break };
            let Some(message) = header(message) else { return Next::Done };
            tell(message, payload, facts);
            let end = reader.position();
            kept.drain(..end);
        }
        // Whole zones go over TCP too: they are not read.
        if kept.len() > MOST_KEPT / 2 {
            Next::Done
        } else {
            Next::More
        }
    }
}

fn tell(message: Message<'_>, payload: &Payload<'_>, facts: &mut Facts<'_>) {
    let header = message.header;
    if payload.destination().port == PORT && !header.is_response() {
        facts.client_is(payload.side);
    }
    if header.is_response() {
        facts.number(&CODE, header.code().into());
    }
    let Some((message, question)) = question(message) else { return };
    facts.sign(&QUESTION);
    let name = message.text(question.name);
    facts.text(&QUERY, name.as_bytes());
    facts.number(&KIND, question.kind.into());
    // Only a server of names is believed about names; a peer that plays one is not.
    if header.is_response() && header.opcode() == 0 && payload.source().port == PORT {
        let found = addresses(message, Chain { asked: (question.name, &name), aliases: Vec::new() }, facts);
        if found > 0 {
            facts.number(&ADDRESSES, found);
        }
    }
}

/// Announces every address that the question's name leads to, by aliases too. What else is in an answer is not asked
/// for, and could be a lie (RFC 2181 §5.4.1).
fn addresses(mut message: Message<'_>, mut names: Chain<'_>, facts: &mut Facts<'_>) -> u64 {
    let mut found = 0;
    for _ in 0..message.header.answers.min(MOST_RECORDS) {
        let Some(record) = message.record() else { break };
        if !names.hold(record.name, &message) {
            continue;
        }
        let addr = match (record.kind, record.data.len()) {
            (A, 4) => Reader::new(record.data).array().map(Addr::v4),
            (AAAA, 16) => Reader::new(record.data).array().map(Addr),
            (CNAME, _) => {
                names.lengthen(record.inner, &message);
                None
            }
            _ => None,
        };
        if let Some(addr) = addr {
            let ttl = record.ttl.clamp(SHORTEST_LIFE, LONGEST_LIFE);
            facts.announce(Announcement::Name { addr, name: names.asked.1.as_bytes().into(), ttl });
            found += 1;
        }
    }
    found
}

/// The name that was asked for, and the aliases that it leads to.
struct Chain<'a> {
    asked: (Name, &'a Text),
    aliases: Vec<(Name, Text)>,
}

impl Chain<'_> {
    fn all(&self) -> impl Iterator<Item = (Name, &Text)> {
        std::iter::once(self.asked).chain(self.aliases.iter().map(|(name, text)| (*name, text)))
    }

    /// Whether a name is among them. Most records point to where one of them stands.
    fn hold(&self, name: Name, message: &Message<'_>) -> bool {
        self.all().any(|(known, _)| known == name) || {
            let text = message.text(name);
            self.all().any(|(_, known)| known.as_bytes() == text.as_bytes())
        }
    }

    fn lengthen(&mut self, name: Name, message: &Message<'_>) {
        if self.aliases.len() == MOST_ALIASES {
            return;
        }
        // A name that cannot be read is nobody's; the root's has no text either.
        let text = message.text(name);
        if !text.is_empty() {
            self.aliases.push((name, text));
        }
    }
}

#[cfg(test)]
mod tests;
