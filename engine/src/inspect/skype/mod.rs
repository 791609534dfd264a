//! Skype as it was until 2014: peers, supernodes and a log-in server on random ports, all of it encrypted.
//!
//! There is no published specification; the formats are those of the public analyses (Baset and Schulzrinne 2004,
//! Biondi and Desclaux 2006, Ehlert and Petgang 2006, Bonfiglio and others 2007) and were measured again on captures.
//! Datagrams keep five bytes or fewer in the clear, so that one alone is weak evidence and an exchange is strong.
//! Streams give themselves away by a keystream that is used twice, by padding that is not random, and by the
//! disguises as TLS and HTTP. What serves calls under that name today is Microsoft's, and another protocol.

mod datagram;
mod stream;

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::facts::{Facts, Field};
use crate::packet::Transport;

/// The peer-to-peer Skype protocol.
pub struct Skype;

static MESSAGE: Field =
    Field::text("skype.message", "the first message seen: probe, nack, nat, resend, fragment, data");
static OBJECT_ID: Field =
    Field::number("skype.object_id", "identifier of the first request; a host counts them up by two");
static PUBLIC_ADDR: Field = Field::text("skype.public_addr", "public address of the one who asked, as the peer saw it");
static CHANNEL: Field = Field::text("skype.channel", "what a stream is for: supernode, log-in, disguise, version");
static ACTIVITY: Field = Field::text("skype.activity", "log-on, where the exchange belongs to it");
static VERSION: Field = Field::text("skype.version", "the program's version, where it asks for a newer one");

static PROFILE: Profile = Profile {
    name: "skype",
    title: "Skype (peer-to-peer)",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[33033, 12350, 13392],
    first: First::Shapes(&[
        // The function of a datagram is its third byte; streams have no fixed byte.
        Shape::datagram().at(2, Bytes::Of(&[2])).long(18, u32::MAX),
        Shape::datagram().at(2, Bytes::Masked(0x8f, &[3])).at(3, Bytes::Of(&[1])).long(18, u32::MAX),
        Shape::datagram().at(2, Bytes::Masked(0x8f, &[5, 7])).long(11, 11),
        Shape::datagram().at(2, Bytes::Masked(0x8f, &[15])).at(6, Bytes::Of(&[2])).long(18, u32::MAX),
        Shape::datagram().at(2, Bytes::Masked(0x8f, &[13])),
        Shape::datagram().on(&[datagram::TELEPHONE_PORT]).long(12, 200),
        Shape::stream(),
    ]),
    fields: &[&MESSAGE, &OBJECT_ID, &PUBLIC_ADDR, &CHANNEL, &ACTIVITY, &VERSION],
    signs: &[
        &datagram::PROBE,
        &datagram::PROBE_AGAIN,
        &datagram::PROBE_THRICE,
        &datagram::ANSWER,
        &datagram::NACK_ALONE,
        &datagram::NACK_TO_US,
        &datagram::NACK_ECHO,
        &datagram::RESEND_ALONE,
        &datagram::RESEND,
        &datagram::FRAGMENT_ALONE,
        &datagram::FRAGMENT,
        &datagram::DATA,
        &datagram::DATA_RUN,
        &datagram::PHONE,
        &datagram::PHONE_RUN,
        &stream::PADDING,
        &stream::PADDING_SHORT,
        &stream::PADDING_ANSWER,
        &stream::KEYSTREAM_TWICE,
        &stream::KEYSTREAM_ANSWER,
        &stream::LOGIN,
        &stream::LOGIN_ANSWER,
        &stream::HELLO,
        &stream::HELLO_PADDED,
        &stream::HELLO_ANSWER,
        &stream::WEB_DISGUISE,
        &stream::VERSION_CHECK,
    ],
};

impl Protocol for Skype {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match opening.transport {
            Transport::Udp => datagram::matches(opening),
            Transport::Tcp => stream::matches(opening),
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<SkypeParser>::default()
    }
}

/// Reads one flow of either kind.
#[derive(Default)]
struct SkypeParser {
    datagrams: datagram::Exchange,
    stream: stream::Opening,
}

impl Parser for SkypeParser {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        match payload.transport {
            Transport::Udp => self.datagrams.feed(payload, facts),
            Transport::Tcp => self.stream.feed(payload, facts),
            _ => Next::Done,
        }
    }

    fn kept(&self) -> usize {
        self.stream.kept()
    }
}

#[cfg(test)]
mod tests;
