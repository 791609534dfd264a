//! Cadences made up: what must be heard as speech, and what must not.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "milliseconds and sizes, made up here, fit"
)]

use proptest::prelude::*;

use super::*;
use crate::apps::Activity;

/// One side's packets: milliseconds apart, jitter, sizes.
#[derive(Clone, Copy, Debug)]
struct Pace {
    gap: f64,
    jitter: f64,
    least: u32,
    most: u32,
}

const OPUS: Pace = Pace { gap: 20.0, jitter: 1.0, least: 80, most: 160 };
const SILENT: Pace = Pace { gap: 1e9, jitter: 0.0, least: 0, most: 0 };

/// A small generator of the same numbers every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1u64 << 24) as f64
    }
}

/// Watches both sides for so many seconds, with so much loss; gives what was found.
fn watch(paces: [Pace; 2], seconds: f64, loss: f64, transport: Transport, seed: u64) -> Behaviour {
    watch_on(Behaviour::new(Time(Time::SECOND), transport), paces, seconds, loss, seed)
}

fn watch_on(mut behaviour: Behaviour, paces: [Pace; 2], seconds: f64, loss: f64, seed: u64) -> Behaviour {
    let mut dice = Dice(seed);
    for (number, (at, side, size)) in (1..).zip(packets(paces, seconds, loss, &mut dice)) {
        let time = Time(Time::SECOND + at as u64);
        if behaviour.note(time, side, size, &[]) == Noted::WindowOver {
            behaviour.close(time, number);
            behaviour.note(time, side, size, &[]);
        }
    }
    behaviour
}

/// When each side sends how much, in the order of time.
fn packets(paces: [Pace; 2], seconds: f64, loss: f64, dice: &mut Dice) -> Vec<(f64, Side, u32)> {
    let mut packets = Vec::new();
    for (side, pace) in [Side::Client, Side::Server].into_iter().zip(paces) {
        let mut at = dice.roll() * 20.0;
        while at < seconds * 1000.0 {
            let size = pace.least + (dice.roll() * f64::from(pace.most - pace.least + 1)) as u32;
            if dice.roll() >= loss {
                packets.push(((at + dice.roll() * pace.jitter) * 1e6, side, size));
            }
            at += pace.gap;
        }
    }
    packets.sort_by(|one, other| one.0.total_cmp(&other.0));
    packets
}

/// The same of datagrams that are cipher text without a header, of which each side leaves out what it would send while it
/// is silent.
fn watch_cipher(paces: [Pace; 2], seconds: f64, silent: impl Fn(Side, f64) -> bool, seed: u64) -> Behaviour {
    let mut dice = Dice(seed);
    let mut behaviour = Behaviour::new(Time(Time::SECOND), Transport::Udp);
    for (number, (at, side, size)) in (1..).zip(packets(paces, seconds, 0.01, &mut dice)) {
        if silent(side, at / 1e9) {
            continue;
        }
        let (time, bytes) = (Time(Time::SECOND + at as u64), [(); 8].map(|()| (dice.roll() * 256.0) as u8));
        if behaviour.note(time, side, size, &bytes) == Noted::WindowOver {
            let window = behaviour.close(time, number);
            behaviour.look_at_bytes(&window, number);
            behaviour.note(time, side, size, &bytes);
        }
    }
    behaviour
}

/// The same, over TCP and without loss, of a stream that is cipher text from its first byte on.
fn watch_hidden(paces: [Pace; 2], seconds: f64, seed: u64) -> Behaviour {
    let mut behaviour = Behaviour::new(Time(Time::SECOND), Transport::Tcp);
    behaviour.is_encrypted(1, Transport::Tcp, super::Turns::default());
    watch_on(behaviour, paces, seconds, 0.0, seed)
}

fn is_call(behaviour: &Behaviour) -> bool {
    behaviour.finding(Activity::Call).is_some_and(|finding| finding.decibans >= DECIDES_FROM)
}

/// Late frames and silences are drawn by lot, and now and then the lot takes all of what could be heard.
#[test]
fn of_ten_thousand_calls_in_cipher_text_at_most_one_is_not_heard_within_five_seconds_late_frames_and_silences_or_not() {
    const CALLS: u64 = 20_000;
    let is_heard = |seed: u64| {
        let mut dice = Dice(seed);
        let mut between = |low: f64, high: f64| low + dice.roll() * (high - low);
        let gap = [20.0, 30.0, 40.0][between(0.0, 3.0) as usize];
        let (jitter, turn) = (between(0.0, 24.0), between(0.5, 1.8));
        let least = between(46.0, 150.0) as u32;
        let pace = Pace { gap, jitter, least, most: least + between(4.0, 120.0) as u32 };
        let from = |side| if side == Side::Client { turn } else { turn + 1.6 };
        let listens = |side, at: f64| (from(side)..from(side) + 1.6).contains(&at);
        is_call(&watch_cipher([pace; 2], 5.2, listens, seed))
    };
    let missed = (0..CALLS).filter(|seed| !is_heard(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))).count();
    assert!(missed <= 2, "{missed} of {CALLS}");
}

