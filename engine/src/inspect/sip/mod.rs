//! SIP: sets calls up and takes them down (RFC 3261), over UDP and TCP.
//!
//! Recognised by the first line of a request or an answer. Its descriptions of media (SDP) say which flows of sound and
//! pictures will follow, and are passed on.

mod message;
pub(super) mod sdp;

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, MOST_KEPT};
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};
use message::{opening, Message, Opening, Start};

/// The SIP protocol.
pub struct Sip;

/// Longest message read of a stream.
const LONGEST: usize = MOST_KEPT / 2;

static METHOD: Field = Field::text("sip.method", "the first request: REGISTER, INVITE, …");
static STATUS: Field = Field::number("sip.status", "the first answer's code");
static USER_AGENT: Field = Field::text("sip.user_agent", "the program, as it names itself");
static SERVER: Field = Field::text("sip.server", "the server's program, as it names itself");
static FROM: Field = Field::text("sip.from_domain", "whose user calls");
static TO: Field = Field::text("sip.to_domain", "whose user is called");
static MEDIA: Field = Field::text("sip.media", "what is offered first: audio, video, image, …");

// "INVITE sip:" and " SIP/2.0": 19 bytes; the shortest, "SIP/2.0 200 ", 12 of them, with 6 that say something.
static FIRST_LINE: Sign = Sign::new("the first line of a SIP request or answer", 100);

static PROFILE: Profile = Profile {
    name: "sip",
    title: "SIP",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[5060, 5061],
    first: First::Of(b"ABCIMNOPRSU"),
    fields: &[&METHOD, &STATUS, &USER_AGENT, &SERVER, &FROM, &TO, &MEDIA],
    signs: &[&FIRST_LINE],
};

impl Protocol for Sip {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opened: &Payload<'_>) -> Match {
        match opening(opened.bytes) {
            Opening::Is(_) => Match::Yes(&FIRST_LINE),
            Opening::MayBe if opened.transport == Transport::Tcp => Match::Unsure,
            // A datagram that the capture cut inside its first line.
            Opening::MayBe if !opened.is_whole() && opened.bytes.len() > 32 => Match::Yes(&FIRST_LINE),
            Opening::MayBe | Opening::IsNot => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Dialog>::default()
    }
}

/// One flow: calls come and go on it, so that it is read to its end.
#[derive(Default)]
struct Dialog {
    kept: [Vec<u8>; 2],
}

impl Parser for Dialog {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.transport == Transport::Tcp {
            return self.stream(payload, facts);
        }
        match opening(payload.bytes) {
            Opening::Is(start) => tell(start, &Message::split(payload.bytes), facts),
            Opening::MayBe if !payload.is_whole() => {}
            // Line ends or zeros keep a NAT's door open.
            _ if payload.bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0 | b' ')) => {}
            _ => return Next::NotMine,
        }
        Next::More
    }

    fn kept(&self) -> usize {
        self.kept.iter().map(Vec::len).sum()
    }
}

impl Dialog {
    fn stream(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let [client, server] = &mut self.kept;
        let kept = if payload.side == Side::Client { client } else { server };
        kept.extend_from_slice(payload.bytes);
        loop {
            let blank = kept.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            kept.drain(..blank);
            let start = match opening(kept) {
                Opening::Is(start) => start,
                Opening::MayBe => return Next::More,
                Opening::IsNot => return if kept.is_empty() { Next::More } else { Next::Done },
            };
            let message = Message::split(kept);
            let length = message.head_len() + message.body_len().unwrap_or(0);
            if !message.has_all_headers || kept.len() < length {
                return if kept.len().max(length) > LONGEST { Next::Done } else { Next::More };
            }
            let whole = kept.get(..length).unwrap_or_default();
            tell(start, &Message::split(whole), facts);
            kept.drain(..length);
        }
    }
}

fn tell(start: Start, message: &Message<'_>, facts: &mut Facts<'_>) {
    facts.sign(&FIRST_LINE);
    match start {
        Start::Request(method) => facts.text(&METHOD, method.as_bytes()),
        Start::Response(status) => facts.number(&STATUS, status.into()),
    }
    for (name, field) in [("user-agent", &USER_AGENT), ("server", &SERVER)] {
        if let Some(value) = message.get(name) {
            facts.text(field, value);
        }
    }
    for (name, field) in [("from", &FROM), ("to", &TO)] {
        if let Some(domain) = message.get(name).and_then(message::domain) {
            facts.text(field, domain);
        }
    }
    let media = sdp::read(message.body);
    if let Some(first) = media.first() {
        facts.text(&MEDIA, first.kind.as_bytes());
    }
    // Who sends a description is who will be heard where it says.
    let sender = if matches!(start, Start::Request(_)) { "from" } else { "to" };
    let user = message.get(sender).and_then(message::user);
    for one in &media {
        one.announce(facts);
        one.names(user, facts);
    }
}

#[cfg(test)]
mod tests;
