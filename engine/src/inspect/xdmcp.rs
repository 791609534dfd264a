//! XDMCP: a screen asks for a computer to log on to (X Display Manager Control Protocol).
//!
//! Recognised on its port by a message whose length is exact.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The XDMCP protocol.
pub struct Xdmcp;

const PORT: u16 = 177;

// Version and kind (85 dB, small numbers), exact length (48 dB), the port (20 dB).
static MESSAGE: Sign = Sign::new("a screen asks for a computer to log on to (XDMCP)", 90);

static PROFILE: Profile = Profile {
    name: "xdmcp",
    title: "XDMCP",
    category: Category::Remote,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[PORT],
    first: First::Shapes(&[Shape::datagram()
        .at(0, Bytes::Of(&[0]))
        .at(1, Bytes::Of(&[1]))
        .at(2, Bytes::Of(&[0]))
        .on(&[PORT])]),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for Xdmcp {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (version, kind, length) = (reader.be16()?, reader.be16()?, reader.be16()?);
        let exact = u32::from(length) + 6 == opening.wire_len;
        (opening.on_port(&[PORT]) && version == 1 && (1..=14).contains(&kind) && exact).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_question_is_told_on_its_port() {
        let question: [(Side, &[u8]); 1] = [(Side::Client, &[0, 1, 0, 2, 0, 1, 0])];
        let port = Endpoint { port: PORT, ..SERVER };
        assert!(tell_between(&Xdmcp, Transport::Udp, CLIENT, port, &question).saw(&MESSAGE));
        assert!(tell_between(&Xdmcp, Transport::Udp, CLIENT, SERVER, &question).matched.is_none());
    }
}
