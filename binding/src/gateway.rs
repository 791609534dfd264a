//! The gateway's thread, as Python starts it, looks on and stops it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use peergate_datapath::bridge::{Bridge, BridgeConfig, Fail, Mode};
use peergate_datapath::gateway::{Gateway as Running, Happened, Rules, Settings};
use peergate_datapath::probe;
use peergate_engine::event::Event;
use peergate_engine::hosts::Limits;
use peergate_engine::pipeline::Config;
use pyo3::create_exception;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

use crate::batch::Batch;
use crate::flow::Chunk;
use crate::policy::Policy;
use crate::reader::prefixes;

create_exception!(peergate._engine, GatewayError, PyOSError);

/// A gateway in the line.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Gateway {
    bridge: BridgeConfig,
    refuse: bool,
    engine: Config,
    /// In force when it starts.
    rules: Rules,
    running: Mutex<Option<Running>>,
}

#[pymethods]
impl Gateway {
    #[new]
    #[pyo3(signature = (
        policy, *, name, lan, wan, mode="bridge", fail="open", refuse="silence", heartbeat_seconds=2.0,
        local=Vec::new(), seed=0, alarm=1_000_000_000,
    ))]
    #[allow(clippy::too_many_arguments, reason = "a constructor with keywords, as Python has them")]
    fn new(
        policy: &Policy,
        name: &str,
        lan: &str,
        wan: &str,
        mode: &str,
        fail: &str,
        refuse: &str,
        heartbeat_seconds: f64,
        local: Vec<String>,
        seed: u64,
        alarm: u64,
    ) -> PyResult<Self> {
        let bridge = BridgeConfig {
            mode: choice("mode", mode, &[("bridge", Mode::Bridge), ("wire", Mode::Wire)])?,
            fail: choice("fail", fail, &[("open", Fail::Open), ("closed", Fail::Closed)])?,
            heartbeat_timeout: Duration::try_from_secs_f64(heartbeat_seconds)
                .map_err(|_| PyValueError::new_err("heartbeat_seconds must be a positive number"))?,
            ..BridgeConfig::new(name, lan, wan)
        };
        let local = prefixes(&local)?;
        Ok(Self {
            bridge,
            refuse: choice("refuse", refuse, &[("silence", false), ("reset", true)])?,
            engine: Config {
                live: true,
                vlans: false,
                local,
                seed,
                hosts: Limits { alarm, ..Limits::default() },
                ..Config::default()
            },
            rules: policy.rules(),
            running: Mutex::new(None),
        })
    }

    fn start(&self, py: Python<'_>) -> PyResult<()> {
        let settings = Settings {
            bridge: self.bridge.clone(),
            refuse: self.refuse,
            engine: self.engine.clone(),
            rules: self.rules.clone(),
        };
        let started = py.detach(|| Running::start(settings)).map_err(failed)?;
        *self.running() = Some(started);
        Ok(())
    }

    /// Ends the thread; the programs and maps stay in the line unless `detach`.
    #[pyo3(signature = (detach=false))]
    fn stop(&self, py: Python<'_>, detach: bool) -> PyResult<()> {
        py.detach(|| {
            if let Some(running) = self.running().as_mut() {
                running.stop();
            }
            if detach {
                Bridge::detach(&self.bridge.name, None).map_err(failed)?;
            }
            Ok(())
        })
    }

    /// Takes a policy, and the signatures that it was compiled against.
    fn reload(&self, policy: &Policy) {
        if let Some(running) = self.running().as_ref() {
            running.reload(policy.rules());
        }
    }

    /// Waits up to `timeout` seconds for the first event.
    #[pyo3(signature = (max_events=4096, timeout=0.5))]
    fn events(&self, py: Python<'_>, max_events: usize, timeout: f64) -> PyResult<Events> {
        let patience = Duration::try_from_secs_f64(timeout).unwrap_or_default();
        py.detach(|| {
            let running = self.running();
            let Some(running) = running.as_ref() else { return Ok(Events::default()) };
            let happened = running.happened(max_events, patience).map_err(failed)?;
            Ok(sorted(happened))
        })
    }

    fn stats(&self) -> BTreeMap<&'static str, u64> {
        self.running().as_ref().map(Running::stats).unwrap_or_default()
    }

    /// Where it stands, and what that costs.
    #[getter]
    fn place(&self) -> (&'static str, String) {
        let running = self.running();
        let Some(running) = running.as_ref() else { return ("nowhere", "It has not been started.".to_owned()) };
        let why = running.fallback().map(|why| format!(" It is not in the line because: {why}.")).unwrap_or_default();
        (running.place().name(), format!("{}{why}", running.place().cost()))
    }

    /// Takes away what an earlier run of this name left in the line; False when there was nothing.
    #[staticmethod]
    fn detach(py: Python<'_>, name: &str) -> PyResult<bool> {
        py.detach(|| {
            let there = PathBuf::from("/sys/fs/bpf/peergate").join(name).exists();
            Bridge::detach(name, None).map_err(failed)?;
            Ok(there)
        })
    }
}

