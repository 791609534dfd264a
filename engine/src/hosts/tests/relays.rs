//! Relays: what comes in on one flow and goes out on another.

use super::*;

/// Two flows of a host, of which the second is made of what comes in on the first.
pub(super) fn relay(play: &mut Play, seconds: u64, pass: impl Fn(u64, &[u8]) -> Option<Vec<u8>>) {
    let mut one = play.talk(far(1, 5_000), near(1, 9_230), Transport::Udp);
    let mut other = play.talk(near(1, 9_230), far(2, 6_000), Transport::Udp);
    for tick in 0..seconds * 50 {
        if tick == 50 {
            play.hosts.lively(&mut one, play.now);
            play.hosts.lively(&mut other, play.now);
        }
        // Words and pauses, and sizes that change.
        let speaks = tick / 37 % 3 != 0;
        let size = 60 + usize::try_from(tick * 31 % 90).unwrap();
        let payload: Vec<u8> = (0..size).map(|at| (tick * 131 + at as u64 * 7).to_le_bytes()[0]).collect();
        if speaks {
            play.hear(&mut one, Side::Client, &payload, play.now);
        }
        if let Some(passed) = pass(tick, &payload).filter(|_| speaks) {
            play.hear(&mut other, Side::Client, &passed, Time(play.now.0 + 40 * Time::MILLI));
        }
        play.now.0 += 20 * Time::MILLI;
        if tick % 50 == 49 {
            play.hosts.look(play.now, &mut play.out);
        }
    }
}

#[test]
fn bytes_that_come_in_on_one_flow_and_go_out_on_another_are_relayed() {
    let mut play = Play::new();
    relay(&mut play, 60, |_, payload| Some(payload.to_vec()));
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Relay]);
    let Some(Event::Host(news)) = play.out.iter().find(|event| matches!(event, Event::Host(_))) else { panic!() };
    let ends: Vec<String> = news.between[0].ends.iter().map(ToString::to_string).collect();
    assert!(ends.contains(&"203.0.0.1:5000".to_owned()) && ends.contains(&"203.0.0.2:6000".to_owned()), "{ends:?}");
}

#[test]
fn a_relay_that_encrypts_anew_is_known_by_the_course_of_its_bytes() {
    let mut play = Play::new();
    relay(&mut play, 60, |_, payload| Some(payload.iter().map(|byte| byte ^ 0xa7).collect()));
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Relay]);
}

#[test]
fn who_passes_packets_on_as_they_are_is_known_within_seconds() {
    let mut play = Play::new();
    relay(&mut play, 6, |_, payload| Some(payload.to_vec()));
    play.wait(5);
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Relay]);
}

/// A stranger's download by way of a host of ours, encrypted anew: hardly anything goes the other way. Says what comes in a
/// quarter second, and what goes.
fn lends(play: &mut Play, seconds: u32, comes: impl Fn(u32) -> u64, goes: impl Fn(u32) -> u64) {
    let mut one = play.talk(far(1, 5_000), near(1, 9_230), Transport::Tcp);
    let mut other = play.talk(near(1, 50_001), far(2, 8_443), Transport::Tcp);
    play.hosts.lively(&mut one, play.now);
    play.hosts.lively(&mut other, play.now);
    let (mut came, mut went) = (0, 0);
    for tick in 0..seconds * 4 {
        (came, went) = (came + comes(tick), went + goes(tick));
        let asked = u64::from(tick / 6) * 300;
        play.hosts.polled(&other, play.now, [(0, asked), (0, came)]);
        play.hosts.polled(&one, play.now, [(0, asked), (0, went)]);
        play.quarter(tick);
    }
}

/// What comes in so many a quarter second: now little, now much.
fn piece(tick: u32) -> u64 {
    let mixed = u64::from(tick + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let dice = (mixed ^ mixed >> 31).wrapping_mul(0x94d0_49bb_1331_11eb) >> 54;
    dice * dice / 80 + 200
}

#[test]
fn a_line_that_is_lent_is_known_by_one_way_within_twenty_seconds() {
    let mut play = Play::new();
    lends(&mut play, 20, piece, piece);
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Relay]);
}

