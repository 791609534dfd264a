//! TFTP: small files for telephones, switches and machines that boot (RFC 1350).
//!
//! Recognised by a request with a name and a known mode. The answer comes from a port of its own, and is known by where
//! it goes.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Announcement, Facts, Field, Sign};
use crate::packet::Transport;

/// The TFTP protocol.
pub struct Tftp;

static FILE: Field = Field::text("tftp.file", "the file that is asked for or sent");

const MODES: [&[u8]; 3] = [b"octet", b"netascii", b"mail"];
const LONGEST_NAME: usize = 255;

// Operation (45 dB), a name that ends, a mode (130 dB and more).
static REQUEST: Sign = Sign::new("a request for a file (TFTP)", 95);

static PROFILE: Profile = Profile {
    name: "tftp",
    title: "TFTP",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[69],
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&[0])).at(1, Bytes::Of(&[1, 2]))]),
    fields: &[&FILE],
    signs: &[&REQUEST],
};

impl Protocol for Tftp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if file(opening.bytes).is_some() {
            Match::Yes(&REQUEST)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Tftp)
    }
}

impl Parser for Tftp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(file) = file(payload.bytes) {
            facts.text(&FILE, file);
            facts.announce(Announcement::Media {
                endpoint: payload.source(),
                transport: Transport::Udp,
                protocol: "tftp",
            });
        }
        Next::Done
    }
}

/// The name in a request to read or to write.
fn file(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    let operation = reader.be16().filter(|operation| matches!(operation, 1 | 2));
    operation?;
    let rest = reader.rest();
    let end = memchr::memchr(0, rest.get(..rest.len().min(LONGEST_NAME))?).filter(|end| *end > 0)?;
    let (name, mode) = (rest.get(..end)?, rest.get(end + 1..)?);
    let known = |known: &&[u8]| mode.get(..known.len()).is_some_and(|word| word.eq_ignore_ascii_case(known));
    MODES.iter().any(known).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, CLIENT};
    use crate::packet::Side;

    #[test]
    fn a_request_announces_where_the_answer_goes() {
        let told = tell(&Tftp, Transport::Udp, &[(Side::Client, b"\0\x01SEP0011.cnf.xml\0octet\0")]);
        assert_eq!(told.text(&FILE).as_deref(), Some("SEP0011.cnf.xml"));
        assert!(matches!(told.announced[..], [Announcement::Media { endpoint, .. }] if endpoint == CLIENT));
        assert!(tell(&Tftp, Transport::Udp, &[(Side::Client, b"\0\x03SEP\0octet\0")]).matched.is_none());
    }
}
