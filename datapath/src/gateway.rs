//! The gateway's thread: frames from the line into the engine, verdicts back into the kernel, events to whoever looks on.
//!
//! Nobody else stands between a packet and its verdict. What looks on takes events from a bounded queue: when it is slow,
//! events are lost and counted, never packets.

mod enforce;
mod takeover;
mod thread;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{mpsc, Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use peergate_engine::apps::Catalog;
use peergate_engine::event::{CallNews, HostNews, Told};
use peergate_engine::pipeline::Config;
use peergate_engine::policy::Policy;

use crate::bridge::BridgeConfig;
use crate::error::Error;
use crate::source::{self, Place};

/// Events that wait for somebody to take them.
const MOST_WAITING: usize = 65_536;

/// How a gateway is set up.
pub struct Settings {
    /// The line.
    pub bridge: BridgeConfig,
    /// Whether what is blocked is also told so.
    pub refuse: bool,
    /// The engine's limits and networks.
    pub engine: Config,
    /// By what flows are judged.
    pub rules: Rules,
}

/// By what flows are judged: signatures, and a policy that was compiled against them.
#[derive(Clone)]
pub struct Rules {
    /// Signatures.
    pub catalog: Arc<Catalog>,
    /// Groups and rules.
    pub policy: Arc<Policy>,
}

/// What happened, for whoever looks on.
pub enum Happened {
    /// It was recognised, or a rule decided about it.
    Verdict(Box<Told>),
    /// Something else goes on in it than before.
    Activity(Box<Told>),
    /// It is over.
    Ended(Box<Told>),
    /// A host's role began or ended, or has become costly.
    Host(Box<HostNews>),
    /// A call began, went on or ended.
    Call(Box<CallNews>),
    /// Numbers of live flows that were told, and their bytes so far.
    Counted(Vec<(u64, u64)>),
}

enum Command {
    Reload(Rules),
    Stop,
}

/// What the thread counts, by name.
#[derive(Default)]
struct Shared {
    stats: Mutex<BTreeMap<&'static str, u64>>,
    events_lost: AtomicU64,
    failure: Mutex<Option<Error>>,
}

/// A running gateway.
pub struct Gateway {
    thread: Option<JoinHandle<()>>,
    commands: Sender<Command>,
    happened: Mutex<Receiver<(Happened, Rules)>>,
    shared: Arc<Shared>,
    place: Place,
    fallback: Option<String>,
}

impl Gateway {
    /// Opens the line and starts the thread.
    ///
    /// # Errors
    /// If not even a tap can be had, or the system refuses a thread.
    pub fn start(settings: Settings) -> Result<Self, Error> {
        let opened = source::open(&settings.bridge)?;
        let (place, fallback) = (opened.source.place(), opened.fallback.map(|error| error.to_string()));
        let (commands, orders) = mpsc::channel();
        let (events, happened) = mpsc::sync_channel(MOST_WAITING);
        let shared = Arc::new(Shared::default());
        let mut line = thread::Line::new(opened.source, settings, Outlet { events, shared: Arc::clone(&shared) })?;
        let failing = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("peergate-line".into()).spawn(move || {
            if let Err(error) = line.run(&orders) {
                *failing.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
        });
        let thread =
            thread.map_err(|source| Error::Kernel { what: "start the line's thread", source: Box::new(source) })?;
        Ok(Self { thread: Some(thread), commands, happened: Mutex::new(happened), shared, place, fallback })
    }

    /// Where it stands.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Why it does not stand in the line, if it does not.
    #[must_use]
    pub fn fallback(&self) -> Option<&str> {
        self.fallback.as_deref()
    }

    /// From now on these rules decide, also about flows that are up.
    pub fn reload(&self, rules: Rules) {
        // A thread that is gone is told of by `happened`.
        let _ = self.commands.send(Command::Reload(rules));
    }

    /// Waits for the first event, and takes up to `most`; each with the rules that put it into words, since others may come.
    ///
    /// # Errors
    /// If the thread failed; the line is then as it is configured to be without the program.
    pub fn happened(&self, most: usize, patience: Duration) -> Result<Vec<(Happened, Rules)>, Error> {
        let receiver = self.happened.lock().unwrap_or_else(PoisonError::into_inner);
        match receiver.recv_timeout(patience) {
            Ok(first) => Ok(std::iter::once(first).chain(receiver.try_iter().take(most.saturating_sub(1))).collect()),
            Err(RecvTimeoutError::Timeout) => Ok(Vec::new()),
            Err(RecvTimeoutError::Disconnected) => {
                self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(Vec::new()), Err)
            }
        }
    }

    /// Counters by name, as of the last second.
    #[must_use]
    pub fn stats(&self) -> BTreeMap<&'static str, u64> {
        let mut stats = self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner).clone();
        stats.insert("events_lost", self.shared.events_lost.load(Ordering::Relaxed));
        stats
    }

    /// Ends the thread; the line stays as it is. Flows that were up are told as ended.
    pub fn stop(&mut self) {
        let _ = self.commands.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has already been printed; the line stays up without it.
            let _ = thread.join();
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where the thread's events go.
struct Outlet {
    events: SyncSender<(Happened, Rules)>,
    shared: Arc<Shared>,
}

impl Outlet {
    fn tell(&self, happened: Happened, rules: &Rules) {
        if self.events.try_send((happened, rules.clone())).is_err() {
            self.shared.events_lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn count(&self, stats: BTreeMap<&'static str, u64>) {
        *self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }
}
