//! AFP: shared folders of older Macs, by the Data Stream Interface (Apple Filing Protocol).
//!
//! Recognised by a request for the server's state or for a session.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The AFP protocol.
pub struct Afp;

// Kind and command (44 dB), two empty fields (192 dB, common), length (45 dB).
static REQUEST: Sign = Sign::new("a Mac asks for a shared folder (AFP)", 90);

static PROFILE: Profile = Profile {
    name: "afp",
    title: "AFP",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[548],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[0, 1]))
        .at(1, Bytes::Of(&[2, 3, 4]))
        .at(4, Bytes::Of(&[0]))
        .at(5, Bytes::Of(&[0]))]),
    fields: &[],
    signs: &[&REQUEST],
};

impl Single for Afp {
    const LEAST: usize = 16;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (_kind, command, _number, offset) = (reader.u8()?, reader.u8()?, reader.be16()?, reader.be32()?);
        let (length, reserved) = (reader.be32()?, reader.be32()?);
        // The state of the server has no contents to ask for; a session a few options.
        let opens = command == 3 && length <= 2 || command == 4 && (2..=64).contains(&length);
        // In the midst of a session, where the port (20 dB) speaks for it too.
        let goes_on = command == 2 && (2..=4096).contains(&length) && opening.on_port(PROFILE.ports);
        ((opens || goes_on) && offset == 0 && reserved == 0).then(|| Heard::by(&REQUEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_session_is_told() {
        let request = [0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 1, 4, 0, 0, 4, 0];
        assert!(
            tell(&Afp, Transport::Tcp, &[(Side::Client, &request[..9]), (Side::Client, &request[9..])]).saw(&REQUEST)
        );
        assert!(tell(&Afp, Transport::Tcp, &[(Side::Client, &[0; 16])]).matched.is_none());
    }
}
