//! IPsec: the exchange of keys over UDP (IKE, RFC 7296 and RFC 2409), and what it leads to: protocols of their own beside
//! TCP and UDP (ESP, RFC 4303; AH, RFC 4302), or UDP where an address translator stands between (RFC 3948).

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The IPsec protocols.
pub struct Ipsec;

static VERSION: Field = Field::number("ipsec.ike_version", "version of the key exchange, 1 or 2");
static EXCHANGE: Field = Field::number("ipsec.exchange", "kind of exchange, by its IANA number");

// Version, exchange, kind of payload, 6 spare flags and the exact length: 1 of 2^55.
static IKE: Sign = Sign::new("an IKE message whose length fits", 110);
// What IP itself says that it carries.
static OWN_PROTOCOL: Sign = Sign::new("IP's own word that it carries IPsec", 80);
// A sequence that has just begun, and the port.
static ENCAPSULATED: Sign = Sign::new("what may be IPsec's data, on the port for it", 45);
static KEEPALIVE: Sign = Sign::new("the one byte that keeps IPsec's way open, on the port for it", 50);

static PROFILE: Profile = Profile {
    name: "ipsec",
    title: "IPsec",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp, ESP, AH],
    ports: &[500, NAT_PORT],
    first: First::Shapes(&[
        // Key exchange, and the same behind four zeros; ESP in datagrams.
        Shape::datagram().at(17, Bytes::Of(&VERSIONS)),
        Shape::datagram().at(0, Bytes::Of(&[0])).at(3, Bytes::Of(&[0])).at(21, Bytes::Of(&VERSIONS)),
        Shape::datagram().on(&[NAT_PORT]),
        Shape::over(ESP),
        Shape::over(AH),
    ]),
    fields: &[&VERSION, &EXCHANGE],
    signs: &[&IKE, &OWN_PROTOCOL, &ENCAPSULATED, &KEEPALIVE],
};

/// Of IKE.
const VERSIONS: [u8; 2] = [0x10, 0x20];
const ESP: Transport = Transport::Other(50);
const AH: Transport = Transport::Other(51);
const NAT_PORT: u16 = 4500;
/// A flow that was joined late still counts below this, mostly.
const LOW_SEQUENCE: u32 = 1 << 20;
/// Smallest encrypted payload with its seal.
const SHORTEST_DATA: u32 = 36;

impl Protocol for Ipsec {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        sign_of(opening).map_or(Match::No, Match::Yes)
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Exchange)
    }
}

fn sign_of(payload: &Payload<'_>) -> Option<&'static Sign> {
    if payload.transport != Transport::Udp {
        return Some(&OWN_PROTOCOL);
    }
    if ike(payload).is_some() {
        return Some(&IKE);
    }
    if !payload.on_port(&[NAT_PORT]) {
        return None;
    }
    if payload.bytes == [0xff] {
        return Some(&KEEPALIVE);
    }
    let mut reader = Reader::new(payload.bytes);
    let (index, sequence) = (reader.be32()?, reader.be32()?);
    // Indices below 256 are reserved (RFC 4303 §2.1); 0 marks a key exchange.
    let sound = index > 255 && (1..LOW_SEQUENCE).contains(&sequence) && payload.wire_len >= SHORTEST_DATA;
    sound.then_some(&ENCAPSULATED)
}

/// Version and exchange of an IKE message, behind the four zero bytes that it has on the other port.
fn ike(payload: &Payload<'_>) -> Option<(u8, u8)> {
    let marked = payload.bytes.starts_with(&[0; 4]);
    let skipped = if marked { 4 } else { 0 };
    let mut reader = Reader::new(payload.bytes.get(skipped..)?);
    let initiator = reader.be64()?;
    reader.skip(8)?;
    let (next, version, exchange, flags) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
    reader.skip(4)?;
    let length = usize::try_from(reader.be32()?).ok()?;
    let known = match version {
        0x10 => next <= 20 && matches!(exchange, 1..=6 | 32 | 33) && flags & 0xf8 == 0,
        0x20 => (next == 0 || (33..=54).contains(&next)) && (34..=44).contains(&exchange) && flags & 0xc7 == 0,
        _ => false,
    };
    let fits = usize::try_from(payload.wire_len).ok()?.checked_sub(skipped)? == length;
    (known && fits && initiator != 0).then_some((version >> 4, exchange))
}

/// Tells which exchange was seen first.
struct Exchange;

impl Parser for Exchange {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let message = if payload.transport == Transport::Udp { ike(payload) } else { None };
        if let Some((version, exchange)) = message {
            facts.number(&VERSION, version.into());
            facts.number(&EXCHANGE, exchange.into());
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    fn init() -> Vec<u8> {
        [&[7; 8][..], &[0; 8], &[33, 0x20, 34, 8, 0, 0, 0, 0, 0, 0, 0, 40], &[1; 12]].concat()
    }

    #[test]
    fn a_key_exchange_is_told_on_any_port() {
        let told = tell(&Ipsec, Transport::Udp, &[(Side::Client, &init())]);
        assert_eq!((told.number(&VERSION), told.number(&EXCHANGE)), (Some(2), Some(34)));
        let marked = [&[0; 4][..], &init()].concat();
        assert!(tell(&Ipsec, Transport::Udp, &[(Side::Client, &marked)]).saw(&IKE));
    }

    #[test]
    fn a_length_that_does_not_fit_is_no_key_exchange() {
        let longer = [&init()[..], &[0]].concat();
        assert!(tell(&Ipsec, Transport::Udp, &[(Side::Client, &longer)]).matched.is_none());
    }

    #[test]
    fn protocols_of_their_own_are_what_ip_says() {
        for transport in [ESP, AH] {
            assert!(tell(&Ipsec, transport, &[(Side::Client, &[9; 40])]).saw(&OWN_PROTOCOL));
        }
    }

    #[test]
    fn data_is_believed_on_its_port_only() {
        let data = [&[0xc0, 1, 2, 3, 0, 0, 0, 9][..], &[0x5a; 40]].concat();
        let server = Endpoint { port: NAT_PORT, ..SERVER };
        let on_port = tell_between(&Ipsec, Transport::Udp, CLIENT, server, &[(Side::Client, &data)]);
        assert!(on_port.saw(&ENCAPSULATED));
        assert!(tell(&Ipsec, Transport::Udp, &[(Side::Client, &data)]).matched.is_none());
    }
}
