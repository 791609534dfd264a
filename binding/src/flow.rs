//! Flows and their evidence, as Python reads them: frozen, and put into words only when asked.

use std::sync::Arc;

use peergate_engine::apps::Catalog;
use peergate_engine::eve;
use peergate_engine::event::{Event, Told};
use peergate_engine::flow::FlowKey;
use peergate_engine::objects::{CallLine, HostLine};
use peergate_engine::packet::{Endpoint, Side};
use peergate_engine::policy::Policy;
use peergate_engine::report::Report;
use pyo3::prelude::*;

use crate::objects::{Call, Host};

/// What was told together: flows with what puts them into words, calls and hosts in words already.
pub struct Chunk {
    pub told: Vec<Told>,
    pub calls: Vec<Call>,
    pub hosts: Vec<Host>,
    pub catalog: Arc<Catalog>,
    pub policy: Arc<Policy>,
    /// What else was told between them, as EVE lines.
    pub beside: String,
}

impl Chunk {
    /// Nothing yet.
    pub fn new(catalog: &Arc<Catalog>, policy: &Arc<Policy>) -> Self {
        Self {
            told: Vec::new(),
            calls: Vec::new(),
            hosts: Vec::new(),
            catalog: Arc::clone(catalog),
            policy: Arc::clone(policy),
            beside: String::new(),
        }
    }

    /// Takes what was told of a flow, of a call, or of a host.
    pub fn take(&mut self, event: Event) {
        eve::write_beside(&event, &self.catalog, &self.policy, &mut self.beside);
        match event {
            Event::Ended(told) => self.told.push(*told),
            Event::Call(news) => self.calls.push(Call(CallLine::new(&news, &self.catalog))),
            Event::Host(news) => self.hosts.push(Host(HostLine::new(&news))),
            _ => {}
        }
    }

    /// The flow at `index`, ready to be read.
    pub fn report(&self, index: usize) -> Option<Report<'_>> {
        self.told.get(index).map(|told| Report::new(told, &self.catalog, &self.policy))
    }
}

/// One flow.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Flow {
    chunk: Arc<Chunk>,
    index: usize,
}

impl Flow {
    pub const fn new(chunk: Arc<Chunk>, index: usize) -> Self {
        Self { chunk, index }
    }

    fn report(&self) -> PyResult<Report<'_>> {
        self.chunk.report(self.index).ok_or_else(|| pyo3::exceptions::PyIndexError::new_err("no such flow"))
    }
}

#[pymethods]
impl Flow {
    fn __repr__(&self) -> PyResult<String> {
        let report = self.report()?;
        let (proto, from, to, app) = (report.proto(), report.client(), report.server(), report.app());
        Ok(format!("<Flow {proto} {from} → {to}: {app}>"))
    }

    #[getter]
    fn flow_id(&self) -> PyResult<u64> {
        Ok(self.report()?.flow.id)
    }

    #[getter]
    fn community_id(&self) -> PyResult<String> {
        Ok(self.report()?.community_id())
    }

    #[getter]
    fn proto(&self) -> PyResult<String> {
        Ok(self.report()?.proto())
    }

    #[getter]
    fn src_ip(&self) -> PyResult<String> {
        Ok(self.report()?.client().addr.to_string())
    }

    #[getter]
    fn src_port(&self) -> PyResult<u16> {
        Ok(self.report()?.client().port)
    }

    #[getter]
    fn dest_ip(&self) -> PyResult<String> {
        Ok(self.report()?.server().addr.to_string())
    }

    #[getter]
    fn dest_port(&self) -> PyResult<u16> {
        Ok(self.report()?.server().port)
    }

    #[getter]
    fn pkts_toserver(&self) -> PyResult<u32> {
        Ok(self.report()?.flow.tally(Side::Client).packets)
    }

    #[getter]
    fn pkts_toclient(&self) -> PyResult<u32> {
        Ok(self.report()?.flow.tally(Side::Server).packets)
    }

