//! TCP, UDP, UDP-Lite, SCTP and ICMP headers; everything else is a flow between two addresses.

use super::ip::Datagram;
use super::{Envelope, Malformed};
use crate::bytes::Reader;
use crate::packet::{Endpoint, Packet, TcpHeader, Transport};

const UDP_LITE: u8 = 136;

/// Whether a protocol begins with a source and a destination port.
pub(super) const fn has_ports(protocol: u8) -> bool {
    matches!(Transport::from_number(protocol), Transport::Tcp | Transport::Udp | Transport::Sctp)
        || protocol == UDP_LITE
}

/// The packet of a whole datagram.
#[inline]
pub(super) fn open<'a>(envelope: &Envelope, datagram: &Datagram<'a>) -> Result<Packet<'a>, Malformed> {
    let mut packet = bare(envelope, datagram);
    match packet.transport {
        Transport::Tcp => tcp(&mut packet)?,
        Transport::Udp => udp(&mut packet)?,
        Transport::Sctp => ports_and(&mut packet, 12)?,
        Transport::Other(UDP_LITE) => ports_and(&mut packet, 8)?,
        // An ICMP error quotes somebody else's packet: that is no flow of this frame, and stays payload.
        Transport::Icmp | Transport::Icmp6 | Transport::Other(_) => {}
    }
    Ok(packet)
}

/// The packet without a look at its transport.
#[inline]
pub(super) fn bare<'a>(envelope: &Envelope, datagram: &Datagram<'a>) -> Packet<'a> {
    Packet {
        time: envelope.time,
        port: envelope.port,
        vlan: envelope.vlan,
        source: Endpoint { addr: datagram.source, port: 0 },
        destination: Endpoint { addr: datagram.destination, port: 0 },
        transport: Transport::from_number(datagram.protocol),
        tcp: TcpHeader::default(),
        payload: datagram.payload,
        payload_len: datagram.payload_len,
        wire_len: envelope.wire_len.unwrap_or(datagram.len),
        depth: envelope.depth,
        fragment: false,
    }
}

/// A capture that was cut inside the options, or after the flags already, still tells all that is needed.
#[inline]
fn tcp(packet: &mut Packet<'_>) -> Result<(), Malformed> {
    let mut reader = Reader::new(packet.payload);
    let [p0, p1, p2, p3, s0, s1, s2, s3, a0, a1, a2, a3, offset, flags] =
        reader.array::<14>().ok_or(Malformed::Truncated)?;
    packet.source.port = u16::from_be_bytes([p0, p1]);
    packet.destination.port = u16::from_be_bytes([p2, p3]);
    packet.tcp =
        TcpHeader { seq: u32::from_be_bytes([s0, s1, s2, s3]), ack: u32::from_be_bytes([a0, a1, a2, a3]), flags };
    let header = u32::from(offset >> 4) * 4;
    if header < 20 {
        return Err(Malformed::HeaderLength);
    }
    behind(packet, header)
}

#[inline]
fn udp(packet: &mut Packet<'_>) -> Result<(), Malformed> {
    let mut reader = Reader::new(packet.payload);
    let [p0, p1, p2, p3, len_high, len_low] = reader.array().ok_or(Malformed::Truncated)?;
    packet.source.port = u16::from_be_bytes([p0, p1]);
    packet.destination.port = u16::from_be_bytes([p2, p3]);
    match u32::from(u16::from_be_bytes([len_high, len_low])) {
        // A jumbogram or a super-packet: the IP length holds (RFC 2675 §4).
        0 => {}
        1..8 => return Err(Malformed::HeaderLength),
        len => limit(packet, len),
    }
    behind(packet, 8)
}

#[inline]
fn ports_and(packet: &mut Packet<'_>, header: u32) -> Result<(), Malformed> {
    let mut reader = Reader::new(packet.payload);
    packet.source.port = reader.be16().ok_or(Malformed::Truncated)?;
    packet.destination.port = reader.be16().ok_or(Malformed::Truncated)?;
    behind(packet, header)
}

/// What is behind the length that the transport tells belongs to no one: hosts ignore it.
#[inline]
fn limit(packet: &mut Packet<'_>, len: u32) {
    packet.payload_len = packet.payload_len.min(len);
    packet.payload = packet.payload.get(..packet.payload_len as usize).unwrap_or(packet.payload);
}

#[inline]
fn behind(packet: &mut Packet<'_>, header: u32) -> Result<(), Malformed> {
    packet.payload_len = packet.payload_len.checked_sub(header).ok_or(Malformed::HeaderLength)?;
    packet.payload = packet.payload.get(header as usize..).unwrap_or_default();
    Ok(())
}
