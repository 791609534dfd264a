//! Ports that are used again: what begins another connection, and what only looks like it.

use peergate_engine::pipeline::Config;

use crate::play::{End, Play, Seen, ACK, FIN, HERE, RST, STARTS, SYN, THERE};
use crate::talk::{bittorrent, noise, REQUEST};

const CLIENT: End = (HERE, 50_000);
const SERVER: End = (THERE, 8_080);
/// Where the second connection begins, on both sides.
const AGAIN: [u32; 2] = [0x1234_5678, 0x0bad_cafe];

/// Two bytes each way, so that the connection is open by any measure.
fn talk(play: &mut Play, [ours, theirs]: [u32; 2]) {
    play.segment(CLIENT, SERVER, [ours, theirs], ACK, b"ab");
    play.segment(SERVER, CLIENT, [theirs, ours + 2], ACK, b"cd");
}

fn knock(play: &mut Play) {
    play.segment(CLIENT, SERVER, [AGAIN[0] - 1, 0], SYN, b"");
}

fn answer(play: &mut Play) {
    play.segment(SERVER, CLIENT, [AGAIN[1] - 1, AGAIN[0]], SYN | ACK, b"");
}

fn told(flows: &[Seen]) -> Vec<(Option<&str>, &str, [u32; 2])> {
    flows.iter().map(|flow| (flow.reason, flow.protocol, flow.packets)).collect()
}

#[test]
fn a_syn_with_new_numbers_begins_another_flow_when_it_is_answered() {
    for live in [false, true] {
        let mut play = Play::with(Config { live, ..Config::default() });
        play.connect(CLIENT, SERVER);
        talk(&mut play, STARTS);
        let over = play.time;
        play.wait(3);
        knock(&mut play);
        knock(&mut play);
        answer(&mut play);
        play.segment(CLIENT, SERVER, AGAIN, ACK, REQUEST);
        let flows = play.finish();
        assert_eq!(told(&flows), [(Some("tcp_reuse"), "unknown", [3, 2]), (Some("shutdown"), "http", [3, 1])]);
        assert_eq!(flows[0].bytes, [3 * 54 + 2, 2 * 54 + 2], "the SYNs are the second flow's");
        assert_eq!(flows[0].span[1], over, "and so is their time");
        assert_eq!(flows[1].span[0].0, over.0 + 3_001_000_000);
    }
}

#[test]
fn a_syn_that_is_refused_is_a_flow_of_its_own() {
    let mut play = Play::new();
    play.connect(CLIENT, SERVER);
    talk(&mut play, STARTS);
    knock(&mut play);
    play.segment(SERVER, CLIENT, [0, AGAIN[0]], RST | ACK, b"");
    assert_eq!(told(&play.finish()), [(Some("tcp_reuse"), "unknown", [3, 2]), (Some("shutdown"), "unknown", [1, 1])]);
}

#[test]
fn after_both_have_finished_a_syn_begins_another_flow_at_once() {
    let mut play = Play::live();
    play.connect(CLIENT, SERVER);
    talk(&mut play, STARTS);
    let [ours, theirs] = STARTS.map(|start| start + 2);
    play.segment(CLIENT, SERVER, [ours, theirs], FIN | ACK, b"");
    play.segment(SERVER, CLIENT, [theirs, ours + 1], FIN | ACK, b"");
    knock(&mut play);
    assert_eq!(told(&play.finish()), [(Some("tcp_reuse"), "unknown", [4, 3]), (Some("shutdown"), "unknown", [1, 0])]);
}

#[test]
fn a_host_that_forgot_its_connection_begins_another_after_the_challenge() {
    let mut play = Play::live();
    play.connect(CLIENT, SERVER);
    talk(&mut play, STARTS);
    knock(&mut play);
    // RFC 5961 §4.2: the server tells what it expects, the client does not know it, and asks again.
    play.segment(SERVER, CLIENT, [STARTS[1] + 2, STARTS[0] + 2], ACK, b"");
    play.segment(CLIENT, SERVER, [STARTS[0] + 2, 0], RST, b"");
    knock(&mut play);
    answer(&mut play);
    play.segment(CLIENT, SERVER, AGAIN, ACK, REQUEST);
    assert_eq!(told(&play.finish()), [(Some("tcp_reuse"), "unknown", [4, 3]), (Some("shutdown"), "http", [3, 1])]);
}

