//! DHCP: addresses for hosts that have none yet, IPv4 (RFC 2131) and IPv6 (RFC 8415).
//!
//! Recognised on their ports: for IPv4 by the magic cookie, for IPv6 by a known type and an exact chain of options.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::{be32, Reader};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// DHCP for IPv4.
pub struct Dhcp;
/// DHCP for IPv6.
pub struct Dhcpv6;

const PORTS: [u16; 2] = [67, 68];
const PORTS6: [u16; 2] = [546, 547];
/// Where the cookie is (RFC 2131 §3), and what it is.
const COOKIE_AT: usize = 236;
const COOKIE: u32 = 0x6382_5363;

static TYPE: Field = Field::number("dhcp.type", "1 discover, 2 offer, 3 request, 5 acknowledgement …");
static HOSTNAME: Field = Field::text("dhcp.hostname", "the host's own name (option 12)");
static VENDOR: Field = Field::text("dhcp.vendor", "kind of the client's system (option 60)");
static PARAMETERS: Field = Field::bytes("dhcp.parameters", "options that the client asks for; tells systems apart");
static TYPE6: Field = Field::number("dhcpv6.type", "1 solicit, 2 advertise, 3 request, 7 reply …");

// A cookie of 32 bits, hardware fields of 16, and the port.
static COOKIE_SEEN: Sign = Sign::new("a DHCP message with its magic cookie on its port", 96);
// BOOTP has all but the cookie (RFC 951): operation, hardware and its length, which are small numbers, on the port.
static BOOTP: Sign = Sign::new("a BOOTP header on the port of DHCP", 46);
// Thirteen types of 2^8, an exact chain of options (zeros make one), and the port.
static OPTIONS6: Sign = Sign::new("a DHCPv6 message with an exact chain of options on its port", 48);

static PROFILE: Profile = Profile {
    name: "dhcp",
    title: "DHCP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Range(1, 2)).on(&PORTS)]),
    fields: &[&TYPE, &HOSTNAME, &VENDOR, &PARAMETERS],
    signs: &[&COOKIE_SEEN, &BOOTP],
};

static PROFILE6: Profile = Profile {
    name: "dhcpv6",
    title: "DHCPv6",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS6,
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Range(1, 36)).on(&PORTS6)]),
    fields: &[&TYPE6],
    signs: &[&OPTIONS6],
};

impl Protocol for Dhcp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        // One of 2 operations; hardware types are small, addresses at most 16 bytes long.
        let known = matches!(opening.bytes, [1 | 2, 1..=40, 0..=16, ..]) && opening.wire_len >= 240;
        if !opening.on_port(&PORTS) || !known {
            return Match::No;
        }
        match be32(opening.bytes, COOKIE_AT) {
            Some(COOKIE) => Match::Yes(&COOKIE_SEEN),
            _ => Match::Yes(&BOOTP),
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Dhcp)
    }
}

impl Parser for Dhcp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let _ = options(payload.bytes, facts);
        Next::Done
    }
}

/// Kind, length, value; 0 fills and 255 ends (RFC 2132 §3).
fn options(bytes: &[u8], facts: &mut Facts<'_>) -> Option<()> {
    let mut reader = Reader::new(bytes.get(COOKIE_AT + 4..)?);
    loop {
        let kind = reader.u8().filter(|kind| *kind != 255)?;
        if kind == 0 {
            continue;
        }
        let length = reader.u8()?;
        let value = reader.take(length.into())?;
        match (kind, value) {
            (53, [kind]) => facts.number(&TYPE, u64::from(*kind)),
            (12, _) => facts.text(&HOSTNAME, value),
            (60, _) => facts.text(&VENDOR, value),
            (55, _) => facts.bytes(&PARAMETERS, value),
            _ => {}
        }
    }
}

impl Protocol for Dhcpv6 {
    fn profile(&self) -> &'static Profile {
        &PROFILE6
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.on_port(&PORTS6) && is_chain(opening.bytes) {
            Match::Yes(&OPTIONS6)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Dhcpv6)
    }
}

impl Parser for Dhcpv6 {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(kind) = payload.bytes.first() {
            facts.number(&TYPE6, u64::from(*kind));
        }
        Next::Done
    }
}

/// Whether options follow each other to the exact end (RFC 8415 §8, §9, §21.1).
fn is_chain(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    let header = match reader.u8() {
        // Relays put both addresses before the options.
        Some(12 | 13) => 33,
        Some(1..=11 | 14..=36) => 3,
        _ => return false,
    };
    let mut options = 0;
    if reader.skip(header).is_none() {
        return false;
    }
    while let Some(length) = reader.be16().filter(|kind| *kind < 256).and_then(|_| reader.be16()) {
        if reader.skip(length.into()).is_none() {
            return false;
        }
        options += 1;
    }
    reader.is_empty() && options > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_request_is_told_with_host_and_system() {
        let mut bytes = vec![1, 1, 6, 0];
        bytes.resize(COOKIE_AT, 0);
        bytes.extend(COOKIE.to_be_bytes());
        bytes.extend(b"\x35\x01\x03\x0c\x02pc\x00\x3c\x08MSFT 5.0\x37\x02\x01\x0f\xff");
        let server = Endpoint { port: 67, ..SERVER };
        let told = tell_between(&Dhcp, Transport::Udp, CLIENT, server, &[(Side::Client, &bytes)]);
        assert_eq!(told.number(&TYPE), Some(3));
        assert_eq!(told.text(&HOSTNAME).as_deref(), Some("pc"));
        assert_eq!(told.text(&VENDOR).as_deref(), Some("MSFT 5.0"));
        assert!(tell(&Dhcp, Transport::Udp, &[(Side::Client, &bytes)]).matched.is_none());
    }

    #[test]
    fn options_of_version_six_must_end_where_the_message_does() {
        let solicit = [1, 0x10, 0x08, 0x74, 0, 8, 0, 2, 0, 0, 0, 6, 0, 4, 0, 23, 0, 24];
        let server = Endpoint { port: 547, ..SERVER };
        let told = tell_between(&Dhcpv6, Transport::Udp, CLIENT, server, &[(Side::Client, &solicit)]);
        assert_eq!(told.number(&TYPE6), Some(1));
        let cut = &solicit[..17];
        assert!(tell_between(&Dhcpv6, Transport::Udp, CLIENT, server, &[(Side::Client, cut)]).matched.is_none());
    }
}
