//! UA/UDP: Alcatel's desk telephones ("NOE") and their call server, over UDP.
//!
//! Recognised by the offer with which a telephone connects, parameters in order whose lengths end with the datagram, on
//! any port; on its ports by numbered messages whose lengths end with the datagram, and by the single byte that keeps the
//! connection. (Documented by Wireshark's reader `packet-uaudp.c`, which Alcatel-Lucent wrote.)

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The UA/UDP protocol.
pub struct UaUdp;

/// Of telephones, and of the call server.
const PORTS: [u16; 3] = [32000, 32512, 32640];
const CONNECT: u8 = 0;
const KEEP: u8 = 4;
const KEPT: u8 = 5;
const DATA: u8 = 7;
/// The last parameter of an offer: the priority of its frames.
const LAST_PARAMETER: u8 = 8;

// A zero, and three parameters or more in order with lengths of 1 to 4 bytes: 100 dB of random bytes, half of small ones.
static OFFER: Sign = Sign::new("the offer with which an Alcatel telephone connects", 50);
// A 7 (24 dB), lengths that end exactly with it (48 dB), and the port; small numbers are common.
static MESSAGE: Sign = Sign::new("a message between an Alcatel telephone and its call server on its port", 40);
// One byte of two values, and the port.
static ALIVE: Sign = Sign::new("the single byte by which an Alcatel telephone keeps its connection, on its port", 30);

static PROFILE: Profile = Profile {
    name: "ua-udp",
    title: "UA/UDP",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Of(&[CONNECT])).at(1, Bytes::Of(&[0, 1])).at(2, Bytes::Range(1, 4)),
        Shape::datagram().at(0, Bytes::Of(&[KEEP, KEPT])).long(1, 1).on(&PORTS),
        Shape::datagram().at(0, Bytes::Of(&[DATA])).long(5, 1500).on(&PORTS),
    ]),
    fields: &[],
    signs: &[&OFFER, &MESSAGE, &ALIVE],
};

impl Single for UaUdp {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let on_port = opening.on_port(&PORTS) && opening.is_whole();
        let sign = match reader.u8()? {
            CONNECT => (opening.is_whole() && is_offer(reader)?).then_some(&OFFER),
            KEEP | KEPT => (on_port && reader.remaining() == 0).then_some(&ALIVE),
            DATA => (on_port && are_messages(reader)?).then_some(&MESSAGE),
            _ => None,
        };
        sign.map(Heard::by)
    }
}

/// Whether these are parameters in order, to the end.
fn is_offer(mut reader: Reader<'_>) -> Option<bool> {
    let (mut parameters, mut before) = (0, None);
    while reader.remaining() > 0 {
        let (kind, len) = (reader.u8()?, reader.u8()?);
        let known = kind <= LAST_PARAMETER && before.is_none_or(|before| kind > before) && (1..=4).contains(&len);
        if !known {
            return Some(false);
        }
        reader.skip(len.into())?;
        before = Some(kind);
        parameters += 1;
    }
    Some(parameters >= 3)
}

/// Whether these are the numbers that are expected and sent, and messages of their own lengths, to the end. Without any it
/// is a receipt, which is five bytes like others.
fn are_messages(mut reader: Reader<'_>) -> Option<bool> {
    reader.be32()?;
    if reader.remaining() == 0 {
        return Some(false);
    }
    while reader.remaining() > 0 {
        let len = reader.le16()?;
        if len == 0 {
            return Some(false);
        }
        reader.skip(len.into())?;
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn an_offer_is_told_by_its_parameters() {
        let offer = [0, 0, 1, 2, 1, 1, 8, 2, 2, 5, 0xdc, 5, 1, 3];
        assert!(tell(&UaUdp, Transport::Udp, &[(Side::Client, &offer)]).saw(&OFFER));
        assert!(tell(&UaUdp, Transport::Udp, &[(Side::Client, &offer[..13])]).matched.is_none(), "cut");
        let unordered = [0, 0, 1, 2, 2, 1, 8, 1, 2, 5, 0xdc];
        assert!(tell(&UaUdp, Transport::Udp, &[(Side::Client, &unordered)]).matched.is_none());
    }

    #[test]
    fn elsewhere_one_byte_and_a_seven_are_nothing() {
        for bytes in [&[4][..], &[7, 0, 0, 0, 1, 2, 0, 1, 2]] {
            assert!(tell(&UaUdp, Transport::Udp, &[(Side::Client, bytes)]).matched.is_none());
        }
    }
}
