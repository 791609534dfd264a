//! LLMNR: Windows asks its neighbours for a name (RFC 4795).
//!
//! Recognised by a DNS message with exactly one question on port 5355.

use super::dns::message::Message;
use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;
use crate::text::Text;

/// The LLMNR protocol.
pub struct Llmnr;

const PORT: u16 = 5355;

static QUERY: Field = Field::text("llmnr.query", "the name that was asked for");

// One question and no more (2^48), its class (2^16), flags (2^8), and the port (2^16): far below what is claimed.
static QUESTION: Sign = Sign::new("an LLMNR message with one question on its port", 90);

static PROFILE: Profile = Profile {
    name: "llmnr",
    title: "LLMNR",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[PORT],
    first: First::Shapes(&[Shape::datagram().on(&[PORT])]),
    fields: &[&QUERY],
    signs: &[&QUESTION],
};

impl Protocol for Llmnr {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.on_port(&[PORT]) && question(opening.bytes).is_some() {
            Match::Yes(&QUESTION)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Llmnr)
    }
}

impl Parser for Llmnr {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(name) = question(payload.bytes) {
            facts.text(&QUERY, name.as_bytes());
        }
        Next::Done
    }
}

fn question(bytes: &[u8]) -> Option<Text> {
    let mut message = Message::read(bytes)?;
    let header = message.header;
    let bare = header.is_response() || (header.answers == 0 && header.authorities == 0);
    if header.opcode() != 0 || header.questions != 1 || header.additionals > 8 || !bare {
        return None;
    }
    let question = message.question().filter(|question| question.class == 1)?;
    Some(message.text(question.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT};
    use crate::packet::{Addr, Endpoint, Side};

    #[test]
    fn a_question_to_the_neighbours_is_told() {
        let group = Endpoint { addr: Addr::v4([224, 0, 0, 252]), port: PORT };
        let mut bytes = vec![0x5a, 0x11, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        bytes.extend(b"\x04WPAD\x00\x00\x01\x00\x01");
        let told = tell_between(&Llmnr, Transport::Udp, CLIENT, group, &[(Side::Client, &bytes)]);
        assert_eq!(told.text(&QUERY).as_deref(), Some("wpad"));
    }
}
