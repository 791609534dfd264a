//! SSDP: devices that announce and look for each other on the own network (UPnP Device Architecture 2.0 §1).
//!
//! Recognised by one of the three first lines of HTTP over UDP that it knows, with a header that only it has.

use memchr::{memchr, memmem};

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The SSDP protocol.
pub struct Ssdp;

const PORT: u16 = 1900;
const OPENINGS: [&[u8]; 2] = [b"M-SEARCH * HTTP/1.", b"NOTIFY * HTTP/1."];
const ANSWER: &[u8] = b"HTTP/1.1 200 OK";

static SERVER: Field = Field::text("ssdp.server", "the device's system and program, as it names itself");
static USER_AGENT: Field = Field::text("ssdp.user_agent", "the program that searches, as it names itself");
static TARGET: Field = Field::text("ssdp.target", "what is searched for or announced");

// Sixteen fixed letters and more.
static FIRST_LINE: Sign = Sign::new("the first line of an SSDP search or announcement", 100);
// An answer of HTTP in a datagram from port 1900, or with the search's own header.
static RESPONSE: Sign = Sign::new("an answer to an SSDP search", 80);

static PROFILE: Profile = Profile {
    name: "ssdp",
    title: "SSDP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[PORT],
    first: First::Of(b"MNH"),
    fields: &[&SERVER, &USER_AGENT, &TARGET],
    signs: &[&FIRST_LINE, &RESPONSE],
};

impl Protocol for Ssdp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if OPENINGS.iter().any(|line| opening.bytes.starts_with(line)) {
            Match::Yes(&FIRST_LINE)
        } else if opening.bytes.starts_with(ANSWER)
            && (opening.on_port(&[PORT]) || header(opening.bytes, b"st").is_some())
        {
            Match::Yes(&RESPONSE)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Ssdp)
    }
}

impl Parser for Ssdp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let names: [(&[u8], &Field); 4] =
            [(b"server", &SERVER), (b"user-agent", &USER_AGENT), (b"st", &TARGET), (b"nt", &TARGET)];
        for (name, field) in names {
            if let Some(value) = header(payload.bytes, name) {
                facts.text(field, value);
            }
        }
        Next::Done
    }
}

fn header<'a>(bytes: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let head = bytes.get(..memmem::find(bytes, b"\r\n\r\n").unwrap_or(bytes.len()))?;
    head.split(|byte| *byte == b'\n').skip(1).find_map(|line| {
        let (key, value) = line.split_at_checked(memchr(b':', line)?)?;
        key.trim_ascii().eq_ignore_ascii_case(name).then(|| value.get(1..).unwrap_or_default().trim_ascii())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_search_is_told_with_its_target_and_program() {
        let search = b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nST: ssdp:all\r\nUser-Agent: X/1\r\n\r\n";
        let told = tell(&Ssdp, Transport::Udp, &[(Side::Client, search)]);
        assert_eq!(told.text(&TARGET).as_deref(), Some("ssdp:all"));
        assert_eq!(told.text(&USER_AGENT).as_deref(), Some("X/1"));
        assert!(told.saw(&FIRST_LINE));
    }

    #[test]
    fn an_answer_of_plain_http_is_not_it() {
        let told = tell(&Ssdp, Transport::Udp, &[(Side::Server, b"HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n")]);
        assert!(told.matched.is_none());
    }
}
