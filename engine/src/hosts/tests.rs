//! Hosts, fed with flows that were never packets.

mod neighbours;
mod relays;

use super::*;
use crate::event::{Event, HostChange, Outbox};
use crate::flow::{Flow, FlowKey};
use crate::packet::{Addr, Endpoint, Packet, Side, TcpHeader, Transport};

const START: u64 = 1_700_000_000 * Time::SECOND;

/// Hosts, their clock, and what they told.
struct Play {
    hosts: Hosts,
    now: Time,
    flows: u64,
    out: Outbox,
}

fn near(last: u8, port: u16) -> Endpoint {
    Endpoint { addr: Addr::v4([10, 0, 0, last]), port }
}

fn far(number: u32, port: u16) -> Endpoint {
    let [_, b, c, d] = number.to_be_bytes();
    Endpoint { addr: Addr::v4([203, b, c, d]), port }
}

/// A port of a peer's own.
fn own_port(number: u32) -> u16 {
    1024 + u16::try_from(number.wrapping_mul(7919) % 60_000).unwrap()
}

impl Play {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let mut play = Self { hosts: Hosts::new(limits, &[], 1), now: Time(START), flows: 0, out: Outbox::new() };
        // Something else begins, and time to warm up.
        play.call(near(250, 999), far(1, 53), Transport::Udp);
        play.wait(10);
        play
    }

    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now.0 += Time::SECOND;
            self.hosts.look(self.now, &mut self.out);
        }
    }

    /// A quarter second passes; every fourth is the end of a second.
    fn quarter(&mut self, tick: u32) {
        self.now.0 += 250 * Time::MILLI;
        if tick % 4 == 3 {
            self.hosts.look(self.now, &mut self.out);
        }
    }

    fn call(&mut self, client: Endpoint, server: Endpoint, transport: Transport) -> Flow {
        self.flows += 1;
        let key = FlowKey::between(client, server, transport.number());
        let flow = Flow::new(key, client <= server, self.flows, self.now);
        self.hosts.begin(&flow);
        flow
    }

    /// A flow that is answered after a moment.
    fn talk(&mut self, client: Endpoint, server: Endpoint, transport: Transport) -> Flow {
        let mut flow = self.call(client, server, transport);
        for side in [Side::Client, Side::Server] {
            flow.count(&packet(&flow, side, &[0; 40], self.now), side);
        }
        self.hosts.answered(&flow, Time(self.now.0 + 80 * Time::MILLI));
        flow
    }

    /// A packet of a flow that is followed.
    fn hear(&mut self, flow: &mut Flow, side: Side, payload: &[u8], time: Time) {
        let payload_len = u32::try_from(payload.len()).unwrap();
        self.hosts.heard(flow, side, &Heard { time, payload, payload_len, wire_len: payload_len + 42 });
    }

    fn playing(&self, addr: Addr) -> Vec<apps::Role> {
        let place = self.hosts.table.find(addr);
        let host = place.and_then(|place| self.hosts.table.look(place));
        host.map(|host| host.held().map(|held| held.role).collect()).unwrap_or_default()
    }

    fn told(&self) -> Vec<(apps::Role, HostChange)> {
        let told = self.out.iter().filter_map(|event| match event {
            Event::Host(news) => Some((news.role, news.change)),
            _ => None,
        });
        told.collect()
    }
}

fn packet<'a>(flow: &Flow, side: Side, payload: &'a [u8], time: Time) -> Packet<'a> {
    let len = u32::try_from(payload.len()).unwrap();
    Packet {
        time,
        port: 0,
        vlan: [0; 2],
        source: flow.end(side),
        destination: flow.end(side.other()),
        transport: flow.transport(),
        tcp: TcpHeader::default(),
        payload,
        payload_len: len,
        wire_len: len + 42,
        depth: 0,
        fragment: false,
    }
}

#[test]
fn one_port_that_calls_many_strangers_on_many_ports_is_a_peers() {
    let mut play = Play::new();
    for number in 0..40 {
        play.talk(near(1, 33_445), far(number, own_port(number)), Transport::Udp);
        play.wait(1);
    }
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Peer]);
    assert_eq!(play.told(), [(apps::Role::Peer, HostChange::Gained)]);
}

