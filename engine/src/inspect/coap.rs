//! CoAP: small things are read and set as pages are (RFC 7252).
//!
//! Recognised on its port by a header and options that fill the datagram; on other ports too few bits are fixed.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The CoAP protocol.
pub struct Coap;

const PORT: u16 = 5683;
/// The option that holds a part of the path.
const PATH: u16 = 11;
/// What stands between options and contents.
const MARK: u8 = 0xff;

static FIRST_PATH: Field = Field::text("coap.path", "first part of the path that is asked for");

// Version and length of the token (9 dB), known code (10 dB), options that are known and fit (20 dB), the port (6 dB).
static MESSAGE: Sign = Sign::new("a small thing is read or set (CoAP)", 40);

static PROFILE: Profile = Profile {
    name: "coap",
    title: "CoAP",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[PORT],
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Range(0x40, 0x78)).on(&[PORT])]),
    fields: &[&FIRST_PATH],
    signs: &[&MESSAGE],
};

impl Single for Coap {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (first, code) = (reader.u8()?, reader.u8()?);
        // A request, success, the client's or the server's mistake (RFC 7252 §5.9).
        let known = matches!(code, 1..=7 | 0x41..=0x45 | 0x5f | 0x80..=0x8f | 0xa0..=0xa5);
        reader.skip(2)?;
        if !known || first & 0x0f > 8 || !opening.on_port(&[PORT]) {
            return None;
        }
        reader.skip(usize::from(first & 0x0f))?;
        let mut path = None;
        options(&mut reader, &mut path)?;
        if opening.bytes.len() == 4 {
            return None;
        }
        Some(Heard::by(&MESSAGE).text(&FIRST_PATH, path))
    }
}

/// Reads the options, which must all fit, and finds the first part of the path among them.
fn options<'a>(reader: &mut Reader<'a>, path: &mut Option<&'a [u8]>) -> Option<()> {
    let mut number = 0u16;
    while let Some(byte) = reader.u8().filter(|byte| *byte != MARK) {
        number = number.checked_add(extended(reader, byte >> 4)?)?;
        let length = extended(reader, byte & 0x0f)?;
        let value = reader.take(length.into())?;
        if !is_given_out(number) {
            return None;
        }
        if number == PATH {
            path.get_or_insert(value);
        }
    }
    Some(())
}

/// Numbers of options that were given out (IANA, CoAP Option Numbers) and are in use.
fn is_given_out(number: u16) -> bool {
    matches!(number, 1 | 3..=9 | 11 | 12 | 14 | 15 | 17 | 20 | 23 | 27 | 28 | 35 | 39 | 60 | 252 | 258 | 292)
}

/// A number of four bits, or what follows where it is 13 or 14 (RFC 7252 §3.1).
fn extended(reader: &mut Reader<'_>, bits: u8) -> Option<u16> {
    match bits {
        13 => Some(u16::from(reader.u8()?) + 13),
        14 => reader.be16()?.checked_add(269),
        15 => None,
        small => Some(small.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_request_tells_its_path() {
        let get = [&[0x41, 1, 0x12, 0x34, 7, 0xbb][..], b".well-known".get(..11).unwrap(), &[4], b"core"].concat();
        let thing = Endpoint { port: PORT, ..SERVER };
        let told = tell_between(&Coap, Transport::Udp, CLIENT, thing, &[(Side::Client, &get)]);
        assert_eq!(told.text(&FIRST_PATH).as_deref(), Some(".well-known"));
        assert!(tell(&Coap, Transport::Udp, &[(Side::Client, &get)]).matched.is_none());
    }
}
