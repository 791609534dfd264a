//! A flow as the kernel keeps it, and what user space wants to know of it.

/// What the kernel keeps of one direction of a flow.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct DirectionEntry {
    pub packets: u64,
    pub bytes: u64,
    pub last: u64,
    pub syn: [u8; 4],
    pub group: u16,
    pub entered: u8,
    pub pad: u8,
}

/// A flow as the kernel keeps it, in an order that suits its caches.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct FlowEntry {
    pub passes_until: u64,
    pub standing: u32,
    pub established: u8,
    pub turn: u8,
    pub knock_side: u8,
    pub knock_ports: u8,
    pub knocked: u64,
    pub began: u64,
    pub first: u64,
    pub low: DirectionEntry,
    pub released: u64,
    pub generation: u32,
    pub epoch: u32,
    pub dropped: u32,
    pub whole: u16,
    pub records: u16,
    pub refused: u64,
    pub high: DirectionEntry,
    pub knock_shown: u64,
    pub knock: [u8; 4],
    pub knock_packets: u32,
    pub knock_bytes: u32,
    pub pad: [u8; 12],
}

/// What the kernel counted about a flow. Index 0 of each pair is low → high.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowCounters {
    /// Packets on the wire.
    pub packets: [u64; 2],
    /// Bytes on the wire.
    pub bytes: [u64; 2],
    /// Last packet of each direction, 0 for none.
    pub last: [u64; 2],
    /// First packet, in nanoseconds since the epoch once `Tables::flow_counters` handed it out.
    pub first: u64,
    /// Packets that were dropped, in both directions.
    pub dropped: u32,
    /// Packets shown whole under the policy in force.
    pub whole: u16,
    /// Packets shown as records under the policy in force.
    pub records: u16,
    /// Groups of the low and the high end.
    pub groups: [u16; 2],
    connection: u16,
    /// Packets and bytes of each direction that ask for the next connection.
    asking: [(u64, u64); 2],
}

impl From<&FlowEntry> for FlowCounters {
    fn from(entry: &FlowEntry) -> Self {
        let ways = [entry.low, entry.high];
        let asks = |side| entry.knocked > 0 && entry.knock_side == side;
        let asked = (u64::from(entry.knock_packets), u64::from(entry.knock_bytes));
        Self {
            packets: ways.map(|way| way.packets),
            bytes: ways.map(|way| way.bytes),
            last: ways.map(|way| way.last),
            first: entry.first,
            dropped: entry.dropped,
            whole: entry.whole,
            records: entry.records,
            groups: ways.map(|way| way.group),
            connection: number_of(entry.began),
            asking: [0, 1].map(|side| if asks(side) { asked } else { (0, 0) }),
        }
    }
}

impl FlowCounters {
    /// The connection's number among those on its ports, 0 if it is not known.
    #[must_use]
    pub const fn connection(&self) -> u16 {
        self.connection
    }

    /// What was counted of that connection: the SYNs that ask for the next one are not its own.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let [low, high] = self.asking;
        let without =
            |[one, other]: [u64; 2], low: u64, high: u64| [one.saturating_sub(low), other.saturating_sub(high)];
        Totals { packets: without(self.packets, low.0, high.0), bytes: without(self.bytes, low.1, high.1) }
    }
}

/// What was counted of a connection. Index 0 of each pair is low → high.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Totals {
    /// Packets on the wire.
    pub packets: [u64; 2],
    /// Bytes on the wire.
    pub bytes: [u64; 2],
}

/// The number of the connection that began then: the low bits, which are what tells connections apart.
const fn number_of(began: u64) -> u16 {
    let [low, high, ..] = began.to_le_bytes();
    u16::from_le_bytes([low, high])
}
