//! Multicast DNS: names and services of the own network, without a server (RFC 6762, RFC 6763).
//!
//! Recognised by a DNS message on port 5353 with the flags and counts that RFC 6762 §18 asks for.

use super::dns::message::{Header, Message};
use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;
use crate::text::Text;

/// The multicast DNS protocol.
pub struct Mdns;

const PORT: u16 = 5353;

static NAME: Field = Field::text("mdns.name", "the first name or service that was asked for or told");

// A first name or record that reads well, flags and counts, which are small numbers, and the port (6 dB).
static MESSAGE: Sign = Sign::new("a multicast DNS message on its port", 46);

static PROFILE: Profile = Profile {
    name: "mdns",
    title: "Multicast DNS",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[PORT],
    first: First::Shapes(&[Shape::datagram().on(&[PORT])]),
    fields: &[&NAME],
    signs: &[&MESSAGE],
};

impl Protocol for Mdns {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.on_port(&[PORT]) && first_name(opening.bytes).is_some() {
            Match::Yes(&MESSAGE)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Mdns)
    }
}

impl Parser for Mdns {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(name) = first_name(payload.bytes) {
            facts.text(&NAME, name.as_bytes());
        }
        Next::Done
    }
}

/// The name that comes first. An answer may lack the question (RFC 6762 §6), a question may bring known answers.
fn first_name(bytes: &[u8]) -> Option<Text> {
    let mut message = Message::read(bytes)?;
    let Header { questions, answers, authorities, additionals, .. } = message.header;
    let few = [questions, answers, authorities, additionals].iter().all(|count| *count <= 256);
    // Query and no code; what else is in the flags is only an answer's.
    if message.header.opcode() != 0 || message.header.code() != 0 || !few {
        return None;
    }
    if questions > 0 {
        // The top bit of the class asks for an answer to one only (RFC 6762 §5.4).
        let question = message.question().filter(|question| matches!(question.class & 0x7fff, 1 | 255))?;
        return Some(message.text(question.name));
    }
    let told = message.header.is_response() && answers + authorities + additionals > 0;
    message.record().filter(|_| told).map(|record| message.text(record.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT};
    use crate::packet::{Addr, Endpoint, Side};

    #[test]
    fn a_question_on_its_port_is_told_with_the_service() {
        let group = Endpoint { addr: Addr::v4([224, 0, 0, 251]), port: PORT };
        let mut bytes = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        bytes.extend(b"\x05_http\x04_tcp\x05local\x00\x00\x0c\x80\x01");
        let told = tell_between(&Mdns, Transport::Udp, CLIENT, group, &[(Side::Client, &bytes)]);
        assert_eq!(told.text(&NAME).as_deref(), Some("_http._tcp.local"));
        assert!(tell(&Mdns, Transport::Udp, &[(Side::Client, &bytes)]).matched.is_none());
    }
}
