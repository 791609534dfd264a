//! Where a flow begins, who its client is, and when it is over.

use peergate_engine::pipeline::Config;

use crate::play::{End, Play, ACK, ELSEWHERE, HERE, RST, STARTS, SYN, THERE};
use crate::talk::{noise, REQUEST, RESPONSE};

const CLIENT: End = (HERE, 50_000);
const WEB: End = (THERE, 80);
const ODD_WEB: End = (THERE, 49_152);

#[test]
fn a_flow_joined_in_the_middle_is_turned_by_a_well_known_port() {
    let mut play = Play::new();
    play.segment(WEB, CLIENT, [7_000, 100], ACK, &noise(200));
    play.segment(CLIENT, WEB, [100, 7_200], ACK, b"");
    let flows = play.finish();
    assert_eq!((flows.len(), flows[0].client.as_str(), flows[0].packets), (1, "192.168.1.10", [1, 1]));
}

#[test]
fn a_flow_joined_in_the_middle_is_turned_by_what_it_says() {
    let mut play = Play::new();
    play.segment(ODD_WEB, CLIENT, [7_000, 100], ACK, RESPONSE);
    play.segment(CLIENT, ODD_WEB, [100, 7_000 + RESPONSE.len() as u32], ACK, REQUEST);
    play.segment(ODD_WEB, CLIENT, [7_000 + RESPONSE.len() as u32, 200], ACK, b"");
    let flows = play.finish();
    assert_eq!((flows.len(), flows[0].client.as_str(), flows[0].packets), (1, "192.168.1.10", [1, 2]));
    assert_eq!((flows[0].fact("http.status"), flows[0].fact("http.host")), (Some("200"), Some("www.example.com")));
}

#[test]
fn a_syn_on_a_connection_that_is_over_begins_another() {
    let mut play = Play::new();
    play.connect(CLIENT, WEB);
    play.segment(WEB, CLIENT, [STARTS[1], STARTS[0]], RST | ACK, b"");
    play.connect(CLIENT, WEB);
    play.segment(CLIENT, WEB, STARTS, ACK, REQUEST);
    let flows = play.finish();
    let told: Vec<_> = flows.iter().map(|flow| (flow.reason, flow.protocol, flow.packets)).collect();
    assert_eq!(told, [(Some("tcp_reuse"), "unknown", [2, 2]), (Some("shutdown"), "http", [3, 1])]);
}

#[test]
fn a_syn_that_is_sent_again_begins_nothing() {
    let mut play = Play::new();
    for _ in 0..3 {
        play.segment(CLIENT, WEB, [99, 0], SYN, b"");
        play.wait(1);
    }
    assert_eq!(play.finish().len(), 1);
}

#[test]
fn a_silent_flow_ends_by_the_time_of_other_frames() {
    let mut play = Play::new();
    play.datagram(CLIENT, (THERE, 9_999), &noise(40));
    play.wait(50);
    play.datagram(CLIENT, (ELSEWHERE, 9_999), &noise(40));
    assert!(play.ended().is_empty());
    play.wait(15);
    play.datagram(CLIENT, (ELSEWHERE, 9_999), &noise(40));
    let ended = play.ended();
    assert_eq!((ended.len(), ended[0].reason, ended[0].packets), (1, Some("timeout"), [1, 0]));
    assert_eq!(play.finish()[0].packets, [2, 0]);
}

#[test]
fn a_frame_stamped_far_in_the_future_ends_nothing_and_stops_no_clock() {
    const YEAR: u64 = 365 * 24 * 3600;
    let mut play = Play::new();
    play.datagram(CLIENT, (THERE, 9_999), &noise(40));
    let now = play.time;
    play.wait(YEAR);
    play.datagram(CLIENT, (ELSEWHERE, 9_998), &noise(40));
    assert!(play.ended().is_empty());
    play.time = now;
    play.wait(65);
    play.datagram(CLIENT, (ELSEWHERE, 9_999), &noise(40));
    assert_eq!(play.ended().len(), 1);
}

#[test]
fn a_connection_that_is_over_is_not_waited_for() {
    let mut play = Play::new();
    play.connect(CLIENT, WEB);
    play.connect(CLIENT, ODD_WEB);
    for second in 0..270 {
        if second == 200 {
            play.segment(WEB, CLIENT, [STARTS[1], STARTS[0]], RST | ACK, b"");
        }
        play.wait(1);
        play.segment(CLIENT, ODD_WEB, STARTS, ACK, b"");
    }
    assert_eq!((play.ended().len(), play.engine.live_flows()), (1, 1));
}

#[test]
fn a_full_table_lets_one_go_and_tells_of_it() {
    let mut play = Play::with(Config { flows: 3, ..Config::default() });
    for port in 1..=10 {
        play.datagram(CLIENT, (THERE, 10_000 + port), &noise(40));
        assert!(play.engine.live_flows() <= 3);
    }
    let forced = play.ended();
    assert!(forced.iter().all(|flow| flow.reason == Some("forced")));
    assert_eq!((forced.len(), play.counts().flows_forced, play.finish().len()), (7, 7, 3));
}

#[test]
fn a_clock_at_its_end_or_set_back_ends_every_flow_once() {
    let mut play = Play::new();
    for seconds in [0, 1, u64::MAX / 2_000_000_000, 1, 1] {
        play.wait(seconds);
        play.datagram(CLIENT, (THERE, 9_999), &noise(40));
    }
    play.time.0 = u64::MAX - 10_000_000;
    play.datagram(CLIENT, (THERE, 9_999), &noise(40));
    play.time.0 = 0;
    play.datagram(CLIENT, (ELSEWHERE, 9_999), &noise(40));
    assert_eq!(play.finish().len() as u64, play.counts().flows);
}
