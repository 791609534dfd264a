//! Totals of flows by app and by host, added up where no Python object is made for a flow.

use std::sync::{Arc, Mutex, PoisonError};

use peergate_engine::apps::Catalog;
use peergate_engine::pipeline::Config;
use peergate_engine::summary;
use pyo3::prelude::*;

use crate::batch::Batch;

/// What the flows of one app, or of one host, add up to.
#[pyclass(frozen, get_all, module = "peergate._engine")]
#[derive(Clone, Default)]
pub struct Total {
    flows: u64,
    packets: u64,
    octets: u64,
    blocked: u64,
    category: &'static str,
    apps: Vec<String>,
}

impl Total {
    fn of(total: &summary::Total, catalog: Option<&Catalog>) -> Self {
        let name = |app| catalog.map_or_else(String::new, |catalog| catalog.app(app).name.clone());
        Self {
            flows: total.flows,
            packets: total.packets,
            octets: total.octets,
            blocked: total.blocked,
            category: total.category.name(),
            apps: total.apps().into_iter().map(name).collect(),
        }
    }
}

struct Sums {
    totals: summary::Summary,
    /// Puts the apps into words; comes with the first batch.
    catalog: Option<Arc<Catalog>>,
}

/// Totals of all flows that were added; of one catalog.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Summary {
    sums: Mutex<Sums>,
}

#[pymethods]
impl Summary {
    #[new]
    fn new() -> Self {
        let totals = summary::Summary::new(Config::default().seed);
        Self { sums: Mutex::new(Sums { totals, catalog: None }) }
    }

    fn add(&self, py: Python<'_>, batch: &Batch) {
        py.detach(|| {
            let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
            for chunk in &batch.chunks {
                sums.catalog.get_or_insert_with(|| Arc::clone(&chunk.catalog));
                chunk.told.iter().for_each(|told| sums.totals.add(&told.flow));
            }
        });
    }

    #[getter]
    fn all(&self) -> Total {
        let sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        Total::of(sums.totals.all(), sums.catalog.as_deref())
    }

    #[pyo3(signature = (most=None))]
    fn apps(&self, most: Option<usize>) -> Vec<(String, Total)> {
        let sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(catalog) = sums.catalog.as_deref() else { return Vec::new() };
        told(sums.totals.apps(most.unwrap_or(usize::MAX), catalog), catalog)
    }

    #[pyo3(signature = (most=None))]
    fn hosts(&self, most: Option<usize>) -> Vec<(String, Total)> {
        let sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(catalog) = sums.catalog.as_deref() else { return Vec::new() };
        told(sums.totals.hosts(most.unwrap_or(usize::MAX)), catalog)
    }
}

fn told(totals: Vec<(String, &summary::Total)>, catalog: &Catalog) -> Vec<(String, Total)> {
    totals.into_iter().map(|(name, total)| (name, Total::of(total, Some(catalog)))).collect()
}
