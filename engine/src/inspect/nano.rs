//! Nano's network of nodes.
//!
//! Recognised by the header of every message (the protocol specification of docs.nano.org): a letter for the protocol, a
//! letter for the network, three versions in order, a kind and its extensions.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The Nano node protocol.
pub struct Nano;

static NETWORK: Field = Field::text("nano.network", "live, beta, test or development");
static VERSION: Field = Field::number("nano.version", "protocol version in use");

// Two letters of four, 42; versions of a dozen in order, some 30; one of 16 kinds, 12.
static HEADER: Sign = Sign::new("the header of a message between Nano nodes", 70);

static PROFILE: Profile = Profile {
    name: "nano",
    title: "Nano",
    category: Category::Blockchain,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[7075, 54000],
    first: First::Of(b"R"),
    fields: &[&NETWORK, &VERSION],
    signs: &[&HEADER],
};

const HEADER_LENGTH: usize = 8;
/// Versions that nodes have spoken, with room for some years.
const VERSIONS: std::ops::RangeInclusive<u8> = 7..=40;
/// From keep-alive (2) to the newest (0x11).
const KINDS: std::ops::RangeInclusive<u8> = 2..=0x11;

fn header(bytes: &[u8]) -> Option<(&'static [u8], u8)> {
    let mut reader = Reader::new(bytes.strip_prefix(b"R")?);
    let network = match reader.u8()? {
        b'C' => &b"live"[..],
        b'B' => b"beta",
        b'X' => b"test",
        b'A' => b"development",
        _ => return None,
    };
    let (most, used, least) = (reader.u8()?, reader.u8()?, reader.u8()?);
    let kind = reader.u8()?;
    let ordered = least <= used && used <= most && VERSIONS.contains(&least) && VERSIONS.contains(&most);
    reader.be16()?;
    (ordered && KINDS.contains(&kind)).then_some((network, used))
}

impl Protocol for Nano {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match header(opening.bytes) {
            Some(_) => Match::Yes(&HEADER),
            None if opening.bytes.len() < HEADER_LENGTH && opening.transport == Transport::Tcp => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Nano)
    }
}

impl Parser for Nano {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some((network, version)) = header(payload.bytes) {
            facts.text(&NETWORK, network);
            facts.number(&VERSION, version.into());
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_header_tells_network_and_version() {
        let header = [0x52, 0x43, 0x14, 0x13, 0x12, 0x0a, 0x05, 0x00, 1, 2, 3];
        let told = tell(&Nano, Transport::Tcp, &[(Side::Client, &header)]);
        assert!(told.saw(&HEADER));
        assert_eq!(told.text(&NETWORK).unwrap(), "live");
        assert_eq!(told.number(&VERSION), Some(0x13));
    }

    #[test]
    fn versions_out_of_order_and_words_are_not_nano() {
        for bytes in [&b"RCPT TO:<a@b>"[..], &[0x52, 0x43, 0x12, 0x13, 0x14, 0x0a, 5, 0]] {
            assert!(tell(&Nano, Transport::Tcp, &[(Side::Client, bytes)]).matched.is_none());
        }
    }
}
