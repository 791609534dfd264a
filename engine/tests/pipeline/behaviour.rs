//! What goes on in a flow is told when it changes, from the times and sizes of its packets; what it says is acted on.

use crate::play::{policy, End, Happened, Play, Seen, ACK, HERE, STARTS, THERE};

const HERE_SPEAKS: End = (HERE, 40_001);
const THERE_SPEAKS: End = (THERE, 40_002);

/// Bytes that mean nothing, and are not alike.
fn cipher(turn: usize, len: usize) -> Vec<u8> {
    let mut state = turn as u64 + 0x9e37_79b9;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Somebody speaks on each side: a payload every 20 ms both ways.
fn speak(play: &mut Play, from: End, to: End, turns: usize) {
    for turn in 0..turns {
        play.datagram(from, to, &cipher(2 * turn, 120 + turn % 37));
        play.datagram(to, from, &cipher(2 * turn + 1, 120 + turn % 31));
        play.pass(18);
    }
}

fn activities(happened: &[Happened]) -> Vec<(&'static str, &'static str)> {
    let change =
        |each: &Happened| if let Happened::Activity(before, now) = each { Some((*before, *now)) } else { None };
    happened.iter().filter_map(change).collect()
}

/// What the policy said of flows, in order.
fn actions(happened: &[Happened]) -> Vec<&'static str> {
    let action = |each: &Happened| if let Happened::Verdict(seen, _) = each { Some(seen.action) } else { None };
    happened.iter().filter_map(action).collect()
}

#[test]
fn a_call_is_told_once_and_within_five_seconds() {
    let mut play = Play::new();
    speak(&mut play, HERE_SPEAKS, THERE_SPEAKS, 250);
    assert_eq!(activities(&play.happened()), [("unknown", "call")]);
    let flows = play.finish();
    assert_eq!((flows[0].app.as_str(), flows[0].protocol), ("unknown", "unknown"));
    let voice = &flows[0].evidence[0];
    assert_eq!(voice.detector, "voice");
    assert!(voice.what.ends_with("20 ms apart: the cadence of speech"), "{}", voice.what);
}

#[test]
fn an_unknown_call_is_blocked_within_five_seconds_where_calls_are() {
    let mut play = Play::live();
    play.set_policy(policy("no calls", "call", "block"));
    speak(&mut play, HERE_SPEAKS, THERE_SPEAKS, 250);
    assert_eq!(actions(&play.happened()), ["block"]);
}

#[test]
fn an_unknown_flow_is_not_let_go_of_while_it_may_be_a_call() {
    let mut play = Play::live();
    speak(&mut play, HERE_SPEAKS, THERE_SPEAKS, 150);
    assert!(!play.happened().iter().any(|each| matches!(each, Happened::Settled)));
    speak(&mut play, HERE_SPEAKS, THERE_SPEAKS, 600);
    assert!(play.happened().iter().any(|each| matches!(each, Happened::Settled)));
}

#[test]
fn an_unknown_flow_that_sends_more_than_speech_is_let_go_of() {
    let mut play = Play::live();
    for turn in 0..1500 {
        play.datagram(HERE_SPEAKS, THERE_SPEAKS, &cipher(turn, 1200));
        play.pass(1);
    }
    assert!(play.happened().iter().any(|each| matches!(each, Happened::Settled)));
}

#[test]
fn the_far_end_of_an_unknown_call_is_learned_and_its_next_call_blocked_at_its_first_packet() {
    let mut play = Play::live();
    play.set_policy(policy("no calls", "call", "block"));
    speak(&mut play, HERE_SPEAKS, THERE_SPEAKS, 150);
    assert!(!play.happened().iter().any(|each| matches!(each, Happened::Learned(..))), "so soon");
    speak(&mut play, HERE_SPEAKS, THERE_SPEAKS, 100);
    let learned = play.happened().into_iter().filter(|each| matches!(each, Happened::Learned(_, 40_002))).count();
    assert_eq!(learned, 1);
    play.datagram((HERE, 51_000), THERE_SPEAKS, &cipher(7, 90));
    assert_eq!(actions(&play.happened()), ["block"]);
}

/// A conversation over TCP whose first bytes are cipher text: who says how many bytes, in turns.
fn whisper(turns: &[(bool, usize)]) -> Seen {
    let (mut play, mut next) = (Play::new(), STARTS);
    let (client, server) = (HERE_SPEAKS, (THERE, 8_388));
    play.connect(client, server);
    for (turn, (by_client, len)) in turns.iter().enumerate() {
        let [asked, answered] = next;
        let payload = cipher(turn, *len);
        if *by_client {
            play.segment(client, server, [asked, answered], ACK, &payload);
            next = [asked.wrapping_add(*len as u32), answered];
        } else {
            play.segment(server, client, [answered, asked], ACK, &payload);
            next = [asked, answered.wrapping_add(*len as u32)];
        }
        play.pass(20);
    }
    play.finish().remove(0)
}

#[test]
fn a_handshake_inside_a_stream_of_cipher_text_makes_it_a_tunnel() {
    let handshake = [(true, 624), (false, 1295), (true, 127), (false, 154), (true, 300), (false, 1400)];
    let seen = whisper(&[&handshake[..], &[(false, 1400)]].concat());
    assert_eq!((seen.app.as_str(), seen.category), ("unknown", "tunnel"));
    assert!(seen.shows("the sizes of a TLS handshake inside it").is_some(), "{seen:?}");
    assert_eq!(whisper(&handshake).category, "unknown", "no page");
}

#[test]
fn cipher_text_alone_accuses_nobody() {
    let seen = whisper(&[(true, 224), (false, 1295), (true, 127), (false, 154), (true, 300), (false, 1400)]);
    assert_eq!((seen.app.as_str(), seen.category), ("unknown", "unknown"));
}
