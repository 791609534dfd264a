//! EVE: one JSON object a line, with Suricata's names; ours under `peergate`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::apps::Catalog;
use crate::event::Event;
use crate::objects::{CallLine, HostLine};
use crate::packet::{Side, Time};
use crate::policy::Policy;
use crate::report::{iso, Report};

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    flow_id: u64,
    event_type: &'a str,
    src_ip: String,
    src_port: u16,
    dest_ip: String,
    dest_port: u16,
    proto: String,
    app_proto: &'a str,
    community_id: String,
    flow: FlowPart<'a>,
    peergate: Ours<'a>,
}

#[derive(Serialize)]
struct FlowPart<'a> {
    pkts_toserver: u32,
    pkts_toclient: u32,
    bytes_toserver: u64,
    bytes_toclient: u64,
    start: String,
    end: String,
    age: u64,
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Ours<'a> {
    app: &'a str,
    protocol: &'a str,
    category: &'a str,
    activity: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity_before: Option<&'a str>,
    role: Option<&'a str>,
    confidence: f64,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    facts: BTreeMap<&'a str, String>,
    evidence: Vec<Piece>,
    alternatives: Vec<Other<'a>>,
}

#[derive(Serialize)]
struct Piece {
    what: String,
    weight_db: i16,
    detector: &'static str,
    packet: u32,
}

#[derive(Serialize)]
struct Other<'a> {
    app: &'a str,
    confidence: f64,
}

/// Appends the line of a flow: `event_type` is `flow` when it ended, `verdict` when it was judged, `activity` when
/// something else goes on in it.
pub fn write_flow(report: &Report<'_>, event_type: &str, time: Time, out: &mut String) {
    out.push_str(&line(&line_of(report, event_type, time)));
}

/// What is told in a line of its own: a [`CallLine`], a [`HostLine`].
#[must_use]
pub fn line(told: &impl Serialize) -> String {
    // Serializing plain data into memory has nothing that could fail.
    serde_json::to_string(told).map_or_else(|_| String::new(), |text| text + "\n")
}

/// Appends the line of what is told beside verdicts and flows that ended.
pub fn write_beside(event: &Event, catalog: &Catalog, policy: &Policy, out: &mut String) {
    match event {
        Event::Activity(told) => write_flow(&Report::new(told, catalog, policy), "activity", told.time, out),
        Event::Call(news) => out.push_str(&line(&CallLine::new(news, catalog))),
        Event::Host(news) => out.push_str(&line(&HostLine::new(news))),
        Event::Ended(_) | Event::Verdict(..) | Event::Settled(..) | Event::Learned(_) => {}
    }
}

fn line_of<'a>(report: &Report<'a>, event_type: &'a str, time: Time) -> Line<'a> {
    let (client, server) = (report.client(), report.server());
    Line {
        timestamp: iso(time),
        flow_id: report.flow.id,
        event_type,
        src_ip: client.addr.to_string(),
        src_port: client.port,
        dest_ip: server.addr.to_string(),
        dest_port: server.port,
        proto: report.proto(),
        app_proto: report.protocol(),
        community_id: report.community_id(),
        flow: flow_part(report),
        peergate: ours(report),
    }
}

fn flow_part<'a>(report: &Report<'a>) -> FlowPart<'a> {
    let (sent, answered) = (report.flow.tally(Side::Client), report.flow.tally(Side::Server));
    FlowPart {
        pkts_toserver: sent.packets,
        pkts_toclient: answered.packets,
        bytes_toserver: sent.bytes,
        bytes_toclient: answered.bytes,
        start: iso(report.flow.start),
        end: iso(report.flow.last),
        age: report.flow.last.since(report.flow.start) / Time::SECOND,
        state: report.flow.state.name(),
        reason: report.reason,
    }
}

fn ours<'a>(report: &Report<'a>) -> Ours<'a> {
    let piece = |found: crate::report::Evidence| Piece {
        what: found.what,
        weight_db: found.weight,
        detector: found.detector,
        packet: found.packet,
    };
    Ours {
        app: report.app(),
        protocol: report.protocol(),
        category: report.category(),
        activity: report.activity(),
        activity_before: report.activity_before(),
        role: report.role(),
        confidence: report.confidence(),
        action: report.action(),
        rule: report.rule(),
        facts: report.facts().into_iter().collect(),
        evidence: report.evidence().into_iter().map(piece).collect(),
        alternatives: report.alternatives().into_iter().map(|(app, confidence)| Other { app, confidence }).collect(),
    }
}