proptest! {
    #[test]
    fn a_call_is_heard_within_five_seconds(
        gap in prop::sample::select(vec![20.0, 30.0, 40.0, 60.0]), jitter in 0.0..12.0, loss in 0.0..0.08,
        least in 46u32..150, more in 0u32..120, seed in any::<u64>(),
    ) {
        let pace = Pace { gap, jitter, least, most: least + more };
        prop_assert!(is_call(&watch([pace; 2], 5.2, loss, Transport::Udp, seed)));
    }

    #[test]
    fn a_call_with_gaps_of_27_to_40_ms_is_heard(seed in any::<u64>()) {
        let pace = Pace { gap: 33.5, jitter: 13.0, least: 115, most: 190 };
        prop_assert!(is_call(&watch([pace; 2], 5.2, 0.01, Transport::Udp, seed)));
    }

    #[test]
    fn a_game_in_cipher_text_that_ticks_is_not_heard_as_a_call(
        gap in prop::sample::select(vec![15.6, 16.7, 33.3, 50.0]), seed in any::<u64>(),
    ) {
        let moves = Pace { gap, jitter: 1.5, least: 40, most: 70 };
        let state = Pace { least: 60, most: 400, ..moves };
        prop_assert!(!is_call(&watch_cipher([moves, state], 60.0, |_, _| false, seed)));
    }

    #[test]
    fn a_game_that_ticks_is_not_heard_as_a_call(
        up in prop::sample::select(vec![7.8, 15.6, 16.7, 33.3, 50.0]),
        down in prop::sample::select(vec![15.6, 16.7, 33.3, 50.0, 100.0]),
        seed in any::<u64>(),
    ) {
        let paces = [
            Pace { gap: up, jitter: 1.5, least: 40, most: 70 },
            Pace { gap: down, jitter: 1.5, least: 60, most: 400 },
        ];
        prop_assert!(!is_call(&watch(paces, 60.0, 0.0, Transport::Udp, seed)));
    }

    #[test]
    fn a_download_is_not_heard_as_a_call(acks in 20u32..60, gap in 1.0..12.0, seed in any::<u64>()) {
        let paces = [
            Pace { gap: gap * 2.0, jitter: 2.0, least: acks, most: acks + 20 },
            Pace { gap, jitter: 2.0, least: 1200, most: 1400 },
        ];
        for transport in [Transport::Udp, Transport::Tcp] {
            let behaviour = watch(paces, 20.0, 0.0, transport, seed);
            prop_assert!(!is_call(&behaviour));
            prop_assert_eq!(behaviour.activity(), Activity::FileTransfer);
        }
    }

    #[test]
    fn anything_at_any_time_is_taken(
        packets in prop::collection::vec((any::<u64>(), any::<bool>(), any::<u32>()), 0..300), stream in any::<bool>(),
    ) {
        let transport = if stream { Transport::Tcp } else { Transport::Udp };
        let mut behaviour = Behaviour::new(Time(0), transport);
        for (at, client, size) in packets {
            let side = if client { Side::Client } else { Side::Server };
            if behaviour.note(Time(at), side, size, &size.to_be_bytes().repeat(3)) == Noted::WindowOver {
                behaviour.close(Time(at), 1);
                prop_assert_eq!(behaviour.note(Time(at), side, size, &size.to_be_bytes().repeat(3)), Noted::Counted);
            }
        }
        for finding in behaviour.findings() {
            prop_assert!(!finding.sentence().is_empty());
        }
        prop_assert!(behaviour.findings().len() <= DETECTORS.len());
    }
}

#[test]
fn who_speaks_into_silence_is_never_a_call_by_that_alone() {
    let instrument = Pace { gap: 20.0, jitter: 0.1, least: 48, most: 48 };
    assert!(!is_call(&watch([instrument, SILENT], 600.0, 0.0, Transport::Udp, 1)));
}

#[test]
fn who_speaks_while_the_other_sends_comfort_noise_is_heard() {
    let noise = Pace { gap: 200.0, jitter: 20.0, least: 24, most: 30 };
    assert!(is_call(&watch([OPUS, noise], 8.0, 0.01, Transport::Udp, 1)));
}

