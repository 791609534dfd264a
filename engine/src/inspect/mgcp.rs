//! MGCP: a call agent commands its gateways, over UDP (RFC 3435).
//!
//! Recognised by the first line of a command; answers only on its ports. Its descriptions of media are passed on.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;
use memchr::memchr2;

use super::sip::sdp;

/// The MGCP protocol.
pub struct Mgcp;

/// Gateway and call agent.
const PORTS: [u16; 2] = [2427, 2727];
/// Commands (RFC 3435 §2.3).
const VERBS: [&str; 9] = ["EPCF", "CRCX", "MDCX", "DLCX", "RQNT", "NTFY", "AUEP", "AUCX", "RSIP"];

static VERB: Field = Field::text("mgcp.verb", "the first command: CRCX create, NTFY notify …");

// Four letters of nine words (80 dB) and "MGCP" with a version.
static COMMAND: Sign = Sign::new("an MGCP command", 96);
// Three digits, a space, a number; on the port.
static ANSWER: Sign = Sign::new("an answer to an MGCP command, on its port", 50);

static PROFILE: Profile = Profile {
    name: "mgcp",
    title: "MGCP",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Of(b"ACDEMNRacdemnr123458"),
    fields: &[&VERB],
    signs: &[&COMMAND, &ANSWER],
};

impl Protocol for Mgcp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if command(opening.bytes).is_some() {
            Match::Yes(&COMMAND)
        } else if opening.on_port(&PORTS) && is_answer(opening.bytes) {
            Match::Yes(&ANSWER)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Mgcp)
    }
}

impl Parser for Mgcp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        match command(payload.bytes) {
            Some(verb) => {
                facts.sign(&COMMAND);
                facts.text(&VERB, verb);
            }
            None if is_answer(payload.bytes) => {}
            None => return Next::NotMine,
        }
        for media in sdp::read(payload.bytes) {
            media.announce(facts);
        }
        Next::More
    }
}

/// `CRCX 1204 aaln/1@rgw.example MGCP 1.0`
fn command(bytes: &[u8]) -> Option<&[u8]> {
    // Some end lines with one of the two only (RFC 3435 §3.1).
    let line = bytes.get(..memchr2(b'\r', b'\n', bytes)?)?;
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let (verb, number) = (words.next()?, words.next()?);
    // Words may be written in either case (RFC 3435 §3.1).
    let known = VERBS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(verb));
    let counted = number.iter().all(u8::is_ascii_digit) && number.len() <= 9;
    let version = words.any(|word| word.eq_ignore_ascii_case(b"MGCP"))
        && matches!(words.next(), Some([b'0' | b'1', b'.', b'0'..=b'9']));
    (known && counted && version).then_some(verb)
}

/// `200 1204 OK`
fn is_answer(bytes: &[u8]) -> bool {
    let line = bytes.get(..memchr2(b'\r', b'\n', bytes).unwrap_or(bytes.len())).unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let digits = |word: Option<&[u8]>, most: usize| {
        word.is_some_and(|word| (1..=most).contains(&word.len()) && word.iter().all(u8::is_ascii_digit))
    };
    digits(words.next(), 3) && digits(words.next(), 9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn commands_are_told_and_their_media_announced() {
        let bytes = b"CRCX 1204 aaln/1@rgw.example MGCP 1.0\r\nC: A3C4\r\n\r\nv=0\r\nc=IN IP4 192.0.2.1\r\n\
            m=audio 3456 RTP/AVP 0\r\n";
        let told = tell(&Mgcp, Transport::Udp, &[(Side::Client, bytes), (Side::Server, b"200 1204 OK\r\n")]);
        assert_eq!(told.text(&VERB).as_deref(), Some("CRCX"));
        assert_eq!(told.announced.len(), 2);
        assert!(tell(&Mgcp, Transport::Udp, &[(Side::Server, b"200 1204 OK\r\n")]).matched.is_none());
    }
}
