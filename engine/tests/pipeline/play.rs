//! Plays frames to an engine, and puts in words what it tells.

use std::sync::{Arc, OnceLock};

use peergate_engine::apps::Catalog;
use peergate_engine::event::{CallNews, Event, Learnt, Outbox, Told};
use peergate_engine::flow::FlowKey;
use peergate_engine::packet::{Addr, Endpoint, Frame, LinkType, Time};
use peergate_engine::pipeline::{Adopted, Config, Connection, Counted, Counts, Engine, Record, Reopened};
use peergate_engine::policy::{Gist, Policy, RuleSpec};
use peergate_engine::report::{Evidence, Report};

use crate::build::{ethernet, tcp_at, udp, v4_between, IPV4, TCP, UDP};

pub const HERE: [u8; 4] = [192, 168, 1, 10];
pub const THERE: [u8; 4] = [198, 51, 100, 7];
pub const ELSEWHERE: [u8; 4] = [203, 0, 113, 9];

/// An address and a port.
pub type End = ([u8; 4], u16);

pub const FIN: u8 = 0x01;
pub const SYN: u8 = 0x02;
pub const RST: u8 = 0x04;
pub const ACK: u8 = 0x10;

/// The client's first byte, and the server's.
pub const STARTS: [u32; 2] = [0xffff_ff80, 7_000];

/// The shipped signatures, compiled once.
pub fn catalog() -> Arc<Catalog> {
    static CATALOG: OnceLock<Arc<Catalog>> = OnceLock::new();
    CATALOG.get_or_init(|| Arc::new(Catalog::embedded())).clone()
}

/// A policy of one rule.
pub fn policy(name: &str, category: &str, action: &str) -> Arc<Policy> {
    let rule = RuleSpec {
        name: name.to_owned(),
        category: vec![category.to_owned()],
        action: action.to_owned(),
        ..RuleSpec::default()
    };
    Arc::new(Policy::compile(&[], &[rule], &catalog()).unwrap())
}

