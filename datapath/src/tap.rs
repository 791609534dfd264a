//! The tap: hears both directions on the first port and can only speak afterwards. Blocking means telling both ends to
//! stop, since nothing can be dropped. It has no kernel part, so it keeps verdicts and groups itself.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use peergate_engine::packet::{Addr, Endpoint, Frame, LinkType, TcpHeader, Time};

use crate::abi::{EndpointKey, FlowCounters, FlowKey, Stats, GROUP_COUNT};
use crate::bridge::BridgeConfig;
use crate::dissect::{dissect, Headers, TCP};
use crate::error::{Error, Trying};
use crate::netns;
use crate::refuse::{Arrived, Refuser};
use crate::sample::{Direction, Sample, Seen};
use crate::socket::{Heard, PacketSocket};
use crate::source::{Enforcer, FrameSource, Place, Sink};
use crate::tables::{Prefix, Towards, Verdict};

/// As the kernel part does: retransmissions come slower anyway.
const REFUSE_INTERVAL: u64 = 50_000_000;

/// One `drain` hears at most this many frames.
const FRAMES_PER_DRAIN: usize = 4096;

/// A source that stands beside the line.
pub struct Tap {
    socket: PacketSocket,
    refuser: Refuser,
    buffer: Vec<u8>,
    memory: Memory,
}

impl Tap {
    /// Listens on the first port and speaks on both.
    ///
    /// # Errors
    /// If a port is missing, or we may not open packet sockets.
    pub fn open(config: &BridgeConfig) -> Result<Self, Error> {
        let _within = netns::enter(config.netns.as_deref())?;
        let [name, _] = &config.ports;
        let of_port = |source| Error::Port { name: name.clone(), source };
        Ok(Self {
            socket: PacketSocket::listening(name).map_err(of_port)?,
            refuser: Refuser::open(&config.ports).trying("open the ports for sending")?,
            buffer: PacketSocket::buffer(),
            memory: Memory::new(config),
        })
    }
}

impl FrameSource for Tap {
    fn place(&self) -> Place {
        Place::Tap
    }

    fn enforcer(&mut self) -> &mut dyn Enforcer {
        &mut self.memory
    }

    fn drain(&mut self, timeout: Duration, sink: &mut Sink<'_>) -> Result<usize, Error> {
        let Self { socket, refuser, buffer, memory } = self;
        socket.wait(timeout).trying("wait for the tap")?;
        for count in 0..FRAMES_PER_DRAIN {
            let Some(heard) = socket.hear(buffer).trying("read from the tap")? else { return Ok(count) };
            memory.judge(&heard, refuser, sink);
        }
        memory.stats.ring_full += u64::from(socket.lost().trying("ask the tap for what it lost")?);
        Ok(FRAMES_PER_DRAIN)
    }
}

/// A verdict, the policy it belongs to, and when it last made us speak.
#[derive(Clone, Copy)]
struct Kept {
    verdict: Verdict,
    generation: u32,
    towards: Towards,
}

/// What the kernel's tables would hold.
struct Memory {
    verdicts: HashMap<FlowKey, Kept>,
    endpoints: HashMap<EndpointKey, Kept>,
    refused: HashMap<FlowKey, u64>,
    /// Longest first.
    prefixes: Vec<Prefix>,
    /// Of the policy in force.
    generation: u32,
    /// Of what is written.
    writing: u32,
    limit: usize,
    rejected: Option<FlowKey>,
    stats: Stats,
}

impl Memory {
    fn new(config: &BridgeConfig) -> Self {
        Self {
            verdicts: HashMap::new(),
            endpoints: HashMap::new(),
            refused: HashMap::new(),
            prefixes: Vec::new(),
            generation: 0,
            writing: 0,
            limit: config.sizes.verdicts as usize,
            rejected: None,
            stats: Stats::default(),
        }
    }

    fn judge(&mut self, heard: &Heard<'_>, refuser: &Refuser, sink: &mut Sink<'_>) {
        let Some(headers) = dissect(heard.bytes) else {
            self.stats.passed_not_ip += 1;
            return;
        };
        let key = FlowKey::between(headers.source, headers.destination, headers.proto);
        let port = u16::from(heard.outgoing);
        match self.decided(&key, &headers, Time(heard.time)) {
            // It may begin another connection on ports that were in use, which then has no verdict yet.
            Some(_) if headers.tcp.has(TcpHeader::SYN) && headers.proto == TCP && self.verdicts.contains_key(&key) => {
                self.show(heard, &headers, key, port, sink);
                let still = self.decided(&key, &headers, Time(heard.time));
                if headers.tcp.has(TcpHeader::ACK) && still.is_some_and(|verdict| verdict.action.is_blocking()) {
                    self.refuse(&key, heard, port, refuser);
                }
            }
            Some(verdict) if verdict.action.is_blocking() => self.refuse(&key, heard, port, refuser),
            Some(_) => self.stats.passed_by_verdict += 1,
            None => {
                self.show(heard, &headers, key, port, sink);
                if self.rejected.take() == Some(key) {
                    self.refuse(&key, heard, port, refuser);
                }
            }
        }
    }

    fn show(&mut self, heard: &Heard<'_>, headers: &Headers, key: FlowKey, port: u16, sink: &mut Sink<'_>) {
        self.stats.passed_undecided += 1;
        self.stats.copied_whole += 1;
        let (frame, seen) = self.shown(heard, headers, key, port);
        sink(self, Sample::Whole(frame, seen));
    }

