//! Calls and hosts, as Python reads them: from the engine, or from the lines of an EVE file.

use peergate_engine::eve;
use peergate_engine::objects::{self, CallLine, HostLine};
use pyo3::prelude::*;

use crate::properties::properties;

/// A call, as it stood when something was told of it.
#[pyclass(frozen, module = "peergate._engine")]
#[derive(Clone)]
pub struct Call(pub CallLine);

properties! {
    Call as call = |this| &this.0 => {
        call_id: u64 = call.flow_id;
        time: &str = &call.timestamp;
        state: &str = &call.peergate.state;
        reason: Option<&str> = call.peergate.reason.as_deref();
        src_ip: &str = &call.src_ip;
        src_port: u16 = call.src_port;
        dest_ip: &str = &call.dest_ip;
        dest_port: u16 = call.dest_port;
        app: &str = &call.peergate.app;
        user: Option<&str> = call.peergate.user.as_deref();
        dest_user: Option<&str> = call.peergate.dest_user.as_deref();
        route: Option<&str> = call.peergate.route.as_deref();
        relay: Option<&str> = call.peergate.relay.as_deref();
        codec: Option<&str> = call.peergate.codec.as_deref();
        video: bool = call.peergate.video;
        start: &str = &call.peergate.start;
        end: &str = &call.peergate.end;
        seconds: f64 = call.peergate.seconds;
        legs: Vec<Leg> = call.peergate.legs.iter().cloned().map(Leg).collect();
        sent: Option<Quality> = call.peergate.sent.clone().map(Quality);
        received: Option<Quality> = call.peergate.received.clone().map(Quality);
    }

    fn __repr__(&self) -> String {
        let call = &self.0;
        format!("<Call {} ⇄ {}: {}>", call.src_ip, call.dest_ip, call.peergate.app)
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
}

/// A flow of a call.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Leg(objects::Leg);

properties! {
    Leg as leg = |this| &this.0 => {
        flow_id: u64 = leg.flow_id;
        kind: &str = &leg.kind;
        src: &str = &leg.src;
        dest: &str = &leg.dest;
    }
}

/// How one direction of a call came through.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Quality(objects::Heard);

properties! {
    Quality as quality = |this| &this.0 => {
        packets: u64 = quality.packets;
        estimated: bool = quality.estimated;
        loss: Option<f64> = quality.loss;
        jitter_ms: Option<f64> = quality.jitter_ms;
        late: Option<u64> = quality.late;
        repeated: Option<u64> = quality.repeated;
        mos: Option<f64> = quality.mos;
        mos_codec: Option<&str> = quality.mos_codec.as_deref();
    }
}

/// A host's role, as it stood when something was told of it.
#[pyclass(frozen, module = "peergate._engine")]
#[derive(Clone)]
pub struct Host(pub HostLine);

properties! {
    Host as host = |this| &this.0 => {
        time: &str = &host.timestamp;
        ip: &str = &host.src_ip;
        state: &str = &host.peergate.state;
        reason: Option<&str> = host.peergate.reason.as_deref();
        role: &str = &host.peergate.role;
        port: Option<u16> = host.peergate.port;
        since: &str = &host.peergate.since;
        minutes: f64 = host.peergate.minutes;
        octets: u64 = host.peergate.bytes;
        packets: u64 = host.peergate.packets;
        confidence: f64 = host.peergate.confidence;
    }

    fn __repr__(&self) -> String {
        format!("<Host {}: {}>", self.0.src_ip, self.0.peergate.role)
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
