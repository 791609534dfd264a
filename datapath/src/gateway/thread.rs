//! The loop: drain the line, judge, enforce; between that the heartbeat, the clock, the kernel's counts and orders.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use peergate_engine::event::Outbox;
use peergate_engine::flow;
use peergate_engine::hosts;
use peergate_engine::packet::{LinkType, Time};
use peergate_engine::pipeline::{Adopted, Counted, Engine, Record, Reopened};

use super::enforce::{in_kernel, is_told, Writer};
use super::takeover::{words_of, Decided};
use super::{Command, Happened, Outlet, Rules, Settings};
use crate::abi::{FlowCounters, FlowKey, Totals};
use crate::error::Error;
use crate::sample::{Direction, Reopening, Sample, Seen};
use crate::source::FrameSource;

/// How long to sleep in a silent line: orders are answered this fast.
const NAP: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);
/// How often the kernel's counts are taken over: also flows that are decided stay known to be alive, and one that becomes
/// lively is found to be.
const COUNTING: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(5));
/// A flow costs a microsecond then; so long after it make a hundredth of the time, within those bounds.
const COUNTING_ONE: Duration = Duration::from_micros(100);
/// Flows that are asked for one by one: a microsecond each, four times a second.
const MOST_POLLED: usize = 1024;
/// Flows whose counts are told while they are up: a screen shows no more.
const MOST_SHOWN: usize = 10_000;

/// The line, the engine and what connects them.
pub struct Line {
    source: Box<dyn FrameSource>,
    engine: Engine,
    writer: Writer,
    /// What a former program left decided.
    decided: Decided,
    out: Outbox,
    heartbeat: Duration,
}

impl Line {
    pub fn new(mut source: Box<dyn FrameSource>, settings: Settings, outlet: Outlet) -> Result<Self, Error> {
        let Rules { catalog, policy } = settings.rules.clone();
        let mut writer = Writer::new(settings.rules, settings.refuse, outlet);
        writer.write_groups(source.enforcer())?;
        let decided = writer.take_over(now(), source.enforcer())?;
        let engine = Engine::new(settings.engine, catalog, policy);
        // Several beats to a timeout: one may come late.
        let heartbeat = settings.bridge.heartbeat_timeout / 4;
        Ok(Self { source, engine, writer, decided, out: Outbox::new(), heartbeat })
    }

    /// Runs until told to stop, or until the line is gone.
    pub fn run(&mut self, orders: &Receiver<Command>) -> Result<(), Error> {
        let (mut beaten, mut ticked, mut counted) = (Instant::now(), Instant::now(), Instant::now());
        let (mut polled, mut pause) = (0, COUNTING.0);
        loop {
            self.drain()?;
            if beaten.elapsed() >= self.heartbeat {
                self.source.enforcer().beat()?;
                beaten = Instant::now();
            }
            if ticked.elapsed() >= SECOND {
                self.tick()?;
                ticked = Instant::now();
            }
            if counted.elapsed() >= pause {
                pause = (COUNTING_ONE * self.take_over_counts()?).clamp(COUNTING.0, COUNTING.1);
                counted = Instant::now();
            }
            let time = now();
            if time.0 / hosts::BIN != polled {
                self.poll()?;
                polled = time.0 / hosts::BIN;
            }
            match orders.try_recv() {
                Ok(Command::Reload(rules)) => self.reload(rules)?,
                Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return self.finish(),
                Err(TryRecvError::Empty) => {}
            }
        }
    }

