//! Calls, fed with flows that were never packets.

use super::*;
use crate::event::{CallNews, Event};
use crate::flow::{Flow, FlowKey};
use crate::inspect::ProtocolId;
use crate::packet::{TcpHeader, Transport};

const START: u64 = 1_700_000_000 * Time::SECOND;

/// Calls, their clock, and what they told.
struct Play {
    calls: Calls,
    now: Time,
    flows: u64,
    out: Outbox,
}

fn end(addr: [u8; 4], port: u16) -> Endpoint {
    Endpoint { addr: Addr::v4(addr), port }
}

fn here(port: u16) -> Endpoint {
    end([10, 0, 0, 1], port)
}

fn there(port: u16) -> Endpoint {
    end([203, 0, 113, 7], port)
}

fn seen(kind: Kind) -> Seen {
    let (local, app) = (Side::Client, AppId::UNKNOWN);
    Seen { kind, local, announced_by: None, route: Route::Unknown, app, named: false, live: false }
}

fn rtp(payload_type: u8, sequence: u16, source: u32) -> Vec<u8> {
    let mut bytes = vec![0x80, payload_type];
    bytes.extend(sequence.to_be_bytes());
    bytes.extend((160 * u32::from(sequence)).to_be_bytes());
    bytes.extend(source.to_be_bytes());
    bytes.extend([0xd5; 160]);
    bytes
}

impl Play {
    fn new() -> Self {
        Self { calls: Calls::new(1), now: Time(START), flows: 0, out: Outbox::new() }
    }

    fn flow(&mut self, client: Endpoint, server: Endpoint, seen: Seen) -> Flow {
        self.flows += 1;
        let key = FlowKey::between(client, server, Transport::Udp.number());
        let mut flow = Flow::new(key, client <= server, self.flows, self.now);
        self.calls.judged(&mut flow, seen);
        flow
    }

    /// Both sides talk on all flows, 50 packets a second each.
    fn talk(&mut self, flows: &mut [&mut Flow], seconds: u64, payload: impl Fn(Side, u16) -> Option<Vec<u8>>) {
        for tick in 0..seconds * 50 {
            let number = u16::try_from(tick).unwrap();
            for flow in flows.iter_mut() {
                for side in [Side::Client, Side::Server] {
                    let Some(payload) = payload(side, number) else { continue };
                    let len = u32::try_from(payload.len()).unwrap();
                    let packet = Packet {
                        time: self.now,
                        port: 0,
                        vlan: [0; 2],
                        source: flow.end(side),
                        destination: flow.end(side.other()),
                        transport: Transport::Udp,
                        tcp: TcpHeader::default(),
                        payload: &payload,
                        payload_len: len,
                        wire_len: len + 42,
                        depth: 0,
                        fragment: false,
                    };
                    flow.last = self.now;
                    self.calls.heard(flow, side, &packet, &mut self.out);
                }
            }
            self.now.0 += 20 * Time::MILLI;
            if tick % 50 == 49 {
                self.calls.look(self.now, &mut self.out);
            }
        }
    }

    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now.0 += Time::SECOND;
            self.calls.look(self.now, &mut self.out);
        }
    }

    fn told(&self) -> Vec<&CallNews> {
        let told = self.out.iter().filter_map(|event| match event {
            Event::Call(news) => Some(&**news),
            _ => None,
        });
        told.collect()
    }
}

/// The number of a side's source.
fn source(side: Side) -> u32 {
    7 + u32::from(side == Side::Server)
}

#[allow(clippy::unnecessary_wraps, reason = "`talk` asks it for a packet or for the loss of one")]
fn pcma(side: Side, number: u16) -> Option<Vec<u8>> {
    Some(rtp(8, number, source(side)))
}

#[test]
fn a_call_has_a_start_an_end_parties_and_quality_both_ways() {
    let mut play = Play::new();
    let mut flow = play.flow(here(4_000), there(5_000), seen(Kind::Media));
    // One in ten that we send is lost, nothing that we receive.
    play.talk(&mut [&mut flow], 30, |side, number| {
        pcma(side, number).filter(|_| side == Side::Server || number % 10 != 3)
    });
    play.wait(40);
    let told = play.told();
    let (first, last) = (told.first().unwrap(), told.last().unwrap());
    assert_eq!((first.change, last.change), (CallChange::Start, CallChange::End("silent")));
    assert!(first.time.since(Time(START)) <= Time::SECOND, "told at once");
    assert_eq!(last.ends, [here(4_000), there(5_000)]);
    let seconds = last.end.since(last.start) / Time::SECOND;
    assert!((28..=30).contains(&seconds), "{seconds}");
    let [sent, received] = &last.quality;
    let (sent, received) = (sent.as_ref().unwrap(), received.as_ref().unwrap());
    assert!((sent.loss.unwrap() - 0.1).abs() < 0.005 && received.loss == Some(0.0));
    assert!(sent.mos.unwrap() < 3.6 && received.mos.unwrap() > 4.3, "{sent:?} {received:?}");
    assert_eq!(last.coding.as_deref(), Some("PCMA"));
}

