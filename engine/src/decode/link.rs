//! Everything in front of the IP packet: link headers, VLAN tags, PPPoE, MPLS, LLC.

use super::{wireless, Malformed};
use crate::bytes::Reader;
use crate::packet::LinkType;

/// Headers in front of one IP packet. A provider's core has Ethernet, two tags, four labels and a pseudo-wire's Ethernet
/// with two tags of its own.
const MAX_LAYERS: usize = 24;

const VLAN: u16 = 0x8100;
const VLAN_PROVIDER: u16 = 0x88a8;
/// The provider tags of switches older than 802.1ad.
const VLAN_OLD: [u16; 2] = [0x9100, 0x9200];
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const MPLS: u16 = 0x8847;
const MPLS_UPSTREAM: u16 = 0x8848;
const PPPOE_SESSION: u16 = 0x8864;
/// Linux's mark for a frame that begins with LLC.
const LINUX_LLC: u16 = 0x0004;
/// Below this, the field is a length and LLC follows (IEEE 802.3 §3.2.6).
const FIRST_ETHER_TYPE: u16 = 0x0600;

/// What the next bytes are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Link(LinkType),
    EtherType(u16),
    Mpls,
    Llc,
    Ppp,
    Ip,
    /// Something that carries no IP packet, or one that cannot be read.
    Foreign,
}

/// Passes everything in front of the IP packet and writes down the VLAN tags; `None` where there is no IP packet.
#[inline]
pub(super) fn to_ip<'a>(kind: Kind, bytes: &'a [u8], vlan: &mut [u16; 2]) -> Result<Option<&'a [u8]>, Malformed> {
    if let (Kind::Link(LinkType::Ethernet), Some((header, packet))) = (kind, bytes.split_first_chunk::<14>()) {
        let [.., high, low] = *header;
        // Nearly every frame: no layer between the two.
        if matches!(u16::from_be_bytes([high, low]), IPV4 | IPV6) {
            return Ok(Some(packet));
        }
    }
    layers(kind, Reader::new(bytes), vlan)
}

#[inline(never)]
fn layers<'a>(kind: Kind, mut reader: Reader<'a>, vlan: &mut [u16; 2]) -> Result<Option<&'a [u8]>, Malformed> {
    let mut kind = kind;
    for _ in 0..MAX_LAYERS {
        let next = match kind {
            Kind::Ip => return Ok(Some(reader.rest())),
            Kind::Foreign => return Ok(None),
            Kind::Link(LinkType::Ethernet) => ethernet(&mut reader),
            Kind::EtherType(value) => ether_type(value, &mut reader, vlan),
            Kind::Link(link) => header(link, &mut reader),
            Kind::Mpls => mpls(&mut reader),
            Kind::Llc => llc(&mut reader),
            Kind::Ppp => ppp(&mut reader),
        };
        kind = next.ok_or(Malformed::Truncated)?;
    }
    Err(Malformed::LinkLayers)
}

#[inline]
fn ethernet(reader: &mut Reader<'_>) -> Option<Kind> {
    reader.skip(12)?;
    reader.be16().map(Kind::EtherType)
}

#[inline]
fn ether_type(value: u16, reader: &mut Reader<'_>, vlan: &mut [u16; 2]) -> Option<Kind> {
    match value {
        IPV4 | IPV6 => Some(Kind::Ip),
        VLAN | VLAN_PROVIDER => tag(reader, vlan),
        value if VLAN_OLD.contains(&value) => tag(reader, vlan),
        PPPOE_SESSION => pppoe(reader),
        MPLS | MPLS_UPSTREAM => Some(Kind::Mpls),
        value if value < FIRST_ETHER_TYPE => Some(Kind::Llc),
        _ => Some(Kind::Foreign),
    }
}

fn tag(reader: &mut Reader<'_>, vlan: &mut [u16; 2]) -> Option<Kind> {
    let id = reader.be16()? & 0x0fff;
    // Inside a third tag, the outer two still tell the networks apart.
    if let Some(free) = vlan.iter_mut().find(|known| **known == 0) {
        *free = id;
    }
    reader.be16().map(Kind::EtherType)
}

fn header(link: LinkType, reader: &mut Reader<'_>) -> Option<Kind> {
    match link {
        LinkType::Ethernet => ethernet(reader),
        LinkType::RawIp => Some(Kind::Ip),
        LinkType::Loopback => loopback(reader),
        // Captures of serial lines say PPP whichever of the two it is.
        LinkType::Ppp if cisco(reader) => cisco_hdlc(reader),
        LinkType::Ppp => Some(Kind::Ppp),
        LinkType::CiscoHdlc => cisco_hdlc(reader),
        LinkType::LinuxSll => cooked(reader),
        LinkType::LinuxSll2 => cooked2(reader),
        LinkType::Ieee80211 => wireless::data(reader, false),
        LinkType::Radiotap => wireless::radiotap(reader),
    }
}

