//! Answers in another's name that make both ends of a blocked flow give up: TCP resets, ICMP "port unreachable".
//!
//! A host takes a reset only with exactly the sequence number that it expects next (RFC 5961 §3.2), so every answer is
//! made from a packet of the flow: the one that led to the verdict, or one that the verdict stopped.

use std::io;

use peergate_engine::packet::TcpHeader;

use crate::dissect::{dissect, Headers, ICMP, ICMP6, TCP};
use crate::socket::PacketSocket;

/// Whether the packet that is answered reached its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// It passed: its copy led to the verdict.
    Yes,
    /// The gate dropped it.
    No,
}

/// Frames to send, by where their receiver is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// To the sender of the packet: out of the port that it came in by.
    pub to_sender: Option<Vec<u8>>,
    /// To its receiver: out of the other port.
    pub to_receiver: Option<Vec<u8>>,
}

/// "Port unreachable": what makes a connected UDP socket fail at once, where "prohibited" would be a soft error.
const UNREACHABLE_V4: [u8; 8] = [3, 3, 0, 0, 0, 0, 0, 0];
const UNREACHABLE_V6: [u8; 8] = [1, 4, 0, 0, 0, 0, 0, 0];

/// Routers quote no more than fits 576 bytes (RFC 1812 §4.3.2.3), or 1280 (RFC 4443 §2.4).
const QUOTE_V4: usize = 576 - 28;
const QUOTE_V6: usize = 1280 - 48;

/// As hosts send it.
const HOP_LIMIT: u8 = 64;
const ADDRESSES: usize = 12;

/// The answers to a packet of a refused flow. Nothing answers multicast, ICMP errors, later fragments and resets
/// (RFC 1122 §3.2.2).
#[must_use]
pub fn answers(frame: &[u8], arrived: Arrived) -> Answers {
    let Some(headers) = dissect(frame) else { return Answers::default() };
    if headers.later_fragment || headers.destination.addr.is_group() || is_icmp_error(frame, &headers) {
        return Answers::default();
    }
    if headers.proto == TCP {
        return resets(frame, &headers, arrived);
    }
    Answers { to_sender: unreachable(frame, &headers), to_receiver: None }
}

fn is_icmp_error(frame: &[u8], headers: &Headers) -> bool {
    let kind = frame.get(headers.transport).copied().unwrap_or_default();
    match headers.proto {
        ICMP => !matches!(kind, 0 | 8 | 13..=18),
        ICMP6 => kind < 128,
        _ => false,
    }
}

fn resets(frame: &[u8], headers: &Headers, arrived: Arrived) -> Answers {
    let TcpHeader { seq, ack, .. } = headers.tcp;
    if headers.tcp.has(TcpHeader::RST) {
        return Answers::default();
    }
    let length =
        headers.payload_len + u32::from(headers.tcp.has(TcpHeader::SYN)) + u32::from(headers.tcp.has(TcpHeader::FIN));
    let next = seq.wrapping_add(length);
    let acknowledges = headers.tcp.has(TcpHeader::ACK);
    // RFC 9293 §3.5.2: the number that the packet asks for, or an acknowledgment of it if it asks for none.
    let to_sender =
        if acknowledges { segment(headers, true, ack, None) } else { segment(headers, true, 0, Some(next)) };
    let expected = if arrived == Arrived::Yes { next } else { seq };
    // With an acknowledgment it also ends a connection that is still opening.
    let to_receiver = acknowledges.then(|| segment(headers, false, expected, Some(ack)));
    Answers {
        to_sender: packet(frame, headers, true, TCP, &to_sender),
        to_receiver: to_receiver.and_then(|reset| packet(frame, headers, false, TCP, &reset)),
    }
}

/// A reset without its checksum.
fn segment(headers: &Headers, back: bool, seq: u32, ack: Option<u32>) -> Vec<u8> {
    let (from, to) = ends(headers, back);
    let flags = TcpHeader::RST | if ack.is_some() { TcpHeader::ACK } else { 0 };
    let mut segment = [from.port.to_be_bytes(), to.port.to_be_bytes()].concat();
    segment.extend(seq.to_be_bytes());
    segment.extend(ack.unwrap_or_default().to_be_bytes());
    segment.extend([0x50, flags, 0, 0, 0, 0, 0, 0]);
    segment
}

