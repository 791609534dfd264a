//! DCE/RPC: calls of procedures on other computers, Windows' above all (C706, MS-RPCE).
//!
//! Recognised by a header whose version, kind, way of writing numbers and lengths agree.

use super::single::{Heard, Single};
use super::{profinet, Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The DCE/RPC protocol.
pub struct DceRpc;

/// Bytes of a datagram before its body (C706 §12.5).
const DATAGRAM_HEADER: u32 = 80;
/// How numbers are written: most significant first, or least; letters in ASCII.
const BIG: [u8; 3] = [0x00, 0, 0];
pub(super) const LITTLE: [u8; 3] = [0x10, 0, 0];
/// Kinds of message about a connection.
const OPENS: u8 = 11;
const AGREES: u8 = 12;
const CHANGES: u8 = 14;
/// The flag of a message's first part; what both ends must be able to take (C706 §12.6.3.1).
const FIRST: u8 = 1;
const LEAST_TAKEN: u16 = 1432;

static KIND: Field = Field::number("dcerpc.kind", "the first message: 0 call, 11 connection …");

// Version (48 dB), kind (18 dB), writing (69 dB), length (10 dB); small numbers are common, so that half is claimed.
static CONNECTED: Sign = Sign::new("a remote procedure call (DCE/RPC)", 50);
// Version (24 dB), kind and flags (20 dB), writing (69 dB), exact length (48 dB); of small numbers less.
static DATAGRAM: Sign = Sign::new("a remote procedure call in a datagram (DCE/RPC)", 60);

static PROFILE: Profile = Profile {
    name: "dcerpc",
    title: "DCE/RPC",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[135, 593],
    first: First::Shapes(&[
        Shape::stream().at(0, Bytes::Of(&[5])).at(1, Bytes::Of(&[0, 1])).at(5, Bytes::Of(&[0])).at(6, Bytes::Of(&[0])),
        Shape::datagram().at(0, Bytes::Of(&[4])).at(5, Bytes::Of(&[0])).at(6, Bytes::Of(&[0])),
    ]),
    fields: &[&KIND],
    signs: &[&CONNECTED, &DATAGRAM],
};

impl Single for DceRpc {
    const LEAST: usize = 20;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let (sign, kind) = match opening.transport {
            Transport::Tcp => (&CONNECTED, connected(opening.bytes)?),
            // PROFINET's has a name of its own.
            _ if profinet::role(opening.bytes).is_some() => return None,
            _ => (&DATAGRAM, datagram(opening)?),
        };
        Some(Heard::by(sign).number(&KIND, kind))
    }
}

/// The kind of a message over TCP.
fn connected(bytes: &[u8]) -> Option<u8> {
    let mut reader = Reader::new(bytes);
    let (_version, kind, flags) = (reader.be16()?, reader.u8()?, reader.u8()?);
    let (writing, _reserved) = (reader.array()?, reader.u8()?);
    let little = writing == LITTLE;
    if !little && writing != BIG {
        return None;
    }
    let mut number = || if little { reader.le16() } else { reader.be16() };
    let (length, proof) = (number()?, number()?);
    // Behind the call's number, which is twice as long: what a connection can take, in both directions.
    let (_low, _high) = (number()?, number()?);
    let (sent, taken) = (number()?, number()?);
    let fits = match kind {
        OPENS | AGREES | CHANGES => sent >= LEAST_TAKEN && taken >= LEAST_TAKEN,
        // Calls and answers that were under way: nearly all computers write so.
        0 | 2 | 3 => little,
        _ => false,
    };
    (fits && flags & FIRST > 0 && length >= 24 && proof < length).then_some(kind)
}

/// The kind of a message in a datagram.
pub(super) fn datagram(opening: &Payload<'_>) -> Option<u8> {
    let mut reader = Reader::new(opening.bytes);
    let (version, kind, _flags) = (reader.u8()?, reader.u8()?, reader.be16()?);
    let writing = reader.array()?;
    // The length of the body stands at 74, behind who is called and how often.
    reader.skip(74 - 7)?;
    let length = match writing {
        LITTLE => reader.le16()?,
        BIG => reader.be16()?,
        _ => return None,
    };
    (version == 4 && kind <= 10 && opening.wire_len == DATAGRAM_HEADER + u32::from(length)).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_connection_and_a_datagram_are_told() {
        let bind = [5, 0, 11, 3, 0x10, 0, 0, 0, 72, 0, 0, 0, 1, 0, 0, 0, 0xd0, 0x16, 0xd0, 0x16];
        let (one, two) = bind.split_at(3);
        let told = tell(&DceRpc, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
        assert_eq!(told.number(&KIND), Some(11));
        let mut call = vec![0; 84];
        call[0] = 4;
        call[4] = 0x10;
        call[74] = 4;
        assert!(tell(&DceRpc, Transport::Udp, &[(Side::Client, &call)]).saw(&DATAGRAM));
        call.push(0);
        assert!(tell(&DceRpc, Transport::Udp, &[(Side::Client, &call)]).matched.is_none());
    }
}
