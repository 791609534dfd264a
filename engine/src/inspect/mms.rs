//! MMS: switchgear of power networks and other controllers are read and set, by IEC 61850 (ISO 9506), over ISO's
//! connections.
//!
//! Recognised by the first data on a connection, which opens a session.

use super::single::{Heard, Single};
use super::{tpkt, Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The MMS protocol.
pub struct Mms;

/// The unit that opens a session (ISO 8327-1).
const CONNECT: u8 = 0x0d;

// Framing twice (116 dB), a connection with names at both ends (60 dB), the unit (24 dB).
static SESSION: Sign = Sign::new("a session with switchgear or another controller (MMS)", 95);

static PROFILE: Profile = Profile {
    name: "mms",
    title: "MMS (IEC 61850)",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[102],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[3]))
        .at(1, Bytes::Of(&[0]))
        .at(5, Bytes::Of(&[tpkt::REQUEST]))]),
    fields: &[],
    signs: &[&SESSION],
};

impl Single for Mms {
    const LEAST: usize = 11;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        match tpkt::first_data(opening.bytes)? {
            [] => Some(Heard::Part),
            [CONNECT, ..] => Some(Heard::by(&SESSION)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_session_is_told() {
        let connect: &[u8] = &[3, 0, 0, 22, 17, 0xe0, 0, 0, 0, 7, 0, 0xc1, 2, 0, 1, 0xc2, 2, 0, 1, 0xc0, 1, 13];
        let session = &[3, 0, 0, 13, 2, 0xf0, 0x80, CONNECT, 4, 5, 6, 0x13, 1];
        assert!(tell(&Mms, Transport::Tcp, &[(Side::Client, connect), (Side::Client, session)]).saw(&SESSION));
    }
}
