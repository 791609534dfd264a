//! The gate in the line between two ports of a Linux bridge. Links and maps are pinned: killing the program leaves the
//! line as it is, the next one takes it over without losing a packet, and [`Bridge::detach`] takes all of it away.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::abi::{Conf, LAYOUT_VERSION};
use crate::attach;
use crate::error::{Error, Trying};
use crate::gate::{Gate, Sizes};
use crate::netns;
use crate::pins::Pins;
use crate::refuse::Refuser;
use crate::sample::Sample;
use crate::source::{Enforcer, Place};
use crate::sys;
use crate::tables::Tables;

/// Who forwards what the gate lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The Linux bridge that the ports belong to.
    Bridge,
    /// The gate itself, to the other port: faster, and invisible to spanning tree.
    Wire,
}

/// What happens to undecided flows while no program is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fail {
    /// They pass.
    Open,
    /// They are dropped.
    Closed,
}

/// How a bridge is to work.
#[derive(Clone, Debug)]
pub struct BridgeConfig {
    /// Names the pins: letters, digits, `-` and `_`.
    pub name: String,
    /// The two ports, by interface name.
    pub ports: [String; 2],
    /// The network namespace that the ports are in, as a path; `None` is the caller's.
    pub netns: Option<PathBuf>,
    /// Who forwards.
    pub mode: Mode,
    /// What undecided flows do without us.
    pub fail: Fail,
    /// Without a beat for this long we count as dead.
    pub heartbeat_timeout: Duration,
    /// First packets of each undecided flow that are shown whole.
    pub whole: u16,
    /// Packets after those that are shown as records.
    pub records: u16,
    /// Groups whose undecided flows are held, a bit per group.
    pub hold_groups: u64,
    /// Held flows pass one packet in this time once their whole packets are used up.
    pub hold_interval: Duration,
    /// So long a SYN on ports that are in use waits for its answer, which then begins another connection.
    pub answer_timeout: Duration,
    /// How much the kernel may remember.
    pub sizes: Sizes,
    /// Which way to attach to the ports.
    pub attach: attach::Prefer,
}

impl BridgeConfig {
    /// The usual settings for a bridge over two ports.
    #[must_use]
    pub fn new(name: &str, one: &str, other: &str) -> Self {
        Self {
            name: name.to_owned(),
            ports: [one.to_owned(), other.to_owned()],
            netns: None,
            mode: Mode::Wire,
            fail: Fail::Open,
            heartbeat_timeout: Duration::from_secs(2),
            whole: 16,
            // Eight seconds of a call, both ways: so long its cadence is listened to at most before it is known.
            records: 1024,
            hold_groups: 0,
            hold_interval: Duration::from_millis(200),
            answer_timeout: Duration::from_mins(1),
            sizes: Sizes::default(),
            attach: attach::Prefer::Newest,
        }
    }
}

/// A gate in a line.
pub struct Bridge {
    gate: Gate,
    attachment: Place,
    adopted: bool,
}

impl Bridge {
    /// Puts the gate into the line, or takes over the one that is there.
    ///
    /// # Errors
    /// If a port is missing, or the kernel lacks or refuses something; the line is then as it was before.
    pub fn open(config: &BridgeConfig) -> Result<Self, Error> {
        let _within = netns::enter(config.netns.as_deref())?;
        let ifindex = port_indices(&config.ports)?;
        let netns = netns::identity().trying("look at the network namespace")?;
        let pins = Pins::of(&config.name)?;
        let former = pins.adoptable(ifindex, netns, config.sizes);
        if former.is_none() {
            pins.remove()?;
        }
        pins.create()?;
        let opened = Self::attach(config, ifindex, netns, &pins, former);
        if opened.is_err() && former.is_none() {
            pins.remove()?;
        }
        opened
    }

