//! A watched flow: payloads of any size at any time, to the end of all time and back, counts of what nobody saw between
//! them. What is kept stays within its bound, and everything found can be put into words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peergate_engine::behaviour::{Behaviour, Noted, Unseen, Window, DETECTORS};
use peergate_engine::bytes::Reader;
use peergate_engine::packet::{Side, Time, Transport};

/// Small steps make cadences, which chance alone would not find.
fn later(time: Time, step: u8, far: u64) -> Time {
    match step {
        0..=199 => Time(time.0.saturating_add(u64::from(step) * Time::MILLI)),
        200..=229 => Time(time.0.saturating_add(far)),
        230..=254 => Time(time.0.saturating_sub(far)),
        255 => Time(u64::MAX),
    }
}

fuzz_target!(|input: &[u8]| {
    let mut input = Reader::new(input);
    let stream = input.u8().is_some_and(|kind| kind & 1 == 1);
    let transport = if stream { Transport::Tcp } else { Transport::Udp };
    let mut time = Time(Time::SECOND);
    let mut behaviour = Behaviour::new(time, transport);
    let mut packet = 0;
    while let (Some(kind), Some(step), Some(len), Some(far)) = (input.u8(), input.u8(), input.be16(), input.u8()) {
        let before = time;
        time = later(time, step, u64::from(far) << (kind & 31));
        packet += 1;
        let side = if kind & 0x40 == 0 { Side::Client } else { Side::Server };
        if kind & 0x80 != 0 {
            let counts = [u32::from(len), u32::from(far)];
            let unseen =
                Unseen { from: before, to: time, packets: counts, bytes: counts.map(|count| u64::from(count) << 9) };
            if let Some(window) = Window::of_unseen(&unseen, stream) {
                behaviour.hear(&window, packet);
            }
            continue;
        }
        if behaviour.note(time, side, u32::from(len), &[far; 12]) == Noted::WindowOver {
            behaviour.close(time, packet);
            assert_eq!(behaviour.note(time, side, u32::from(len), &[far; 12]), Noted::Counted);
        }
        assert!(behaviour.findings().len() <= DETECTORS.len());
    }
    behaviour.conclude(time, packet);
    for finding in behaviour.findings() {
        assert!(!finding.sentence().is_empty());
    }
    let _ = behaviour.activity();
});
