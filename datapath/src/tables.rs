//! The kernel's tables, as user space writes and reads them.

use std::collections::HashMap as Known;
use std::os::fd::AsFd;

use aya::maps::lpm_trie::Key;
use aya::maps::{Array, HashMap, LpmTrie, Map, MapData, MapError, PerCpuArray};
use peergate_engine::packet::{Addr, Endpoint, Time};

use crate::abi::{Action, Conf, CpuEntry, EndpointKey, FlowCounters, FlowEntry, FlowKey, Stats, VerdictEntry};
use crate::clock::{self, Clock};
use crate::error::{mismatch, Error, Trying};
use crate::source::Enforcer;
use crate::sys;

/// Flows read by one system call.
const BATCH: usize = 1024;

/// What was decided about a flow or an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What happens to packets.
    pub action: Action,
    /// The caller's own code for the reason; kept for whoever reads the table.
    pub reason: u8,
    /// The caller's own number of the app; kept for whoever reads the table.
    pub app: u16,
    /// What else the caller took a flow for, as a word of its own; kept for the same. Endpoints have no room for it.
    pub about: u64,
    /// From then on the flow is undecided again.
    pub expires: Time,
}

impl Verdict {
    /// A verdict that holds until the policy changes.
    #[must_use]
    pub const fn lasting(action: Action) -> Self {
        Self { action, reason: 0, app: 0, about: 0, expires: Time(u64::MAX) }
    }
}

/// A verdict that a former program left.
#[derive(Clone, Copy, Debug)]
pub struct Former {
    /// Its flow.
    pub key: FlowKey,
    /// As it was decided.
    pub verdict: Verdict,
    entry: VerdictEntry,
}

/// Verdicts that are taken over at most: more than the tables are usually made for.
const MOST_FORMER: usize = 1 << 20;

/// Which peers of a learned endpoint its verdict concerns, by their group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Towards(u64);

impl Towards {
    /// Whoever talks to it.
    pub const EVERYONE: Self = Self(u64::MAX);
    /// Nobody yet: add groups with [`Towards::and`].
    pub const NOBODY: Self = Self(0);

    /// These and peers in `group`; group 0 is the peers in no group.
    #[must_use]
    pub const fn and(self, group: u32) -> Self {
        Self(self.0 | 1 << (group % crate::abi::GROUP_COUNT))
    }

    /// As a bit per group.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// A prefix and the group of the addresses in it. IPv4 lengths are 0 to 32.
pub type Prefix = (Addr, u8, u32);

type TrieKey = (u32, [u8; 16]);

/// The tables of one gate.
pub struct Tables {
    verdicts: HashMap<MapData, FlowKey, VerdictEntry>,
    endpoints: HashMap<MapData, EndpointKey, VerdictEntry>,
    groups: LpmTrie<MapData, [u8; 16], u32>,
    known_groups: Known<TrieKey, u32>,
    flows: MapData,
    settings: Array<MapData, Conf>,
    heartbeat: Array<MapData, u64>,
    cpus: PerCpuArray<MapData, CpuEntry>,
    conf: Conf,
    /// What verdicts are written under: the generation in force, or the one being prepared.
    generation: u32,
    rejected: Option<FlowKey>,
    pub(crate) clock: Clock,
}

impl Tables {
    pub(crate) fn take(ebpf: &mut aya::Ebpf) -> Result<Self, Error> {
        let groups = LpmTrie::try_from(take(ebpf, "groups")?).trying("open the groups")?;
        let settings: Array<MapData, Conf> = Array::try_from(take(ebpf, "settings")?).trying("open the settings")?;
        let conf = settings.get(&0, 0).trying("read the settings")?;
        let known_groups = read_groups(&groups).trying("read the groups")?;
        Ok(Self {
            verdicts: HashMap::try_from(take(ebpf, "verdicts")?).trying("open the verdicts")?,
            endpoints: HashMap::try_from(take(ebpf, "endpoints")?).trying("open the endpoints")?,
            groups,
            known_groups,
            flows: match take(ebpf, "flows")? {
                Map::LruHashMap(flows) => flows,
                _ => return Err(mismatch("flows")),
            },
            settings,
            heartbeat: Array::try_from(take(ebpf, "heartbeat")?).trying("open the heartbeat")?,
            cpus: PerCpuArray::try_from(take(ebpf, "cpus")?).trying("open the counters")?,
            conf,
            generation: conf.generation,
            rejected: None,
            clock: Clock::new(),
        })
    }