/// The address family, in the byte order of the machine that captured or (OpenBSD) of the network.
fn loopback(reader: &mut Reader<'_>) -> Option<Kind> {
    let family = reader.be32()?;
    // Families are small numbers: in the wrong order they are large.
    match family.min(family.swap_bytes()) {
        // AF_INET; AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS.
        2 | 10 | 23 | 24 | 28 | 30 => Some(Kind::Ip),
        _ => Some(Kind::Foreign),
    }
}

/// Linux cooked, version 1: what a capture on "any" gave.
fn cooked(reader: &mut Reader<'_>) -> Option<Kind> {
    reader.skip(14)?;
    reader.be16().map(cooked_protocol)
}

/// Linux cooked, version 2: protocol first, then where and how.
fn cooked2(reader: &mut Reader<'_>) -> Option<Kind> {
    let protocol = reader.be16()?;
    reader.skip(18)?;
    Some(cooked_protocol(protocol))
}

fn cooked_protocol(value: u16) -> Kind {
    match value {
        LINUX_LLC => Kind::Llc,
        value if value < FIRST_ETHER_TYPE => Kind::Foreign,
        value => Kind::EtherType(value),
    }
}

/// Whether this begins with an address and the control byte of Cisco's HDLC.
fn cisco(reader: &Reader<'_>) -> bool {
    const UNICAST: [u8; 2] = [0x0f, 0];
    const BROADCAST: [u8; 2] = [0x8f, 0];
    [UNICAST, BROADCAST].iter().any(|begin| reader.rest().starts_with(begin))
}

fn cisco_hdlc(reader: &mut Reader<'_>) -> Option<Kind> {
    let known = cisco(reader);
    reader.skip(2)?;
    let protocol = reader.be16()?;
    Some(if known { Kind::EtherType(protocol) } else { Kind::Foreign })
}

fn pppoe(reader: &mut Reader<'_>) -> Option<Kind> {
    const VERSION_AND_TYPE: u8 = 0x11;
    const SESSION: u8 = 0;
    let [version, code, ..] = reader.array::<6>()?;
    match (version, code) {
        (VERSION_AND_TYPE, SESSION) => Some(Kind::Ppp),
        _ => Some(Kind::Foreign),
    }
}

/// PPP, with or without the address and control bytes of HDLC, the protocol whole or compressed (RFC 1661 §6.5).
fn ppp(reader: &mut Reader<'_>) -> Option<Kind> {
    const HDLC: [u8; 2] = [0xff, 0x03];
    if reader.rest().starts_with(&HDLC) {
        reader.skip(HDLC.len())?;
    }
    // The last byte of a protocol number is odd, every other one even.
    let protocol = match reader.peek_u8()? {
        first if first & 1 == 1 => u16::from(reader.u8()?),
        _ => reader.be16()?,
    };
    match protocol {
        0x0021 | 0x0057 => Some(Kind::Ip),
        0x0281 | 0x0283 => Some(Kind::Mpls),
        _ => Some(Kind::Foreign),
    }
}

/// Labels tell the path, not the content: what follows the last one is guessed from its first bits, as routers do
/// (RFC 4928 §3).
fn mpls(reader: &mut Reader<'_>) -> Option<Kind> {
    const BOTTOM_OF_STACK: u32 = 0x100;
    if reader.be32()? & BOTTOM_OF_STACK == 0 {
        return Some(Kind::Mpls);
    }
    match reader.peek_u8()? >> 4 {
        4 | 6 => Some(Kind::Ip),
        // A pseudo-wire's control word (RFC 4385 §3), with Ethernet behind it.
        0 => {
            reader.skip(4)?;
            Some(Kind::Link(LinkType::Ethernet))
        }
        _ => Some(Kind::Foreign),
    }
}

fn llc(reader: &mut Reader<'_>) -> Option<Kind> {
    const IP: u8 = 0x06;
    const SNAP: u8 = 0xaa;
    const UNNUMBERED: u8 = 0x03;
    let header = reader.array::<3>()?;
    match header {
        [IP, IP, UNNUMBERED] => Some(Kind::Ip),
        [SNAP, SNAP, UNNUMBERED] => snap(reader),
        _ => Some(Kind::Foreign),
    }
}

fn snap(reader: &mut Reader<'_>) -> Option<Kind> {
    const ETHERNET: u32 = 0;
    /// Frames that a bridge took from Ethernet to another LAN (IEEE 802.1H).
    const BRIDGED: u32 = 0x0000_00f8;
    let organisation = reader.be24()?;
    let value = reader.be16()?;
    match organisation {
        ETHERNET | BRIDGED if value >= FIRST_ETHER_TYPE => Some(Kind::EtherType(value)),
        _ => Some(Kind::Foreign),
    }
}
