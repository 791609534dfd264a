//! DNSCrypt: names looked up in an encrypted protocol of its own (version 2, dnscrypt.info/protocol).
//!
//! Recognised by the eight bytes that each answer begins with; questions begin with bytes of the resolver's choice, and
//! cannot be told from noise. The certificate is fetched by ordinary DNS, which tells that question.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The DNSCrypt protocol.
pub struct DnsCrypt;

// Eight fixed bytes: 1 of 2^64.
static ANSWER: Sign = Sign::new("the eight bytes that a DNSCrypt answer begins with", 180);

static PROFILE: Profile = Profile {
    name: "dnscrypt",
    title: "DNSCrypt",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[443, 5353, 8443],
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Of(b"r")).at(1, Bytes::Of(b"6")),
        Shape::stream().at(2, Bytes::Of(b"r")).at(3, Bytes::Of(b"6")),
    ]),
    fields: &[],
    signs: &[&ANSWER],
};

const MAGIC: &[u8] = b"r6fnvWj8";
/// Over TCP each message has its length before it.
const LENGTH: usize = 2;

impl Protocol for DnsCrypt {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let stream = opening.transport == Transport::Tcp;
        let bytes = opening.bytes.get(if stream { LENGTH } else { 0 }..).unwrap_or_default();
        if bytes.starts_with(MAGIC) {
            Match::Yes(&ANSWER)
        } else if stream && MAGIC.starts_with(bytes) {
            Match::Unsure
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(DnsCrypt)
    }
}

impl Parser for DnsCrypt {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        facts.client_is(payload.side.other());
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn an_answer_is_recognised_over_both_transports() {
        let answer = [MAGIC, &[3; 80]].concat();
        assert!(tell(&DnsCrypt, Transport::Udp, &[(Side::Server, &answer)]).saw(&ANSWER));
        let stream = [&[0, 88][..], &answer].concat();
        for cut in 1..12 {
            let (first, second) = stream.split_at(cut);
            assert!(tell(&DnsCrypt, Transport::Tcp, &[(Side::Server, first), (Side::Server, second)]).saw(&ANSWER));
        }
        assert!(tell(&DnsCrypt, Transport::Tcp, &[(Side::Server, &answer)]).matched.is_none());
    }
}
