//! What a receiver could say of one RTP source: lost, late and repeated packets, and jitter (RFC 3550 §6.4.1, A.1, A.3, A.8).
#![allow(clippy::cast_precision_loss, reason = "packets and times of one call are far below 2^52")]

use super::codec;
use crate::inspect::rtp::Header;
use crate::packet::Time;

/// Packets that may be missing in a row before it is rather a new start (RFC 3550 A.1).
const MAX_DROPOUT: u16 = 3_000;
/// Packets after which one that is still missing is lost for any receiver.
const WINDOW: u16 = 64;
/// Time and packets after which a clock that nobody names is measured.
const MEASURE: (u64, u32) = (2 * Time::SECOND, 40);

/// One source of one side.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its number.
    pub ssrc: u32,
    /// Its latest payload type.
    pub payload_type: u8,
    /// Ticks in a second; 0 where not known yet.
    clock: u32,
    highest: u16,
    /// Which of the 64 packets up to the highest came; the lowest bit is the highest.
    came: u64,
    /// Packets between the first and the highest.
    expected: u64,
    received: u64,
    /// Runs of packets that were missing when the next one came.
    gaps: u64,
    late: u64,
    repeated: u64,
    bytes: u64,
    /// In nanoseconds.
    jitter: f64,
    first: (Time, u32),
    last: (Time, u32),
    /// Ticks from the first packet to the last.
    ticks: i64,
    /// Packets went by unheard since the last one.
    interrupted: bool,
}

impl Source {
    /// A source that begins with this packet.
    pub fn new(header: &Header, time: Time, bytes: u32, clock: Option<u32>) -> Self {
        Self {
            ssrc: header.source,
            payload_type: header.payload_type,
            clock: clock.or(codec::clock_of(header.payload_type)).unwrap_or_default(),
            highest: header.sequence,
            came: 1,
            expected: 1,
            received: 1,
            gaps: 0,
            late: 0,
            repeated: 0,
            bytes: bytes.into(),
            jitter: 0.0,
            first: (time, header.time),
            last: (time, header.time),
            ticks: 0,
            interrupted: false,
        }
    }

    /// Packets go by that are not heard here: what is missing when the next is heard was not lost.
    pub fn interrupt(&mut self) {
        self.interrupted = true;
    }

    /// Takes the next packet of this source.
    pub fn hear(&mut self, header: &Header, time: Time, bytes: u32) {
        let ahead = header.sequence.wrapping_sub(self.highest);
        let behind = self.highest.wrapping_sub(header.sequence);
        if ahead == 0 || (behind < WINDOW && self.came >> behind & 1 == 1) {
            self.repeated += 1;
            return;
        }
        self.bytes += u64::from(bytes);
        self.received += 1;
        if behind < WINDOW {
            self.came |= 1 << behind;
            self.late += 1;
            return;
        }
        self.payload_type = header.payload_type;
        let unheard = std::mem::take(&mut self.interrupted) && ahead > 1;
        if ahead >= MAX_DROPOUT || unheard {
            // It began anew, or nobody listened: what lies between says nothing.
            (self.highest, self.came) = (header.sequence, 1);
            self.expected += 1;
            // Nor has its clock been watched meanwhile.
            self.first.0 = Time(self.first.0 .0.saturating_add(time.since(self.last.0)));
            self.last = (time, header.time);
            return;
        }
        self.gaps += u64::from(ahead > 1);
        self.came = self.came.checked_shl(ahead.into()).unwrap_or_default() | 1;
        self.expected += u64::from(ahead);
        self.highest = header.sequence;
        self.pace(header.time, time);
    }

    /// How long after the one before it came, and how long after it was sent (A.8).
    fn pace(&mut self, ticks: u32, time: Time) {
        let step = i64::from(ticks.wrapping_sub(self.last.1).cast_signed());
        self.ticks = self.ticks.saturating_add(step);
        let arrived = signed(time.0).saturating_sub(signed(self.last.0 .0));
        self.last = (time, ticks);
        if self.clock == 0 {
            self.measure_clock();
        } else {
            let sent = step as f64 * 1e9 / f64::from(self.clock);
            let apart = (arrived as f64 - sent).abs();
            self.jitter += (apart - self.jitter) / 16.0;
        }
    }

    fn measure_clock(&mut self) {
        let (span, packets) = MEASURE;
        let passed = self.last.0.since(self.first.0);
        if passed >= span && self.received >= u64::from(packets) {
            let ticks = self.ticks as f64 * 1e9 / passed as f64;
            self.clock = codec::nearest_clock(ticks).unwrap_or_default();
        }
    }

    /// Packets that came, each counted once.
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Packets that did not come.
    pub const fn lost(&self) -> u64 {
        self.expected.saturating_sub(self.received)
    }

    /// Packets that came after a later one.
    pub const fn late(&self) -> u64 {
        self.late
    }

    /// Packets that came again.
    pub const fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Share of the packets that did not come.
    pub fn loss(&self) -> f64 {
        self.lost() as f64 / self.expected.max(1) as f64
    }

    /// How much longer runs of lost packets are than random loss would make them; at least 1.
    pub fn burst(&self) -> f64 {
        let lost = self.lost() as f64;
        if lost == 0.0 {
            return 1.0;
        }
        // What came late closed its gap again.
        let gaps = self.gaps.saturating_sub(self.late).max(1) as f64;
        (lost / gaps * (1.0 - self.loss())).max(1.0)
    }