    #[getter]
    fn bytes_toserver(&self) -> PyResult<u64> {
        Ok(self.report()?.flow.tally(Side::Client).bytes)
    }

    #[getter]
    fn bytes_toclient(&self) -> PyResult<u64> {
        Ok(self.report()?.flow.tally(Side::Server).bytes)
    }

    #[getter]
    fn start_ns(&self) -> PyResult<u64> {
        Ok(self.report()?.flow.start.0)
    }

    #[getter]
    fn end_ns(&self) -> PyResult<u64> {
        Ok(self.report()?.flow.last.0)
    }

    #[getter]
    fn state(&self) -> PyResult<&'static str> {
        Ok(self.report()?.flow.state.name())
    }

    #[getter]
    fn reason(&self) -> PyResult<&'static str> {
        Ok(self.report()?.reason.unwrap_or(""))
    }

    #[getter]
    fn app(&self) -> PyResult<String> {
        Ok(self.report()?.app().to_owned())
    }

    #[getter]
    fn protocol(&self) -> PyResult<&'static str> {
        Ok(self.report()?.protocol())
    }

    #[getter]
    fn category(&self) -> PyResult<&'static str> {
        Ok(self.report()?.category())
    }

    #[getter]
    fn activity(&self) -> PyResult<Option<&'static str>> {
        Ok(self.report()?.activity())
    }

    #[getter]
    fn activity_before(&self) -> PyResult<Option<&'static str>> {
        Ok(self.report()?.activity_before())
    }

    #[getter]
    fn role(&self) -> PyResult<Option<&'static str>> {
        Ok(self.report()?.role())
    }

    #[getter]
    fn confidence(&self) -> PyResult<f64> {
        Ok(self.report()?.confidence())
    }

    #[getter]
    fn action(&self) -> PyResult<&'static str> {
        Ok(self.report()?.action())
    }

    #[getter]
    fn rule(&self) -> PyResult<Option<String>> {
        Ok(self.report()?.rule().map(str::to_owned))
    }

    #[getter]
    fn facts(&self) -> PyResult<std::collections::BTreeMap<&'static str, String>> {
        Ok(self.report()?.facts().into_iter().collect())
    }

    #[getter]
    fn evidence(&self) -> PyResult<Vec<Evidence>> {
        Ok(self.report()?.evidence().into_iter().map(Evidence).collect())
    }

    #[getter]
    fn alternatives(&self) -> PyResult<Vec<(String, f64)>> {
        Ok(self.report()?.alternatives().into_iter().map(|(app, confidence)| (app.to_owned(), confidence)).collect())
    }
}

/// One piece of evidence.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Evidence(peergate_engine::report::Evidence);

#[pymethods]
impl Evidence {
    fn __repr__(&self) -> String {
        format!("<Evidence {:+} dB: {}>", self.0.weight, self.0.what)
    }

    #[getter]
    fn what(&self) -> &str {
        &self.0.what
    }

    #[getter]
    fn weight_db(&self) -> f64 {
        f64::from(self.0.weight)
    }

    #[getter]
    const fn detector(&self) -> &'static str {
        self.0.detector
    }

    #[getter]
    const fn packet(&self) -> u32 {
        self.0.packet
    }
}

/// The Community ID of a flow between two endpoints.
#[pyfunction]
#[pyo3(signature = (src_ip, dest_ip, src_port, dest_port, proto, seed=0))]
pub fn community_id(
    src_ip: std::net::IpAddr,
    dest_ip: std::net::IpAddr,
    src_port: u16,
    dest_port: u16,
    proto: u8,
    seed: u16,
) -> String {
    let end = |ip: std::net::IpAddr, port| Endpoint { addr: ip.into(), port };
    let key = FlowKey::between(end(src_ip, src_port), end(dest_ip, dest_port), proto);
    peergate_engine::flow::community_id(&key, None, seed)
}
