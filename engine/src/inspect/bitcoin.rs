//! Bitcoin and the ledgers that took its protocol over: Litecoin, Dogecoin, Dash, Zcash and others.
//!
//! Recognised by the frame of every message (the developer reference of bitcoin.org): four bytes that name the network,
//! a command in letters padded with zeros, a length, a checksum. The newer encrypted transport (BIP 324) has no fixed
//! byte and is not recognised.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The Bitcoin protocol.
pub struct Bitcoin;

static NETWORK: Field = Field::text("bitcoin.network", "which ledger: bitcoin, testnet, litecoin …");
static COMMAND: Field = Field::text("bitcoin.command", "the first message's command");
static USER_AGENT: Field = Field::text("bitcoin.user_agent", "the program of the one who connects");

// Four bytes of nine networks, 85, and a command of letters and zeros.
static KNOWN: Sign = Sign::new("a message of a known network of Bitcoin's kind, with its command", 95);
// The whole command of twelve bytes, 96; other frames might begin with a word of that length.
static UNKNOWN: Sign = Sign::new("the first message of a ledger that took over Bitcoin's protocol", 70);

static PROFILE: Profile = Profile {
    name: "bitcoin",
    title: "Bitcoin",
    category: Category::Blockchain,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[8333, 18333, 38333, 48333, 9333, 22556, 9999, 8233],
    first: First::Shapes(&[
        // A network that nobody knows, by its first command; and those that are known.
        Shape::stream().at(4, Bytes::Of(b"v")).at(5, Bytes::Of(b"e")),
        Shape::stream().at(0, Bytes::Of(&[0xf9, 0x0b, 0x1c, 0x0a, 0xe3, 0xfb, 0xc0, 0xbf, 0x24])),
    ]),
    fields: &[&NETWORK, &COMMAND, &USER_AGENT],
    signs: &[&KNOWN, &UNKNOWN],
};

const NETWORKS: &[([u8; 4], &[u8])] = &[
    ([0xf9, 0xbe, 0xb4, 0xd9], b"bitcoin"),
    ([0x0b, 0x11, 0x09, 0x07], b"bitcoin testnet"),
    ([0x1c, 0x16, 0x3f, 0x28], b"bitcoin testnet"),
    ([0x0a, 0x03, 0xcf, 0x40], b"bitcoin signet"),
    ([0xe3, 0xe1, 0xf3, 0xe8], b"bitcoin cash"),
    ([0xfb, 0xc0, 0xb6, 0xdb], b"litecoin"),
    ([0xc0, 0xc0, 0xc0, 0xc0], b"dogecoin"),
    ([0xbf, 0x0c, 0x6b, 0xbd], b"dash"),
    ([0x24, 0xe9, 0x27, 0x64], b"zcash"),
];
const COMMAND_LENGTH: usize = 12;
const HEADER: usize = 24;
/// Longest message that nodes take.
const LONGEST: u32 = 32 * 1024 * 1024;
/// A version message with the longest user agent.
const MOST_KEPT: usize = HEADER + AGENT_OFFSET + 1 + 255;
/// Version, services, time, two addresses of 26 bytes, a random number.
const AGENT_OFFSET: usize = 80;

/// Network, where it is known, and command.
fn header(bytes: &[u8]) -> Option<(Option<&'static [u8]>, &[u8])> {
    let mut reader = Reader::new(bytes);
    let magic: [u8; 4] = reader.array()?;
    let command = reader.take(COMMAND_LENGTH)?;
    let end = command.iter().position(|byte| *byte == 0).unwrap_or(COMMAND_LENGTH);
    let (letters, padding) = command.split_at_checked(end)?;
    let plain = letters.len() >= 2 && letters.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let padded = padding.iter().all(|byte| *byte == 0);
    if !plain || !padded || reader.le32()? > LONGEST {
        return None;
    }
    let network = NETWORKS.iter().find(|(known, _)| *known == magic).map(|(_, name)| *name);
    Some((network, letters))
}

impl Protocol for Bitcoin {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match header(opening.bytes) {
            Some((Some(_), _)) => Match::Yes(&KNOWN),
            Some((None, b"version")) => Match::Yes(&UNKNOWN),
            None if opening.bytes.len() < HEADER && may_be(opening.bytes) => Match::Unsure,
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Version>::default()
    }
}

fn may_be(bytes: &[u8]) -> bool {
    bytes.len() < 4 || NETWORKS.iter().any(|(magic, _)| bytes.starts_with(magic))
}

/// The client's first message, as far as it tells the program.
#[derive(Default)]
struct Version {
    message: Vec<u8>,
}

impl Parser for Version {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.side == Side::Server && self.message.is_empty() {
            tell(payload.bytes, facts);
            return Next::More;
        }
        if payload.side == Side::Server {
            return Next::More;
        }
        let room = MOST_KEPT.saturating_sub(self.message.len()).min(payload.bytes.len());
        self.message.extend_from_slice(payload.bytes.get(..room).unwrap_or_default());
        if !tell(&self.message, facts) {
            return Next::Done;
        }
        match user_agent(&self.message) {
            Some(agent) => {
                facts.text(&USER_AGENT, agent);
                Next::Done
            }
            None if self.message.len() >= MOST_KEPT => Next::Done,
            None => Next::More,
        }
    }

    fn kept(&self) -> usize {
        self.message.capacity()
    }
}

/// Network and command; whether it may still tell its user agent.
fn tell(message: &[u8], facts: &mut Facts<'_>) -> bool {
    let Some((network, command)) = header(message) else { return message.len() < HEADER };
    facts.text(&NETWORK, network.unwrap_or(b"other"));
    facts.text(&COMMAND, command);
    command == b"version"
}

fn user_agent(message: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(message);
    reader.skip(HEADER + AGENT_OFFSET)?;
    let length = reader.u8()?;
    reader.take(length.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell as talk;

    fn version(magic: [u8; 4]) -> Vec<u8> {
        [
            &magic[..],
            b"version\0\0\0\0\0",
            &[96, 0, 0, 0, 1, 2, 3, 4],
            &[7; AGENT_OFFSET],
            b"\x10/Satoshi:27.0.0/",
            &[0; 5],
        ]
        .concat()
    }

    #[test]
    fn a_version_tells_network_and_program() {
        let whole = version([0xf9, 0xbe, 0xb4, 0xd9]);
        for size in [1, 50, 500] {
            let cut: Vec<_> = whole.chunks(size).map(|bytes| (Side::Client, bytes)).collect();
            let told = talk(&Bitcoin, Transport::Tcp, &cut);
            assert!(told.saw(&KNOWN));
            assert_eq!(told.text(&NETWORK).unwrap(), "bitcoin");
            assert_eq!(told.text(&USER_AGENT).unwrap(), "/Satoshi:27.0.0/");
        }
    }

    #[test]
    fn another_ledger_is_told_by_its_version_only() {
        assert!(talk(&Bitcoin, Transport::Tcp, &[(Side::Client, &version([1, 2, 3, 4]))]).saw(&UNKNOWN));
        let other = [&[1, 2, 3, 4][..], b"ping\0\0\0\0\0\0\0\0", &[8, 0, 0, 0, 1, 2, 3, 4]].concat();
        assert!(talk(&Bitcoin, Transport::Tcp, &[(Side::Client, &other)]).matched.is_none());
    }
}