    /// Jitter in milliseconds, where the clock is known.
    pub fn jitter(&self) -> Option<f64> {
        (self.clock != 0).then_some(self.jitter / 1e6)
    }

    /// Mean time that one packet holds, in milliseconds.
    pub fn frame(&self) -> f64 {
        self.last.0.since(self.first.0) as f64 / 1e6 / self.expected.saturating_sub(1).max(1) as f64
    }

    /// Whether it sounds like sound: clock and size.
    pub fn is_audio(&self) -> bool {
        const LARGEST: u64 = 450;
        self.clock != 90_000 && self.bytes <= LARGEST * self.received
    }
}

const fn signed(nanoseconds: u64) -> i64 {
    nanoseconds.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(sequence: u16, ticks: u32) -> Header {
        Header { payload_type: 8, sequence, time: ticks, source: 7, extension: None }
    }

    /// Hears packets of 20 ms by number, each so many milliseconds late.
    fn heard(packets: &[(u16, u64)]) -> Source {
        let start = Time(1_700_000_000 * Time::SECOND);
        let at = |number: u16, delay: u64| Time(start.0 + (u64::from(number) * 20 + delay) * Time::MILLI);
        let (first, rest) = packets.split_first().unwrap();
        let mut source = Source::new(
            &header(65_530u16.wrapping_add(first.0), 160 * u32::from(first.0)),
            at(first.0, first.1),
            172,
            None,
        );
        for (number, delay) in rest {
            source.hear(&header(65_530u16.wrapping_add(*number), 160 * u32::from(*number)), at(*number, *delay), 172);
        }
        source
    }

    #[test]
    fn lost_late_and_repeated_packets_are_told_apart_across_the_turn_of_the_number() {
        let order = [0, 1, 2, 4, 3, 5, 5, 9, 10, 3];
        let source = heard(&order.map(|number| (number, 0)));
        // 6, 7 and 8 never came; 3 came after 4, and then again; 5 came twice.
        assert_eq!((source.lost(), source.late(), source.repeated()), (3, 1, 2));
        assert!((source.loss() - 3.0 / 11.0).abs() < 1e-9);
        assert!(source.burst() > 2.0, "{}", source.burst());
    }

    #[test]
    fn jitter_follows_the_formula_of_the_rfc() {
        assert_eq!(heard(&[(0, 0), (1, 0), (2, 0)]).jitter(), Some(0.0));
        // One packet 16 ms late: D = 16, then back again: D = 16.
        let source = heard(&[(0, 0), (1, 16), (2, 0)]);
        let expected = 1.0 + (16.0 - 1.0) / 16.0;
        assert!((source.jitter().unwrap() - expected).abs() < 1e-6, "{:?}", source.jitter());
    }

    #[test]
    fn an_unnamed_clock_is_measured_before_there_is_any_jitter() {
        let start = Time(1_700_000_000 * Time::SECOND);
        let unnamed = |number: u16| Header { payload_type: 111, time: 960 * u32::from(number), ..header(number, 0) };
        let mut source = Source::new(&unnamed(0), start, 90, None);
        assert_eq!(source.jitter(), None);
        for number in 1..200 {
            source.hear(&unnamed(number), Time(start.0 + u64::from(number) * 20 * Time::MILLI), 90);
        }
        assert!(source.jitter().is_some_and(|jitter| jitter < 0.01), "{:?}", source.jitter());
        assert!((source.frame() - 20.0).abs() < 0.01);
    }

    #[test]
    fn what_went_by_unheard_is_not_lost() {
        let start = Time(Time::SECOND);
        let mut source = Source::new(&header(1, 0), start, 172, None);
        source.interrupt();
        source.hear(&header(31, 30 * 160), Time(start.0 + 600 * Time::MILLI), 172);
        source.hear(&header(33, 32 * 160), Time(start.0 + 640 * Time::MILLI), 172);
        assert_eq!((source.lost(), source.received()), (1, 3));
    }

    #[test]
    fn a_clock_is_measured_right_though_nobody_listened_for_a_while() {
        let start = Time(1_700_000_000 * Time::SECOND);
        let unnamed = |number: u16| Header { payload_type: 111, time: 960 * u32::from(number), ..header(number, 0) };
        let mut source = Source::new(&unnamed(0), start, 90, None);
        for number in (1..10).chain(160..400) {
            if number == 160 {
                source.interrupt();
            }
            source.hear(&unnamed(number), Time(start.0 + u64::from(number) * 20 * Time::MILLI), 90);
        }
        assert!(source.jitter().is_some_and(|jitter| jitter < 0.01), "{:?}", source.jitter());
        assert!((source.frame() - 20.0).abs() < 0.2, "{}", source.frame());
        assert_eq!(source.lost(), 0);
    }

    #[test]
    fn a_source_that_starts_anew_has_not_lost_what_it_never_sent() {
        let start = Time(Time::SECOND);
        let mut source = Source::new(&header(1, 0), start, 172, None);
        source.hear(&header(40_000, 5), start, 172);
        source.hear(&header(40_001, 165), start, 172);
        assert_eq!((source.lost(), source.received()), (0, 3));
    }
}