#[test]
fn a_syn_that_nobody_takes_makes_nothing_forgotten_and_hides_nothing() {
    for between in [0, 20] {
        let mut play = Play::live();
        play.connect(CLIENT, SERVER);
        let (hello, [ours, theirs]) = (bittorrent(), STARTS);
        play.segment(CLIENT, SERVER, [ours, theirs], ACK, &hello[..between]);
        knock(&mut play);
        play.segment(CLIENT, SERVER, [AGAIN[0], 0], RST, b"");
        knock(&mut play);
        play.segment(SERVER, CLIENT, [theirs, ours + between as u32], ACK, b"");
        play.segment(CLIENT, SERVER, [ours + between as u32, theirs], ACK, &hello[between..]);
        let flows = play.finish();
        assert_eq!((flows.len(), flows[0].protocol), (1, "bittorrent"), "{between}");
    }
}

#[test]
fn of_several_syns_the_one_that_is_answered_says_where_the_stream_begins() {
    let mut play = Play::live();
    play.segment(CLIENT, SERVER, [STARTS[0].wrapping_sub(1), 0], SYN, b"");
    knock(&mut play);
    play.segment(SERVER, CLIENT, [STARTS[1] - 1, STARTS[0]], SYN | ACK, b"");
    play.segment(CLIENT, SERVER, STARTS, ACK, &bittorrent());
    assert_eq!(play.finish().last().map(|flow| flow.protocol), Some("bittorrent"));
}

#[test]
fn a_connection_of_which_one_direction_is_captured_ends_with_the_next_syn() {
    let mut play = Play::new();
    for starts in [STARTS, AGAIN] {
        play.segment(CLIENT, SERVER, [starts[0].wrapping_sub(1), 0], SYN, b"");
        play.segment(CLIENT, SERVER, starts, ACK, &noise(300));
    }
    assert_eq!(told(&play.finish()), [(Some("tcp_reuse"), "unknown", [2, 0]), (Some("shutdown"), "unknown", [2, 0])]);
}

#[test]
fn two_hosts_that_open_at_the_same_time_have_one_flow() {
    let mut play = Play::new();
    let [ours, theirs] = STARTS;
    play.segment(CLIENT, SERVER, [ours.wrapping_sub(1), 0], SYN, b"");
    play.segment(SERVER, CLIENT, [theirs - 1, 0], SYN, b"");
    play.segment(SERVER, CLIENT, [theirs - 1, ours], SYN | ACK, b"");
    play.segment(CLIENT, SERVER, [ours.wrapping_sub(1), theirs], SYN | ACK, b"");
    play.segment(CLIENT, SERVER, STARTS, ACK, REQUEST);
    assert_eq!(told(&play.finish()), [(Some("shutdown"), "http", [3, 2])]);
}

#[test]
fn a_flood_of_syns_on_open_connections_costs_no_more_than_a_table_of_a_thousand() {
    let mut play = Play::live();
    let clients: Vec<End> = (0..3_000).map(|port| (HERE, 10_000 + port)).collect();
    for client in &clients {
        play.segment(*client, SERVER, STARTS, ACK, b"ab");
        play.segment(SERVER, *client, [STARTS[1], STARTS[0] + 2], ACK, b"cd");
        play.segment(*client, SERVER, [AGAIN[0] - 1, 0], SYN, b"");
    }
    let last = clients[2_999];
    play.segment(SERVER, last, [AGAIN[1] - 1, AGAIN[0]], SYN | ACK, b"");
    assert_eq!((play.ended().len(), play.engine.live_flows()), (1, 3_000));
}