impl Gateway {
    fn running(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sorted(happened: Vec<(Happened, Rules)>) -> Events {
    let (mut verdicts, mut activities, mut flows, mut octets) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (each, rules) in happened {
        match each {
            Happened::Verdict(told) => add(&mut verdicts, rules, |chunk| chunk.told.push(*told)),
            Happened::Activity(told) => add(&mut activities, rules, |chunk| chunk.told.push(*told)),
            Happened::Ended(told) => add(&mut flows, rules, |chunk| chunk.take(Event::Ended(told))),
            Happened::Host(news) => add(&mut flows, rules, |chunk| chunk.take(Event::Host(news))),
            Happened::Call(news) => add(&mut flows, rules, |chunk| chunk.take(Event::Call(news))),
            Happened::Counted(counts) => octets.extend(counts),
        }
    }
    let batch = |chunks: Vec<Chunk>| Arc::new(Batch { chunks: chunks.into_iter().map(Arc::new).collect() });
    Events { verdicts: batch(verdicts), flows: batch(flows), activities: batch(activities), octets }
}

/// Adds something to what else is told by the same rules.
fn add(chunks: &mut Vec<Chunk>, rules: Rules, put: impl FnOnce(&mut Chunk)) {
    let last = chunks.last_mut().filter(|chunk| Arc::ptr_eq(&chunk.policy, &rules.policy));
    if let Some(chunk) = last {
        put(chunk);
    } else {
        let mut chunk = Chunk::new(&rules.catalog, &rules.policy);
        put(&mut chunk);
        chunks.push(chunk);
    }
}

/// What happened since the last call.
#[pyclass(frozen, module = "peergate._engine")]
#[derive(Default)]
pub struct Events {
    verdicts: Arc<Batch>,
    flows: Arc<Batch>,
    activities: Arc<Batch>,
    octets: Vec<(u64, u64)>,
}

#[pymethods]
impl Events {
    /// Flows as they stood when they were decided: recognised, or matched by a rule.
    #[getter]
    fn verdicts(&self) -> Batch {
        Batch::clone(&self.verdicts)
    }

    /// Flows that ended, and what happened to calls and hosts.
    #[getter]
    fn flows(&self) -> Batch {
        Batch::clone(&self.flows)
    }

    /// Flows in which something else goes on than before.
    #[getter]
    fn activities(&self) -> Batch {
        Batch::clone(&self.activities)
    }

    /// Numbers of flows that are up and were told, and their bytes so far: as the kernel counts them, every few seconds.
    #[getter]
    fn octets(&self) -> Vec<(u64, u64)> {
        self.octets.clone()
    }

    /// All as EVE lines: `verdict`, `activity`, `call`, `host` and `flow`.
    fn eve(&self, py: Python<'_>) -> String {
        py.detach(|| self.verdicts.lines("verdict") + &self.activities.lines("activity") + &self.flows.lines("flow"))
    }
}

/// What this machine lacks, as name and advice, in the order in which it is needed.
#[pyfunction]
pub fn missing() -> Vec<(&'static str, &'static str)> {
    let lacking = probe::probe().into_iter().filter(|capability| !capability.present);
    lacking.map(|capability| (capability.name, capability.advice)).collect()
}

fn choice<T: Copy>(what: &str, given: &str, choices: &[(&str, T)]) -> PyResult<T> {
    let found = choices.iter().find(|(word, _)| *word == given).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        PyValueError::new_err(format!("{what} \"{given}\" is none of {}", words.join(", ")))
    })
}

fn failed(error: peergate_datapath::Error) -> PyErr {
    GatewayError::new_err(error.to_string())
}