#[test]
fn flows_of_a_peers_port_are_lent_its_role_and_others_are_not() {
    let mut play = Play::new();
    for number in 0..40 {
        play.talk(near(1, 33_445), far(number, own_port(number)), Transport::Udp);
    }
    play.wait(2);
    let lent = |play: &Play, flow: &Flow| {
        let mut judgement = apps::Judgement::default();
        let lent = play.hosts.lend(flow, &mut judgement);
        (lent, judgement.category(), judgement.role)
    };
    let of_the_port = play.call(near(1, 33_445), far(9_999, 4_000), Transport::Udp);
    assert_eq!(lent(&play, &of_the_port), (true, crate::inspect::Category::P2p, apps::Role::Peer));
    let other = play.call(near(1, 50_000), far(9_999, 4_000), Transport::Udp);
    assert!(!lent(&play, &other).0);
}

#[test]
fn flows_with_which_a_program_gets_on_line_are_its_log_on_and_later_ones_are_not() {
    let mut play = Play::new();
    let talks = |play: &mut Play, number: u32| {
        play.now.0 += 60 * Time::MILLI;
        let (client, server) = (near(1, 41_777), far(number, own_port(number)));
        let mut flow = play.call(client, server, Transport::Udp);
        for (side, len) in [(Side::Client, 20 + number as usize), (Side::Server, 51)] {
            flow.count(&packet(&flow, side, &[0; 100][..len], play.now), side);
        }
        play.hosts.answered(&flow, Time(play.now.0 + 80 * Time::MILLI));
        flow
    };
    let asked: Vec<Flow> = (0..20).map(|number| talks(&mut play, number)).collect();
    play.wait(30);
    let later = talks(&mut play, 30);
    let goes_on = |flow: &Flow| {
        let mut judgement = apps::Judgement::default();
        play.hosts.lend(flow, &mut judgement);
        judgement.activity
    };
    assert!(asked.iter().all(|flow| goes_on(flow) == apps::Activity::LogOn));
    assert_eq!(goes_on(&later), apps::Activity::Unknown);
}

#[test]
fn clients_of_known_services_are_no_peers() {
    let mut play = Play::new();
    for number in 0..200 {
        // A resolver, a browser with QUIC, one that gathers candidates, one that asks the time.
        play.talk(near(1, 40_000), far(number, 53), Transport::Udp);
        play.talk(near(2, 40_001), far(number, 443), Transport::Udp);
        play.talk(near(3, 40_002), far(number, 3_478), Transport::Udp);
        play.talk(near(4, 123), far(number, 123), Transport::Udp);
        // A new port for every connection.
        let port = 20_000 + u16::try_from(number).unwrap();
        play.talk(near(5, port), far(number, own_port(number)), Transport::Udp);
        // Servers of one game.
        play.talk(near(6, 40_003), far(number, 27_015), Transport::Udp);
        play.wait(1);
    }
    assert!(play.told().is_empty(), "{:?}", play.told());
}

#[test]
fn a_scanner_is_no_peer() {
    let mut play = Play::new();
    for number in 0..3_000 {
        // All ports of a few hosts, one port of all hosts, and any port of any host.
        play.call(near(1, 40_000), far(number % 20, own_port(number)), Transport::Udp);
        play.call(near(2, 40_000), far(number, 6_881), Transport::Udp);
        play.call(near(3, 40_000), far(number, own_port(number)), Transport::Udp);
    }
    play.wait(2);
    assert!(play.told().is_empty(), "{:?}", play.told());
}

#[test]
fn a_port_that_strangers_call_and_that_calls_strangers_is_a_supernodes() {
    let mut play = Play::new();
    for number in 0..40 {
        play.talk(far(number, own_port(number)), near(1, 9_230), Transport::Udp);
        if number % 4 == 0 {
            play.talk(near(1, 9_230), far(50_000 + number, own_port(number)), Transport::Udp);
        }
        play.wait(2);
    }
    assert!(play.playing(near(1, 0).addr).contains(&apps::Role::Supernode));
}

