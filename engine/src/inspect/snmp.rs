//! SNMP: devices of a network are asked how they are, and told what to do (RFC 3416, RFC 3412).
//!
//! Recognised by a message whose version, community or header, and lengths agree. The community is a password and is not
//! told.

use super::ber::{self, OCTETS, SEQUENCE};
use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The SNMP protocol.
pub struct Snmp;

static VERSION: Field = Field::text("snmp.version", "1, 2c or 3; only 3 encrypts");

// Four fixed bytes (96 dB), a version of three (19 dB), exact lengths (24 dB).
static MESSAGE: Sign = Sign::new("a message to or from a managed device (SNMP)", 95);

static PROFILE: Profile = Profile {
    name: "snmp",
    title: "SNMP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[161, 162],
    first: First::Of(&[SEQUENCE]),
    fields: &[&VERSION],
    signs: &[&MESSAGE],
};

impl Single for Snmp {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let whole = ber::enter(&mut reader, SEQUENCE)?;
        let exact = reader.position() + whole == opening.wire_len as usize;
        let version: &[u8] = match ber::number(&mut reader)? {
            0 => b"1",
            1 => b"2c",
            3 => b"3",
            _ => return None,
        };
        let fits = if version == b"3" {
            // Number, largest size, flags of one byte, security model (RFC 3412 §6).
            let mut header = ber::inside(&mut reader, SEQUENCE)?;
            ber::number(&mut header)?;
            ber::number(&mut header)? >= 484 && ber::inside(&mut header, OCTETS)?.remaining() == 1
        } else {
            ber::inside(&mut reader, OCTETS)?;
            (0xa0..=0xa8).contains(&reader.u8()?)
        };
        (exact && fits).then(|| Heard::by(&MESSAGE).text(&VERSION, version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_kinds_of_message_are_told_with_their_version() {
        let asked = [&[0x30, 13, 2, 1, 1, 4, 6][..], b"public", &[0xa0, 0]].concat();
        let told = tell(&Snmp, Transport::Udp, &[(Side::Client, &asked)]);
        assert_eq!(told.text(&VERSION).as_deref(), Some("2c"));
        let header = [0x30, 13, 2, 1, 7, 2, 2, 5, 0, 4, 1, 4, 2, 1, 3];
        let sealed = [&[0x30, 20, 2, 1, 3][..], &header, &[4, 0]].concat();
        let told = tell(&Snmp, Transport::Udp, &[(Side::Client, &sealed)]);
        assert_eq!(told.text(&VERSION).as_deref(), Some("3"));
        assert!(tell(&Snmp, Transport::Udp, &[(Side::Client, &asked[..10])]).matched.is_none());
    }
}
