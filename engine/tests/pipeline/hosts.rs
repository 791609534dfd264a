//! What a host of ours is found to be says what its flows are, from frames to verdicts.

use peergate_engine::pipeline::Config;

use crate::play::{policy, End, Happened, Play, HERE, THERE};

/// A local port that every stranger is called from.
const OURS: End = (HERE, 33_445);

fn stranger(number: u8) -> End {
    ([203, 0, 113, number], 20_000 + u16::from(number) * 131)
}

/// Calls strangers from one port, who answer; what they say means nothing.
fn fan_out(play: &mut Play) {
    play.datagram((HERE, 40_000), (THERE, 53), &[1, 2, 3]);
    play.wait(10);
    for number in 0..60 {
        play.datagram(OURS, stranger(number), &[0x6e, number, 0x91, 0x17, 0x44]);
        play.datagram(stranger(number), OURS, &[0xd3, 0x2c, number, 0x08]);
        play.pass(400);
    }
    play.wait(8);
    play.datagram((HERE, 40_000), (THERE, 53), &[1, 2, 3]);
}

#[test]
fn flows_of_a_peers_port_are_peer_to_peer_though_nothing_is_recognised() {
    let mut play = Play::new();
    fan_out(&mut play);
    let found = |happened: &Happened| matches!(happened, Happened::Host("peer", host) if host == "192.168.1.10");
    assert!(play.happened().iter().any(found));
    let flows = play.finish();
    let of_the_port: Vec<_> = flows.iter().filter(|flow| flow.shows("peer-to-peer node").is_some()).collect();
    assert_eq!(of_the_port.len(), 60);
    assert!(of_the_port.iter().all(|flow| (flow.app.as_str(), flow.category) == ("unknown", "p2p")));
    assert!(flows.iter().any(|flow| flow.category != "p2p"), "the others are left alone");
}

#[test]
fn a_policy_blocks_the_peer_to_peer_flows_that_only_their_host_betrays() {
    let mut play = Play::live();
    play.set_policy(policy("no peers", "p2p", "block"));
    fan_out(&mut play);
    let blocked = |happened: &Happened| matches!(happened, Happened::Verdict(seen, _) if seen.action == "block");
    assert_eq!(play.happened().iter().filter(|happened| blocked(happened)).count(), 60);
    play.datagram(OURS, stranger(99), &[0x6e, 1, 0x91, 0x17, 0x44]);
    assert_eq!(play.happened().iter().filter(|happened| blocked(happened)).count(), 1, "from its first packet");
}

#[test]
fn hosts_of_others_are_not_looked_at() {
    let mut play = Play::with(Config { local: vec!["10.0.0.0/8".parse().unwrap()], ..Config::default() });
    for number in 0..60 {
        play.datagram(stranger(number), OURS, &[0x6e, number, 0x91, 0x17, 0x44]);
    }
    play.wait(8);
    play.datagram(stranger(1), OURS, &[1]);
    assert!(!play.happened().iter().any(|happened| matches!(happened, Happened::Host(..))));
}
