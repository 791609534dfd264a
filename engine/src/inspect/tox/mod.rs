//! Tox: calls, messages and files between peers, without any server but volunteers' relays.
//!
//! Recognised by the published protocol (the Tox reference, zetok.github.io/tox-spec): every datagram begins with its
//! kind and has that kind's length; most carry the sender's public key, which stays the same from one datagram to the
//! next. Where UDP does not pass, clients keep streams to relays, on any port, that open with messages of 128 and 96
//! bytes and go on in encrypted packets behind two bytes of length.

mod datagram;
mod relay;

use super::noise::ENCRYPTED;
use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::facts::{Facts, Field};
use crate::packet::Transport;

/// The Tox protocol.
pub struct Tox;

static PACKET: Field =
    Field::text("tox.packet", "kind of the first packet: ping, nodes, cookie, handshake, crypto, onion");
static PUBLIC_KEY: Field = Field::bytes("tox.public_key", "public key that the client uses on the network at present");
static RELAY: Field = Field::flag("tox.relay", "the stream goes to a relay");
static ACTIVITY: Field = Field::text("tox.activity", "log-on, where the exchange belongs to joining the network");

static PROFILE: Profile = Profile {
    name: "tox",
    title: "Tox",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[33445, 3389],
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Of(&datagram::KINDS)),
        ENCRYPTED[0].long(0, relay::LONGEST),
        ENCRYPTED[1].long(0, relay::LONGEST),
    ]),
    fields: &[&PACKET, &PUBLIC_KEY, &RELAY, &ACTIVITY],
    signs: &[
        &datagram::KEYED,
        &datagram::ANSWERED,
        &datagram::SAME_KEY,
        &datagram::COOKIE,
        &datagram::HANDSHAKE,
        &datagram::CRYPTO,
        &datagram::CRYPTO_RUN,
        &datagram::ONION,
        &datagram::ONION_ANSWER,
        &datagram::ANNOUNCE,
        &datagram::DISCOVERY,
        &datagram::DISCOVERY_ON_PORT,
        &datagram::BOOTSTRAP,
        &relay::GREETING,
        &relay::ANSWER,
        &relay::PING,
        &relay::FRAMES,
        &relay::PING_ALONE,
        &relay::PING_ANSWERED,
    ],
};

impl Protocol for Tox {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match opening.transport {
            Transport::Udp => datagram::matches(opening),
            Transport::Tcp => relay::matches(opening),
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<ToxParser>::default()
    }
}

/// Reads one flow of either kind.
#[derive(Default)]
struct ToxParser {
    datagrams: datagram::Exchange,
    relay: relay::Stream,
}

impl Parser for ToxParser {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        match payload.transport {
            Transport::Udp => self.datagrams.feed(payload, facts),
            Transport::Tcp => self.relay.feed(payload, facts),
            _ => Next::Done,
        }
    }
}

#[cfg(test)]
mod tests;
