//! What the kernel part counts besides flows.

use super::read;

/// Packets by what happened to them, summed over the CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Stats {
    /// Passed: the flow's verdict says so.
    pub passed_by_verdict: u64,
    /// Passed: nobody has decided yet.
    pub passed_undecided: u64,
    /// Passed: not IP.
    pub passed_not_ip: u64,
    /// Passed: IPv6 neighbour discovery.
    pub passed_neighbour: u64,
    /// Dropped: the flow's verdict says so.
    pub dropped_by_verdict: u64,
    /// Dropped: an end of the flow was learned to be unwanted.
    pub dropped_by_endpoint: u64,
    /// Dropped: undecided, the program is not alive, and the line is to close then.
    pub dropped_fail_closed: u64,
    /// Dropped: undecided flow of a held group.
    pub dropped_held: u64,
    /// Dropped: pause frame in wire mode.
    pub dropped_pause: u64,
    /// Besides: an IP packet that ends too early or contradicts itself.
    pub malformed: u64,
    /// Besides: a fragment whose first was not seen.
    pub orphan_fragments: u64,
    /// Besides: the flow's verdict was of an older policy, expired, or for an earlier connection.
    pub stale_verdicts: u64,
    /// Besides: copied whole.
    pub copied_whole: u64,
    /// Besides: told as a record.
    pub copied_records: u64,
    /// Besides: the head of a refused packet was copied.
    pub copied_refused: u64,
    /// Besides: should have been copied but the ring was full.
    pub ring_full: u64,
    /// Besides: no room for the flow in the table.
    pub flow_table_full: u64,
}

/// How many counters `Stats` has.
const STAT_COUNT: usize = size_of::<Stats>() / size_of::<u64>();

/// What belongs to one CPU: what it has counted, in the order of `Stats`, and its clock.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct CpuEntry {
    pub counted: [u64; STAT_COUNT],
    pub jiffy: u64,
    pub now: u64,
}

impl Stats {
    /// What all CPUs have counted.
    pub(crate) fn of<'a>(cpus: impl IntoIterator<Item = &'a CpuEntry>) -> Self {
        let mut sums = [0; STAT_COUNT];
        for cpu in cpus {
            for (sum, counted) in sums.iter_mut().zip(cpu.counted) {
                *sum += counted;
            }
        }
        read(&sums.map(u64::to_ne_bytes).concat()).unwrap_or_default()
    }
}
