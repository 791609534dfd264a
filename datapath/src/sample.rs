//! What the kernel shows of undecided flows.

use peergate_engine::packet::{Frame, LinkType, Time};
use peergate_engine::pipeline::Connection;

use crate::abi::{self, FlowKey, ReopenedEntry, SampleHeader, Totals};
use crate::clock::Clock;
use crate::dissect::{network_offset, UDP};

/// Which way a packet went along its flow's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the low end.
    LowToHigh,
    /// From the high end.
    HighToLow,
}

/// What is known of a packet beside its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// When it came in, by the wall clock.
    pub time: Time,
    /// Its flow.
    pub key: FlowKey,
    /// Which way it went.
    pub direction: Direction,
    /// The port it came in by, 0 or 1.
    pub port: u16,
    /// Bytes on the wire, tags included; of a TCP super-packet as it stands in memory.
    pub wire_len: u32,
    /// Bytes above the transport header, as the IP header says.
    pub payload_len: u32,
    /// Segments that a super-packet stands for; 1 for a plain one.
    pub segments: u16,
    /// As on the wire; 0 where it is not TCP.
    pub tcp_flags: u8,
    /// Groups of the low and the high end.
    pub groups: [u16; 2],
    /// How a datagram begins that is not shown whole.
    pub head: Option<[u8; 8]>,
    /// Which of the connections on its ports it is of; nothing where nobody follows them.
    pub connection: Option<Connection>,
}

/// Another connection on ports that were in use.
#[derive(Clone, Copy, Debug)]
pub struct Reopening {
    /// What was counted of the one before.
    pub totals: Totals,
    /// The number of the one before, 0 if it is not known.
    pub former: u16,
    /// When its SYN came first.
    pub time: Time,
    /// Which way that went.
    pub direction: Direction,
    /// Its sequence number.
    pub seq: u32,
    /// How often it came, and with how many bytes altogether.
    pub syns: (u32, u32),
}

/// One packet, as the kernel shows it.
#[derive(Clone, Copy, Debug)]
pub enum Sample<'a> {
    /// One of the first packets of an undecided flow: up to 4096 bytes, the outer VLAN tag in its place.
    Whole(Frame<'a>, Seen),
    /// A later packet of a flow that is still undecided.
    Record(Seen),
    /// Another connection has begun on these ports, with the packet that is shown next.
    Reopened(Seen, Reopening),
}

impl Sample<'_> {
    /// What every sample tells.
    #[must_use]
    pub const fn seen(&self) -> &Seen {
        match self {
            Self::Whole(_, seen) | Self::Record(seen) | Self::Reopened(seen, _) => seen,
        }
    }
}

/// One entry of the ring.
pub(crate) enum Entry<'a> {
    Whole(Frame<'a>, Seen),
    Record(Seen),
    Reopened(Seen, Reopening),
    /// A UDP super-packet, and the payload of each of its datagrams.
    Super(Frame<'a>, Seen, u16),
    /// The head of a packet that a reject verdict dropped.
    Refused(Frame<'a>),
}

/// Reads an entry of the ring, `None` if it is none of ours.
pub(crate) fn unpack(entry: &[u8], clock: Clock) -> Option<Entry<'_>> {
    let header = abi::read::<SampleHeader>(entry)?;
    let seen = Seen {
        time: clock.wall(header.time),
        key: header.key,
        direction: direction(header.side),
        port: header.port.into(),
        wire_len: header.wire_len,
        payload_len: header.payload,
        segments: header.segments,
        tcp_flags: header.tcp_flags,
        groups: header.groups,
        head: None,
        connection: Some(Connection { number: header.connection, wanted: header.wanted > 0 }),
    };
    let bytes = entry.get(size_of::<SampleHeader>()..).unwrap_or_default();
    let bytes = bytes.get(..header.captured as usize).unwrap_or(bytes);
    let frame = Frame { time: seen.time, link: LinkType::Ethernet, port: seen.port, bytes, wire_len: seen.wire_len };
    match header.kind {
        abi::SAMPLE_RECORD => Some(Entry::Record(Seen { head: bytes.first_chunk().copied(), ..seen })),
        abi::SAMPLE_REFUSED => Some(Entry::Refused(frame)),
        abi::SAMPLE_REOPENED => abi::read(bytes).map(|entry| Entry::Reopened(seen, reopening(&entry, clock))),
        abi::SAMPLE_WHOLE if header.segment_size > 0 && header.key.proto == UDP => {
            Some(Entry::Super(frame, seen, header.segment_size))
        }
        abi::SAMPLE_WHOLE => Some(Entry::Whole(frame, seen)),
        _ => None,
    }
}

const fn direction(side: u8) -> Direction {
    if side == 0 {
        Direction::LowToHigh
    } else {
        Direction::HighToLow
    }
}

fn reopening(entry: &ReopenedEntry, clock: Clock) -> Reopening {
    Reopening {
        totals: entry.totals,
        former: entry.former,
        time: clock.wall(entry.knocked),
        direction: direction(entry.knock_side),
        seq: u32::from_be_bytes(entry.knock),
        syns: (entry.knock_packets, entry.knock_bytes),
    }
}

const UDP_HEADER: usize = 8;

/// Takes UDP super-packets apart: to the sender and the receiver each datagram stands for itself. (Where one TCP
/// segment ends and the next begins means nothing to anyone, so those stay together.)
#[derive(Default)]
pub(crate) struct Splitter {
    datagram: Vec<u8>,
}

impl Splitter {
    pub fn split(&mut self, frame: &Frame<'_>, seen: &Seen, size: u16, mut sink: impl FnMut(Sample<'_>)) {
        let whole = seen.wire_len.saturating_sub(seen.payload_len);
        let Some((headers, payload)) = frame.bytes.split_at_checked(whole as usize) else { return };
        let mut left = seen.payload_len;
        for captured in payload.chunks(size.into()) {
            let length = left.min(size.into());
            left -= length;
            self.datagram.clear();
            self.datagram.extend_from_slice(headers);
            self.datagram.extend_from_slice(captured);
            if write_lengths(&mut self.datagram, headers.len(), length).is_none() {
                return;
            }
            let wire_len = whole + length;
            let frame = Frame { bytes: &self.datagram, wire_len, ..*frame };
            sink(Sample::Whole(frame, Seen { wire_len, payload_len: length, segments: 1, ..*seen }));
        }
    }
}

/// Corrects the lengths in the IP and UDP headers, which speak of the whole super-packet.
fn write_lengths(frame: &mut [u8], headers: usize, payload: u32) -> Option<()> {
    let network = network_offset(frame)?;
    let is_v6 = frame.get(network)? >> 4 == 6;
    let datagram = u16::try_from(payload as usize + UDP_HEADER).ok()?;
    let transport = headers.checked_sub(UDP_HEADER)?;
    let behind = u16::try_from(transport.checked_sub(network)?).ok()?.checked_add(datagram)?;
    let (at, length) = if is_v6 { (network + 4, behind.checked_sub(40)?) } else { (network + 2, behind) };
    frame.get_mut(at..at + 2)?.copy_from_slice(&length.to_be_bytes());
    frame.get_mut(transport + 4..transport + 6)?.copy_from_slice(&datagram.to_be_bytes());
    Some(())
}
