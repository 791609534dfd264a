//! n2n and n3n: private networks from peer to peer that meet at a supernode (`include/n2n_wire.h`, `src/wire.c`).
//!
//! Recognised by what every message begins with where headers are not encrypted: version, time to live, kind and flags, and
//! the community's name, filled up with zeros. The first version also has its own size and two addresses in each.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::{byte, Reader};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The n2n protocol.
pub struct N2n;

static COMMUNITY: Field = Field::text("n2n.community", "name of the private network");

// Version, flags and kind (50 dB), ten or more zeros behind a readable name; small numbers have those too, the name not.
static MESSAGE: Sign = Sign::new("a message of n2n with the name of its community", 60);
// The same, and two addresses of a known family; what is behind the name's end may be anything.
static OLD_MESSAGE: Sign = Sign::new("a message of the first n2n with the name of its community", 60);

static PROFILE: Profile = Profile {
    name: "n2n",
    title: "n2n",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[7654],
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Of(&[2, 3])).at(2, Bytes::Of(&[0])).at(3, Bytes::Range(1, 0x7f)),
        Shape::datagram().at(0, Bytes::Of(&[1])).at(1, Bytes::Range(1, 4)).at(3, Bytes::Of(&[0, 1])),
    ]),
    fields: &[&COMMUNITY],
    signs: &[&MESSAGE, &OLD_MESSAGE],
};

/// The kinds: to register, its answers, packets, questions for peers.
const KINDS: std::ops::RangeInclusive<u16> = 1..=10;
const KIND: u16 = 0x1f;
/// Beyond are no flags.
const OPTIONS: u16 = 0x80;
/// Hops that are left: a message is passed on twice at most.
const MOST_HOPS: u8 = 2;
/// Bytes of a name in the first two versions and in the third; a message is longer.
const NAMES: [usize; 3] = [16, 16, 20];
/// Of the first version: where its two addresses are, and the family of IPv4.
const ADDRESSES: [usize; 2] = [32, 52];
const OLD_HEADER: u32 = 87;
const IPV4: u8 = 2;

impl Single for N2n {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (version, hops, flags) = (reader.u8()?, reader.u8()?, reader.be16()?);
        let field = reader.take(*NAMES.get(usize::from(version).checked_sub(1)?)?)?;
        let end = field.iter().position(|byte| *byte == 0)?;
        let (name, rest) = field.split_at_checked(end)?;
        // Names of one letter are for tests, and numbers look like them.
        (name.len() >= 2 && name.iter().all(u8::is_ascii_graphic)).then_some(())?;
        let (fits, sign) = if version == 1 {
            let families = ADDRESSES.iter().all(|at| byte(opening.bytes, *at).is_some_and(|family| family <= IPV4));
            let own = byte(opening.bytes, 32) == Some(IPV4) || byte(opening.bytes, 52) == Some(IPV4);
            (families && own && opening.wire_len >= OLD_HEADER, &OLD_MESSAGE)
        } else {
            let known = KINDS.contains(&(flags & KIND)) && flags < OPTIONS && hops <= MOST_HOPS;
            (known && rest.iter().all(|byte| *byte == 0) && reader.remaining() >= 4, &MESSAGE)
        };
        fits.then(|| Heard::by(sign).text(&COMMUNITY, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_community_is_told_of_each_version() {
        let second = [&[2, 2, 0, 5][..], b"office\0\0\0\0\0\0\0\0\0\0", &[1, 2, 3, 4, 5, 6]].concat();
        let third = [&[3, 2, 0, 0x25][..], b"office\0\0\0\0\0\0\0\0\0\0\0\0\0\0", &[1, 2, 3, 4]].concat();
        let mut first = [&[1, 1, 0, 0][..], b"office\0\x11\x22\x33\x44\x55\x66\x77\x88\x99"].concat();
        first.resize(87, 0);
        first[52] = IPV4;
        for bytes in [first, second, third] {
            let told = tell(&N2n, Transport::Udp, &[(Side::Client, &bytes)]);
            assert_eq!(told.text(&COMMUNITY).as_deref(), Some("office"));
        }
        let unclean = [&[2, 2, 0, 5][..], b"office\0\0\0\0\x01\0\0\0\0\0", &[1, 2, 3, 4, 5, 6]].concat();
        assert!(tell(&N2n, Transport::Udp, &[(Side::Client, &unclean)]).matched.is_none());
    }
}
