//! The whole engine in live mode: any frames at any times, another policy, the end. Every flow that began ends once.
#![no_main]

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use peergate_engine::apps::Catalog;
use peergate_engine::bytes::Reader;
use peergate_engine::eve::write_flow;
use peergate_engine::event::{Event, Outbox};
use peergate_engine::objects::{CallLine, HostLine};
use peergate_engine::packet::{Frame, LinkType, Time};
use peergate_engine::pipeline::{Config, Engine};
use peergate_engine::policy::{Policy, RuleSpec};
use peergate_engine::report::Report;

/// So few that some are driven out.
const FLOWS: u32 = 6;
/// So few that some flows are read no further.
const READING_BYTES: usize = 48 << 10;

const LINKS: [LinkType; 4] = [LinkType::Ethernet, LinkType::RawIp, LinkType::LinuxSll, LinkType::Ethernet];

struct Words {
    catalog: Arc<Catalog>,
    allow: Arc<Policy>,
    block: Arc<Policy>,
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| {
        let catalog = Arc::new(Catalog::embedded());
        let rule =
            RuleSpec { category: vec!["p2p".into(), "call".into()], action: "block".into(), ..RuleSpec::default() };
        let block = Policy::compile(&[], &[rule], &catalog).expect("a category and an action");
        Words { catalog, allow: Arc::default(), block: Arc::new(block) }
    })
}

/// Takes the events, and watches that nothing is told of flows that are over.
#[derive(Default)]
struct Watcher {
    over: BTreeSet<u64>,
    line: String,
}

impl Watcher {
    fn watch(&mut self, events: &mut Outbox) {
        for event in events.drain(..) {
            match event {
                Event::Ended(told) => {
                    assert!(self.over.insert(told.flow.id), "flow {} ended twice", told.flow.id);
                    assert!(told.reason.is_some() && told.flow.packets() > 0);
                    self.line.clear();
                    let report = Report::new(&told, &words().catalog, &words().allow);
                    write_flow(&report, "flow", told.time, &mut self.line);
                    assert!(self.line.ends_with("}\n"));
                }
                Event::Verdict(told, _) | Event::Activity(told) => {
                    assert!(!self.over.contains(&told.flow.id) && told.reason.is_none());
                }
                Event::Learned(learnt) => assert!((0.0..=1.0).contains(&learnt.confidence)),
                Event::Settled(..) => {}
                Event::Host(news) => assert!(HostLine::new(&news).peergate.confidence <= 1.0),
                Event::Call(news) => {
                    let line = CallLine::new(&news, &words().catalog);
                    assert!(news.start <= news.end && line.peergate.seconds >= 0.0);
                    let scores =
                        [line.peergate.sent, line.peergate.received].into_iter().flatten().filter_map(|way| way.mos);
                    scores.for_each(|mos| assert!((1.0..=4.5).contains(&mos)));
                }
            }
        }
    }
}

/// A step in time: mostly small, sometimes minutes, sometimes back, once to the end of all time.
fn later(time: Time, step: u8) -> Time {
    Time(match step {
        0..=199 => time.0.saturating_add(u64::from(step) * Time::MILLI),
        200..=249 => time.0.saturating_add(u64::from(step - 199) * 20 * Time::SECOND),
        250..=254 => time.0.saturating_sub(3600 * Time::SECOND),
        255 => u64::MAX,
    })
}

fuzz_target!(|input: &[u8]| {
    let mut input = Reader::new(input);
    let config = Config { flows: FLOWS, reading_bytes: READING_BYTES, live: true, ..Config::default() };
    let mut engine = Engine::new(config, words().catalog.clone(), words().allow.clone());
    let (mut events, mut watcher) = (Outbox::new(), Watcher::default());
    let mut time = Time(1_700_000_000 * Time::SECOND);
    while let (Some(kind), Some(step), Some(len)) = (input.u8(), input.u8(), input.be16()) {
        time = later(time, step);
        if kind & 0x40 != 0 {
            let policy = if kind & 1 == 0 { &words().allow } else { &words().block };
            engine.set_policy(policy.clone(), &mut events);
        }
        let bytes = input.take(usize::from(len).min(input.remaining())).unwrap_or_default();
        let wire_len = u32::from(len) + u32::from(kind >> 7);
        let frame = Frame { time, link: LINKS[usize::from(kind) % LINKS.len()], port: 0, bytes, wire_len };
        engine.frame(&frame, &mut events);
        assert!(engine.live_flows() <= FLOWS as usize);
        watcher.watch(&mut events);
    }
    engine.finish(&mut events);
    watcher.watch(&mut events);
    assert_eq!(engine.live_flows(), 0);
    assert_eq!(watcher.over.len() as u64, engine.counts().flows);
});
