//! Mumble: voice for groups, mostly of players. Its control goes through TLS, its sound through UDP on the same port.
//!
//! Recognised by the unencrypted ping that server lists send (Mumble protocol documentation, "Establishing a connection");
//! encrypted sound only by its counter, on the port.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The Mumble protocol.
pub struct Mumble;

const PORT: u16 = 64738;
const PING_LEN: u32 = 12;
const PONG_LEN: u32 = 24;
/// Datagrams in a row that must be counted in order.
const STEPS: u8 = 8;
/// Datagrams after which nothing more is expected.
const ENOUGH: u8 = 64;

static VERSION: Field = Field::text("mumble.version", "the server's version");
static USERS: Field = Field::number("mumble.users", "how many were on the server");

// Twelve of its 24 bytes are nearly fixed: version, high halves of the counts; and the size.
static PONG: Sign = Sign::new("a Mumble server's answer to a ping", 75);
// Four empty bytes are common elsewhere: the size (20 dB), what they are among small numbers (12 dB) and the port count.
static PING: Sign = Sign::new("a Mumble ping on its port", 38);
// No more than the port.
static ON_PORT: Sign = Sign::new("a datagram on the port of Mumble", 6);
// Eight steps of 24 dB; others count in the first byte too, so that a third is left.
static COUNTER: Sign = Sign::new("encrypted Mumble sound: eight datagrams counted in the first byte, on its port", 60);

static PROFILE: Profile = Profile {
    name: "mumble",
    title: "Mumble",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[PORT],
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Of(&[0])).long(PONG_LEN, PONG_LEN),
        Shape::datagram().on(&[PORT]),
    ]),
    fields: &[&VERSION, &USERS],
    signs: &[&PONG, &PING, &ON_PORT, &COUNTER],
};

impl Protocol for Mumble {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if pong(opening).is_some() {
            Match::Yes(&PONG)
        } else if !opening.on_port(&[PORT]) {
            Match::No
        } else if opening.wire_len == PING_LEN && opening.bytes.starts_with(&[0; 4]) {
            Match::Yes(&PING)
        } else {
            Match::Yes(&ON_PORT)
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Voice>::default()
    }
}

/// One flow.
#[derive(Default)]
struct Voice {
    /// First byte of the last datagram of each side, and how often it was the next number.
    last: [(u8, u8); 2],
    read: u8,
}

impl Parser for Voice {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some((version, users)) = pong(payload) {
            facts.sign(&PONG);
            let [_, major, minor, patch] = version;
            facts.text(&VERSION, format!("{major}.{minor}.{patch}").as_bytes());
            facts.number(&USERS, users.into());
            return Next::Done;
        }
        let Some(first) = payload.bytes.first().copied() else { return Next::More };
        let [client, server] = &mut self.last;
        let (last, steps) = if payload.side == Side::Client { client } else { server };
        // One may be lost, or both may pass each other.
        *steps = if matches!(first.wrapping_sub(*last), 1 | 2) { steps.saturating_add(1) } else { 0 };
        *last = first;
        if *steps >= STEPS {
            facts.sign(&COUNTER);
            return Next::Done;
        }
        self.read += 1;
        if self.read >= ENOUGH {
            Next::Done
        } else {
            Next::More
        }
    }
}

/// Version, the ping's own eight bytes, users, most users, most bits a second.
fn pong(payload: &Payload<'_>) -> Option<([u8; 4], u32)> {
    let mut reader = Reader::new(payload.bytes);
    let version: [u8; 4] = reader.array()?;
    reader.skip(8)?;
    let (users, most, bits) = (reader.be32()?, reader.be32()?, reader.be32()?);
    let fits = matches!(version, [0, 1 | 2, 0..=9, _]) && users <= most && (1..=100_000).contains(&most);
    let plausible = (8_000..=2_000_000).contains(&bits) && payload.wire_len == PONG_LEN && reader.is_empty();
    (fits && plausible).then_some((version, users))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::Endpoint;

    #[test]
    fn a_pong_tells_version_and_users() {
        let pong = [0, 1, 3, 4, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 2, 0, 0, 0, 100, 0, 1, 0x19, 0x40];
        let told = tell(&Mumble, Transport::Udp, &[(Side::Server, &pong)]);
        assert_eq!(told.text(&VERSION).as_deref(), Some("1.3.4"));
        assert_eq!(told.number(&USERS), Some(2));
    }

    #[test]
    fn encrypted_sound_counts_on_its_port_only() {
        let server = Endpoint { port: PORT, ..SERVER };
        let packets: Vec<[u8; 3]> = (250..=259u16).map(|n| [n.to_le_bytes()[0], 7, 7]).collect();
        let talk: Vec<_> = packets.iter().map(|bytes| (Side::Client, bytes.as_slice())).collect();
        assert!(tell_between(&Mumble, Transport::Udp, CLIENT, server, &talk).saw(&COUNTER));
        assert!(tell(&Mumble, Transport::Udp, &talk).matched.is_none());
    }
}