/// A flow, in words.
#[derive(Clone, Debug)]
pub struct Seen {
    pub id: u64,
    pub client: String,
    pub app: String,
    pub protocol: &'static str,
    pub category: &'static str,
    pub action: &'static str,
    pub rule: Option<String>,
    pub reason: Option<&'static str>,
    pub facts: Vec<(&'static str, String)>,
    pub evidence: Vec<Evidence>,
    /// Packets and bytes of the client, then of the server.
    pub packets: [u32; 2],
    pub bytes: [u64; 2],
    /// Its first packet and its last.
    pub span: [Time; 2],
}

impl Seen {
    /// What must not depend on how the bytes came.
    pub fn says(&self) -> (&str, &str, &[(&'static str, String)]) {
        (&self.app, self.protocol, &self.facts)
    }

    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Whether some evidence has these words, and the packet that it is of.
    pub fn shows(&self, words: &str) -> Option<u32> {
        self.evidence.iter().find(|evidence| evidence.what.contains(words)).map(|evidence| evidence.packet)
    }
}

/// What happened, in order.
#[derive(Debug)]
pub enum Happened {
    Ended(Seen),
    Verdict(Seen, &'static str),
    Settled,
    /// What went on before, and what goes on now.
    Activity(&'static str, &'static str),
    Learned(String, u16),
    /// Role and host.
    Host(&'static str, String),
    Call(Box<CallNews>),
}

/// An engine and its clock.
pub struct Play {
    pub engine: Engine,
    pub time: Time,
    catalog: Arc<Catalog>,
    policy: Arc<Policy>,
    events: Outbox,
}

impl Play {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn live() -> Self {
        Self::with(Config { live: true, ..Config::default() })
    }

    pub fn with(config: Config) -> Self {
        let policy = Arc::new(Policy::default());
        let engine = Engine::new(config, catalog(), policy.clone());
        Self { engine, time: Time(1_700_000_000 * Time::SECOND), catalog: catalog(), policy, events: Outbox::new() }
    }

    pub fn wait(&mut self, seconds: u64) {
        self.time.0 += seconds * Time::SECOND;
    }

    pub fn pass(&mut self, millis: u64) {
        self.time.0 += millis * Time::MILLI;
    }

    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        self.policy = policy.clone();
        self.engine.set_policy(policy, &mut self.events);
    }

    /// New signatures, and the policy that was compiled against them.
    pub fn set_catalog(&mut self, catalog: Arc<Catalog>, policy: Arc<Policy>) {
        self.catalog = catalog.clone();
        self.policy = policy.clone();
        self.engine.set_catalog(catalog, policy, &mut self.events);
    }

    /// A frame of which the first `kept` bytes were captured.
    pub fn cut(&mut self, bytes: &[u8], kept: usize) {
        self.time.0 += Time::MILLI;
        let kept = kept.min(bytes.len());
        let wire_len = bytes.len() as u32;
        let frame = Frame { time: self.time, link: LinkType::Ethernet, port: 0, bytes: &bytes[..kept], wire_len };
        self.engine.frame(&frame, &mut self.events);
    }

    pub fn frame(&mut self, bytes: &[u8]) {
        self.cut(bytes, bytes.len());
    }

    pub fn datagram(&mut self, from: End, to: End, payload: &[u8]) {
        self.frame(&ethernet(IPV4, &v4_between(from.0, to.0, UDP, &udp(from.1, to.1, payload))));
    }

    pub fn segment(&mut self, from: End, to: End, numbers: [u32; 2], flags: u8, payload: &[u8]) {
        self.frame(&segment(from, to, numbers, flags, payload));
    }

    /// A segment of which a data path knows the connection.
    pub fn shown(&mut self, connection: Connection, from: End, to: End, tcp: ([u32; 2], u8), payload: &[u8]) {
        self.time.0 += Time::MILLI;
        let bytes = segment(from, to, tcp.0, tcp.1, payload);
        let frame =
            Frame { time: self.time, link: LinkType::Ethernet, port: 0, bytes: &bytes, wire_len: bytes.len() as u32 };
        self.engine.shown(&frame, connection, &mut self.events);
    }

    /// Another connection has begun with `syns` from `one` two seconds ago; both sides of the one before had sent as much.
    pub fn reopened(&mut self, one: End, other: End, numbers: [u16; 2], sent: (u32, u64), (seq, syns): (u32, u32)) {
        let key = key(one, other, TCP);
        let [before, connection] = numbers;
        let former = Counted { key, connection: before, low: sent, high: sent, last: Time(0) };
        let (time, from_low) = (Time(self.time.0 - 2 * Time::SECOND), key.low == endpoint(one));
        let reopened = Reopened { former, connection, time, from_low, seq, syns: (syns, syns * 54) };
        self.engine.reopened(&reopened, &mut self.events);
    }

    /// What a data path counted of a connection: as much of both sides.
    pub fn counted(&mut self, one: End, other: End, connection: u16, sent: (u32, u64)) {
        let counted = Counted { key: key(one, other, TCP), connection, low: sent, high: sent, last: self.time };
        self.engine.counted(&counted, &mut self.events);
    }

    /// The three packets before the first byte.
    pub fn connect(&mut self, client: End, server: End) {
        let [asked, answered] = STARTS;
        self.segment(client, server, [asked.wrapping_sub(1), 0], SYN, b"");
        self.segment(server, client, [answered - 1, asked], SYN | ACK, b"");
        self.segment(client, server, [asked, answered], ACK, b"");
    }

    /// A packet of which a data path tells hardly more than the size.
    pub fn record(&mut self, from: End, to: End, transport: u8, payload_len: u32) {
        self.time.0 += Time::MILLI;
        let key = key(from, to, transport);
        let (from_low, wire_len) = (key.low == endpoint(from), payload_len + 42);
        let record = Record { time: self.time, key, from_low, wire_len, payload_len, head: None, connection: 0 };
        self.engine.record(&record, &mut self.events);
    }

    /// A flow that a former program decided about, of which each side has sent so many packets and bytes.
    pub fn adopt(&mut self, one: End, other: End, transport: u8, sent: (u32, u64), gist: Gist) {
        let key = key(one, other, transport);
        let counted = Counted { key, connection: 0, low: sent, high: sent, last: self.time };
        let start = Time(self.time.0 - 60 * Time::SECOND);
        self.engine.adopt(&Adopted { counted, start, gist }, &mut self.events);
    }

    /// What flows were taken for that were decided since this was asked last.
    pub fn gists(&mut self) -> Vec<Gist> {
        let gist = |event| if let Event::Verdict(told, _) = event { Some(told.flow.gist()) } else { None };
        std::mem::take(&mut self.events).into_iter().filter_map(gist).collect()
    }

    /// What happened since this was asked last.
    pub fn happened(&mut self) -> Vec<Happened> {
        let events = std::mem::take(&mut self.events);
        events.into_iter().map(|event| self.in_words(event)).collect()
    }

    /// Ends everything, and gives the flows that ended since anybody asked, in the order in which they began.
    pub fn finish(&mut self) -> Vec<Seen> {
        self.engine.finish(&mut self.events);
        let mut flows = self.ended();
        flows.sort_by_key(|flow| flow.id);
        flows
    }

    /// The flows that ended since anybody asked.
    pub fn ended(&mut self) -> Vec<Seen> {
        let ended = |happened| if let Happened::Ended(seen) = happened { Some(seen) } else { None };
        self.happened().into_iter().filter_map(ended).collect()
    }

    pub fn counts(&self) -> Counts {
        self.engine.counts()
    }

    fn in_words(&self, event: Event) -> Happened {
        match event {
            Event::Ended(told) => Happened::Ended(self.seen(&told)),
            Event::Verdict(told, before) => Happened::Verdict(self.seen(&told), before.name()),
            Event::Settled(..) => Happened::Settled,
            Event::Activity(told) => {
                let change = told.change.unwrap();
                Happened::Activity(change.before.name(), change.now.name())
            }
            Event::Host(news) => Happened::Host(news.role.name(), news.addr.to_string()),
            Event::Call(news) => Happened::Call(news),
            Event::Learned(Learnt { endpoint, app, .. }) => {
                Happened::Learned(self.catalog.app(app).name.clone(), endpoint.port)
            }
        }
    }

    fn seen(&self, told: &Told) -> Seen {
        let report = Report::new(told, &self.catalog, &self.policy);
        let mut facts = report.facts();
        facts.sort_unstable();
        let tallies = told.flow.tallies;
        Seen {
            id: told.flow.id,
            client: report.client().addr.to_string(),
            app: report.app().to_owned(),
            protocol: report.protocol(),
            category: report.category(),
            action: report.action(),
            rule: report.rule().map(str::to_owned),
            reason: report.reason,
            facts,
            evidence: report.evidence(),
            packets: tallies.map(|tally| tally.packets),
            bytes: tallies.map(|tally| tally.bytes),
            span: [told.flow.start, told.flow.last],
        }
    }
}

/// A TCP segment in its Ethernet frame.
fn endpoint((addr, port): End) -> Endpoint {
    Endpoint { addr: Addr::v4(addr), port }
}

fn key(one: End, other: End, transport: u8) -> FlowKey {
    FlowKey::between(endpoint(one), endpoint(other), transport)
}

pub fn segment(from: End, to: End, numbers: [u32; 2], flags: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(IPV4, &v4_between(from.0, to.0, TCP, &tcp_at([from.1, to.1], numbers, flags, payload)))
}
