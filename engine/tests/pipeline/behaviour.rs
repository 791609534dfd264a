//! What goes on in a flow is told when it changes, from the times and sizes of its packets.

use crate::play::{End, Happened, Play, HERE, THERE};

const HERE_SPEAKS: End = (HERE, 40_001);
const THERE_SPEAKS: End = (THERE, 40_002);

/// Somebody speaks on each side: `seconds` of a payload every 20 ms both ways.
fn speak(play: &mut Play, seconds: usize) {
    for turn in 0..seconds * 50 {
        let payload = vec![(turn % 251) as u8 ^ 0x5a; 120 + turn % 7];
        play.datagram(HERE_SPEAKS, THERE_SPEAKS, &payload);
        play.datagram(THERE_SPEAKS, HERE_SPEAKS, &payload);
        play.pass(18);
    }
}

#[test]
fn a_call_is_told_once_and_within_five_seconds() {
    let mut play = Play::new();
    speak(&mut play, 5);
    let changes: Vec<_> = play.happened().into_iter().filter(|each| matches!(each, Happened::Activity(..))).collect();
    assert!(matches!(changes[..], [Happened::Activity("unknown", "call")]), "{changes:?}");
}