fn unreachable(frame: &[u8], headers: &Headers) -> Option<Vec<u8>> {
    let quoted = frame.get(headers.network..)?;
    let (proto, begin, most) =
        if headers.is_v6() { (ICMP6, UNREACHABLE_V6, QUOTE_V6) } else { (ICMP, UNREACHABLE_V4, QUOTE_V4) };
    let message = [&begin, quoted.get(..most).unwrap_or(quoted)].concat();
    packet(frame, headers, true, proto, &message)
}

/// Who an answer is from and to: `back` answers the sender in the receiver's name.
fn ends(headers: &Headers, back: bool) -> (peergate_engine::packet::Endpoint, peergate_engine::packet::Endpoint) {
    if back {
        (headers.destination, headers.source)
    } else {
        (headers.source, headers.destination)
    }
}

/// Puts IP and Ethernet, with the tags of the packet that is answered, in front of a transport's bytes.
fn packet(frame: &[u8], headers: &Headers, back: bool, proto: u8, transport: &[u8]) -> Option<Vec<u8>> {
    let (addresses, rest) = frame.split_at_checked(ADDRESSES)?;
    let tags_and_type = rest.get(..headers.network.checked_sub(ADDRESSES)?)?;
    let (to, from) = addresses.split_at_checked(ADDRESSES / 2)?;
    let mut out = if back { [from, to].concat() } else { [to, from].concat() };
    out.extend(tags_and_type);
    let ip = out.len();
    let length = u16::try_from(transport.len()).ok()?;
    let (source, destination) = ends(headers, back);
    if let (Some(source), Some(destination)) = (source.addr.as_v4(), destination.addr.as_v4()) {
        out.extend([0x45, 0]);
        out.extend(length.checked_add(20)?.to_be_bytes());
        out.extend([0, 0, 0x40, 0, HOP_LIMIT, proto, 0, 0]);
        out.extend(source);
        out.extend(destination);
        let sum = fold(sum(out.get(ip..)?));
        out.get_mut(ip + 10..ip + 12)?.copy_from_slice(&sum.to_be_bytes());
    } else {
        out.extend([0x60, 0, 0, 0]);
        out.extend(length.to_be_bytes());
        out.extend([proto, HOP_LIMIT]);
        out.extend(source.addr.0);
        out.extend(destination.addr.0);
    }
    let begin = out.len();
    out.extend(transport);
    let pseudo = u64::from(proto) + u64::from(length) + sum(&source.addr.0) + sum(&destination.addr.0);
    // The mapped prefixes of two IPv4 addresses add up to nothing in ones' complement; ICMP for IPv4 has no pseudo-header.
    let covered = sum(transport) + if proto == ICMP { 0 } else { pseudo };
    let at = begin + if proto == TCP { 16 } else { 2 };
    out.get_mut(at..at + 2)?.copy_from_slice(&fold(covered).to_be_bytes());
    write_pppoe_length(&mut out, ip)?;
    Some(out)
}

/// PPPoE tells its own length: that of PPP's two bytes and of the packet (RFC 2516 §4).
fn write_pppoe_length(frame: &mut [u8], ip: usize) -> Option<()> {
    const PPPOE: [u8; 2] = [0x88, 0x64];
    let Some(kind) = ip.checked_sub(10).filter(|kind| *kind >= ADDRESSES) else { return Some(()) };
    if frame.get(kind..kind + 2)? == PPPOE {
        let length = u16::try_from(frame.len() - ip + 2).ok()?;
        frame.get_mut(ip - 4..ip - 2)?.copy_from_slice(&length.to_be_bytes());
    }
    Some(())
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.chunks(2).map(|pair| u64::from(u16::from_be_bytes([byte(pair, 0), byte(pair, 1)]))).sum()
}

fn byte(pair: &[u8], at: usize) -> u8 {
    pair.get(at).copied().unwrap_or_default()
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !u16::try_from(sum).unwrap_or_default()
}

/// Sends answers out of the two ports.
pub(crate) struct Refuser {
    ports: [PacketSocket; 2],
}

impl Refuser {
    pub fn open(ports: &[String; 2]) -> io::Result<Self> {
        let [one, other] = ports;
        Ok(Self { ports: [PacketSocket::sending(one)?, PacketSocket::sending(other)?] })
    }

