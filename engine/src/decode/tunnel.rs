//! Packets inside packets: IP-in-IP, 6in4, GRE, VXLAN, GTP-U, Teredo, L2TP, authentication headers.
//!
//! A port number proves nothing, so the UDP tunnels are believed only where every fixed bit of their header fits.

use super::len32;
use super::link::Kind;
use crate::bytes::Reader;
use crate::packet::{LinkType, Packet, Transport};
use Inside::{Authenticated, Layers};

const IPV4_INSIDE: u8 = 4;
const IPV6_INSIDE: u8 = 41;
const GRE: u8 = 47;
const AUTHENTICATION: u8 = 51;

const L2TP_PORT: u16 = 1701;
const GTP_USER_PORT: u16 = 2152;
const TEREDO_PORT: u16 = 3544;
const VXLAN_PORT: u16 = 4789;
/// Linux's port from before VXLAN had one of its own.
const VXLAN_OLD_PORT: u16 = 8472;

/// What a tunnel's packet carries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inside<'a> {
    /// Layers that begin with this kind.
    Layers(Kind, &'a [u8]),
    /// The same datagram, behind the header that vouches for it.
    Authenticated,
}

/// What the packet carries, where it is a tunnel's.
#[inline]
pub(super) fn inside<'a>(packet: &Packet<'a>) -> Option<Inside<'a>> {
    match packet.transport {
        Transport::Udp => in_udp(packet),
        Transport::Other(IPV4_INSIDE | IPV6_INSIDE) => Some(Layers(Kind::Ip, packet.payload)),
        Transport::Other(GRE) => gre(packet.payload),
        Transport::Other(AUTHENTICATION) => Some(Authenticated),
        _ => None,
    }
}

#[inline]
fn in_udp<'a>(packet: &Packet<'a>) -> Option<Inside<'a>> {
    let either = |port| packet.source.port == port || packet.destination.port == port;
    match packet.destination.port {
        VXLAN_PORT | VXLAN_OLD_PORT => vxlan(packet.payload),
        _ if either(GTP_USER_PORT) => gtp_user(packet),
        _ if either(TEREDO_PORT) => teredo(packet),
        _ if either(L2TP_PORT) => l2tp(packet.payload),
        _ => None,
    }
}

/// Generic routing encapsulation: RFC 2784 with RFC 2890, the source routes of RFC 1701, and PPTP's version (RFC 2637).
fn gre(bytes: &[u8]) -> Option<Inside<'_>> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGMENT: u16 = 0x0080;
    const PPP: u16 = 0x880b;

    let mut reader = Reader::new(bytes);
    let flags = reader.be16()?;
    let protocol = reader.be16()?;
    if flags & (CHECKSUM | ROUTING) != 0 {
        reader.skip(4)?;
    }
    for word in [KEY, SEQUENCE] {
        if flags & word != 0 {
            reader.skip(4)?;
        }
    }
    match flags & 0x0007 {
        0 => {
            if flags & ROUTING != 0 {
                routes(&mut reader)?;
            }
            gre_payload(protocol, flags & SEQUENCE != 0, reader)
        }
        1 if protocol == PPP => {
            if flags & ACKNOWLEDGMENT != 0 {
                reader.skip(4)?;
            }
            // A packet that only acknowledges has no payload.
            (!reader.is_empty()).then(|| Layers(Kind::Ppp, reader.rest()))
        }
        _ => None,
    }
}

/// Source route entries, up to the empty one that ends them.
fn routes(reader: &mut Reader<'_>) -> Option<()> {
    loop {
        let family = reader.be16()?;
        let [_, len] = reader.array()?;
        reader.skip(usize::from(len))?;
        if family == 0 && len == 0 {
            return Some(());
        }
    }
}

fn gre_payload(protocol: u16, sequence: bool, mut reader: Reader<'_>) -> Option<Inside<'_>> {
    const BRIDGED: u16 = 0x6558;
    const ERSPAN: u16 = 0x88be;
    const ERSPAN_3: u16 = 0x22eb;
    const ETHERNET: Kind = Kind::Link(LinkType::Ethernet);
    match protocol {
        BRIDGED => Some(Layers(ETHERNET, reader.rest())),
        // The first type has neither a sequence number nor a header.
        ERSPAN => {
            reader.skip(if sequence { 8 } else { 0 })?;
            Some(Layers(ETHERNET, reader.rest()))
        }
        ERSPAN_3 => {
            const PLATFORM_HEADER: u8 = 1;
            let header = reader.take(12)?;
            if header.last()? & PLATFORM_HEADER != 0 {
                reader.skip(8)?;
            }
            Some(Layers(ETHERNET, reader.rest()))
        }
        // Keep-alives and other protocols than IP are no packets of a flow.
        value if value < 0x0600 => None,
        value => Some(Layers(Kind::EtherType(value), reader.rest())),
    }
}

/// RFC 7348 §5: one flag, and zeros around the network's number.
fn vxlan(bytes: &[u8]) -> Option<Inside<'_>> {
    let mut reader = Reader::new(bytes);
    match reader.array::<8>()? {
        [0x08, 0, 0, 0, _, _, _, 0] => Some(Layers(Kind::Link(LinkType::Ethernet), reader.rest())),
        _ => None,
    }
}

