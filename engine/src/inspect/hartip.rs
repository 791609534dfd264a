//! HART-IP: a plant's sensors and valves (FieldComm Group, HART-IP).
//!
//! Recognised by a header whose length is exact, and kinds that are known.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The HART-IP protocol.
pub struct HartIp;

// Version, kind and number of the message (60 dB), exact length (48 dB); small numbers are common.
static MESSAGE: Sign = Sign::new("a message to a plant's sensors (HART-IP)", 48);

static PROFILE: Profile = Profile {
    name: "hart-ip",
    title: "HART-IP",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[5094, 5095],
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Of(&[1])).at(2, Bytes::Range(0, 3)),
        Shape::stream().at(0, Bytes::Of(&[1])).at(2, Bytes::Of(&[0])).at(6, Bytes::Of(&[0])).at(7, Bytes::Of(&[13])),
    ]),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for HartIp {
    const LEAST: usize = 13;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (_version, kind, number, state) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
        let (_sequence, length) = (reader.be16()?, reader.be16()?);
        let exact = match opening.transport {
            Transport::Udp => u32::from(length) == opening.wire_len,
            // Over a stream only the message that opens a session: who is first, and how long it may be silent.
            _ => number == 0 && length == 13 && matches!(reader.u8()?, 0 | 1),
        };
        let known = matches!(kind, 0 | 1 | 2 | 15) && number <= 3 && state <= 16 && length >= 8;
        (exact && known).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_session_is_told_over_both_transports() {
        let session = [1, 0, 0, 0, 0, 2, 0, 13, 1, 0, 0, 0x75, 0x30];
        assert!(tell(&HartIp, Transport::Udp, &[(Side::Client, &session)]).saw(&MESSAGE));
        assert!(tell(&HartIp, Transport::Tcp, &[(Side::Client, &session[..6]), (Side::Client, &session[6..])])
            .saw(&MESSAGE));
        assert!(tell(&HartIp, Transport::Udp, &[(Side::Client, &session[..12])]).matched.is_none());
    }
}
