//! Captures in, batches of flows out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use peergate_datapath::file::CaptureFile;
use peergate_engine::decode::Malformed;
use peergate_engine::event::Outbox;
use peergate_engine::pipeline::{Config, Engine};
use peergate_engine::prefix::Prefix;
use pyo3::create_exception;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

use crate::batch::Batch;
use crate::catalog::Catalog;
use crate::flow::Chunk;
use crate::policy::Policy;

create_exception!(peergate._engine, CaptureError, PyOSError);

/// Frames between two looks at how many flows have ended.
const FRAMES_AT_ONCE: usize = 4096;
/// Such stretches after which a batch comes back, full or not: half a second, so that whoever waits sees how far it is, and
/// can break off.
const MOST_STRETCHES: usize = 256;

struct Reading {
    waiting: std::vec::IntoIter<String>,
    file: Option<(String, CaptureFile)>,
    /// Bytes of the files that are done, and of all whose size is known.
    done: u64,
    total: u64,
    engine: Option<Engine>,
    out: Outbox,
    warnings: Vec<String>,
    stats: BTreeMap<String, u64>,
}

/// Reads captures one after the other.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Reader {
    reading: Mutex<Reading>,
    catalog: Arc<peergate_engine::apps::Catalog>,
    policy: Arc<peergate_engine::policy::Policy>,
    names: bool,
    local: Vec<Prefix>,
}

#[pymethods]
impl Reader {
    #[new]
    #[pyo3(signature = (paths, catalog, policy=None, local=Vec::new(), names=true))]
    fn new(
        paths: Vec<String>,
        catalog: &Catalog,
        policy: Option<&Policy>,
        local: Vec<String>,
        names: bool,
    ) -> PyResult<Self> {
        let size = |path: &String| std::fs::metadata(path).map_or(0, |meta| meta.len());
        let reading = Reading {
            total: paths.iter().map(size).sum(),
            waiting: paths.into_iter(),
            file: None,
            done: 0,
            engine: None,
            out: Outbox::new(),
            warnings: Vec::new(),
            stats: BTreeMap::new(),
        };
        let policy = policy.map_or_else(Default::default, |policy| Arc::clone(&policy.compiled));
        let local = prefixes(&local)?;
        Ok(Self { reading: Mutex::new(reading), catalog: Arc::clone(&catalog.0), policy, names, local })
    }

    #[pyo3(signature = (max_flows=4096))]
    fn next_batch(&self, py: Python<'_>, max_flows: usize) -> PyResult<Option<Batch>> {
        py.detach(|| self.read(max_flows))
    }

    #[getter]
    fn progress(&self) -> (u64, u64) {
        let reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let current = reading.file.as_ref().map_or(0, |(_, file)| file.bytes_read());
        (reading.done + current, reading.total)
    }

    fn warnings(&self) -> Vec<String> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner).warnings.clone()
    }

    fn stats(&self) -> BTreeMap<String, u64> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner).stats.clone()
    }
}

impl Reader {
    fn read(&self, max_flows: usize) -> PyResult<Option<Batch>> {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..MOST_STRETCHES {
            if reading.out.len() >= max_flows.max(1) {
                break;
            }
            if reading.file.is_none() {
                let Some(path) = reading.waiting.next() else { break };
                self.open(&mut reading, path)?;
            }
            reading.go_on();
        }
        if reading.out.is_empty() && reading.is_done() {
            return Ok(None);
        }
        let count = reading.out.len().min(max_flows.max(1));
        let mut chunk = Chunk::new(&self.catalog, &self.policy);
        reading.out.drain(..count).for_each(|event| chunk.take(event));
        Ok(Some(Batch::of(chunk)))
    }

    /// Every capture has an engine of its own: what one taught says nothing about another, taken elsewhere.
    fn open(&self, reading: &mut Reading, path: String) -> PyResult<()> {
        let opened = CaptureFile::open(&path).map_err(|error| CaptureError::new_err(format!("{path}: {error}")))?;
        let first_flow = reading.stats.get("flows").map_or(1, |flows| flows + 1);
        let config = Config { first_flow, names: self.names, local: self.local.clone(), ..Config::default() };
        reading.engine = Some(Engine::new(config, Arc::clone(&self.catalog), Arc::clone(&self.policy)));
        reading.file = Some((path, opened));
        Ok(())
    }
}

impl Reading {
    fn is_done(&self) -> bool {
        self.file.is_none() && self.waiting.as_slice().is_empty()
    }

    /// Reads on in the open file; at its end every flow ends, some at a time, and then the file is closed.
    fn go_on(&mut self) {
        let (Some((_, file)), Some(engine)) = (&mut self.file, &mut self.engine) else { return };
        for _ in 0..FRAMES_AT_ONCE {
            let Some(frame) = file.next_frame() else {
                if !engine.finish_some(&mut self.out) {
                    self.close();
                }
                return;
            };
            engine.frame(&frame, &mut self.out);
        }
    }

    fn close(&mut self) {
        let (Some((path, file)), Some(engine)) = (self.file.take(), self.engine.take()) else { return };
        self.done += file.bytes_read();
        self.warnings.extend(file.warnings().iter().map(|warning| format!("{path}: {warning}")));
        self.count(&engine);
    }

    fn count(&mut self, engine: &Engine) {
        let (counts, decoded) = (engine.counts(), engine.decoder().counts());
        let named = [
            ("frames", decoded.frames),
            ("packets", counts.packets),
            ("not_ip", decoded.not_ip),
            ("flows", counts.flows),
            ("flows_forced", counts.flows_forced),
            ("readings_given_up", counts.readings_given_up),
        ];
        for (name, count) in named {
            *self.stats.entry(name.to_owned()).or_default() += count;
        }
        for reason in Malformed::ALL {
            let count = decoded.malformed(reason);
            if count > 0 {
                *self.stats.entry(format!("malformed.{}", reason.name())).or_default() += count;
            }
        }
    }
}

/// Prefixes, as they are written.
pub fn prefixes(texts: &[String]) -> PyResult<Vec<Prefix>> {
    let read: Result<Vec<Prefix>, String> = texts.iter().map(|text| text.parse()).collect();
    read.map_err(PyValueError::new_err)
}
