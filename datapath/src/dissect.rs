//! Where the headers of a frame are: the kernel part does the same in `bpf/parse.h`. For the tap, which has no kernel
//! part, and for refusals, which are made from what they refuse.

use peergate_engine::bytes::Reader;
use peergate_engine::packet::{Addr, Endpoint, TcpHeader};

pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const SCTP: u8 = 132;
pub(crate) const ICMP: u8 = 1;
pub(crate) const ICMP6: u8 = 58;

/// As the kernel part: hosts accept more, but nobody sends more.
const EXTENSIONS: usize = 8;

/// The headers of one IP packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Headers {
    /// Where IP begins.
    pub network: usize,
    /// Where the transport begins.
    pub transport: usize,
    pub source: Endpoint,
    pub destination: Endpoint,
    pub proto: u8,
    /// Meaningful for TCP.
    pub tcp: TcpHeader,
    /// Bytes above the transport header, as the IP header says.
    pub payload_len: u32,
    /// Not the first fragment: there are no ports.
    pub later_fragment: bool,
}

impl Headers {
    pub fn is_v6(&self) -> bool {
        self.source.addr.as_v4().is_none()
    }
}

/// What IP says about what follows it.
struct Network {
    source: Addr,
    destination: Addr,
    proto: u8,
    /// Bytes behind the header.
    behind: usize,
    later_fragment: bool,
}

const MOST_LABELS: usize = 4;

/// Where the IP header of an Ethernet frame begins: behind VLAN tags, PPPoE or MPLS labels.
pub(crate) fn network_offset(frame: &[u8]) -> Option<usize> {
    let mut at = 12;
    while matches!(frame.get(at..at + 2)?, [0x81, 0x00] | [0x88, 0xa8]) {
        at += 4;
    }
    let kind = frame.get(at..at + 2)?;
    at += 2;
    match kind {
        [0x08, 0x00] | [0x86, 0xdd] => Some(at),
        [0x88, 0x64] => matches!(frame.get(at + 6..at + 8)?, [0x00, 0x21 | 0x57]).then_some(at + 8),
        [0x88, 0x47] => behind_labels(frame, at),
        _ => None,
    }
}

fn behind_labels(frame: &[u8], labels: usize) -> Option<usize> {
    let is_last = |label: &[u8]| label.get(2).is_some_and(|byte| byte & 1 == 1);
    let count = frame.get(labels..)?.chunks_exact(4).take(MOST_LABELS).position(is_last)? + 1;
    let at = labels + count * 4;
    matches!(frame.get(at)? >> 4, 4 | 6).then_some(at)
}

/// Reads the headers of an Ethernet frame, `None` if it is not IP or ends too early.
pub(crate) fn dissect(frame: &[u8]) -> Option<Headers> {
    let offset = network_offset(frame)?;
    let mut reader = Reader::new(frame.get(offset..)?);
    let network = if reader.peek_u8()? >> 4 == 6 { ipv6(&mut reader)? } else { ipv4(&mut reader)? };
    let transport = offset + reader.position();
    let mut headers = Headers {
        network: offset,
        transport,
        source: Endpoint { addr: network.source, port: 0 },
        destination: Endpoint { addr: network.destination, port: 0 },
        proto: network.proto,
        tcp: TcpHeader::default(),
        payload_len: 0,
        later_fragment: network.later_fragment,
    };
    let header = if network.later_fragment { 0 } else { ports(&mut reader, &mut headers)? };
    headers.payload_len = u32::try_from(network.behind.saturating_sub(header)).ok()?;
    Some(headers)
}

fn ipv4(reader: &mut Reader<'_>) -> Option<Network> {
    let header = usize::from(reader.u8()? & 0xf) * 4;
    reader.skip(1)?;
    let length = usize::from(reader.be16()?);
    reader.skip(2)?;
    let fragment = reader.be16()?;
    reader.skip(1)?;
    let proto = reader.u8()?;
    reader.skip(2)?;
    let source = Addr::v4(reader.array()?);
    let destination = Addr::v4(reader.array()?);
    reader.skip(header.checked_sub(20)?)?;
    let behind = length.saturating_sub(header);
    Some(Network { source, destination, proto, behind, later_fragment: fragment & 0x1fff != 0 })
}

fn ipv6(reader: &mut Reader<'_>) -> Option<Network> {
    reader.skip(4)?;
    let length = usize::from(reader.be16()?);
    let mut proto = reader.u8()?;
    reader.skip(1)?;
    let source = Addr(reader.array()?);
    let destination = Addr(reader.array()?);
    let begin = reader.position();
    let mut later_fragment = false;
    for _ in 0..EXTENSIONS {
        let next = match proto {
            // Hop-by-hop, routing, destination options, mobility: length in units of 8 after the first 8.
            0 | 43 | 60 | 135 => {
                let next = reader.u8()?;
                let units = usize::from(reader.u8()?);
                reader.skip(units * 8 + 6)?;
                next
            }
            // Authentication: in units of 4 after the first 8.
            51 => {
                let next = reader.u8()?;
                let units = usize::from(reader.u8()?);
                reader.skip((units * 4 + 6).min(1024))?;
                next
            }
            44 => {
                let next = reader.u8()?;
                reader.skip(1)?;
                later_fragment = reader.be16()? >> 3 != 0;
                reader.skip(4)?;
                next
            }
            _ => break,
        };
        proto = next;
        if later_fragment {
            break;
        }
    }
    let behind = length.saturating_sub(reader.position() - begin);
    Some(Network { source, destination, proto, behind, later_fragment })
}

/// Reads ports, and TCP's header; gives the length of the transport header.
fn ports(reader: &mut Reader<'_>, headers: &mut Headers) -> Option<usize> {
    if !matches!(headers.proto, TCP | UDP | SCTP) {
        return Some(0);
    }
    headers.source.port = reader.be16()?;
    headers.destination.port = reader.be16()?;
    match headers.proto {
        UDP => Some(8),
        SCTP => Some(12),
        _ => {
            let seq = reader.be32()?;
            let ack = reader.be32()?;
            let length = usize::from(reader.u8()? >> 4) * 4;
            headers.tcp = TcpHeader { seq, ack, flags: reader.u8()? };
            Some(length)
        }
    }
}
