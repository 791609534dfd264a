//! `peergate._engine.Link`: the lab's network link in user space.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use peergate_datapath::link::{Link as Running, LinkConfig, PortConfig, Quality};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// Interface, delay and jitter in milliseconds, share lost, bits per second.
type PortTuple = (String, f64, f64, f64, Option<u64>);

#[pyclass(frozen, module = "peergate._engine")]
pub struct Link {
    config: LinkConfig,
    opened: Mutex<Option<Running>>,
    stop: AtomicBool,
}

#[pymethods]
impl Link {
    #[new]
    #[pyo3(signature = (ports, *, capture=None, seed=0))]
    fn new(ports: Vec<PortTuple>, capture: Option<PathBuf>, seed: u64) -> PyResult<Self> {
        let ports = ports
            .into_iter()
            .map(|(interface, delay, jitter, loss, rate)| {
                let quality = Quality { delay: milliseconds(delay)?, jitter: milliseconds(jitter)?, loss, rate };
                Ok(PortConfig { interface, quality })
            })
            .collect::<PyResult<_>>()?;
        let config = LinkConfig { ports, capture, seed };
        Ok(Self { config, opened: Mutex::default(), stop: AtomicBool::default() })
    }

    /// Opens the interfaces and the capture file; `OSError` says which cannot be.
    fn open(&self, py: Python<'_>) -> PyResult<()> {
        let running = py.detach(|| Running::open(&self.config))?;
        *self.lock()? = Some(running);
        Ok(())
    }

    /// Moves frames until `stop()` is called from another thread; returns what happened to them.
    fn run(&self, py: Python<'_>) -> PyResult<[(&'static str, u64); 5]> {
        let running = self.lock()?.take().ok_or_else(|| PyValueError::new_err("open() the link first"))?;
        let stats = py.detach(|| running.run(&self.stop))?;
        Ok([
            ("received", stats.received),
            ("sent", stats.sent),
            ("lost", stats.lost),
            ("overflowed", stats.overflowed),
            ("refused", stats.refused),
        ])
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Link {
    fn lock(&self) -> PyResult<MutexGuard<'_, Option<Running>>> {
        self.opened.lock().map_err(|_| PyRuntimeError::new_err("another thread failed while it used the link"))
    }
}

fn milliseconds(value: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(value / 1000.0).map_err(|error| PyValueError::new_err(format!("{value} ms: {error}")))
}
