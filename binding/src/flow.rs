//! Flows and their evidence, as Python reads them: frozen, and put into words only when asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use peergate_engine::apps::Catalog;
use peergate_engine::event::{Event, Told};
use peergate_engine::flow::FlowKey;
use peergate_engine::objects::{CallLine, HostLine};
use peergate_engine::packet::{Endpoint, Side};
use peergate_engine::policy::Policy;
use peergate_engine::report::Report;
use pyo3::prelude::*;

use crate::objects::{Call, Host};
use crate::properties::properties;

/// What was told together: flows with what puts them into words, calls and hosts in words already.
pub struct Chunk {
    pub told: Vec<Told>,
    pub calls: Vec<Call>,
    pub hosts: Vec<Host>,
    pub catalog: Arc<Catalog>,
    pub policy: Arc<Policy>,
    /// What else was told between them; few ask for its lines.
    pub beside: Vec<Event>,
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
            beside: Vec::new(),
        }
    }

    /// Takes what was told of a flow, of a call, or of a host.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Ended(told) => self.told.push(*told),
            Event::Call(news) => {
                self.calls.push(Call(CallLine::new(&news, &self.catalog)));
                self.beside.push(Event::Call(news));
            }
            Event::Host(news) => {
                self.hosts.push(Host(HostLine::new(&news)));
                self.beside.push(Event::Host(news));
            }
            Event::Activity(_) => self.beside.push(event),
            Event::Verdict(..) | Event::Settled(..) | Event::Learned(_) => {}
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

properties! {
    Flow as report = |this| this.report()? => {
        flow_id: u64 = report.flow.id;
        community_id: String = report.community_id();
        proto: String = report.proto();
        src_ip: String = report.client().addr.to_string();
        src_port: u16 = report.client().port;
        dest_ip: String = report.server().addr.to_string();
        dest_port: u16 = report.server().port;
        pkts_toserver: u32 = report.flow.tally(Side::Client).packets;
        pkts_toclient: u32 = report.flow.tally(Side::Server).packets;
        bytes_toserver: u64 = report.flow.tally(Side::Client).bytes;
        bytes_toclient: u64 = report.flow.tally(Side::Server).bytes;
        start_ns: u64 = report.flow.start.0;
        end_ns: u64 = report.flow.last.0;
        state: &'static str = report.flow.state.name();
        reason: &'static str = report.reason.unwrap_or("");
        app: String = report.app().to_owned();
        protocol: &'static str = report.protocol();
        category: &'static str = report.category();
        activity: Option<&'static str> = report.activity();
        activity_before: Option<&'static str> = report.activity_before();
        role: Option<&'static str> = report.role();
        confidence: f64 = report.confidence();
        action: &'static str = report.action();
        rule: Option<String> = report.rule().map(str::to_owned);
        facts: BTreeMap<&'static str, String> = report.facts().into_iter().collect();
        evidence: Vec<Evidence> = report.evidence().into_iter().map(Evidence).collect();
    }

    fn __repr__(&self) -> PyResult<String> {
        let report = self.report()?;
        let (proto, from, to, app) = (report.proto(), report.client(), report.server(), report.app());
        Ok(format!("<Flow {proto} {from} → {to}: {app}>"))
    }

    #[getter]
    fn alternatives(&self) -> PyResult<Vec<(String, f64)>> {
        Ok(self.report()?.alternatives().into_iter().map(|(app, confidence)| (app.to_owned(), confidence)).collect())
    }
}

/// One piece of evidence.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Evidence(peergate_engine::report::Evidence);

properties! {
    Evidence as seen = |this| &this.0 => {
        what: &str = &seen.what;
        weight_db: f64 = f64::from(seen.weight);
        detector: &'static str = seen.detector;
        packet: u32 = seen.packet;
    }

    fn __repr__(&self) -> String {
        format!("<Evidence {:+} dB: {}>", self.0.weight, self.0.what)
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
