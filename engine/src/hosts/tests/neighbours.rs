//! A neighbour who is let in by one host of ours, and out again to a stranger.

use super::*;

/// Lively flows of a client with a host of ours, and of that with a stranger.
fn both_ends(play: &mut Play, client: Endpoint) -> [Flow; 2] {
    let one = play.talk(client, near(1, 8_388), Transport::Tcp);
    let other = play.talk(near(1, 50_000), far(2, 33_445), Transport::Tcp);
    [one, other].map(|mut flow| {
        play.hosts.lively(&mut flow, play.now);
        flow
    })
}

/// Somebody speaks with a host of ours, and that with a stranger, both ways in words and pauses; `out` says in which tick
/// somebody spoke who is heard beyond the host.
fn lets_in(play: &mut Play, client: Endpoint, seconds: u32, out: impl Fn(u32) -> u32) {
    let [one, other] = both_ends(play, client);
    let said = |tick: u32, side: u32| {
        let mixed = u64::from(tick / 3 + side * 5).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (mixed ^ mixed >> 31).wrapping_mul(0x94d0_49bb_1331_11eb) >> 61;
        if word < 3 {
            40
        } else {
            1500 + word * 160 + u64::from(tick * 31 % 90)
        }
    };
    let (mut in_here, mut out_there) = ([0_u64; 2], [0_u64; 2]);
    for tick in 0..seconds * 4 {
        for (side, (here, there)) in (0..).zip(in_here.iter_mut().zip(&mut out_there)) {
            *here += said(tick, side);
            *there += said(out(tick), side);
        }
        play.hosts.polled(&one, play.now, in_here.map(|bytes| (0, bytes)));
        play.hosts.polled(&other, play.now, out_there.map(|bytes| (0, bytes)));
        play.quarter(tick);
    }
}

#[test]
fn who_lets_a_neighbour_in_and_out_again_is_known_within_ten_seconds() {
    let mut play = Play::new();
    lets_in(&mut play, near(2, 40_000), 10, |tick| tick);
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Relay]);
}

#[test]
fn a_call_that_begins_while_both_flows_are_followed_needs_no_time_to_be_looked_at() {
    let mut play = Play::new();
    let mut quiet = talks_in_lumps(&mut play);
    quiet(&mut play, 8 * 4, 0);
    assert!(play.told().is_empty(), "{:?}", play.told());
    quiet(&mut play, 6 * 4, 3400);
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Relay]);
}

/// A neighbour who comes in and a stranger who is called, at a rate that hardly changes. What goes out gathers into segments
/// on the way, so that now and then one falls into the next quarter second. Gives what plays so many of them at a rate.
fn talks_in_lumps(play: &mut Play) -> impl FnMut(&mut Play, u32, u64) {
    let [one, other] = both_ends(play, near(2, 40_000));
    let (mut tick, mut came, mut went, mut back) = (0_u32, 0_u64, 0_u64, 0_u64);
    move |play, ticks, rate| {
        for _ in 0..ticks {
            came += rate * (85 + u64::from(tick.wrapping_mul(2_654_435_761) >> 27)) / 100;
            back += rate * (85 + u64::from(tick.wrapping_mul(2_246_822_519) >> 27)) / 100;
            // Segments of 550 bytes, with a tenth less around each frame.
            went = went.max(came * 9 / 10 / 550 * 550);
            play.hosts.polled(&one, play.now, [(0, came), (0, back)]);
            play.hosts.polled(&other, play.now, [(0, went), (0, back * 9 / 10)]);
            play.quarter(tick);
            tick += 1;
        }
    }
}

#[test]
fn what_gathers_on_the_way_out_is_known_by_the_way_back() {
    let mut play = Play::new();
    talks_in_lumps(&mut play)(&mut play, 10 * 4, 3400);
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Relay]);
}

#[test]
fn a_flow_that_was_counted_once_before_somebody_counted_it_finely_is_compared_at_once() {
    let mut play = Play::new();
    // Both are found to be lively by the same counts, which then come to the first.
    let [one, other] = both_ends(&mut play, near(2, 40_000));
    play.hosts.counted(&one, Time(play.now.0 - 2 * Time::SECOND), 200, [20_000, 20_000]);
    let mut sums = [[0_u64; 2]; 2];
    for tick in 0..10 * 4_u32 {
        for (side, mixer) in [2_654_435_761, 2_246_822_519].into_iter().enumerate() {
            let said = 800 + u64::from(tick.wrapping_mul(mixer) >> 20);
            sums[side] = sums[side].map(|sum| sum + said);
        }
        for (flow, at) in [(&one, 0), (&other, 1)] {
            play.hosts.polled(flow, play.now, [(0, sums[0][at]), (0, sums[1][at])]);
        }
        play.quarter(tick);
    }
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Relay]);
}

