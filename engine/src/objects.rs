//! Calls and hosts as people and other programs read them: words instead of numbers, one EVE line each.
//!
//! One place makes the words; EVE lines and Python's objects take them from here, and read them back.
#![allow(clippy::cast_precision_loss, reason = "times of one capture are far below 2^52 nanoseconds apart")]

use serde::{Deserialize, Serialize};

use crate::apps::Catalog;
use crate::calls::{Quality, Route};
use crate::event::{CallChange, CallNews, HostChange, HostNews};
use crate::evidence::confidence;
use crate::packet::Time;
use crate::report::{iso, rounded};

/// An EVE line of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallLine {
    /// When this was told.
    pub timestamp: String,
    /// Number of the call's first flow.
    pub flow_id: u64,
    /// `call`.
    pub event_type: String,
    /// The end in our network.
    pub src_ip: String,
    /// Its port.
    pub src_port: u16,
    /// The other end.
    pub dest_ip: String,
    /// Its port.
    pub dest_port: u16,
    /// Ours.
    pub peergate: Call,
}

/// A call in words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    /// `start`, `update` or `end`.
    pub state: String,
    /// How the end was seen: `closed` with its flows, or `silent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The application; `unknown` where nobody knows.
    pub app: String,
    /// Who speaks at our end, where signalling said so in the clear.
    #[serde(default)]
    pub user: Option<String>,
    /// Who speaks at the other.
    #[serde(default)]
    pub dest_user: Option<String>,
    /// `direct` or `relayed`, where known.
    pub route: Option<String>,
    /// The host of ours that passes it on.
    pub relay: Option<String>,
    /// The coding, where it is visible.
    pub codec: Option<String>,
    /// Whether pictures were seen among its media.
    pub video: bool,
    /// Its first packet.
    pub start: String,
    /// Its latest.
    pub end: String,
    /// Between the two.
    pub seconds: f64,
    /// Its flows.
    pub legs: Vec<Leg>,
    /// How what our end sent came through; nothing where that was not measured.
    pub sent: Option<Heard>,
    /// How what our end received came through.
    pub received: Option<Heard>,
}

/// A flow of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Leg {
    /// Its number.
    pub flow_id: u64,
    /// `media`, `control` or `signalling`.
    pub kind: String,
    /// The end in our network.
    pub src: String,
    /// The other.
    pub dest: String,
}

/// Quality of one direction. What was not measured is not there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Heard {
    /// Packets that it was measured on.
    pub packets: u64,
    /// Guessed from the pace of the packets, because their headers cannot be read.
    pub estimated: bool,
    /// Share that was lost, 0..1.
    pub loss: Option<f64>,
    /// Interarrival jitter (RFC 3550), in milliseconds.
    pub jitter_ms: Option<f64>,
    /// Packets that came after a later one.
    pub late: Option<u64>,
    /// Packets that came twice.
    pub repeated: Option<u64>,
    /// Mean opinion score of the E-model (G.107).
    pub mos: Option<f64>,
    /// The coding whose values the score was made with; nothing where G.729A's stood in.
    pub mos_codec: Option<String>,
}

/// An EVE line of a host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HostLine {
    /// When this was told.
    pub timestamp: String,
    /// `host`.
    pub event_type: String,
    /// Who.
    pub src_ip: String,
    /// Ours.
    pub peergate: Host,
}

/// A host's role in words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Host {
    /// `gained`, `costly` or `lost`.
    pub state: String,
    /// Why it was lost: `expired`, `excused` by the policy, `shutdown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `peer`, `supernode` or `relay`.
    pub role: String,
    /// The port by which it is played, where it is one.
    pub port: Option<u16>,
    /// Since when.
    pub since: String,
    /// For how long.
    pub minutes: f64,
    /// What it costs so far: bytes on the wire.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// Probability that this is right, 0..1.
    pub confidence: f64,
    /// Why it is thought so, the weightiest first.
    pub evidence: Vec<Ground>,
    /// Of a relay: the ends that it connects.
    pub between: Vec<[String; 2]>,
}