    fn shown<'a>(&self, heard: &Heard<'a>, headers: &Headers, key: FlowKey, port: u16) -> (Frame<'a>, Seen) {
        let time = Time(heard.time);
        let from_low = headers.source == key.low();
        let seen = Seen {
            time,
            key,
            direction: if from_low { Direction::LowToHigh } else { Direction::HighToLow },
            port,
            wire_len: heard.wire_len,
            payload_len: headers.payload_len,
            segments: 1,
            tcp_flags: headers.tcp.flags,
            groups: [key.low(), key.high()].map(|end| u16::try_from(self.group_of(end.addr)).unwrap_or_default()),
            head: None,
            connection: None,
        };
        (Frame { time, link: LinkType::Ethernet, port, bytes: heard.bytes, wire_len: heard.wire_len }, seen)
    }

    fn decided(&self, key: &FlowKey, headers: &Headers, now: Time) -> Option<Verdict> {
        let fresh = |kept: &&Kept| {
            kept.generation.wrapping_sub(self.generation).cast_signed() >= 0 && now < kept.verdict.expires
        };
        if let Some(kept) = self.verdicts.get(key).filter(fresh) {
            return Some(kept.verdict);
        }
        let learned = |end: Endpoint, peer: Endpoint| {
            let kept = self.endpoints.get(&EndpointKey::new(end, headers.proto)).filter(fresh)?;
            let meant = kept.towards.bits() >> (self.group_of(peer.addr) % GROUP_COUNT) & 1 == 1;
            (meant && kept.verdict.action.is_blocking()).then_some(kept.verdict)
        };
        if self.endpoints.is_empty() {
            return None;
        }
        learned(headers.source, headers.destination).or_else(|| learned(headers.destination, headers.source))
    }

    /// What passed cannot be called back, but both ends can be told to stop.
    fn refuse(&mut self, key: &FlowKey, heard: &Heard<'_>, port: u16, refuser: &Refuser) {
        self.stats.passed_by_verdict += 1;
        let last = self.refused.get(key).copied();
        if last.is_some_and(|last| heard.time.saturating_sub(last) < REFUSE_INTERVAL) {
            return;
        }
        make_room(&mut self.refused, self.limit, |_| false);
        self.refused.insert(*key, heard.time);
        self.stats.copied_refused += 1;
        refuser.refuse(heard.bytes, port, Arrived::Yes);
    }

    fn group_of(&self, addr: Addr) -> u32 {
        let holds = |prefix: &&Prefix| holds(prefix, addr);
        self.prefixes.iter().find(holds).map_or(0, |(_, _, group)| *group)
    }

    const fn kept(&self, verdict: &Verdict, towards: Towards) -> Kept {
        Kept { verdict: *verdict, generation: self.writing, towards }
    }
}

impl Enforcer for Memory {
    fn set_verdict(&mut self, key: &FlowKey, verdict: &Verdict) -> Result<(), Error> {
        self.rejected = verdict.action.is_blocking().then_some(*key);
        let generation = self.generation;
        make_room(&mut self.verdicts, self.limit, |kept| kept.generation == generation);
        self.verdicts.insert(*key, self.kept(verdict, Towards::EVERYONE));
        Ok(())
    }

    fn forget_verdict(&mut self, key: &FlowKey) -> Result<(), Error> {
        self.verdicts.remove(key);
        Ok(())
    }

    fn set_endpoint(
        &mut self,
        endpoint: Endpoint,
        proto: u8,
        verdict: &Verdict,
        towards: Towards,
    ) -> Result<(), Error> {
        let generation = self.generation;
        make_room(&mut self.endpoints, self.limit, |kept| kept.generation == generation);
        self.endpoints.insert(EndpointKey::new(endpoint, proto), self.kept(verdict, towards));
        Ok(())
    }

    fn forget_endpoint(&mut self, endpoint: Endpoint, proto: u8) -> Result<(), Error> {
        self.endpoints.remove(&EndpointKey::new(endpoint, proto));
        Ok(())
    }

    fn set_groups(&mut self, prefixes: &[Prefix]) -> Result<(), Error> {
        self.prefixes = prefixes.to_vec();
        self.prefixes.sort_by_key(|(_, length, _)| std::cmp::Reverse(*length));
        Ok(())
    }

    fn prepare_generation(&mut self) {
        self.writing = self.generation.wrapping_add(1);
    }

    fn bump_generation(&mut self) -> Result<(), Error> {
        self.prepare_generation();
        self.generation = self.writing;
        Ok(())
    }

    fn beat(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn stats(&mut self) -> Result<Stats, Error> {
        Ok(self.stats)
    }

    /// Nobody counts beside the line but the engine itself.
    fn flow_counters(&mut self, _each: &mut dyn FnMut(&FlowKey, &FlowCounters)) -> Result<(), Error> {
        Ok(())
    }
}

/// Keeps a table below its limit: first by what is not worth keeping, then by everything. Being decided about twice
/// costs little; memory without bound costs the machine.
fn make_room<K: Hash + Eq, V>(table: &mut HashMap<K, V>, limit: usize, worth: impl Fn(&V) -> bool) {
    if table.len() < limit {
        return;
    }
    table.retain(|_, value| worth(value));
    if table.len() >= limit {
        table.clear();
    }
}

fn holds((prefix, length, _): &Prefix, addr: Addr) -> bool {
    if prefix.as_v4().is_some() != addr.as_v4().is_some() {
        return false;
    }
    let bits = u32::from(*length) + if addr.as_v4().is_some() { 96 } else { 0 };
    let differ = u128::from_be_bytes(prefix.0) ^ u128::from_be_bytes(addr.0);
    differ.leading_zeros() >= bits
}