    /// The flow that the last verdict rejected, once.
    pub(crate) const fn take_rejected(&mut self) -> Option<FlowKey> {
        self.rejected.take()
    }

    pub(crate) fn configure(&mut self, conf: Conf) -> Result<(), Error> {
        self.settings.set(0, conf, 0).trying("write the settings")?;
        self.conf = conf;
        self.generation = conf.generation;
        Ok(())
    }

    fn verdict(&self, entry: &VerdictEntry) -> Option<Verdict> {
        let expires = if entry.expires == u64::MAX { Time(u64::MAX) } else { self.clock.wall(entry.expires) };
        let action = Action::from_number(entry.action)?;
        Some(Verdict { action, reason: entry.reason, app: entry.app, about: entry.groups, expires })
    }

    /// Writes a verdict. What the kernel knows to pass it does not look up each time, even when that verdict was crowded out
    /// of the table since: it is told where that may have changed.
    fn write(&mut self, key: &FlowKey, entry: VerdictEntry) -> Result<(), Error> {
        const ONLY_NEW: u64 = 1;
        let action = Action::from_number(entry.action);
        if action.is_some_and(Action::is_plain_pass) {
            return self.verdicts.insert(key, entry, 0).trying("write a verdict");
        }
        if !action.is_some_and(Action::is_blocking) && self.verdicts.insert(key, entry, ONLY_NEW).is_ok() {
            return Ok(());
        }
        self.verdicts.insert(key, entry, 0).trying("write a verdict")?;
        self.raise_changes()
    }

    fn raise_changes(&mut self) -> Result<(), Error> {
        self.conf.changes = self.conf.changes.wrapping_add(1);
        self.settings.set(0, self.conf, 0).trying("write the settings")
    }

    fn raise_epoch(&mut self) -> Result<(), Error> {
        self.conf.epoch = self.conf.epoch.wrapping_add(1);
        self.settings.set(0, self.conf, 0).trying("write the settings")
    }

    fn entry(&self, verdict: &Verdict, groups: u64) -> VerdictEntry {
        VerdictEntry {
            action: verdict.action as u8,
            reason: verdict.reason,
            app: verdict.app,
            generation: self.generation,
            decided: clock::kernel_now(),
            expires: self.clock.kernel(verdict.expires),
            groups,
        }
    }
}

impl Enforcer for Tables {
    fn beat(&mut self) -> Result<(), Error> {
        self.clock.refresh();
        self.heartbeat.set(0, clock::kernel_now(), 0).trying("write the heartbeat")
    }

    fn set_verdict(&mut self, key: &FlowKey, verdict: &Verdict) -> Result<(), Error> {
        self.rejected = (verdict.action == Action::Reject).then_some(*key);
        let entry = self.entry(verdict, verdict.about);
        self.write(key, entry)
    }

    fn listen(&mut self, key: &FlowKey, on: bool) -> Result<(), Error> {
        let known = self.verdicts.get(key, 0).ok();
        let blocked = known.and_then(|entry| Action::from_number(entry.action)).is_some_and(Action::is_blocking);
        if blocked || self.counters_of(key)?.is_none() {
            return Ok(());
        }
        let entry = known.unwrap_or_else(|| self.entry(&Verdict::lasting(Action::Watch), 0));
        let action = if on { Action::Listen } else { Action::Watch };
        let entry = VerdictEntry { action: action as u8, generation: self.generation, ..entry };
        self.write(key, entry)
    }

    fn forget_verdict(&mut self, key: &FlowKey) -> Result<(), Error> {
        unless_absent(self.verdicts.remove(key)).trying("forget a verdict")?;
        self.raise_changes()
    }

    fn set_endpoint(
        &mut self,
        endpoint: Endpoint,
        proto: u8,
        verdict: &Verdict,
        towards: Towards,
    ) -> Result<(), Error> {
        let entry = self.entry(verdict, towards.bits());
        self.endpoints.insert(EndpointKey::new(endpoint, proto), entry, 0).trying("write an endpoint")?;
        self.raise_epoch()
    }

    fn forget_endpoint(&mut self, endpoint: Endpoint, proto: u8) -> Result<(), Error> {
        unless_absent(self.endpoints.remove(&EndpointKey::new(endpoint, proto))).trying("forget an endpoint")
    }