    /// Answers a packet that came in by `port`.
    pub fn refuse(&self, frame: &[u8], port: u16, arrived: Arrived) {
        let [one, other] = &self.ports;
        let (here, there) = if port == 0 { (one, other) } else { (other, one) };
        let answers = answers(frame, arrived);
        // What cannot be sent is a packet lost, and the next one of the flow is answered again.
        if let Some(frame) = answers.to_sender {
            let _ = here.send(&frame);
        }
        if let Some(frame) = answers.to_receiver {
            let _ = there.send(&frame);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

    use super::*;

    /// Ethernet, IPv4 10.0.0.1 to 10.0.0.2, protocol and payload.
    fn frame(proto: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0];
        frame.push(u8::try_from(20 + payload.len()).unwrap());
        frame.extend([0, 0, 0, 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        frame.extend(payload);
        frame
    }

    fn tcp(flags: u8, payload: &[u8]) -> Vec<u8> {
        let header = [0x9c, 0x40, 0, 80, 0, 0, 3, 0xe8, 0, 0, 7, 0xd0, 0x50, flags, 0, 0, 0, 0, 0, 0];
        frame(TCP, &[&header, payload].concat())
    }

    /// Sequence number, acknowledgment and flags of an answer.
    fn numbers(answer: Option<Vec<u8>>) -> (u32, u32, u8) {
        let headers = dissect(&answer.unwrap()).unwrap();
        (headers.tcp.seq, headers.tcp.ack, headers.tcp.flags)
    }

    #[test]
    fn resets_carry_the_number_that_each_end_expects() {
        let passed = answers(&tcp(0x18, b"four"), Arrived::Yes);
        assert_eq!(numbers(passed.to_sender), (2000, 0, 0x04));
        assert_eq!(numbers(passed.to_receiver), (1004, 2000, 0x14));
        let dropped = answers(&tcp(0x18, b"four"), Arrived::No);
        assert_eq!(numbers(dropped.to_receiver), (1000, 2000, 0x14));
    }

    #[test]
    fn a_refused_syn_is_acknowledged_and_its_receiver_left_alone() {
        let answers = answers(&tcp(0x02, b""), Arrived::No);
        assert_eq!(numbers(answers.to_sender), (0, 1001, 0x14));
        assert_eq!(answers.to_receiver, None);
    }

    #[test]
    fn datagrams_are_answered_with_what_they_said() {
        let datagram = frame(17, &[0x9c, 0x40, 0, 53, 0, 9, 0, 0, 1]);
        let answer = answers(&datagram, Arrived::Yes).to_sender.unwrap();
        assert_eq!(answer[..12], [&datagram[6..12], &datagram[..6]].concat());
        assert_eq!(answer[34..36], [3, 3]);
        assert_eq!(answer[42..], datagram[14..]);
    }

    #[test]
    fn an_answer_goes_into_the_session_that_its_packet_came_from() {
        let plain = tcp(0x18, b"four");
        let session = [0x88, 0x64, 0x11, 0, 0, 7, 0, 46, 0, 0x21];
        let answer = answers(&[&plain[..12], &session, &plain[14..]].concat(), Arrived::Yes).to_sender.unwrap();
        assert_eq!(answer[12..22], [0x88, 0x64, 0x11, 0, 0, 7, 0, 42, 0, 0x21]);
        assert_eq!(numbers(Some(answer)), (2000, 0, 0x04));
    }

    #[test]
    fn nothing_answers_resets_errors_groups_and_later_fragments() {
        let mut to_group = frame(17, &[0; 8]);
        to_group[30] = 224;
        let mut later = frame(17, &[0; 8]);
        later[21] = 4;
        for silent in [tcp(0x14, b""), frame(ICMP, &[3, 3, 0, 0, 0, 0, 0, 0]), to_group, later] {
            assert_eq!(answers(&silent, Arrived::No), Answers::default());
        }
    }

    #[test]
    fn no_truncation_panics() {
        let whole = tcp(0x18, b"payload");
        for length in 0..whole.len() {
            assert_eq!(answers(&whole[..length], Arrived::No).to_sender.is_some(), length >= 48, "cut at {length}");
        }
    }
}
