//! XMPP (Jabber): messages, and calls' signalling, as a stream of XML over TCP (RFC 6120).
//!
//! Recognised by the element that opens a stream; on its ports, where a stream was joined late, by what is said in it. Where
//! both sides agree on STARTTLS, TLS is told by its own file.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};
use memchr::{memchr, memmem};

use super::tls::Tls;

/// The XMPP protocol.
pub struct Xmpp;

/// For clients and for servers.
const PORTS: [u16; 2] = [5222, 5269];
/// The opening element stands behind at most a declaration and a comment.
const NEAR: usize = 256;
/// A declaration, a comment, and the opening element with its name spaces.
const LONGEST_OPENING: usize = 1024;
/// Of what may have been split: `<proceed` with its name space.
const LONGEST_WORD: usize = 128;
/// Segments after which nothing more is expected in the clear.
const ENOUGH: u8 = 24;

static TO: Field = Field::text("xmpp.to", "the server that is asked for, or that asks");
static STARTTLS: Field = Field::flag("xmpp.starttls", "the stream goes on encrypted");

// Fourteen letters of 24 dB, and the name space behind.
static STREAM: Sign = Sign::new("the opening of an XMPP stream", 96);
// One of three elements, two attributes of its own, and the port.
static STANZA: Sign = Sign::new("a message, question or presence of XMPP, on its port", 60);

static PROFILE: Profile = Profile {
    name: "xmpp",
    title: "XMPP",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &PORTS,
    first: First::Of(b"<"),
    fields: &[&TO, &STARTTLS],
    signs: &[&STREAM, &STANZA],
};

impl Protocol for Xmpp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let seen = opening.bytes;
        let near = seen.get(..seen.len().min(NEAR)).unwrap_or_default();
        if memmem::find(near, b"<stream:stream").is_some() {
            return Match::Yes(&STREAM);
        }
        if opening.on_port(&PORTS) && is_stanza(near) {
            return Match::Yes(&STANZA);
        }
        let begun = |word: &[u8]| word.starts_with(seen.get(..seen.len().min(word.len())).unwrap_or_default());
        if (begun(b"<?xml ") || begun(b"<stream:")) && seen.len() < NEAR {
            Match::Unsure
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Stream>::default()
    }
}

/// `<iq type='get' id='7'>`, `<message to='ann@example.org' …>`, `<presence …>`
fn is_stanza(bytes: &[u8]) -> bool {
    let named = [&b"<iq "[..], b"<message ", b"<presence "].iter().any(|name| bytes.starts_with(name));
    let has = |attribute: &[u8]| usize::from(memmem::find(bytes, attribute).is_some());
    named && has(b" type=") + has(b" id=") + has(b" to=") + has(b" from=") >= 2
}

/// One stream, until it is encrypted or its features are known.
#[derive(Default)]
struct Stream {
    /// What each side said first, where the element that opens the stream may have been split.
    openings: [Vec<u8>; 2],
    /// The end of what the server said, where a word may have been split.
    tail: Vec<u8>,
    read: u8,
}

impl Parser for Stream {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(opening) = self.openings.get_mut(payload.side.index()) {
            let room = LONGEST_OPENING.saturating_sub(opening.len()).min(payload.bytes.len());
            opening.extend_from_slice(payload.bytes.get(..room).unwrap_or_default());
            if let Some(to) = addressee(opening) {
                facts.text(&TO, to);
            }
        }
        if payload.side == Side::Server {
            let before = self.tail.len();
            self.tail.extend_from_slice(payload.bytes);
            // `<proceed xmlns='…'/>`: the next byte is TLS (RFC 6120 §5.4.2.3).
            let agreed = memmem::find(&self.tail, b"<proceed").and_then(|start| {
                let rest = self.tail.get(start..)?;
                Some(start + memchr(b'>', rest)? + 1)
            });
            if let Some(end) = agreed {
                facts.flag(&STARTTLS);
                return Next::Becomes(&Tls, end.saturating_sub(before));
            }
            let surplus = self.tail.len().saturating_sub(LONGEST_WORD);
            self.tail.drain(..surplus);
        }
        self.read += 1;
        if self.read >= ENOUGH {
            Next::Done
        } else {
            Next::More
        }
    }

    fn kept(&self) -> usize {
        self.tail.capacity() + self.openings.iter().map(Vec::capacity).sum::<usize>()
    }
}

/// The `to` of the element that opens the stream.
fn addressee(bytes: &[u8]) -> Option<&[u8]> {
    let element = bytes.get(memmem::find(bytes, b"<stream:stream")?..)?;
    let element = element.get(..memchr(b'>', element)?)?;
    // Some leave the space before it out.
    let name = memmem::find_iter(element, b"to=")
        .find(|at| !at.checked_sub(1).and_then(|before| element.get(before)).is_some_and(u8::is_ascii_alphanumeric))?;
    let value = element.get(name + 3..)?;
    let (quote, value) = value.split_first()?;
    value.get(..memchr(*quote, value)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::Endpoint;

    const OPENING: &[u8] = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0'to='chat.example'>";
    const PROCEED: &[u8] = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

    #[test]
    fn a_stream_is_told_with_its_server_and_becomes_tls() {
        for split in 1..PROCEED.len() {
            let (one, two) = PROCEED.split_at(split);
            let talk: [(Side, &[u8]); 3] = [(Side::Client, OPENING), (Side::Server, one), (Side::Server, two)];
            let told = tell(&Xmpp, Transport::Tcp, &talk);
            assert_eq!(told.text(&TO).as_deref(), Some("chat.example"));
            assert!(told.has(&STARTTLS));
            assert!(matches!(told.last, Next::Becomes(_, end) if end == two.len()));
        }
    }

    #[test]
    fn the_server_is_told_wherever_the_opening_is_split() {
        for split in 1..OPENING.len() {
            let (one, two) = OPENING.split_at(split);
            let told = tell(&Xmpp, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&TO).as_deref(), Some("chat.example"));
        }
    }

    #[test]
    fn a_stream_that_was_joined_late_is_told_on_its_port() {
        let question = b"<iq type='get' id='7'><ping xmlns='urn:xmpp:ping'/></iq>";
        let talk = |port| {
            let server = Endpoint { port, ..SERVER };
            tell_between(&Xmpp, Transport::Tcp, CLIENT, server, &[(Side::Client, question)])
        };
        assert!(talk(5222).saw(&STANZA));
        assert!(talk(80).matched.is_none());
    }

    #[test]
    fn other_documents_are_not_streams() {
        let page = b"<?xml version='1.0' encoding='utf-8'?><html xmlns='http://www.w3.org/1999/xhtml'>";
        let long = [&page[..], &[b' '; 300]].concat();
        assert!(tell(&Xmpp, Transport::Tcp, &[(Side::Client, &long)]).matched.is_none());
    }
}
