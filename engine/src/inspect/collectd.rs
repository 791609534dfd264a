//! Collectd: machines send how they are (collectd binary protocol).
//!
//! Recognised by parts whose lengths fit, the first of which names the machine.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The collectd protocol.
pub struct Collectd;

/// Longest name (collectd's DATA_MAX_NAME_LEN).
const LONGEST_NAME: usize = 128;

static HOST: Field = Field::text("collectd.host", "the machine that sends");

// Kind and length (72 dB), a name with its end (24 dB), the kind of the second part (36 dB).
static PARTS: Sign = Sign::new("a machine sends how it is (collectd)", 90);

static PROFILE: Profile = Profile {
    name: "collectd",
    title: "collectd",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[25826],
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&[0])).at(1, Bytes::Of(&[0])).at(2, Bytes::Of(&[0]))]),
    fields: &[&HOST],
    signs: &[&PARTS],
};

impl Single for Collectd {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (kind, length) = (reader.be16()?, usize::from(reader.be16()?));
        let name = reader.take(length.checked_sub(4)?)?.strip_suffix(b"\0")?;
        // Then the time, in seconds or finer.
        let (next, next_length) = (reader.be16()?, reader.be16()?);
        let plain = (1..=LONGEST_NAME).contains(&name.len()) && name.iter().all(u8::is_ascii_graphic);
        let timed = matches!(next, 1 | 8) && next_length == 12;
        (kind == 0 && plain && timed).then(|| Heard::by(&PARTS).text(&HOST, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_first_part_tells_the_machine() {
        let parts = [&[0, 0, 0, 7][..], b"pc\0", &[0, 8, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8]].concat();
        assert_eq!(tell(&Collectd, Transport::Udp, &[(Side::Client, &parts)]).text(&HOST).as_deref(), Some("pc"));
        assert!(tell(&Collectd, Transport::Udp, &[(Side::Client, &parts[1..])]).matched.is_none());
    }
}
