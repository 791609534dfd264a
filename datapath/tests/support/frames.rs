//! Frames, built from the inside out. Checksums are right, so that real hosts take them.

use std::net::{Ipv4Addr, Ipv6Addr};

use peergate_datapath::abi::FlowKey;
use peergate_engine::packet::{Addr, Endpoint};

pub const MAC_A: [u8; 6] = [2, 0, 0, 0, 0, 0xa];
pub const MAC_B: [u8; 6] = [2, 0, 0, 0, 0, 0xb];

pub const A4: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
pub const B4: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
pub const A6: Ipv6Addr = Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 1);
pub const B6: Ipv6Addr = Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 2);

pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
pub const SCTP: u8 = 132;

pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;

pub fn v4(addr: Ipv4Addr, port: u16) -> Endpoint {
    Endpoint { addr: Addr::v4(addr.octets()), port }
}

pub fn v6(addr: Ipv6Addr, port: u16) -> Endpoint {
    Endpoint { addr: Addr(addr.octets()), port }
}

pub fn key(one: Endpoint, other: Endpoint, proto: u8) -> FlowKey {
    FlowKey::between(one, other, proto)
}

/// An Ethernet frame from A to B with these tags (EtherType, VLAN), outer first. The type follows from the packet.
pub fn ethernet(tags: &[(u16, u16)], packet: &[u8]) -> Vec<u8> {
    let kind = if packet[0] >> 4 == 6 { 0x86dd } else { 0x0800 };
    ethernet_of(tags, kind, packet)
}

pub fn ethernet_of(tags: &[(u16, u16)], kind: u16, packet: &[u8]) -> Vec<u8> {
    let mut frame = [MAC_B, MAC_A].concat();
    for (kind, vlan) in tags {
        frame.extend(kind.to_be_bytes());
        frame.extend(vlan.to_be_bytes());
    }
    frame.extend(kind.to_be_bytes());
    frame.extend(packet);
    frame
}

/// What an IPv4 header says besides addresses.
#[derive(Default)]
pub struct V4<'a> {
    pub options: &'a [u8],
    pub id: u16,
    /// Offset in units of 8 bytes, with 0x2000 for "more follow".
    pub fragment: u16,
}

pub fn ipv4(src: Endpoint, dst: Endpoint, proto: u8, header: &V4<'_>, payload: &[u8]) -> Vec<u8> {
    assert_eq!(header.options.len() % 4, 0);
    let length = 20 + header.options.len();
    let mut packet = vec![0x40 | (length / 4) as u8, 0];
    packet.extend(((length + payload.len()) as u16).to_be_bytes());
    packet.extend(header.id.to_be_bytes());
    packet.extend(header.fragment.to_be_bytes());
    packet.extend([64, proto, 0, 0]);
    packet.extend(src.addr.as_v4().unwrap());
    packet.extend(dst.addr.as_v4().unwrap());
    packet.extend(header.options);
    let sum = fold(sum(&packet));
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend(payload);
    packet
}

pub fn ipv6(src: Endpoint, dst: Endpoint, next: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend((payload.len() as u16).to_be_bytes());
    packet.extend([next, 64]);
    packet.extend(src.addr.0);
    packet.extend(dst.addr.0);
    packet.extend(payload);
    packet
}

/// An IPv6 extension header of 8 bytes with the options left empty.
pub fn extension(next: u8, payload: &[u8]) -> Vec<u8> {
    [&[next, 0, 1, 4, 0, 0, 0, 0], payload].concat()
}

/// An IPv6 fragment header; `offset` in units of 8 bytes.
pub fn fragment(next: u8, offset: u16, more: bool, id: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![next, 0];
    packet.extend((offset << 3 | u16::from(more)).to_be_bytes());
    packet.extend(id.to_be_bytes());
    packet.extend(payload);
    packet
}

pub fn udp(src: Endpoint, dst: Endpoint, payload: &[u8]) -> Vec<u8> {
    let mut packet = [src.port.to_be_bytes(), dst.port.to_be_bytes()].concat();
    packet.extend(((payload.len() + 8) as u16).to_be_bytes());
    packet.extend([0, 0]);
    packet.extend(payload);
    let sum = checksum(src, dst, UDP, &packet);
    packet[6..8].copy_from_slice(&sum.to_be_bytes());
    packet
}

pub fn tcp(src: Endpoint, dst: Endpoint, flags: u8, seq: u32, ack: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = [src.port.to_be_bytes(), dst.port.to_be_bytes()].concat();
    packet.extend(seq.to_be_bytes());
    packet.extend(ack.to_be_bytes());
    packet.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    packet.extend(payload);
    let sum = checksum(src, dst, TCP, &packet);
    packet[16..18].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// A UDP packet over the family of its endpoints.
pub fn datagram(src: Endpoint, dst: Endpoint, payload: &[u8]) -> Vec<u8> {
    packet(src, dst, UDP, &udp(src, dst, payload))
}

/// A TCP segment over the family of its endpoints.
pub fn segment(src: Endpoint, dst: Endpoint, flags: u8, payload: &[u8]) -> Vec<u8> {
    numbered(src, dst, flags, [1000, 2000], payload)
}

/// A TCP segment with this sequence number and acknowledgement.
pub fn numbered(src: Endpoint, dst: Endpoint, flags: u8, [seq, ack]: [u32; 2], payload: &[u8]) -> Vec<u8> {
    packet(src, dst, TCP, &tcp(src, dst, flags, seq, ack, payload))
}

pub fn packet(src: Endpoint, dst: Endpoint, proto: u8, payload: &[u8]) -> Vec<u8> {
    if src.addr.as_v4().is_some() {
        ipv4(src, dst, proto, &V4::default(), payload)
    } else {
        ipv6(src, dst, proto, payload)
    }
}

fn checksum(src: Endpoint, dst: Endpoint, proto: u8, packet: &[u8]) -> u16 {
    // The mapped prefix of IPv4 sums up to nothing for two addresses (0xffff + 0xffff is 0 in ones' complement).
    fold(sum(&src.addr.0) + sum(&dst.addr.0) + u64::from(proto) + packet.len() as u64 + sum(packet))
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.chunks(2).map(|pair| u64::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]))).sum()
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}
