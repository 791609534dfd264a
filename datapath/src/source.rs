//! Sources of live frames behind one trait: the bridge, and the tap where there can be none.

use std::time::Duration;

use peergate_engine::packet::Endpoint;

use crate::abi::Action;
use crate::abi::{FlowCounters, FlowKey, Stats};
use crate::bridge::{Bridge, BridgeConfig};
use crate::error::Error;
use crate::sample::Sample;
use crate::tables::{Former, Prefix, Tables, Towards, Verdict};
use crate::tap::Tap;

/// Where the program stands, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the line, by tcx links.
    Tcx,
    /// In the line, by clsact filters.
    Clsact,
    /// Beside the line.
    Tap,
}

impl Place {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcx => "tcx",
            Self::Clsact => "clsact",
            Self::Tap => "tap",
        }
    }

    /// What standing there costs, as a sentence for a person.
    #[must_use]
    pub const fn cost(self) -> &'static str {
        match self {
            Self::Tcx => "Every packet is decided in the kernel, by what outlives the program.",
            Self::Clsact => {
                "Every packet is decided in the kernel, by clsact filters, which any other program can remove unnoticed: \
                 tcx links, which are safe from that, need Linux 6.6."
            }
            Self::Tap => {
                "Packets pass before anyone judges them: blocked TCP is reset, but blocked UDP is only told that its port \
                 is unreachable, which an evasive program ignores; nothing is held, and the line cannot fail closed."
            }
        }
    }
}

/// What a source of frames can do about flows. Every method fails only if the system refuses the write or the read.
#[allow(clippy::missing_errors_doc, reason = "said once for all of them in the line above")]
pub trait Enforcer {
    /// Decides about a flow. Where the verdict is to reject, both ends are told when the caller is done with the sample
    /// that it is looking at, and again with every packet that they send nevertheless.
    fn set_verdict(&mut self, key: &FlowKey, verdict: &Verdict) -> Result<(), Error>;

    /// Shows the head of every packet of a flow that passes, from now on or no more. Nothing changes for one that is
    /// blocked, or that the kernel does not know.
    fn listen(&mut self, _key: &FlowKey, _on: bool) -> Result<(), Error> {
        Ok(())
    }

    /// Makes a flow undecided again.
    fn forget_verdict(&mut self, key: &FlowKey) -> Result<(), Error>;

    /// Decides about every flow of an endpoint with the peers `towards`, from its first packet on. Only blocking
    /// verdicts have an effect: to let pass what nobody has decided needs no entry.
    fn set_endpoint(&mut self, endpoint: Endpoint, proto: u8, verdict: &Verdict, towards: Towards)
        -> Result<(), Error>;

    /// Forgets what was learned about an endpoint.
    fn forget_endpoint(&mut self, endpoint: Endpoint, proto: u8) -> Result<(), Error>;

    /// Replaces the groups. The longest prefix that holds an address names its group; a group is a class of addresses
    /// that the policy treats alike, and there are 63 and "none" (0). A group out of range is an error.
    fn set_groups(&mut self, prefixes: &[Prefix]) -> Result<(), Error>;

    /// What a former program decided, where it left that to this one.
    fn former_verdicts(&mut self) -> Result<Vec<Former>, Error> {
        Ok(Vec::new())
    }

    /// What it had learned: endpoints, protocols, and what it decided about them.
    fn former_endpoints(&mut self) -> Result<Vec<(Endpoint, u8, Verdict)>, Error> {
        Ok(Vec::new())
    }

    /// Decides again about a flow that a former program decided about; the connection that it meant stays the same.
    fn renew(&mut self, _former: &Former, _action: Action) -> Result<(), Error> {
        Ok(())
    }

    /// From the next generation on the numbers in verdicts mean what `words` stands for. Says whether they already do.
    fn take_words(&mut self, _words: u64) -> bool {
        true
    }

    /// From now on verdicts and endpoints are written for the next policy. They hold at once, and still hold after
    /// [`Enforcer::bump_generation`]: so a reload leaves no gap for the flows that user space knows.
    fn prepare_generation(&mut self);

    /// Makes every verdict of the policy so far stale, and shows the packets of all flows again.
    fn bump_generation(&mut self) -> Result<(), Error>;

    /// Says that the program is alive.
    fn beat(&mut self) -> Result<(), Error>;

    /// What happened to packets so far.
    fn stats(&mut self) -> Result<Stats, Error>;

    /// What the kernel has counted of one flow, where it counts.
    fn counters_of(&mut self, _key: &FlowKey) -> Result<Option<FlowCounters>, Error> {
        Ok(None)
    }

    /// Reads all flows that the kernel has counted, a thousand per system call. Flows that come or go meanwhile may be
    /// missed or told twice.
    fn flow_counters(&mut self, each: &mut dyn FnMut(&FlowKey, &FlowCounters)) -> Result<(), Error>;
}

/// Takes each sample, and may decide about its flow at once: the verdict is in force when the call returns.
pub type Sink<'s> = dyn FnMut(&mut dyn Enforcer, Sample<'_>) + 's;

/// A source of live frames.
pub trait FrameSource: Send {
    /// Where it stands.
    fn place(&self) -> Place;

    /// Deciding outside of [`FrameSource::drain`].
    fn enforcer(&mut self) -> &mut dyn Enforcer;

    /// Hands out what was seen, waiting up to `timeout` for the first of it, and gives how much that was. It returns
    /// often enough under any load for its caller to beat in between.
    ///
    /// # Errors
    /// If waiting fails, as it does when the interface is gone.
    fn drain(&mut self, timeout: Duration, sink: &mut Sink<'_>) -> Result<usize, Error>;
}

impl FrameSource for Bridge {
    fn place(&self) -> Place {
        self.attachment()
    }

    fn enforcer(&mut self) -> &mut dyn Enforcer {
        self.tables()
    }

    fn drain(&mut self, timeout: Duration, sink: &mut Sink<'_>) -> Result<usize, Error> {
        Self::drain(self, timeout, |tables: &mut Tables, sample| sink(tables, sample))
    }
}

/// An opened source.
pub struct Opened {
    /// The best one that could be had.
    pub source: Box<dyn FrameSource>,
    /// Why it is not a bridge.
    pub fallback: Option<Error>,
}

/// Opens a bridge, or a tap on its first port where the kernel or this build cannot have one.
///
/// # Errors
/// If a port is not there, the configuration is wrong, or not even a tap can be had.
pub fn open(config: &BridgeConfig) -> Result<Opened, Error> {
    match Bridge::open(config) {
        Ok(bridge) => Ok(Opened { source: Box::new(bridge), fallback: None }),
        Err(error @ (Error::Port { .. } | Error::Config(_))) => Err(error),
        Err(error) => Ok(Opened { source: Box::new(Tap::open(config)?), fallback: Some(error) }),
    }
}
