//! A network link in user space: delay, jitter, loss and rate where the kernel has no netem.
//!
//! The link is a learning switch between the interfaces it is given. A frame waits once on its way from its port to
//! the core and once from the core to the port it leaves by, so a capture written at the core sees what a tap in the
//! middle of the Internet would. Made for the lab: it copies every frame and keeps up with some 100,000 a second.
//! 802.1Q tags do not survive it, because a packet socket hands frames over without them.

mod capture;
mod leg;
mod port;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use capture::Capture;
use leg::{Chance, Leg};
use port::Port;

pub use leg::Quality;

/// How soon the link notices that it should stop.
const STOP_INTERVAL: Duration = Duration::from_millis(100);
/// Frames read from one port before the others get their turn.
const READ_BURST: usize = 64;
/// Hosts that the switch remembers; beyond it frames are flooded, as a real switch does.
const MAX_HOSTS: usize = 1024;
/// Destination address and source address of an Ethernet frame.
const ADDRESSES: usize = 12;
/// 802.1D: frames to 01:80:c2:00:00:0x are for the bridge itself and never forwarded.
const BRIDGE_GROUP: [u8; 5] = [0x01, 0x80, 0xc2, 0x00, 0x00];

/// One end of the link.
#[derive(Clone, Debug)]
pub struct PortConfig {
    /// Interface name, in the network namespace of the calling thread.
    pub interface: String,
    /// What a frame suffers between this interface and the core, the same in both directions.
    pub quality: Quality,
}

/// A whole link.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// The interfaces it joins.
    pub ports: Vec<PortConfig>,
    /// Where to write what passes the core, if anywhere.
    pub capture: Option<PathBuf>,
    /// Start of the chance behind jitter and loss: the same seed drops the same frames.
    pub seed: u64,
}

/// What a link did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Frames that arrived at a port.
    pub received: u64,
    /// Frames that left by a port.
    pub sent: u64,
    /// Frames lost by chance, as configured.
    pub lost: u64,
    /// Frames that found a queue full.
    pub overflowed: u64,
    /// Frames that the kernel would not send, because the interface was down or its queue full.
    pub refused: u64,
}

/// A link that is open and can run.
pub struct Link {
    ports: Vec<Port>,
    inward: Vec<Leg>,
    outward: Vec<Leg>,
    hosts: HashMap<[u8; 6], usize>,
    capture: Option<Capture>,
    chance: Chance,
    stats: LinkStats,
}

impl Link {
    /// Opens all interfaces and the capture file.
    ///
    /// # Errors
    /// When an interface does not exist, the process may not open packet sockets, or the file cannot be written.
    pub fn open(config: &LinkConfig) -> io::Result<Self> {
        let ports = config.ports.iter().map(|port| Port::open(&port.interface)).collect::<io::Result<_>>()?;
        let legs = || config.ports.iter().map(|port| Leg::new(port.quality)).collect();
        Ok(Self {
            ports,
            inward: legs(),
            outward: legs(),
            hosts: HashMap::new(),
            capture: config.capture.as_deref().map(Capture::create).transpose()?,
            chance: Chance::new(config.seed),
            stats: LinkStats::default(),
        })
    }

    /// Moves frames until `stop` becomes true.
    ///
    /// # Errors
    /// When waiting for frames fails, or the capture file cannot be written any more.
    pub fn run(mut self, stop: &AtomicBool) -> io::Result<LinkStats> {
        let clock = Clock::start();
        let mut buffer = vec![0; port::LONGEST_FRAME];
        while !stop.load(Ordering::Relaxed) {
            port::wait(&self.ports, self.patience(clock.now()))?;
            self.take_in(clock.now(), &mut buffer);
            self.move_on(clock.now())?;
        }
        if let Some(capture) = self.capture {
            capture.finish()?;
        }
        Ok(self.stats)
    }

    /// How long nothing is due.
    fn patience(&self, now: Duration) -> Duration {
        let due = self.inward.iter().chain(&self.outward).filter_map(Leg::next_due).min();
        due.map_or(STOP_INTERVAL, |due| due.saturating_sub(now).min(STOP_INTERVAL))
    }

    fn take_in(&mut self, now: Duration, buffer: &mut [u8]) {
        for (index, (port, leg)) in self.ports.iter().zip(&mut self.inward).enumerate() {
            for _ in 0..READ_BURST {
                let Some(frame) = port.receive(buffer) else {
                    break;
                };
                self.stats.received += 1;
                let Some((_, source)) = addresses(frame) else {
                    continue;
                };
                if frame.starts_with(&BRIDGE_GROUP) {
                    continue;
                }
                if self.hosts.len() < MAX_HOSTS || self.hosts.contains_key(&source) {
                    self.hosts.insert(source, index);
                }
                leg.push(now, frame, &mut self.chance, &mut self.stats);
            }
        }
    }

    fn move_on(&mut self, now: Duration) -> io::Result<()> {
        for from in 0..self.inward.len() {
            while let Some((due, frame)) = self.inward.get_mut(from).and_then(|leg| leg.pop_due(now)) {
                if let Some(capture) = &mut self.capture {
                    capture.write(due, &frame)?;
                }
                self.spread(from, due, &frame);
            }
        }
        for (port, leg) in self.ports.iter().zip(&mut self.outward) {
            while let Some((_, frame)) = leg.pop_due(now) {
                if port.send(&frame) {
                    self.stats.sent += 1;
                } else {
                    self.stats.refused += 1;
                }
            }
        }
        Ok(())
    }

    /// Sends a frame at the core on to where its destination was last heard, or to every other port.
    fn spread(&mut self, from: usize, due: Duration, frame: &[u8]) {
        let Some((destination, _)) = addresses(frame) else {
            return;
        };
        let known = self.hosts.get(&destination).copied();
        for (to, leg) in self.outward.iter_mut().enumerate() {
            if to != from && known.is_none_or(|known| known == to) {
                leg.push(due, frame, &mut self.chance, &mut self.stats);
            }
        }
    }
}

/// Destination and source of an Ethernet frame. A group address is never a source, so it is never looked up with success.
fn addresses(frame: &[u8]) -> Option<([u8; 6], [u8; 6])> {
    let (destination, source) = frame.get(..ADDRESSES)?.split_at_checked(6)?;
    Some((destination.try_into().ok()?, source.try_into().ok()?))
}

/// Wall-clock time that never jumps: captures need dates, queues need an even flow.
struct Clock {
    epoch: Duration,
    start: Instant,
}

impl Clock {
    fn start() -> Self {
        // A clock before 1970 is wrong anyway; the queues work from any start.
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { epoch, start: Instant::now() }
    }

    fn now(&self) -> Duration {
        self.epoch + self.start.elapsed()
    }
}
