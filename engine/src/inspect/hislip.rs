//! HiSLIP: measuring instruments are read and set (IVI-6.1).
//!
//! Recognised by the header of the message that opens a session.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The HiSLIP protocol.
pub struct Hislip;

// Two letters (48 dB), kind (21 dB), an empty or small length (96 dB, common).
static OPENING: Sign = Sign::new("a measuring instrument is called (HiSLIP)", 90);

static PROFILE: Profile = Profile {
    name: "hislip",
    title: "HiSLIP",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[4880],
    first: First::Shapes(&[Shape::stream().at(0, Bytes::Of(b"H")).at(1, Bytes::Of(b"S"))]),
    fields: &[],
    signs: &[&OPENING],
};

impl Single for Hislip {
    const LEAST: usize = 16;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        // The session, or its second connection; what follows is the instrument's part, in few letters.
        matches!(opening.bytes, [b'H', b'S', 0 | 0x11, 0, _, _, _, _, 0, 0, 0, 0, 0, 0, 0, _, ..])
            .then(|| Heard::by(&OPENING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_session_is_told() {
        let session = b"HS\0\0\x01\0RS\0\0\0\0\0\0\0\x07hislip0";
        assert!(tell(&Hislip, Transport::Tcp, &[(Side::Client, &session[..5]), (Side::Client, &session[5..])])
            .saw(&OPENING));
        assert!(tell(&Hislip, Transport::Tcp, &[(Side::Client, b"HSTS is not a session")]).matched.is_none());
    }
}
