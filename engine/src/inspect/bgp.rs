//! BGP: routers tell each other where networks are (RFC 4271).
//!
//! Recognised by the sixteen full bytes before every message.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The BGP protocol.
pub struct Bgp;

const MARK: [u8; 16] = [0xff; 16];
/// The message that opens a session.
const OPEN: u8 = 1;

static SYSTEM: Field = Field::number("bgp.as", "the autonomous system of who opened");

// Sixteen fixed bytes; but full bytes are common elsewhere, so that the kind and the length are asked too.
static MESSAGE: Sign = Sign::new("a message between routers (BGP)", 150);

static PROFILE: Profile = Profile {
    name: "bgp",
    title: "BGP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[179],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[0xff]))
        .at(1, Bytes::Of(&[0xff]))
        .at(2, Bytes::Of(&[0xff]))
        .at(3, Bytes::Of(&[0xff]))]),
    fields: &[&SYSTEM],
    signs: &[&MESSAGE],
};

impl Single for Bgp {
    const LEAST: usize = 19;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes.strip_prefix(&MARK)?);
        let (length, kind) = (reader.be16()?, reader.u8()?);
        if !(19..=4096).contains(&length) || !(1..=5).contains(&kind) {
            return None;
        }
        let heard = Heard::by(&MESSAGE);
        if kind != OPEN {
            return Some(heard);
        }
        // Behind the version, 4.
        let system = reader.u8().and_then(|_| reader.be16());
        Some(system.map_or(Heard::Part, |system| heard.number(&SYSTEM, system)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn who_opens_tells_its_system() {
        let open = [&MARK[..], &[0, 29, OPEN, 4, 0xfd, 0xe8, 0, 180, 192, 0, 2, 1, 0]].concat();
        for split in 1..open.len() {
            let (one, two) = open.split_at(split);
            let told = tell(&Bgp, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.number(&SYSTEM), Some(65_000));
        }
    }
}