#[test]
fn reports_and_signalling_are_legs_of_the_call_that_they_serve() {
    let mut play = Play::new();
    let ends = [there(5_060), here(5_060)];
    let announced_by = Some(Announcer { flow: 77, protocol: ProtocolId::NONE, packet: 1, ends });
    let mut media = play.flow(here(4_000), there(5_000), Seen { announced_by, ..seen(Kind::Media) });
    let mut reports = play.flow(here(4_001), there(5_001), seen(Kind::Control));
    play.talk(&mut [&mut media], 10, pcma);
    play.talk(&mut [&mut reports], 1, |_, number| (number % 25 == 0).then(|| vec![0x80, 200, 0, 6]));
    play.talk(&mut [&mut media], 10, pcma);
    let told = play.told();
    let legs = &told.last().unwrap().legs;
    let signalling = legs.iter().find(|leg| leg.kind == Kind::Signalling).unwrap();
    assert_eq!(signalling.ends, [here(5_060), there(5_060)], "the end in our network first");
    let legs: Vec<(u64, Kind)> = legs.iter().map(|leg| (leg.flow, leg.kind)).collect();
    assert!(legs.contains(&(media.id, Kind::Media)) && legs.contains(&(77, Kind::Signalling)), "{legs:?}");
    assert!(legs.contains(&(reports.id, Kind::Control)), "{legs:?}");
    assert!(told.iter().all(|news| news.id == media.id), "one call");
}

#[test]
fn calls_of_one_trunk_stay_apart() {
    let mut play = Play::new();
    let mut one = play.flow(here(4_000), there(5_000), seen(Kind::Media));
    let mut other = play.flow(here(4_010), there(5_010), seen(Kind::Media));
    play.talk(&mut [&mut one, &mut other], 5, pcma);
    let mut ids: Vec<u64> = play.told().iter().map(|news| news.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids, [one.id, other.id]);
}

#[test]
fn candidates_that_carry_no_media_are_no_calls() {
    let mut play = Play::new();
    let mut flow = play.flow(here(4_000), there(5_000), seen(Kind::Media));
    // Checks of a path, that look like nothing.
    play.talk(&mut [&mut flow], 10, |_, number| (number % 20 == 0).then(|| vec![0, 1, 0, 80]));
    play.calls.ended(&flow, &mut play.out);
    assert!(play.told().is_empty());
}

#[test]
fn media_that_hide_their_headers_are_a_call_once_their_pace_is_that_of_one() {
    let mut play = Play::new();
    let mut flow = play.flow(here(4_000), there(5_000), seen(Kind::Media));
    let hidden = |_, number: u16| Some(vec![number.to_le_bytes()[0] | 1; 120]);
    play.talk(&mut [&mut flow], 3, hidden);
    assert!(play.told().is_empty());
    play.calls.judged(&mut flow, Seen { live: true, ..seen(Kind::Media) });
    play.talk(&mut [&mut flow], 20, hidden);
    assert_eq!(play.told().first().map(|news| news.change), Some(CallChange::Start));
    play.calls.judged(&mut flow, seen(Kind::Media));
    play.wait(30);
    let told = play.told();
    let last = told.last().unwrap();
    assert_eq!(last.change, CallChange::End("silent"));
    assert!(last.quality.iter().flatten().all(|quality| quality.estimated), "{:?}", last.quality);
}

#[test]
fn a_call_through_a_host_of_ours_is_one_call_between_its_far_ends() {
    let mut play = Play::new();
    let relay = end([10, 0, 0, 9], 9_230);
    let mut one = play.flow(here(4_000), relay, seen(Kind::Media));
    let mut other = play.flow(relay, there(5_000), seen(Kind::Media));
    play.talk(&mut [&mut one, &mut other], 5, pcma);
    play.calls.relayed([one.id, other.id], &mut play.out);
    play.talk(&mut [&mut one, &mut other], 10, pcma);
    let told = play.told();
    let last = told.last().unwrap();
    assert_eq!((last.relay, last.route), (Some(relay), Route::Relayed));
    assert_eq!(last.ends, [here(4_000), there(5_000)]);
    assert_eq!(last.legs.len(), 2);
    assert_eq!(last.start, told[0].start, "it keeps its name");
    let merged: Vec<_> = told.iter().filter(|news| news.change == CallChange::End(MERGED)).collect();
    assert_eq!(merged.len(), 1);
}

#[test]
fn what_only_the_kernel_saw_has_no_quality() {
    let mut play = Play::new();
    let mut flow = play.flow(here(4_000), there(5_000), seen(Kind::Media));
    play.talk(&mut [&mut flow], 2, pcma);
    for _ in 0..20 {
        play.now.0 += 5 * Time::SECOND;
        flow.last = play.now;
        play.calls.counted(&flow, [250, 250]);
        play.calls.look(play.now, &mut play.out);
    }
    play.calls.ended(&flow, &mut play.out);
    let told = play.told();
    let last = told.last().unwrap();
    assert_eq!(last.quality, [None, None]);
    assert!(last.end.since(last.start) > 95 * Time::SECOND);
}

#[test]
fn announced_codings_name_dynamic_payload_types() {
    let mut play = Play::new();
    let coding = Coding { payload_type: 111, name: "opus".into(), clock: 8_000 };
    play.calls.promises.code(there(5_000), coding);
    let mut flow = play.flow(here(4_000), there(5_000), seen(Kind::Media));
    play.talk(&mut [&mut flow], 10, |side, number| Some(rtp(111, number, source(side))));
    assert_eq!(play.told().last().unwrap().coding.as_deref(), Some("opus"));
    let quality = play.told().last().unwrap().quality[0].clone().unwrap();
    assert!(quality.mos.is_some() && quality.mos_coding.is_none(), "G.113 has no values for it");
}

#[test]
fn made_up_media_do_not_fill_memory() {
    let mut play = Play::new();
    for number in 0..40_000u32 {
        let [_, _, c, d] = number.to_be_bytes();
        let mut flow = play.flow(end([10, 1, c, d], 4_000), there(5_000), seen(Kind::Media));
        play.talk(&mut [&mut flow], 0, pcma);
        play.calls.promises.code(end([10, 1, c, d], 4_000), Coding { payload_type: 96, name: "x".into(), clock: 1 });
    }
    assert!(play.calls.bytes() < 20 << 20, "{}", play.calls.bytes());
    assert!(play.calls.promises.are_bounded());
}