#[test]
fn a_server_that_answers_everybody_and_calls_nobody_is_none() {
    let mut play = Play::new();
    for number in 0..2_000 {
        let client = far(number, own_port(number));
        play.talk(client, near(1, 27_015), Transport::Udp);
        play.talk(client, near(2, 51_820), Transport::Udp);
        play.talk(client, near(3, 8_333), Transport::Tcp);
        if number % 10 == 0 {
            play.wait(1);
            // Old clients are spoken to again after their flow was forgotten.
            play.talk(near(2, 51_820), far(number / 2, own_port(number / 2)), Transport::Udp);
        }
    }
    assert!(play.told().is_empty(), "{:?}", play.told());
}

#[test]
fn a_server_that_was_joined_in_the_middle_is_none() {
    let mut play =
        Play { hosts: Hosts::new(Limits::default(), &[], 1), now: Time(START), flows: 0, out: Outbox::new() };
    for number in 0..60 {
        // Of half of the flows the server's packet is the first that is seen.
        let (client, server) = (far(number, own_port(number)), near(1, 27_015));
        let (first, second) = if number % 2 == 0 { (client, server) } else { (server, client) };
        play.talk(first, second, Transport::Udp);
    }
    play.wait(5);
    assert!(play.told().is_empty(), "{:?}", play.told());
}

#[test]
fn roles_age_and_cost_and_a_threshold_rings() {
    let mut play = Play::with(Limits { alarm: 10_000, ..Limits::default() });
    for number in 0..40 {
        play.talk(near(1, 33_445), far(number, own_port(number)), Transport::Udp);
    }
    play.wait(2);
    let mut flow = play.talk(near(1, 33_445), far(77, 7_000), Transport::Udp);
    flow.tallies[0].bytes = 12_000;
    play.hosts.ended(&flow, &mut play.out);
    let gained_and_costly = [(apps::Role::Peer, HostChange::Gained), (apps::Role::Peer, HostChange::Costly)];
    assert_eq!(play.told(), gained_and_costly);
    assert!(play.hosts.totals().iter().any(|(role, cost)| role == apps::Role::Peer && cost.bytes >= 12_000));
    play.wait(2_000);
    assert_eq!(play.told().last(), Some(&(apps::Role::Peer, HostChange::Lost("expired"))));
}

#[test]
fn who_is_excused_is_not_accused_and_a_new_excuse_ends_a_role() {
    let excuses = Excuses(vec![Excuse {
        prefix: "10.0.0.1".parse().unwrap(),
        roles: vec![apps::Role::Peer],
        reason: "the measuring station".to_owned(),
    }]);
    let fan_out = |play: &mut Play| {
        for number in 0..40 {
            play.talk(near(1, 33_445), far(number, own_port(number)), Transport::Udp);
        }
        play.wait(2);
    };
    let mut early = Play::new();
    early.hosts.excuse(excuses.clone(), early.now, &mut Outbox::new());
    fan_out(&mut early);
    assert!(early.told().is_empty());
    let mut late = Play::new();
    fan_out(&mut late);
    late.hosts.excuse(excuses, late.now, &mut late.out);
    assert_eq!(late.told().last(), Some(&(apps::Role::Peer, HostChange::Lost("excused"))));
}

#[test]
fn addresses_that_are_made_up_do_not_fill_memory_nor_drive_out_who_plays_a_role() {
    let mut play = Play::with(Limits { hosts: 100, ..Limits::default() });
    for number in 0..40 {
        play.talk(near(1, 33_445), far(number, own_port(number)), Transport::Udp);
    }
    play.wait(2);
    for number in 0..50_000u32 {
        let [_, b, c, d] = number.to_be_bytes();
        let liar = Endpoint { addr: Addr::v4([10, 1 + b, c, d]), port: own_port(number) };
        play.talk(liar, far(number, own_port(number)), Transport::Udp);
        play.talk(far(number, own_port(number)), near(7, own_port(number)), Transport::Udp);
        // And time runs backwards.
        play.now = Time(play.now.0 ^ (u64::from(number % 3) << 33));
    }
    assert_eq!(play.hosts.len(), 100);
    assert!(play.hosts.bytes() < 1_000_000, "{}", play.hosts.bytes());
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Peer]);
}