#[test]
fn pages_in_cipher_text_are_not_heard_as_a_call() {
    let asks = Pace { gap: 40.0, jitter: 30.0, least: 90, most: 400 };
    let answers = Pace { gap: 15.0, jitter: 15.0, least: 60, most: 1400 };
    let reads = |_, at: f64| at % 5.0 > 1.5;
    assert!(!is_call(&watch_cipher([asks, answers], 60.0, reads, 5)));
}

#[test]
fn who_reports_in_cipher_text_and_is_never_answered_is_not_heard_as_a_call() {
    let report = Pace { gap: 30.0, jitter: 12.0, least: 60, most: 90 };
    assert!(!is_call(&watch_cipher([report, SILENT], 600.0, |_, _| false, 5)));
}

#[test]
fn instruments_that_answer_each_other_are_not_heard_as_a_call() {
    let instrument = Pace { gap: 20.0, jitter: 0.1, least: 36, most: 36 };
    assert!(!is_call(&watch([instrument; 2], 60.0, 0.0, Transport::Udp, 1)));
}

/// Sizes of segments that gather at such a rate, one each round trip.
const GATHERED: Pace = Pace { gap: 104.0, jitter: 4.0, least: 480, most: 640 };

#[test]
fn speech_that_gathers_in_segments_is_heard_where_the_stream_hides() {
    let lean = Pace { gap: 97.0, least: 150, most: 210, ..GATHERED };
    assert!(is_call(&watch_hidden([GATHERED, GATHERED], 6.2, 3)));
    assert!(is_call(&watch_hidden([lean, GATHERED], 6.2, 3)), "one side has a leaner codec");
    assert!(!is_call(&watch([GATHERED, GATHERED], 60.0, 0.0, Transport::Tcp, 3)), "in the open that may be anything");
}

#[test]
fn frames_in_segments_of_their_own_are_heard_whatever_the_stream_begins_with() {
    for gap in [20.0, 30.0, 40.0, 60.0] {
        let pace = Pace { gap, jitter: 1.0, least: 110, most: 140 };
        assert!(is_call(&watch([pace; 2], 6.2, 0.0, Transport::Tcp, 3)), "{gap} ms");
    }
}

#[test]
fn games_over_tcp_are_not_heard_as_a_call() {
    for (rate, least) in [(8.0, 90), (10.0, 90), (15.0, 120), (20.0, 70), (30.0, 70)] {
        let paces = [(least, least + 20), (least * 2, least * 8)].map(|(least, most)| Pace {
            gap: 1000.0 / rate,
            jitter: 2.0,
            least,
            most,
        });
        assert!(!is_call(&watch(paces, 60.0, 0.0, Transport::Tcp, 3)), "{rate} a second");
    }
}

#[test]
fn asking_over_and_over_is_not_heard_as_a_call() {
    let asks = Pace { gap: 50.0, jitter: 10.0, least: 60, most: 62 };
    let answers = Pace { gap: 50.0, jitter: 10.0, least: 410, most: 430 };
    assert!(!is_call(&watch([asks, answers], 60.0, 0.0, Transport::Tcp, 3)));
}

#[test]
fn a_game_of_thirty_ticks_is_not_heard_though_they_come_close_to_frames() {
    for least in [20, 45, 60] {
        let moves = Pace { gap: 33.3, jitter: 2.0, least, most: least + 14 };
        let state = Pace { gap: 33.3, jitter: 2.0, least: 60, most: 200 };
        for seed in 0..8 {
            assert!(!is_call(&watch([moves, state], 90.0, 0.0, Transport::Udp, seed)), "{least}, {seed}");
        }
    }
}

#[test]
fn an_instrument_that_is_answered_is_not_heard_as_a_call() {
    let instrument = Pace { gap: 20.0, jitter: 0.5, least: 96, most: 96 };
    let answer = Pace { least: 12, most: 12, ..instrument };
    assert!(!is_call(&watch([instrument, answer], 60.0, 0.0, Transport::Udp, 1)));
}

#[test]
fn typing_is_not_heard_as_a_call() {
    let keys = Pace { gap: 140.0, jitter: 90.0, least: 36, most: 52 };
    assert!(!is_call(&watch([keys; 2], 60.0, 0.0, Transport::Tcp, 3)));
}

#[test]
fn a_file_is_known_at_the_speed_of_any_line() {
    // 1, 40, 230 and 930 Mb/s: what a second of them counts must not run over.
    for gap in [10.0, 0.29, 0.05, 0.0125] {
        let full = Pace { gap, jitter: 0.0, least: 1448, most: 1448 };
        let behaviour = watch([SILENT, full], 5.0, 0.0, Transport::Tcp, 7);
        assert_eq!(behaviour.activity(), Activity::FileTransfer, "{gap} ms apart");
    }
}
