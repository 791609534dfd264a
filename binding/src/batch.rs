//! Batches of flows: indexed for Python, as Arrow for polars, pandas and DuckDB, as EVE lines for everyone else.

use std::cmp::Reverse;
use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::RecordBatchIterator;
use peergate_engine::eve;
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::columns;
use crate::flow::{Chunk, Flow};
use crate::objects::{Call, Host};

/// Flows, in the order in which they were told.
#[pyclass(frozen, module = "peergate._engine")]
#[derive(Clone, Default)]
pub struct Batch {
    pub(crate) chunks: Vec<Arc<Chunk>>,
}

impl Batch {
    pub fn of(chunk: Chunk) -> Self {
        Self { chunks: vec![Arc::new(chunk)] }
    }

    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.told.len()).sum()
    }

    fn place(&self, mut index: usize) -> Option<(&Arc<Chunk>, usize)> {
        self.chunks.iter().find_map(|chunk| {
            if index < chunk.told.len() {
                return Some((chunk, index));
            }
            index -= chunk.told.len();
            None
        })
    }

    /// Every flow as a line, with this event type, and what else was told between them.
    pub fn lines(&self, event_type: &str) -> String {
        let mut lines = String::new();
        for chunk in &self.chunks {
            for event in &chunk.beside {
                eve::write_beside(event, &chunk.catalog, &chunk.policy, &mut lines);
            }
            for (index, told) in chunk.told.iter().enumerate() {
                if let Some(report) = chunk.report(index) {
                    eve::write_flow(&report, event_type, told.time, &mut lines);
                }
            }
        }
        lines
    }
}

#[pymethods]
impl Batch {
    fn __len__(&self) -> usize {
        self.len()
    }

    fn __getitem__(&self, index: isize) -> PyResult<Flow> {
        let wrapped = if index < 0 { index.checked_add_unsigned(self.len()) } else { Some(index) };
        let found = wrapped.and_then(|index| usize::try_from(index).ok()).and_then(|index| self.place(index));
        let (chunk, index) = found.ok_or_else(|| PyIndexError::new_err("batch index out of range"))?;
        Ok(Flow::new(Arc::clone(chunk), index))
    }

    fn __iter__(slf: Bound<'_, Self>) -> Flows {
        Flows { batch: slf.unbind(), next: 0 }
    }

    /// The Arrow `PyCapsule` interface: a stream of record batches.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A consumer may ask for other types; the interface allows to answer with one's own.
        drop(requested_schema);
        let batches: Vec<_> = py.detach(|| self.chunks.iter().map(|chunk| columns::record_batch(chunk)).collect());
        let reader = RecordBatchIterator::new(batches, columns::schema());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    /// The flows with the most bytes; the earlier of two that are equal.
    fn largest(&self, count: usize) -> Vec<Flow> {
        let mut places: Vec<_> = self
            .chunks
            .iter()
            .flat_map(|chunk| (0..).zip(&chunk.told).map(move |(index, told)| (told.flow.octets(), chunk, index)))
            .collect();
        places.sort_by_key(|(octets, ..)| Reverse(*octets));
        places.into_iter().take(count).map(|(_, chunk, index)| Flow::new(Arc::clone(chunk), index)).collect()
    }

    /// What happened to calls, in order.
    #[getter]
    fn calls(&self) -> Vec<Call> {
        self.chunks.iter().flat_map(|chunk| chunk.calls.iter().cloned()).collect()
    }

    /// What happened to hosts, in order.
    #[getter]
    fn hosts(&self) -> Vec<Host> {
        self.chunks.iter().flat_map(|chunk| chunk.hosts.iter().cloned()).collect()
    }

    fn eve(&self, py: Python<'_>) -> String {
        py.detach(|| self.lines("flow"))
    }

    #[staticmethod]
    fn concat(batches: Vec<PyRef<'_, Self>>) -> Self {
        Self { chunks: batches.iter().flat_map(|batch| batch.chunks.iter().cloned()).collect() }
    }
}

/// Goes over a batch.
#[pyclass(module = "peergate._engine")]
pub struct Flows {
    batch: Py<Batch>,
    next: usize,
}

#[pymethods]
impl Flows {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&mut self) -> Option<Flow> {
        let batch = self.batch.get();
        let (chunk, index) = batch.place(self.next)?;
        self.next += 1;
        Some(Flow::new(Arc::clone(chunk), index))
    }
}
