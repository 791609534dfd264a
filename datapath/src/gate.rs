//! The loaded kernel part: its tables, its ring, and a way to run it on one frame without a network.

use std::path::Path;
use std::time::Duration;

use aya::maps::{MapData, RingBuf};
use aya::programs::{SchedClassifier, TestRun, TestRunOptions};
use aya::{Ebpf, EbpfLoader, VerifierLogLevel};

use crate::error::{mismatch, Error, Trying};
use crate::object;
use crate::refuse::{Arrived, Refuser};
use crate::sample::{unpack, Entry, Sample, Splitter};
use crate::sys;
use crate::tables::Tables;

/// The program's name in the object.
pub(crate) const PROGRAM: &str = "gate";

/// Maps that outlive the program by a pin of their own name.
const PINNED: [&str; 9] =
    ["verdicts", "endpoints", "groups", "flows", "frags", "settings", "heartbeat", "cpus", "events"];

/// One `drain` hands out at most this many entries, so that its caller gets to beat under any load.
const ENTRIES_PER_DRAIN: usize = 4096;

/// How much the kernel may remember. Tables are allocated whole: a flow takes some 300 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Flows counted at a time; the least recently seen makes room.
    pub flows: u32,
    /// Verdicts about flows.
    pub verdicts: u32,
    /// Learned endpoints.
    pub endpoints: u32,
    /// Prefixes of groups.
    pub prefixes: u32,
    /// Bytes of the ring: a power of two, at least a page.
    pub ring: u32,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { flows: 1 << 17, verdicts: 1 << 17, endpoints: 1 << 16, prefixes: 1 << 16, ring: 16 << 20 }
    }
}

impl Sizes {
    const fn by_name(self) -> [(&'static str, u32); 5] {
        [
            ("flows", self.flows),
            ("verdicts", self.verdicts),
            ("endpoints", self.endpoints),
            ("groups", self.prefixes),
            ("events", self.ring),
        ]
    }

    /// Whether the maps pinned in `pins` have these sizes.
    pub(crate) fn match_pins(self, pins: &Path) -> bool {
        self.by_name().iter().all(|(name, size)| {
            MapData::from_pin(pins.join(name)).and_then(|map| map.info()).is_ok_and(|info| info.max_entries() == *size)
        })
    }
}

/// What one frame came to in [`Gate::run`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The `TC_ACT_…` code that the program returned.
    pub action: u32,
    /// Time of one run.
    pub time: Duration,
}

/// The loaded kernel part.
pub struct Gate {
    ebpf: Ebpf,
    tables: Tables,
    ring: RingBuf<MapData>,
    splitter: Splitter,
    refuser: Option<Refuser>,
}

impl Gate {
    /// Loads the kernel part, with its maps pinned in the directory `pins` if there is one; maps that are pinned there
    /// already are taken over with what is in them.
    ///
    /// # Errors
    /// If this build has no kernel part, or the kernel refuses it.
    pub fn load(sizes: Sizes, pins: Option<&Path>) -> Result<Self, Error> {
        let object = object::embedded().ok_or_else(|| Error::Missing(object::MISSING.to_owned()))?;
        let mut loader = EbpfLoader::new();
        loader.verifier_log_level(VerifierLogLevel::DISABLE).btf(None);
        for (name, size) in sizes.by_name() {
            loader.map_max_entries(name, size);
        }
        for (pins, name) in pins.iter().flat_map(|pins| PINNED.map(|name| (pins, name))) {
            loader.map_pin_path(name, pins.join(name));
        }
        let mut ebpf = loader.load(object).trying("load the kernel part")?;
        program(&mut ebpf)?.load().trying("load the gate into the kernel")?;
        let tables = Tables::take(&mut ebpf)?;
        let events = ebpf.take_map("events").ok_or_else(|| mismatch("events"))?;
        let ring = RingBuf::try_from(events).trying("map the ring")?;
        Ok(Self { ebpf, tables, ring, splitter: Splitter::default(), refuser: None })
    }

