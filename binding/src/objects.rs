//! Calls and hosts, as Python reads them: from the engine, or from the lines of an EVE file.

use peergate_engine::eve;
use peergate_engine::objects::{self, CallLine, HostLine};
use pyo3::prelude::*;

/// A call, as it stood when something was told of it.
#[pyclass(frozen, module = "peergate._engine")]
#[derive(Clone)]
pub struct Call(pub CallLine);

#[pymethods]
impl Call {
    fn __repr__(&self) -> String {
        format!("<Call {} ⇄ {}: {}>", self.src_ip(), self.dest_ip(), self.app())
    }

    /// The call in a line of an EVE file; None where the line is about something else.
    #[staticmethod]
    fn parse(line: &str) -> Option<Self> {
        CallLine::parse(line).map(Self)
    }

    /// As a line of EVE.
    fn eve(&self) -> String {
        eve::line(&self.0)
    }

    #[getter]
    fn call_id(&self) -> u64 {
        self.0.flow_id
    }

    #[getter]
    fn time(&self) -> &str {
        &self.0.timestamp
    }

    #[getter]
    fn state(&self) -> &str {
        &self.0.peergate.state
    }

    #[getter]
    fn reason(&self) -> Option<&str> {
        self.0.peergate.reason.as_deref()
    }

    #[getter]
    fn src_ip(&self) -> &str {
        &self.0.src_ip
    }

    #[getter]
    fn src_port(&self) -> u16 {
        self.0.src_port
    }

    #[getter]
    fn dest_ip(&self) -> &str {
        &self.0.dest_ip
    }

    #[getter]
    fn dest_port(&self) -> u16 {
        self.0.dest_port
    }

    #[getter]
    fn app(&self) -> &str {
        &self.0.peergate.app
    }

    #[getter]
    fn user(&self) -> Option<&str> {
        self.0.peergate.user.as_deref()
    }

    #[getter]
    fn dest_user(&self) -> Option<&str> {
        self.0.peergate.dest_user.as_deref()
    }

    #[getter]
    fn route(&self) -> Option<&str> {
        self.0.peergate.route.as_deref()
    }

    #[getter]
    fn relay(&self) -> Option<&str> {
        self.0.peergate.relay.as_deref()
    }

    #[getter]
    fn codec(&self) -> Option<&str> {
        self.0.peergate.codec.as_deref()
    }

    #[getter]
    fn video(&self) -> bool {
        self.0.peergate.video
    }

    #[getter]
    fn start(&self) -> &str {
        &self.0.peergate.start
    }

    #[getter]
    fn end(&self) -> &str {
        &self.0.peergate.end
    }

    #[getter]
    fn seconds(&self) -> f64 {
        self.0.peergate.seconds
    }

    #[getter]
    fn legs(&self) -> Vec<Leg> {
        self.0.peergate.legs.iter().cloned().map(Leg).collect()
    }

    #[getter]
    fn sent(&self) -> Option<Quality> {
        self.0.peergate.sent.clone().map(Quality)
    }

    #[getter]
    fn received(&self) -> Option<Quality> {
        self.0.peergate.received.clone().map(Quality)
    }
}

/// A flow of a call.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Leg(objects::Leg);

#[pymethods]
impl Leg {
    #[getter]
    fn flow_id(&self) -> u64 {
        self.0.flow_id
    }

    #[getter]
    fn kind(&self) -> &str {
        &self.0.kind
    }

    #[getter]
    fn src(&self) -> &str {
        &self.0.src
    }

    #[getter]
    fn dest(&self) -> &str {
        &self.0.dest
    }
}

/// How one direction of a call came through.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Quality(objects::Heard);

#[pymethods]
impl Quality {
    #[getter]
    fn packets(&self) -> u64 {
        self.0.packets
    }

    #[getter]
    fn estimated(&self) -> bool {
        self.0.estimated
    }

    #[getter]
    fn loss(&self) -> Option<f64> {
        self.0.loss
    }

    #[getter]
    fn jitter_ms(&self) -> Option<f64> {
        self.0.jitter_ms
    }

    #[getter]
    fn late(&self) -> Option<u64> {
        self.0.late
    }

    #[getter]
    fn repeated(&self) -> Option<u64> {
        self.0.repeated
    }

    #[getter]
    fn mos(&self) -> Option<f64> {
        self.0.mos
    }

    #[getter]
    fn mos_codec(&self) -> Option<&str> {
        self.0.mos_codec.as_deref()
    }
}

/// A host's role, as it stood when something was told of it.
#[pyclass(frozen, module = "peergate._engine")]
#[derive(Clone)]
pub struct Host(pub HostLine);

#[pymethods]
impl Host {
    fn __repr__(&self) -> String {
        format!("<Host {}: {}>", self.ip(), self.role())
    }

    /// The host in a line of an EVE file; None where the line is about something else.
    #[staticmethod]
    fn parse(line: &str) -> Option<Self> {
        HostLine::parse(line).map(Self)
    }

    /// As a line of EVE.
    fn eve(&self) -> String {
        eve::line(&self.0)
    }

    #[getter]
    fn time(&self) -> &str {
        &self.0.timestamp
    }

    #[getter]
    fn ip(&self) -> &str {
        &self.0.src_ip
    }

    #[getter]
    fn state(&self) -> &str {
        &self.0.peergate.state
    }

    #[getter]
    fn reason(&self) -> Option<&str> {
        self.0.peergate.reason.as_deref()
    }

    #[getter]
    fn role(&self) -> &str {
        &self.0.peergate.role
    }

    #[getter]
    fn port(&self) -> Option<u16> {
        self.0.peergate.port
    }

    #[getter]
    fn since(&self) -> &str {
        &self.0.peergate.since
    }

    #[getter]
    fn minutes(&self) -> f64 {
        self.0.peergate.minutes
    }

    #[getter]
    fn octets(&self) -> u64 {
        self.0.peergate.bytes
    }

    #[getter]
    fn packets(&self) -> u64 {
        self.0.peergate.packets
    }

    #[getter]
    fn confidence(&self) -> f64 {
        self.0.peergate.confidence
    }

    /// What, and its weight in decibans.
    #[getter]
    fn evidence(&self) -> Vec<(String, i16)> {
        self.0.peergate.evidence.iter().map(|ground| (ground.what.clone(), ground.weight_db)).collect()
    }

    /// Of a relay: the ends that it connects.
    #[getter]
    fn between(&self) -> Vec<(String, String)> {
        self.0.peergate.between.iter().map(|[one, other]| (one.clone(), other.clone())).collect()
    }
}
