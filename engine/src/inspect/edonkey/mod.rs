//! eDonkey, eMule and Kad: files in parts from many peers, with servers and without.
//!
//! Recognised by its messages (the eMule protocol specification of Kulbak and Bickson 2005, and the source of eMule and
//! aMule for what came later): a first byte for the dialect, over TCP a length that leads from message to message, and a
//! code. A user's identifier has two fixed bytes. The hello tells the port of the same program's datagrams. Where both
//! ends ask for obfuscation no byte is fixed: only what was learned or announced names such a flow.

mod datagram;
mod stream;

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field};
use crate::packet::Transport;

/// The eDonkey protocol.
pub struct Edonkey;

static NICK: Field = Field::text("edonkey.nick", "name that the user gave in the hello");
static USER: Field = Field::bytes("edonkey.user", "identifier of the user in the hello");
static MESSAGE: Field = Field::text("edonkey.message", "the first message over UDP: what it asks, and of whom");

static PROFILE: Profile = Profile {
    name: "edonkey",
    title: "eDonkey",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[4661, 4662, 4665, 4672],
    first: First::Of(&[stream::EDONKEY, stream::EMULE, stream::EMULE_PACKED, datagram::KAD, datagram::KAD_PACKED]),
    fields: &[&NICK, &USER, &MESSAGE],
    signs: &[
        &stream::FRAME,
        &stream::FRAMES,
        &stream::HELLO,
        &stream::LOGIN,
        &datagram::KAD_MESSAGE,
        &datagram::KAD_SHORT,
        &datagram::SERVER_MESSAGE,
        &datagram::SERVER_SHORT,
        &datagram::PEER_MESSAGE,
        &datagram::ANSWERED,
    ],
};

impl Protocol for Edonkey {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match opening.transport {
            Transport::Udp => datagram::matches(opening),
            _ => stream::matches(opening),
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<EdonkeyParser>::default()
    }
}

/// Reads one flow of either kind.
#[derive(Default)]
struct EdonkeyParser {
    datagrams: datagram::Exchange,
    stream: stream::Frames,
}

impl Parser for EdonkeyParser {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        match payload.transport {
            Transport::Udp => self.datagrams.feed(payload, facts),
            _ => self.stream.feed(payload, facts),
        }
    }

    fn kept(&self) -> usize {
        self.stream.kept()
    }
}

#[cfg(test)]
mod tests;
