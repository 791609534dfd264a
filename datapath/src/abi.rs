//! What `bpf/layout.h` lays out in memory, in Rust. The sizes are asserted on both sides.

mod flow;
mod stats;

use aya::Pod;
use peergate_engine::packet::Endpoint;

pub(crate) use flow::FlowEntry;
pub use flow::{FlowCounters, Totals};
pub(crate) use stats::CpuEntry;
pub use stats::Stats;

/// Raised with every change of `bpf/layout.h`: older pinned maps are not adopted.
pub const LAYOUT_VERSION: u32 = 8;

/// Groups in the kernel are bits of a word; 0 means "in none".
pub const GROUP_COUNT: u32 = 64;

/// What a verdict does to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Action {
    /// Let it through.
    Pass = 0,
    /// Let it through; the program tells a person.
    Alert = 1,
    /// Drop in silence.
    Drop = 2,
    /// Drop, and tell both sides.
    Reject = 3,
    /// Undecided still. Keeps what a flow was taken for, so that the next program knows it.
    Watch = 6,
    /// Let it through, and show the head of every packet.
    Listen = 7,
}

impl Action {
    /// From its number in a table.
    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Pass),
            1 => Some(Self::Alert),
            2 => Some(Self::Drop),
            3 => Some(Self::Reject),
            6 => Some(Self::Watch),
            7 => Some(Self::Listen),
            _ => None,
        }
    }

    /// Whether packets pass and nothing else happens in the kernel.
    #[must_use]
    pub const fn is_plain_pass(self) -> bool {
        matches!(self, Self::Pass | Self::Alert)
    }

    /// Whether packets stop here.
    #[must_use]
    pub const fn is_blocking(self) -> bool {
        matches!(self, Self::Drop | Self::Reject)
    }
}

/// Both directions of a flow: `low` is the end with the smaller address, then port. Ports are in network order, and 0
/// where the protocol has none that the kernel part reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(C)]
pub struct FlowKey {
    /// Address of the low end; IPv4 as `::ffff:a.b.c.d`.
    pub low_addr: [u8; 16],
    /// Address of the high end.
    pub high_addr: [u8; 16],
    /// Port of the low end.
    pub low_port: [u8; 2],
    /// Port of the high end.
    pub high_port: [u8; 2],
    /// IANA number.
    pub proto: u8,
    pad: [u8; 3],
}

impl FlowKey {
    /// The key of the flow between two endpoints, whichever comes first.
    #[must_use]
    pub fn between(one: Endpoint, other: Endpoint, proto: u8) -> Self {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        Self {
            low_addr: low.addr.0,
            high_addr: high.addr.0,
            low_port: low.port.to_be_bytes(),
            high_port: high.port.to_be_bytes(),
            proto,
            pad: [0; 3],
        }
    }

    /// The low end.
    #[must_use]
    pub const fn low(&self) -> Endpoint {
        Endpoint { addr: peergate_engine::packet::Addr(self.low_addr), port: u16::from_be_bytes(self.low_port) }
    }

    /// The high end.
    #[must_use]
    pub const fn high(&self) -> Endpoint {
        Endpoint { addr: peergate_engine::packet::Addr(self.high_addr), port: u16::from_be_bytes(self.high_port) }
    }
}

/// An address, a port and a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub(crate) struct EndpointKey {
    pub addr: [u8; 16],
    pub port: [u8; 2],
    pub proto: u8,
    pub pad: u8,
}

impl EndpointKey {
    pub const fn endpoint(&self) -> Endpoint {
        Endpoint { addr: peergate_engine::packet::Addr(self.addr), port: u16::from_be_bytes(self.port) }
    }

    pub const fn new(endpoint: Endpoint, proto: u8) -> Self {
        Self { addr: endpoint.addr.0, port: endpoint.port.to_be_bytes(), proto, pad: 0 }
    }
}

/// A verdict as the kernel keeps it, `groups` being what a flow was taken for; times are those of `CLOCK_MONOTONIC`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct VerdictEntry {
    pub action: u8,
    pub reason: u8,
    pub app: u16,
    pub generation: u32,
    pub decided: u64,
    pub expires: u64,
    pub groups: u64,
}

/// How the kernel part works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Conf {
    pub layout: u32,
    pub ifindex: [u32; 2],
    pub generation: u32,
    pub epoch: u32,
    pub whole_limit: u16,
    pub record_limit: u16,
    pub mode: u8,
    pub fail_closed: u8,
    pub promiscuous: u8,
    pub pad: u8,
    pub changes: u32,
    pub netns: u64,
    pub heartbeat_timeout: u64,
    pub hold_groups: u64,
    pub hold_interval: u64,
    pub answer_timeout: u64,
    pub words: u64,
}

pub(crate) const SAMPLE_WHOLE: u8 = 1;
pub(crate) const SAMPLE_RECORD: u8 = 2;
pub(crate) const SAMPLE_REFUSED: u8 = 3;
pub(crate) const SAMPLE_REOPENED: u8 = 4;

/// The SYN of a connection that began on ports that were in use, and what was counted of the one before.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct ReopenedEntry {
    pub totals: Totals,
    pub knocked: u64,
    pub knock: [u8; 4],
    pub knock_packets: u32,
    pub knock_bytes: u32,
    pub former: u16,
    pub knock_side: u8,
    pub pad: u8,
}

/// What precedes the bytes of each sample in the ring.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct SampleHeader {
    pub time: u64,
    pub wire_len: u32,
    pub captured: u32,
    pub key: FlowKey,
    pub payload: u32,
    pub segments: u16,
    pub segment_size: u16,
    pub groups: [u16; 2],
    pub kind: u8,
    pub port: u8,
    pub side: u8,
    pub tcp_flags: u8,
    pub connection: u16,
    pub wanted: u8,
    pub pad: [u8; 5],
}

const _: () = {
    assert!(size_of::<FlowKey>() == 40);
    assert!(size_of::<EndpointKey>() == 20);
    assert!(size_of::<VerdictEntry>() == 32);
    assert!(size_of::<FlowEntry>() == 168);
    assert!(size_of::<CpuEntry>() == 152);
    assert!(size_of::<Totals>() == 32);
    assert!(size_of::<Conf>() == 80);
    assert!(size_of::<ReopenedEntry>() == 56);
    assert!(size_of::<SampleHeader>() == 80);
};

// SAFETY: repr(C), integers and arrays of them only, no padding (the sizes above leave no room for any): every bit
// pattern is a value, and every byte is initialised.
unsafe impl Pod for FlowKey {}
// SAFETY: as above.
unsafe impl Pod for EndpointKey {}
// SAFETY: as above.
unsafe impl Pod for VerdictEntry {}
// SAFETY: as above.
unsafe impl Pod for FlowEntry {}
// SAFETY: as above.
unsafe impl Pod for CpuEntry {}
// SAFETY: as above.
unsafe impl Pod for Stats {}
// SAFETY: as above.
unsafe impl Pod for ReopenedEntry {}
// SAFETY: as above.
unsafe impl Pod for Conf {}
// SAFETY: as above.
unsafe impl Pod for SampleHeader {}

/// Reads a value that the kernel laid out at the start of `bytes`.
pub(crate) fn read<T: Pod>(bytes: &[u8]) -> Option<T> {
    let bytes = bytes.get(..size_of::<T>())?;
    // SAFETY: `bytes` is as long as T, T is plain old data, and read_unaligned asks for no alignment.
    Some(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
}