    fn set_groups(&mut self, prefixes: &[Prefix]) -> Result<(), Error> {
        let mut wanted = Known::new();
        for (addr, length, group) in prefixes {
            if *group >= crate::abi::GROUP_COUNT {
                return Err(Error::Config(format!("group {group}: the kernel part knows groups 0 to 63")));
            }
            let length = u32::from(*length) + if addr.as_v4().is_some() { 96 } else { 0 };
            wanted.insert((length, addr.0), *group);
        }
        for (&(length, addr), &group) in &wanted {
            if self.known_groups.get(&(length, addr)) != Some(&group) {
                self.groups.insert(&Key::new(length, addr), group, 0).trying("write a group")?;
            }
        }
        for &(length, addr) in self.known_groups.keys().filter(|key| !wanted.contains_key(*key)) {
            unless_absent(self.groups.remove(&Key::new(length, addr))).trying("remove a group")?;
        }
        self.known_groups = wanted;
        self.raise_epoch()
    }

    fn take_words(&mut self, words: u64) -> bool {
        std::mem::replace(&mut self.conf.words, words) == words
    }

    fn former_verdicts(&mut self) -> Result<Vec<Former>, Error> {
        let in_force = |entry: &VerdictEntry| entry.generation == self.conf.generation;
        let all = self.verdicts.iter().take(MOST_FORMER).filter_map(Result::ok);
        let former =
            |(key, entry): (FlowKey, VerdictEntry)| Some(Former { key, verdict: self.verdict(&entry)?, entry });
        Ok(all.filter(|(_, entry)| in_force(entry)).filter_map(former).collect())
    }

    fn former_endpoints(&mut self) -> Result<Vec<(Endpoint, u8, Verdict)>, Error> {
        let in_force = |entry: &VerdictEntry| entry.generation == self.conf.generation;
        let all = self.endpoints.iter().take(MOST_FORMER).filter_map(Result::ok);
        let former =
            |(key, entry): (EndpointKey, VerdictEntry)| Some((key.endpoint(), key.proto, self.verdict(&entry)?));
        Ok(all.filter(|(_, entry)| in_force(entry)).filter_map(former).collect())
    }

    fn renew(&mut self, former: &Former, action: Action) -> Result<(), Error> {
        let entry = VerdictEntry { action: action as u8, generation: self.generation, ..former.entry };
        self.write(&former.key, entry)
    }

    fn prepare_generation(&mut self) {
        self.generation = self.conf.generation.wrapping_add(1);
    }

    fn bump_generation(&mut self) -> Result<(), Error> {
        self.prepare_generation();
        self.conf.generation = self.generation;
        self.conf.changes = self.conf.changes.wrapping_add(1);
        self.raise_epoch()
    }

    fn flow_counters(&mut self, each: &mut dyn FnMut(&FlowKey, &FlowCounters)) -> Result<(), Error> {
        let mut keys = vec![FlowKey::default(); BATCH];
        let mut values = vec![FlowEntry::default(); BATCH];
        let mut position = None;
        loop {
            let map = self.flows.fd().as_fd();
            let (count, more) =
                sys::lookup_batch(map, &mut position, &mut keys, &mut values).trying("read the flows")?;
            for (key, entry) in keys.iter().zip(&values).take(count) {
                let mut counters = FlowCounters::from(entry);
                counters.first = self.clock.wall(counters.first).0;
                for last in counters.last.iter_mut().filter(|last| **last > 0) {
                    *last = self.clock.wall(*last).0;
                }
                each(key, &counters);
            }
            if !more {
                return Ok(());
            }
        }
    }

    fn counters_of(&mut self, key: &FlowKey) -> Result<Option<FlowCounters>, Error> {
        let found: Option<FlowEntry> = sys::lookup(self.flows.fd().as_fd(), key).trying("read a flow")?;
        Ok(found.as_ref().map(FlowCounters::from))
    }

    fn stats(&mut self) -> Result<Stats, Error> {
        let cpus = self.cpus.get(&0, 0).trying("read the counters")?;
        Ok(Stats::of(cpus.iter()))
    }
}

fn take(ebpf: &mut aya::Ebpf, name: &str) -> Result<Map, Error> {
    ebpf.take_map(name).ok_or_else(|| mismatch(name))
}

fn read_groups(groups: &LpmTrie<MapData, [u8; 16], u32>) -> Result<Known<TrieKey, u32>, MapError> {
    groups.iter().map(|entry| entry.map(|(key, group)| ((key.prefix_len(), key.data()), group))).collect()
}

fn unless_absent(result: Result<(), MapError>) -> Result<(), MapError> {
    match result {
        Err(MapError::KeyNotFound) => Ok(()),
        Err(MapError::SyscallError(error)) if error.io_error.raw_os_error() == Some(libc::ENOENT) => Ok(()),
        other => other,
    }
}