#[test]
fn who_counts_late_makes_no_two_flows_alike() {
    let mut play = Play::new();
    let [one, other] = both_ends(&mut play, near(2, 40_000));
    let begin = play.now.0;
    for tick in 0..120 * 4_u64 {
        // The machine is busy: now this late, now that, and now and then not at all.
        let late = (tick * 131 + tick / 3 * 47) % 200;
        let at = Time(begin + tick * 250 * Time::MILLI + late * Time::MILLI);
        let sum = |rate: u64, grain: u64| (at.0 - begin) / Time::MILLI * rate + (tick * grain) % 211;
        if tick % 11 != 0 {
            play.hosts.polled(&one, at, [(0, sum(12, 37)), (0, sum(12, 53))]);
            play.hosts.polled(&other, at, [(0, sum(13, 71)), (0, sum(13, 97))]);
        }
        play.now = at;
        if tick % 4 == 3 {
            play.hosts.look(play.now, &mut play.out);
        }
    }
    assert!(play.told().is_empty(), "{:?}", play.told());
}

#[test]
fn who_lets_a_stranger_in_is_looked_at_for_longer() {
    let mut play = Play::new();
    lets_in(&mut play, far(9, 40_000), 10, |tick| tick);
    assert!(play.told().is_empty(), "{:?}", play.told());
    lets_in(&mut play, far(9, 40_001), 20, |tick| tick);
    assert_eq!(play.playing(near(1, 0).addr), [apps::Role::Relay]);
}

#[test]
fn who_speaks_with_a_neighbour_and_with_a_stranger_is_no_relay() {
    for shift in [7, 40, 333, 1000, 4001] {
        let mut play = Play::new();
        lets_in(&mut play, near(2, 40_000), 120, |tick| tick + shift);
        assert!(play.told().is_empty(), "{shift}: {:?}", play.told());
    }
}

#[test]
fn two_pages_that_are_fetched_at_once_make_no_relay() {
    for seed in 0..300_u64 {
        let mut play = Play::new();
        let [one, other] = both_ends(&mut play, near(2, 40_000));
        let mixed = |place: u64| ((seed * 31 + place + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) % 1000;
        // Each swells as TCP does until the line is full, for a second or three; one begins at once, one perhaps later.
        let (long, late) = (3 + seed % 10, seed / 10 % 3);
        let page = |tick: u64, begins: u64, which: u64| match tick.checked_sub(begins) {
            Some(since) if since < long => (10_000 << since.min(5)) * (800 + mixed(tick * 2 + which) / 3) / 1000,
            _ => mixed(tick * 2 + which) % 40,
        };
        let mut sums = [[0_u64; 2]; 2];
        for tick in 0..30 * 4_u32 {
            sums[0][0] += page(u64::from(tick), 40, 0);
            sums[1][0] += page(u64::from(tick), 40 + late, 1);
            sums[0][1] += mixed(u64::from(tick) * 7) % 50;
            sums[1][1] += mixed(u64::from(tick) * 11) % 50;
            for (flow, sum) in [&one, &other].into_iter().zip(sums) {
                play.hosts.polled(flow, play.now, sum.map(|bytes| (0, bytes)));
            }
            play.quarter(tick);
        }
        assert!(play.told().is_empty(), "{seed}: {:?}", play.told());
    }
}

#[test]
fn two_calls_of_a_constant_rate_that_falter_together_are_no_relay() {
    for client in [near(2, 40_000), far(9, 40_000)] {
        let mut play = Play::new();
        let [one, other] = both_ends(&mut play, client);
        let mut sums = [[0_u64; 2]; 2];
        for tick in 0..60 * 4_u32 {
            for (number, sum) in (1_u32..).zip(sums.iter_mut().flatten()) {
                let mixed = u64::from(tick * 4 + number).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let grain = (mixed ^ mixed >> 31).wrapping_mul(0x94d0_49bb_1331_11eb) >> 56;
                *sum += if tick % 160 / 4 == 15 { 0 } else { 2900 + u64::from(number) / 3 * 240 + grain };
            }
            for (flow, sum) in [&one, &other].into_iter().zip(sums) {
                play.hosts.polled(flow, play.now, sum.map(|bytes| (0, bytes)));
            }
            play.quarter(tick);
        }
        assert!(play.told().is_empty(), "{client}: {:?}", play.told());
    }
}
