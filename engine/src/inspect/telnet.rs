//! Telnet: a shell on another computer, in the clear (RFC 854).
//!
//! Recognised by an opening that negotiates options, and nothing else.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Telnet protocol.
pub struct Telnet;

/// "Interpret as command", and WILL to DON'T.
const IAC: u8 = 255;
const VERBS: std::ops::RangeInclusive<u8> = 251..=254;
/// Options that were ever given out, and the one that extends the list (IANA, Telnet Options).
const LAST_OPTION: u8 = 49;

// Two negotiations, each of a fixed byte (24 dB), one of four (18 dB) and one of fifty (7 dB).
static OPTIONS: Sign = Sign::new("options of Telnet being negotiated", 95);

static PROFILE: Profile = Profile {
    name: "telnet",
    title: "Telnet",
    category: Category::Remote,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[23],
    first: First::Shapes(&[Shape::stream().at(0, Bytes::Of(&[IAC])).at(1, Bytes::Range(251, 254))]),
    fields: &[],
    signs: &[&OPTIONS],
};

impl Single for Telnet {
    const LEAST: usize = 6;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let negotiates = |part: &[u8]| matches!(part, [IAC, verb, 0..=LAST_OPTION] if VERBS.contains(verb));
        let two = opening.bytes.get(..Self::LEAST)?;
        two.chunks(3).all(negotiates).then(|| Heard::by(&OPTIONS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn two_options_in_a_row_are_told() {
        let opening = [255, 253, 24, 255, 253, 32, 255, 253, 35];
        let (one, two) = opening.split_at(4);
        assert!(tell(&Telnet, Transport::Tcp, &[(Side::Server, one), (Side::Server, two)]).saw(&OPTIONS));
        assert!(tell(&Telnet, Transport::Tcp, &[(Side::Server, &[255; 9])]).matched.is_none());
    }
}
