//! Frames built by hand, from the inside out: `ethernet(IPV4, &v4(UDP, &udp(1, 2, b"x")))`.
#![allow(dead_code, clippy::cast_possible_truncation, reason = "tests and the benchmark share it, and use parts of it")]

pub const IPV4: u16 = 0x0800;
pub const IPV6: u16 = 0x86dd;

pub const ICMP: u8 = 1;
pub const IP_IN_IP: u8 = 4;
pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
pub const IPV6_IN_IP: u8 = 41;
pub const GRE: u8 = 47;
pub const AUTHENTICATION: u8 = 51;
pub const ICMP6: u8 = 58;
pub const SCTP: u8 = 132;
pub const UDP_LITE: u8 = 136;

pub const CLIENT: [u8; 4] = [192, 0, 2, 1];
pub const SERVER: [u8; 4] = [198, 51, 100, 7];
pub const CLIENT6: [u8; 16] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
pub const SERVER6: [u8; 16] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];

/// Bytes after bytes.
pub fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub fn tcp(source: u16, destination: u16, flags: u8, payload: &[u8]) -> Vec<u8> {
    tcp_at([source, destination], [1000, 2000], flags, payload)
}

/// With its sequence number, and the next that it expects.
pub fn tcp_at(ports: [u16; 2], numbers: [u32; 2], flags: u8, payload: &[u8]) -> Vec<u8> {
    let header = join(&[&ports.map(u16::to_be_bytes).concat(), &numbers.map(u32::to_be_bytes).concat()]);
    join(&[&header, &[0x50, flags, 0xff, 0xff, 0, 0, 0, 0], payload])
}

pub fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let len = payload.len() as u16 + 8;
    join(&[&source.to_be_bytes(), &destination.to_be_bytes(), &len.to_be_bytes(), &[0, 0], payload])
}

pub fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    v4_part(protocol, 7, 0, payload)
}

/// `place` holds the flags and the offset in units of eight bytes, as on the wire.
pub fn v4_part(protocol: u8, id: u16, place: u16, payload: &[u8]) -> Vec<u8> {
    join(&[&v4_header(protocol, id, place, payload.len()), &CLIENT, &SERVER, payload])
}

/// From and to any address.
pub fn v4_between(source: [u8; 4], destination: [u8; 4], protocol: u8, payload: &[u8]) -> Vec<u8> {
    join(&[&v4_header(protocol, 7, 0, payload.len()), &source, &destination, payload])
}

fn v4_header(protocol: u8, id: u16, place: u16, payload_len: usize) -> Vec<u8> {
    let len = payload_len as u16 + 20;
    join(&[&[0x45, 0], &len.to_be_bytes(), &id.to_be_bytes(), &place.to_be_bytes(), &[64, protocol, 0, 0]])
}

pub fn v6(next: u8, payload: &[u8]) -> Vec<u8> {
    let len = payload.len() as u16;
    join(&[&[0x60, 0, 0, 0], &len.to_be_bytes(), &[next, 64], &CLIENT6, &SERVER6, payload])
}

/// An IPv6 extension header of eight bytes.
pub fn extension(next: u8, payload: &[u8]) -> Vec<u8> {
    join(&[&[next, 0, 1, 4, 0, 0, 0, 0], payload])
}

pub fn v6_part(next: u8, id: u32, offset: u16, more: bool, payload: &[u8]) -> Vec<u8> {
    let place = offset | u16::from(more);
    v6(44, &join(&[&[next, 0], &place.to_be_bytes(), &id.to_be_bytes(), payload]))
}

pub fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    join(&[&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], &ether_type.to_be_bytes(), payload])
}

/// What follows the type of a VLAN tag.
pub fn tag(id: u16, ether_type: u16, payload: &[u8]) -> Vec<u8> {
    join(&[&(id | 0x2000).to_be_bytes(), &ether_type.to_be_bytes(), payload])
}

pub fn snap(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    join(&[&[0xaa, 0xaa, 3, 0, 0, 0], &ether_type.to_be_bytes(), payload])
}
