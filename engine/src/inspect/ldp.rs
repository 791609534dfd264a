//! LDP: routers give each other labels for their paths (RFC 5036).
//!
//! Recognised by a unit with one message whose lengths agree.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The LDP protocol.
pub struct Ldp;

const PORT: u16 = 646;
/// Bytes of a unit before its first message, from its own length on.
const IDENTIFIER: u16 = 6;

// Version (48 dB), kinds of message and part (77 dB), a length inside the other (16 dB); small numbers are common.
static MESSAGE: Sign = Sign::new("routers give each other labels (LDP)", 75);

static PROFILE: Profile = Profile {
    name: "ldp",
    title: "LDP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[PORT],
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Of(&[0])).at(1, Bytes::Of(&[1])),
        Shape::stream().at(0, Bytes::Of(&[0])).at(1, Bytes::Of(&[1])),
    ]),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for Ldp {
    const LEAST: usize = 22;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (version, length) = (reader.be16()?, reader.be16()?);
        reader.skip(IDENTIFIER.into())?;
        let (kind, own) = (reader.be16()?, reader.be16()?);
        // Behind its number the first part, which is always the same.
        reader.skip(4)?;
        let part = (reader.be16()?, reader.be16()?);
        let inside = u32::from(own) + 4 + u32::from(IDENTIFIER);
        let fits = version == 1 && own >= 4 && u32::from(length) >= inside && length <= 4096;
        let exact = opening.transport == Transport::Tcp || opening.wire_len == u32::from(length) + 4;
        // A hello, and what opens a session (RFC 5036 §3.5.2 and §3.5.3).
        let known = matches!((kind, part), (0x0100, (0x0400, 4)) | (0x0200, (0x0500, 14)));
        (fits && exact && known).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_hello_is_told_by_its_lengths() {
        let mut hello = vec![0, 1, 0, 22, 192, 0, 2, 1, 0, 0, 1, 0, 0, 12, 0, 0, 0, 1, 4, 0, 0, 4, 0, 15, 0, 0];
        assert!(tell(&Ldp, Transport::Udp, &[(Side::Client, &hello)]).saw(&MESSAGE));
        hello.push(0);
        assert!(tell(&Ldp, Transport::Udp, &[(Side::Client, &hello)]).matched.is_none());
    }
}