    fn drain(&mut self) -> Result<(), Error> {
        let Self { source, engine, writer, out, heartbeat, .. } = self;
        source.drain(NAP.min(*heartbeat), &mut |enforcer, sample| {
            match sample {
                Sample::Whole(frame, seen) => {
                    debug_assert_eq!(frame.link, LinkType::Ethernet);
                    match seen.connection {
                        Some(connection) => engine.shown(&frame, connection, out),
                        None => engine.frame(&frame, out),
                    }
                }
                Sample::Record(seen) => engine.record(
                    &Record {
                        time: seen.time,
                        key: for_engine(&seen.key),
                        from_low: seen.direction == Direction::LowToHigh,
                        wire_len: seen.wire_len,
                        payload_len: seen.payload_len,
                        head: seen.head,
                        connection: seen.connection.map_or(0, |connection| connection.number),
                    },
                    out,
                ),
                Sample::Reopened(seen, reopening) => engine.reopened(&reopened(&seen, &reopening), out),
            }
            writer.take(out, enforcer);
        })?;
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Error> {
        self.engine.tick(now(), &mut self.out);
        self.writer.take(&mut self.out, self.source.enforcer());
        let stats = self.stats()?;
        self.writer.outlet().count(stats);
        Ok(())
    }

    /// Gives how many flows there were.
    fn take_over_counts(&mut self) -> Result<u32, Error> {
        let Self { source, engine, writer, decided, out, .. } = self;
        let enforcer = source.enforcer();
        let (mut flows, mut so_far) = (0, Vec::new());
        enforcer.flow_counters(&mut |key, counters| {
            flows += 1;
            let counted = counted(key, counters);
            if let Some(gist) = decided.heard_again(key, counted.last) {
                engine.adopt(&Adopted { counted, start: Time(counters.first), gist }, out);
            }
            engine.counted(&counted, out);
            if let Some(flow) = engine.flow(&counted.key).filter(|flow| so_far.len() < MOST_SHOWN && is_told(flow)) {
                so_far.push((flow.id, flow.octets()));
            }
        })?;
        decided.forget_silent(now());
        writer.take(out, enforcer);
        writer.outlet().tell(Happened::Counted(so_far), &writer.rules);
        Ok(flows)
    }

    /// Flows that are compared with each other are asked for one by one: a relay is known by their courses, in steps that
    /// the counts of all flows are too coarse for.
    fn poll(&mut self) -> Result<(), Error> {
        let keys: Vec<FlowKey> = self.engine.followed().filter_map(|key| in_kernel(&key)).take(MOST_POLLED).collect();
        for key in keys {
            if let Some(counters) = self.source.enforcer().counters_of(&key)? {
                self.engine.polled(&counted(&key, &counters), now());
            }
        }
        Ok(())
    }

    /// Every live flow and every learned endpoint is judged anew before the old verdicts go stale: no gap.
    fn reload(&mut self, rules: Rules) -> Result<(), Error> {
        let Self { source, engine, writer, out, .. } = self;
        let enforcer = source.enforcer();
        let same_signatures = Arc::ptr_eq(&rules.catalog, &writer.rules.catalog);
        writer.take_rules(rules.clone());
        writer.write_groups(enforcer)?;
        enforcer.take_words(words_of(&rules.catalog));
        enforcer.prepare_generation();
        if same_signatures {
            engine.set_policy(rules.policy, out);
        } else {
            engine.set_catalog(rules.catalog, rules.policy, out);
        }
        writer.take(out, enforcer);
        writer.judge_learnt_anew(now(), enforcer);
        enforcer.bump_generation()
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.take_over_counts()?;
        self.engine.finish(&mut self.out);
        self.writer.take(&mut self.out, self.source.enforcer());
        let stats = self.stats()?;
        self.writer.outlet().count(stats);
        Ok(())
    }

    fn stats(&mut self) -> Result<BTreeMap<&'static str, u64>, Error> {
        let line = self.source.enforcer().stats()?;
        let engine = self.engine.counts();
        let flows_live = u64::try_from(self.engine.live_flows()).unwrap_or(u64::MAX);
        Ok(BTreeMap::from([
            ("passed_by_verdict", line.passed_by_verdict),
            ("passed_undecided", line.passed_undecided),
            ("passed_not_ip", line.passed_not_ip),
            ("dropped_by_verdict", line.dropped_by_verdict),
            ("dropped_by_endpoint", line.dropped_by_endpoint),
            ("dropped_fail_closed", line.dropped_fail_closed),
            ("dropped_held", line.dropped_held),
            ("dropped_pause", line.dropped_pause),
            ("line_malformed", line.malformed),
            ("ring_full", line.ring_full),
            ("flow_table_full", line.flow_table_full),
            ("samples_whole", line.copied_whole),
            ("samples_records", line.copied_records),
            ("packets", engine.packets),
            ("flows", engine.flows),
            ("flows_live", flows_live),
            ("flows_forced", engine.flows_forced),
            ("readings_given_up", engine.readings_given_up),
            ("verdicts_refused", self.writer.refused_writes),
            ("verdicts_taken_over", self.writer.taken_over),
            ("verdicts_changed_over", self.writer.changed_over),
        ]))
    }
}

fn for_engine(key: &FlowKey) -> flow::FlowKey {
    flow::FlowKey::between(key.low(), key.high(), key.proto)
}

fn counted(key: &FlowKey, counters: &FlowCounters) -> Counted {
    let last = counters.last.iter().copied().max().unwrap_or_default();
    of_connection(key, counters.connection(), &counters.totals(), Time(last))
}

fn of_connection(key: &FlowKey, connection: u16, totals: &Totals, last: Time) -> Counted {
    let ([low, high], [low_bytes, high_bytes]) = (totals.packets, totals.bytes);
    let side = |packets: u64, bytes| (u32::try_from(packets).unwrap_or(u32::MAX), bytes);
    Counted { key: for_engine(key), connection, low: side(low, low_bytes), high: side(high, high_bytes), last }
}

fn reopened(seen: &Seen, reopening: &Reopening) -> Reopened {
    Reopened {
        // When it was heard last the engine knows well enough.
        former: of_connection(&seen.key, reopening.former, &reopening.totals, Time(0)),
        connection: seen.connection.map_or(0, |connection| connection.number),
        time: reopening.time,
        from_low: reopening.direction == Direction::LowToHigh,
        seq: reopening.seq,
        syns: reopening.syns,
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