    /// The kernel's tables.
    pub const fn tables(&mut self) -> &mut Tables {
        &mut self.tables
    }

    pub(crate) fn program(&mut self) -> Result<&mut SchedClassifier, Error> {
        program(&mut self.ebpf)
    }

    /// Answers packets of rejected flows from now on.
    pub(crate) fn refuse_with(&mut self, refuser: Refuser) {
        self.refuser = Some(refuser);
    }

    /// Runs the program `repeat` times on a frame that nobody sent. It enters by the interface with the index `port`,
    /// or by the loopback interface for 0; a redirect is only reported.
    ///
    /// # Errors
    /// If the kernel refuses, as it does frames shorter than an Ethernet header.
    pub fn run(&mut self, frame: &[u8], port: u32, repeat: u32) -> Result<Run, Error> {
        // The kernel reads the field `ifindex` from where it is in struct __sk_buff.
        let mut context = [0; 192];
        for (to, from) in context.iter_mut().skip(40).zip(port.to_ne_bytes()) {
            *to = from;
        }
        let options =
            TestRunOptions { data_in: Some(frame), ctx_in: Some(&context), repeat, ..TestRunOptions::default() };
        let result = self.program()?.test_run(options).trying("run the gate on a frame")?;
        Ok(Run { action: result.return_value, time: result.duration })
    }

    /// Hands out what the kernel has shown, waiting up to `timeout` for the first of it. Gives how many ring entries
    /// there were. `sink` may write to the tables at once: the verdict is in force when it returns.
    ///
    /// # Errors
    /// If waiting fails.
    pub fn drain(&mut self, timeout: Duration, mut sink: impl FnMut(&mut Tables, Sample<'_>)) -> Result<usize, Error> {
        let mut count = self.take_ready(&mut sink);
        if count == 0 && !timeout.is_zero() {
            sys::wait_readable(std::os::fd::AsRawFd::as_raw_fd(&self.ring), timeout).trying("wait for the ring")?;
            count = self.take_ready(&mut sink);
        }
        Ok(count)
    }

    fn take_ready(&mut self, sink: &mut impl FnMut(&mut Tables, Sample<'_>)) -> usize {
        let Self { tables, ring, splitter, refuser, .. } = self;
        let clock = tables.clock;
        for count in 0..ENTRIES_PER_DRAIN {
            let Some(entry) = ring.next() else { return count };
            let shown = match unpack(&entry, clock) {
                Some(Entry::Refused(frame)) => {
                    if let Some(refuser) = refuser {
                        refuser.refuse(frame.bytes, frame.port, Arrived::No);
                    }
                    continue;
                }
                Some(Entry::Record(seen)) => {
                    sink(tables, Sample::Record(seen));
                    continue;
                }
                Some(Entry::Reopened(seen, reopening)) => {
                    sink(tables, Sample::Reopened(seen, reopening));
                    continue;
                }
                Some(Entry::Whole(frame, seen)) => {
                    sink(tables, Sample::Whole(frame, seen));
                    (frame, seen.key)
                }
                Some(Entry::Super(frame, seen, size)) => {
                    splitter.split(&frame, &seen, size, |sample| sink(tables, sample));
                    (frame, seen.key)
                }
                None => continue,
            };
            // Rejected for what it showed: both ends learn it now, not with their next packet.
            if let (Some(refuser), true) = (refuser.as_ref(), tables.take_rejected() == Some(shown.1)) {
                refuser.refuse(shown.0.bytes, shown.0.port, Arrived::Yes);
            }
        }
        ENTRIES_PER_DRAIN
    }
}

fn program(ebpf: &mut Ebpf) -> Result<&mut SchedClassifier, Error> {
    let program = ebpf.program_mut(PROGRAM).ok_or_else(|| mismatch(PROGRAM))?;
    program.try_into().map_err(|_: aya::programs::ProgramError| mismatch(PROGRAM))
}
