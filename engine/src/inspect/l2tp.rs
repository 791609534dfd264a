//! L2TP: a dial-in line over UDP, mostly inside IPsec (RFC 2661).

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The L2TP protocol.
pub struct L2tp;

static MESSAGE: Field = Field::number("l2tp.message", "kind of the first control message, by its IANA number");

// Flags and version are fixed, the length is exact, the first attribute is the message's kind: 1 of 2^70.
static CONTROL: Sign = Sign::new("an L2TP control message whose length fits", 110);

static PROFILE: Profile = Profile {
    name: "l2tp",
    title: "L2TP",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[1701],
    first: First::Of(&[0xc8]),
    fields: &[&MESSAGE],
    signs: &[&CONTROL],
};

/// Control, length and sequence are there; version 2 (RFC 2661 §3.1).
const FLAGS: u16 = 0xc802;
/// The attribute that every control message begins with: mandatory, 8 bytes, IETF's number 0.
const FIRST_ATTRIBUTE: [u8; 6] = [0x80, 8, 0, 0, 0, 0];

impl Protocol for L2tp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        control(opening).map_or(Match::No, |_| Match::Yes(&CONTROL))
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(L2tp)
    }
}

/// The kind of a control message.
fn control(payload: &Payload<'_>) -> Option<u16> {
    let mut reader = Reader::new(payload.bytes);
    let (flags, length) = (reader.be16()?, reader.be16()?);
    reader.skip(8)?;
    let first: [u8; 6] = reader.array()?;
    let kind = reader.be16()?;
    (flags == FLAGS && u32::from(length) == payload.wire_len && first == FIRST_ATTRIBUTE).then_some(kind)
}

impl Parser for L2tp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(kind) = control(payload) {
            facts.number(&MESSAGE, kind.into());
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
    fn a_request_for_a_line_is_told() {
        let request = [&[0xc8, 2, 0, 20][..], &[0; 8], &FIRST_ATTRIBUTE, &[0, 1]].concat();
        let told = tell(&L2tp, Transport::Udp, &[(Side::Client, &request)]);
        assert_eq!(told.number(&MESSAGE), Some(1));
        let longer = [&request[..], &[0]].concat();
        assert!(tell(&L2tp, Transport::Udp, &[(Side::Client, &longer)]).matched.is_none());
    }
}