    fn attach(
        config: &BridgeConfig,
        ifindex: [u32; 2],
        netns: u64,
        pins: &Pins,
        former: Option<Conf>,
    ) -> Result<Self, Error> {
        let mut gate = Gate::load(config.sizes, Some(pins.path()))?;
        let promiscuous = match config.mode {
            Mode::Wire => become_promiscuous(&config.ports, former)?,
            Mode::Bridge => former.map_or(0, |conf| conf.promiscuous),
        };
        let conf = settings(config, former.unwrap_or_default());
        gate.tables().configure(Conf { ifindex, promiscuous, netns, ..conf })?;
        // Before the first packet: else a line that fails closed would open with a loss.
        gate.tables().beat()?;
        let refuser = Refuser::open(&config.ports).trying("open the ports for sending")?;
        gate.refuse_with(refuser);
        let attachment = attach::both(gate.program()?, &config.ports, pins, config.attach)?;
        Ok(Self { gate, attachment, adopted: former.is_some() })
    }

    /// A gate that is set up like a bridge but attached to nothing, for [`Gate::run`].
    ///
    /// # Errors
    /// If this build has no kernel part, or the kernel refuses it.
    pub fn trial(config: &BridgeConfig, ifindex: [u32; 2]) -> Result<Gate, Error> {
        let mut gate = Gate::load(config.sizes, None)?;
        gate.tables().configure(Conf { ifindex, ..settings(config, Conf::default()) })?;
        gate.tables().beat()?;
        Ok(gate)
    }

    /// How the gate is attached to its ports.
    #[must_use]
    pub const fn attachment(&self) -> Place {
        self.attachment
    }

    /// Whether a former program's line, with its tables, was taken over.
    #[must_use]
    pub const fn adopted(&self) -> bool {
        self.adopted
    }

    /// The kernel's tables.
    pub const fn tables(&mut self) -> &mut Tables {
        self.gate.tables()
    }

    /// Hands out what the kernel has shown: see [`Gate::drain`].
    ///
    /// # Errors
    /// If waiting fails.
    pub fn drain(&mut self, timeout: Duration, sink: impl FnMut(&mut Tables, Sample<'_>)) -> Result<usize, Error> {
        self.gate.drain(timeout, sink)
    }

    /// Takes the gate out of the line and forgets its tables. The Linux bridge, if there is one, forwards at once.
    /// Gives false where there was nothing to take away.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn detach(name: &str, netns: Option<&Path>) -> Result<bool, Error> {
        let _within = netns::enter(netns)?;
        let pins = Pins::of(name)?;
        let here = netns::identity().trying("look at the network namespace")?;
        let ports = pins.settings().filter(|conf| conf.netns == here);
        let was = pins.remove()?;
        let Some(conf) = ports else { return Ok(was) };
        for (port, index) in conf.ifindex.into_iter().enumerate() {
            // A port that is gone has taken its filters along.
            let Ok(name) = sys::interface_name(index) else { continue };
            attach::remove_filter(&name);
            if conf.promiscuous & 1 << port != 0 {
                sys::set_promiscuous(&name, false).map_err(|source| Error::Port { name, source })?;
            }
        }
        Ok(was)
    }
}

fn port_indices(ports: &[String; 2]) -> Result<[u32; 2], Error> {
    let index = |name: &String| sys::interface_index(name).map_err(|source| Error::Port { name: name.clone(), source });
    let [one, other] = ports;
    Ok([index(one)?, index(other)?])
}

/// A port that only redirects must take frames for any address. Gives the bits of the ports that were not yet so.
fn become_promiscuous(ports: &[String; 2], former: Option<Conf>) -> Result<u8, Error> {
    let mut ours = former.map_or(0, |conf| conf.promiscuous);
    for (port, name) in ports.iter().enumerate() {
        let was = sys::set_promiscuous(name, true).map_err(|source| Error::Port { name: name.clone(), source })?;
        if !was {
            ours |= 1 << port;
        }
    }
    Ok(ours)
}

fn settings(config: &BridgeConfig, former: Conf) -> Conf {
    Conf {
        layout: LAYOUT_VERSION,
        whole_limit: config.whole,
        record_limit: config.records,
        mode: u8::from(config.mode == Mode::Wire),
        fail_closed: u8::from(config.fail == Fail::Closed),
        heartbeat_timeout: nanoseconds(config.heartbeat_timeout),
        hold_groups: config.hold_groups,
        hold_interval: nanoseconds(config.hold_interval),
        answer_timeout: nanoseconds(config.answer_timeout),
        // 0 is what a new flow says: it must differ, so that every flow is looked up once.
        epoch: former.epoch.wrapping_add(1),
        ..former
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
