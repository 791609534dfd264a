//! Kerberos: tickets that prove who somebody is (RFC 4120), over UDP and TCP.
//!
//! Recognised by a message that carries version 5 where its kind has it.

use super::ber::{self, SEQUENCE};
use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Kerberos protocol.
pub struct Kerberos;

/// `[1] INTEGER 5` in requests, `[0] INTEGER 5` in answers (RFC 4120 §5.4.1).
const VERSION: [u8; 4] = [3, 2, 1, 5];
/// Ticket requests with much in them are longer than is worth waiting for.
const LONGEST_WAITED_FOR: usize = 1400;

static KIND: Field =
    Field::number("kerberos.kind", "the first message: 10 log-on, 12 ticket for a service, 30 refusal …");
static REALM: Field = Field::text("kerberos.realm", "the realm that is asked");

// Kind, list, tag and the version's four bytes; of those, six are fixed (144 dB).
static MESSAGE: Sign = Sign::new("a Kerberos message of version 5", 95);

static PROFILE: Profile = Profile {
    name: "kerberos",
    title: "Kerberos",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[88, 464],
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Of(&[0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x7e])),
        Shape::stream().at(0, Bytes::Of(&[0])).at(4, Bytes::Of(&[0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x7e])),
    ]),
    fields: &[&KIND, &REALM],
    signs: &[&MESSAGE],
};

impl Single for Kerberos {
    const LEAST: usize = 20;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        if opening.transport == Transport::Tcp {
            reader.be32().filter(|length| *length < 1 << 20)?;
        }
        let (tag, whole) = ber::head(&mut reader)?;
        let kind = tag.checked_sub(0x60).filter(|kind| matches!(kind, 10..=15 | 30))?;
        let message = reader;
        ber::enter(&mut reader, SEQUENCE)?;
        let version_at = if matches!(kind, 10 | 12) { 0xa1 } else { 0xa0 };
        if reader.u8()? != version_at || reader.array()? != VERSION {
            return None;
        }
        let heard = Heard::by(&MESSAGE).number(&KIND, kind);
        let asks = matches!(kind, 10 | 12) && whole <= LONGEST_WAITED_FOR;
        if asks && message.remaining() < whole && opening.transport == Transport::Tcp {
            return Some(Heard::Part);
        }
        Some(if asks { heard.text(&REALM, realm(message)) } else { heard })
    }
}

/// The body's third field.
fn realm(mut message: Reader<'_>) -> Option<&[u8]> {
    let mut request = ber::inside(&mut message, SEQUENCE)?;
    let mut body = ber::find(&mut request, 0xa4)?;
    let mut body = ber::inside(&mut body, SEQUENCE)?;
    let mut realm = ber::find(&mut body, 0xa2)?;
    let (_string, length) = ber::head(&mut realm)?;
    realm.take(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    fn wrapped(tag: u8, contents: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(contents.len()).unwrap()], contents].concat()
    }

    #[test]
    fn a_log_on_tells_its_realm_over_both_transports() {
        let body = [wrapped(0xa0, &[3, 5, 0, 0x50, 0, 0, 0]), wrapped(0xa2, &wrapped(0x1b, b"EXAMPLE.COM"))].concat();
        let fields = [&[0xa1, 3, 2, 1, 5, 0xa2, 3, 2, 1, 10][..], &wrapped(0xa4, &wrapped(0x30, &body))].concat();
        let message = wrapped(0x6a, &wrapped(0x30, &fields));
        let told = tell(&Kerberos, Transport::Udp, &[(Side::Client, &message)]);
        assert_eq!(told.text(&REALM).as_deref(), Some("EXAMPLE.COM"));
        assert_eq!(told.number(&KIND), Some(10));
        let framed = [&[0, 0, 0, u8::try_from(message.len()).unwrap()], &message[..]].concat();
        let talk: Vec<_> = framed.chunks(5).map(|part| (Side::Client, part)).collect();
        assert_eq!(tell(&Kerberos, Transport::Tcp, &talk).text(&REALM).as_deref(), Some("EXAMPLE.COM"));
    }
}
