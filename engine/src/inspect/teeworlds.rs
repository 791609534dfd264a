//! Teeworlds and DDNet: a game whose source is open (its network.h).
//!
//! Recognised by the control message that asks for a token, which is filled up; by those that ask servers how they are.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Teeworlds protocol.
pub struct Teeworlds;

/// A message without a connection, of version 0.6, and its words.
const LONE: &[u8] = &[0xff; 6];
const WORDS: [&[u8]; 4] = [b"gie3", b"inf3", b"req2", b"lis2"];
/// A control message of version 0.7 that has no token yet and asks for one.
const ASKS: [u8; 8] = [4, 0, 0, 0xff, 0xff, 0xff, 0xff, 5];
/// Bytes that it is filled up to, so that it makes nobody else's attack larger.
const FILLED: u32 = 512;

// Eight fixed bytes and a size; or ten.
static MESSAGE: Sign = Sign::new("a message of Teeworlds", 95);

static PROFILE: Profile = Profile {
    name: "teeworlds",
    title: "Teeworlds",
    category: Category::Game,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[8303],
    first: First::Shapes(&[
        Shape::datagram()
            .at(0, Bytes::Of(&[4]))
            .at(1, Bytes::Of(&[0]))
            .at(2, Bytes::Of(&[0]))
            .at(3, Bytes::Of(&[0xff])),
        Shape::datagram()
            .at(0, Bytes::Of(&[0xff]))
            .at(1, Bytes::Of(&[0xff]))
            .at(2, Bytes::Of(&[0xff]))
            .at(3, Bytes::Of(&[0xff])),
    ]),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for Teeworlds {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let asks = opening.bytes.starts_with(&ASKS) && opening.wire_len >= FILLED;
        let lone = opening.bytes.strip_prefix(LONE).and_then(|rest| rest.get(4..));
        let named = lone.is_some_and(|rest| WORDS.iter().any(|word| rest.starts_with(word)));
        (asks || named).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_versions_are_told() {
        let mut asks = ASKS.to_vec();
        asks.resize(520, 0);
        assert!(tell(&Teeworlds, Transport::Udp, &[(Side::Client, &asks)]).saw(&MESSAGE));
        let lone = [LONE, &[0xff; 4], b"gie3\x07"].concat();
        assert!(tell(&Teeworlds, Transport::Udp, &[(Side::Client, &lone)]).saw(&MESSAGE));
        assert!(tell(&Teeworlds, Transport::Udp, &[(Side::Client, &asks[..100])]).matched.is_none());
    }
}