/// GTP version 1, user plane (3GPP TS 29.281 §5): message 255 carries a subscriber's packet.
fn gtp_user<'a>(packet: &Packet<'a>) -> Option<Inside<'a>> {
    const VERSION_1: u8 = 0x30;
    const OPTIONAL_FIELDS: u8 = 0x07;
    const SUBSCRIBER_PACKET: u8 = 255;
    /// Extension headers in one message; the standard defines a handful.
    const MAX_EXTENSIONS: usize = 8;

    let mut reader = Reader::new(packet.payload);
    let [first, message] = reader.array()?;
    let len = u32::from(reader.be16()?);
    let fits = first & 0xf8 == VERSION_1 && message == SUBSCRIBER_PACKET && len + 8 == packet.payload_len;
    if !fits {
        return None;
    }
    reader.skip(4)?;
    if first & OPTIONAL_FIELDS != 0 {
        let [_, _, _, mut extension] = reader.array()?;
        for _ in 0..MAX_EXTENSIONS {
            if extension == 0 {
                break;
            }
            // In words, with the length itself and the next extension's kind.
            let len = usize::from(reader.u8()?) * 4;
            reader.skip(len.checked_sub(2)?)?;
            extension = reader.u8()?;
        }
    }
    matches!(reader.peek_u8()? >> 4, 4 | 6).then(|| Layers(Kind::Ip, reader.rest()))
}

/// RFC 4380 §5.1.1: IPv6 in UDP, behind an authentication and an origin indication, each optional.
fn teredo<'a>(packet: &Packet<'a>) -> Option<Inside<'a>> {
    const AUTHENTICATION: [u8; 2] = [0, 1];
    const ORIGIN: [u8; 2] = [0, 0];
    let mut reader = Reader::new(packet.payload);
    if reader.rest().starts_with(&AUTHENTICATION) {
        reader.skip(2)?;
        let [identifier, value] = reader.array()?;
        // Then a nonce and a confirmation byte.
        reader.skip(usize::from(identifier) + usize::from(value) + 9)?;
    }
    if reader.rest().starts_with(&ORIGIN) {
        reader.skip(8)?;
    }
    let cut = packet.payload_len.checked_sub(len32(packet.payload))?;
    teredo_ipv6(reader.rest(), cut).then(|| Layers(Kind::Ip, reader.rest()))
}

/// Whether this is IPv6 that exactly fills the datagram, with a Teredo or a link-local address at one end.
fn teredo_ipv6(bytes: &[u8], cut: u32) -> bool {
    let mut reader = Reader::new(bytes);
    let header = (|| {
        let version = reader.be32()? >> 28;
        let len = u32::from(reader.be16()?);
        reader.skip(2)?;
        Some((version, len, reader.array::<16>()?, reader.array::<16>()?))
    })();
    let Some((6, len, source, destination)) = header else { return false };
    let known = |address: [u8; 16]| matches!(address, [0x20, 0x01, 0, 0, ..] | [0xfe, 0x80..=0xbf, ..]);
    len.checked_add(40) == len32(bytes).checked_add(cut) && (known(source) || known(destination))
}

/// L2TP version 2 (RFC 2661 §3.1), data messages.
fn l2tp(bytes: &[u8]) -> Option<Inside<'_>> {
    const CONTROL: u16 = 0x8000;
    const LENGTH: u16 = 0x4000;
    const SEQUENCE: u16 = 0x0800;
    const OFFSET: u16 = 0x0200;
    /// Reserved bits, and the version: 2.
    const FIXED: u16 = 0x34ff;
    let mut reader = Reader::new(bytes);
    let flags = reader.be16()?;
    if flags & (CONTROL | FIXED) != 2 {
        return None;
    }
    if flags & LENGTH != 0 && usize::from(reader.be16()?) < bytes.len() {
        return None;
    }
    // Tunnel and session.
    reader.skip(4)?;
    if flags & SEQUENCE != 0 {
        reader.skip(4)?;
    }
    if flags & OFFSET != 0 {
        let padding = reader.be16()?;
        reader.skip(usize::from(padding))?;
    }
    Some(Layers(Kind::Ppp, reader.rest()))
}
