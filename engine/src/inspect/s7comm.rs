//! S7comm: Siemens' controllers are read and set, over ISO's connections (RFC 1006).
//!
//! Recognised by the first data on a connection. Siemens publishes no format; it is documented by the libraries that speak
//! it (Snap7) and by Wireshark.

use super::single::{Heard, Single};
use super::{tpkt, Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The S7comm protocol.
pub struct S7comm;

static KIND: Field = Field::text("s7comm.kind", "s7, or s7plus of newer controllers");

// Framing twice (116 dB), a connection with names at both ends (60 dB), the mark (24 dB).
static CALL: Sign = Sign::new("a controller of Siemens' is read or set (S7comm)", 95);

static PROFILE: Profile = Profile {
    name: "s7comm",
    title: "S7comm",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[102],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[3]))
        .at(1, Bytes::Of(&[0]))
        .at(5, Bytes::Of(&[tpkt::REQUEST]))]),
    fields: &[&KIND],
    signs: &[&CALL],
};

impl Single for S7comm {
    const LEAST: usize = 11;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let kind: &[u8] = match tpkt::first_data(opening.bytes)? {
            [] => return Some(Heard::Part),
            [0x32, ..] => b"s7",
            [0x72, ..] => b"s7plus",
            _ => return None,
        };
        Some(Heard::by(&CALL).text(&KIND, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_first_data_of_a_connection_tells() {
        let connect = [3, 0, 0, 22, 17, 0xe0, 0, 0, 0, 7, 0, 0xc1, 2, 1, 0, 0xc2, 2, 1, 2, 0xc0, 1, 10];
        let setup = [3, 0, 0, 25, 2, 0xf0, 0x80, 0x32, 1, 0, 0, 2, 0, 0, 8, 0, 0, 0xf0, 0, 0, 1, 0, 1, 1, 0xe0];
        let both = [&connect[..], &setup].concat();
        for split in 1..both.len() {
            let (one, two) = both.split_at(split);
            assert!(tell(&S7comm, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]).saw(&CALL), "{split}");
        }
        assert!(tell(&S7comm, Transport::Tcp, &[(Side::Client, &connect)]).matched.is_none());
    }
}
