//! Agora: a network for live sound and pictures that many applications rent (its own name for it is SD-RTN).
//!
//! Recognised by the request that opens a flow: a list of tags of four letters, the first of them the edge server's name.
//! Documented by the programs that recognise it, and seen in captures; Agora publishes no format.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The Agora protocol.
pub struct Agora;

/// Kind of the message that opens a flow.
const REQUEST: u8 = 0x21;

static SERVER_NAME: Field = Field::text("agora.server_name", "the edge server that is asked for");

// A fixed byte (24 dB), a fixed tag of four (96 dB) and a length that fits.
static NAME_TAG: Sign = Sign::new("the opening of an Agora flow, with its server name", 96);

static PROFILE: Profile = Profile {
    name: "agora",
    title: "Agora",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[8130],
    first: First::Shapes(&[Shape::datagram().at(13, Bytes::Of(b"S"))]),
    fields: &[&SERVER_NAME],
    signs: &[&NAME_TAG],
};

impl Protocol for Agora {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if server_name(opening.bytes).is_some() {
            Match::Yes(&NAME_TAG)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Agora)
    }
}

impl Parser for Agora {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(name) = server_name(payload.bytes) {
            facts.text(&SERVER_NAME, name);
        }
        Next::Done
    }
}

/// Header of twelve bytes, then how many tags there are, then the first: name, length (least significant byte first), text.
fn server_name(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    reader.skip(6)?;
    let kind = reader.u8()?;
    reader.skip(5)?;
    let tags = reader.u8()?;
    let tag: [u8; 4] = reader.array()?;
    let length = reader.le16()?;
    let name = reader.take(length.into())?;
    let readable = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    (kind == REQUEST && tags > 0 && tag == *b"SNI\0" && readable).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_opening_tells_the_server() {
        let mut bytes = vec![0, 0x5a, 0x38, 0x4c, 0, 0, REQUEST, 0, 0, 0, 0, 0];
        bytes.extend(b"\x04SNI\x00\x0d\x00edge.agora.ioPDMD");
        let told = tell(&Agora, Transport::Udp, &[(Side::Client, &bytes)]);
        assert_eq!(told.text(&SERVER_NAME).as_deref(), Some("edge.agora.io"));
        assert!(tell(&Agora, Transport::Udp, &[(Side::Client, &bytes[..22])]).matched.is_none());
    }
}