#[test]
fn two_flows_that_are_loud_together_once_are_no_relay() {
    let mut play = Play::new();
    let loud = |tick: u32, other: u32| if tick % 40 == 7 { 200_000 } else { piece(tick + other) };
    lends(&mut play, 60, |tick| loud(tick, 0), |tick| loud(tick, 999));
    assert!(play.told().is_empty(), "{:?}", play.told());
}

#[test]
fn a_relay_is_known_by_what_the_kernel_counts_of_it_alone() {
    let mut play = Play::new();
    let mut one = play.talk(far(1, 5_000), near(1, 9_230), Transport::Tcp);
    let mut other = play.talk(near(1, 9_230), far(2, 6_000), Transport::Udp);
    play.hosts.lively(&mut one, play.now);
    play.hosts.lively(&mut other, play.now);
    assert_eq!(play.hosts.followed().count(), 2);
    // Words and pauses; the stream has larger headers.
    let (mut packets, mut bytes) = (0, 0);
    for tick in 0..60 * 4_u32 {
        let spoken = if tick / 7 % 3 == 0 { 1 } else { 12 + tick * 31 % 5 };
        packets += spoken;
        bytes += u64::from(spoken) * 150;
        let counted = |headers: u64| [(packets, bytes + u64::from(packets) * headers), (0, 0)];
        play.hosts.polled(&one, play.now, counted(66));
        play.hosts.polled(&other, play.now, counted(42));
        play.quarter(tick);
    }
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Relay]);
}

/// Two flows of a host at a constant rate, told in quarter seconds; `out` says what goes out for what comes in.
fn constant(play: &mut Play, out: impl Fn(u32, u64) -> u64) {
    let mut one = play.talk(far(1, 5_000), near(1, 9_230), Transport::Udp);
    play.now.0 += 8 * Time::SECOND;
    let mut other = play.talk(near(1, 9_231), far(2, 6_000), Transport::Udp);
    play.hosts.lively(&mut one, play.now);
    play.hosts.lively(&mut other, play.now);
    let (mut came, mut went) = (0, 0);
    for tick in 0..60 * 4_u32 {
        // A second in which the line falters.
        let falters = (120..124).contains(&tick);
        let bytes = if falters { 0 } else { 3000 + u64::from(tick.wrapping_mul(2_654_435_761) >> 20) % 900 };
        (came, went) = (came + bytes, went + if falters { 0 } else { out(tick, bytes) });
        play.hosts.polled(&one, play.now, [(0, came), (0, 0)]);
        play.hosts.polled(&other, play.now, [(0, went), (0, 0)]);
        play.quarter(tick);
    }
}

#[test]
fn a_relay_of_a_constant_rate_is_known_by_its_grain_also_in_wrapping() {
    let mut play = Play::new();
    constant(&mut play, |_, bytes| bytes * 115 / 100);
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Relay]);
}

#[test]
fn two_constant_calls_that_falter_together_are_no_relay() {
    let mut play = Play::new();
    constant(&mut play, |tick, _| 3000 + u64::from(tick.wrapping_mul(40_503) >> 3) % 900);
    assert!(play.playing(near(1, 0).addr).is_empty(), "{:?}", play.told());
}

#[test]
fn two_calls_of_one_host_are_no_relay() {
    let mut play = Play::new();
    // The other's words and pauses are its own.
    relay(&mut play, 60, |tick, payload| (tick / 41 % 3 != 1).then(|| vec![(tick % 251) as u8; payload.len()]));
    assert!(play.told().is_empty(), "{:?}", play.told());
}

#[test]
fn one_flow_seen_on_both_sides_of_a_translated_address_is_no_relay() {
    let mut play = Play::new();
    let mut before = play.talk(near(1, 4_000), far(1, 7_000), Transport::Udp);
    let mut after = play.talk(near(1, 4_000), far(2, 7_000), Transport::Udp);
    play.hosts.lively(&mut before, play.now);
    play.hosts.lively(&mut after, play.now);
    for tick in 0..3_000u64 {
        let payload: Vec<u8> = (0..100u64).map(|at| (tick * 131 + at * 7).to_le_bytes()[0]).collect();
        for side in [Side::Client, Side::Server] {
            for flow in [&mut before, &mut after] {
                play.hear(flow, side, &payload, play.now);
            }
        }
        play.now.0 += 20 * Time::MILLI;
        if tick % 50 == 49 {
            play.hosts.look(play.now, &mut play.out);
        }
    }
    assert!(play.told().is_empty(), "{:?}", play.told());
}