/// One piece of evidence about a host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ground {
    /// A sentence.
    pub what: String,
    /// Decibans.
    pub weight_db: i16,
}

impl CallLine {
    /// Reads a line of an EVE file; nothing where it is about something else.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok().filter(|line: &Self| line.event_type == "call")
    }

    /// In words.
    #[must_use]
    pub fn new(news: &CallNews, catalog: &Catalog) -> Self {
        let [near, far] = news.ends;
        Self {
            timestamp: iso(news.time),
            flow_id: news.id,
            event_type: "call".into(),
            src_ip: near.addr.to_string(),
            src_port: near.port,
            dest_ip: far.addr.to_string(),
            dest_port: far.port,
            peergate: call(news, catalog),
        }
    }
}

impl HostLine {
    /// Reads a line of an EVE file; nothing where it is about something else.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok().filter(|line: &Self| line.event_type == "host")
    }

    /// In words.
    #[must_use]
    pub fn new(news: &HostNews) -> Self {
        Self {
            timestamp: iso(news.time),
            event_type: "host".into(),
            src_ip: news.addr.to_string(),
            peergate: host(news),
        }
    }
}

fn call(news: &CallNews, catalog: &Catalog) -> Call {
    let (state, reason) = match news.change {
        CallChange::Start => ("start", None),
        CallChange::Update => ("update", None),
        CallChange::End(why) => ("end", Some(why)),
    };
    let [sent, received] = &news.quality;
    let [user, dest_user] = news.users.each_ref().map(|user| user.as_deref().map(str::to_owned));
    let leg = |leg: &crate::calls::LegNews| Leg {
        flow_id: leg.flow,
        kind: leg.kind.name().into(),
        src: leg.ends[0].to_string(),
        dest: leg.ends[1].to_string(),
    };
    Call {
        state: state.into(),
        reason: reason.map(str::to_owned),
        app: catalog.app(news.app).name.clone(),
        user,
        dest_user,
        route: match news.route {
            Route::Unknown => None,
            Route::Direct => Some("direct".into()),
            Route::Relayed => Some("relayed".into()),
        },
        relay: news.relay.map(|relay| relay.to_string()),
        codec: news.coding.clone(),
        video: news.video,
        start: iso(news.start),
        end: iso(news.end),
        seconds: rounded(seconds(news.start, news.end)),
        legs: news.legs.iter().map(leg).collect(),
        sent: sent.as_ref().map(heard),
        received: received.as_ref().map(heard),
    }
}

fn heard(quality: &Quality) -> Heard {
    Heard {
        packets: quality.packets,
        estimated: quality.estimated,
        loss: quality.loss.map(rounded),
        jitter_ms: quality.jitter.map(rounded),
        late: quality.late,
        repeated: quality.repeated,
        mos: quality.mos.map(|mos| (mos * 100.0).round() / 100.0),
        mos_codec: quality.mos_coding.clone(),
    }
}

fn host(news: &HostNews) -> Host {
    let (state, reason) = match news.change {
        HostChange::Gained => ("gained", None),
        HostChange::Costly => ("costly", None),
        HostChange::Lost(why) => ("lost", Some(why)),
    };
    let weight: i32 = news.grounds.iter().map(|ground| i32::from(ground.weight)).sum();
    let mut evidence: Vec<Ground> =
        news.grounds.iter().map(|ground| Ground { what: ground.what.clone(), weight_db: ground.weight }).collect();
    evidence.sort_by_key(|ground| std::cmp::Reverse(ground.weight_db));
    Host {
        state: state.into(),
        reason: reason.map(str::to_owned),
        role: news.role.name().into(),
        port: news.port,
        since: iso(news.since),
        minutes: (seconds(news.since, news.time) / 6.0).round() / 10.0,
        bytes: news.cost.bytes,
        packets: news.cost.packets,
        confidence: rounded(confidence(weight)),
        evidence,
        between: news.between.iter().map(|between| between.ends.map(|end| end.to_string())).collect(),
    }
}

fn seconds(from: Time, to: Time) -> f64 {
    to.since(from) as f64 / 1e9
}
