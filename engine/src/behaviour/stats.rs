//! What is kept of a flow's packets: two ways, one open window of a second. A packet costs a few additions.

use crate::packet::{Side, Time};

/// How long a window is.
pub const WINDOW: u64 = Time::SECOND;
/// Packets of one way that come closer together than this are one burst: a picture, or a stream at full speed.
pub const BURST: u64 = 2 * Time::MILLI;
/// Payloads up to this are comfort noise, keep-alives and bare acknowledgements of protocols over UDP.
pub const TINY: u16 = 40;
/// Payloads beyond this are no frame of speech: 60 ms at 64 kbit/s with headers are 520 bytes, 20 ms of sound without
/// bounds some more.
pub const LARGE: u16 = 640;
/// Payloads from here on fill a packet.
pub const FULL: u16 = 900;

/// Upper bounds of the classes of gaps, in milliseconds; the last class has none. Narrow around the frames of codecs: 20,
/// 30, 40 and 60 ms.
pub const GAPS: [u16; 14] = [2, 8, 14, 18, 23, 27, 33, 37, 45, 54, 67, 90, 150, 400];
const CLASSES: usize = GAPS.len() + 1;

/// What one side sent while a window was open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Way {
    /// When its latest payload came, in whichever window; 0 before the first.
    pub last: Time,
    /// Bytes of payload.
    pub bytes: u32,
    /// A quarter of the sum of the squares of the sizes: so a second of full packets fits.
    squares: u32,
    /// Payload packets.
    pub packets: u16,
    /// Those up to [`TINY`].
    pub tiny: u16,
    /// Those beyond [`LARGE`].
    pub large: u16,
    /// Those from [`FULL`] on.
    pub full: u16,
    /// The smallest payload.
    pub least: u16,
    /// The largest.
    pub most: u16,
    /// Groups of packets less than [`BURST`] apart that hold a large one: pictures of a video, runs of a transfer.
    pub bursts: u8,
    /// How many came how long after the one before, by [`GAPS`]; each stops at its largest value. Of datagrams those
    /// that are not large: speech is paced also between the pictures of a video.
    pub gaps: [u8; CLASSES],
    in_burst: bool,
    /// When the latest that counts for the gaps came; 0 before the first.
    paced: Time,
}

impl Way {
    #[inline]
    fn note(&mut self, time: Time, len: u16, stream: bool) {
        if stream || len <= LARGE {
            self.pace(time);
        }
        self.in_burst &= time.since(self.last) < BURST;
        if len > LARGE && !self.in_burst {
            self.in_burst = true;
            self.bursts = self.bursts.saturating_add(1);
        }
        self.last = self.last.max(time);
        self.least = if self.packets == 0 { len } else { self.least.min(len) };
        self.most = self.most.max(len);
        self.packets = self.packets.saturating_add(1);
        self.tiny = self.tiny.saturating_add(u16::from(len <= TINY));
        self.large = self.large.saturating_add(u16::from(len > LARGE));
        self.full = self.full.saturating_add(u16::from(len >= FULL));
        self.bytes = self.bytes.saturating_add(len.into());
        self.squares = self.squares.saturating_add((u32::from(len) * u32::from(len)) / 4);
    }

    #[inline]
    fn pace(&mut self, time: Time) {
        let before = self.paced;
        self.paced = before.max(time);
        if before.0 == 0 {
            return;
        }
        if let Some(count) = self.gaps.get_mut(class_of(time.since(before))) {
            *count = count.saturating_add(1);
        }
    }

    /// Forgets all but when the latest came: the next gap begins there.
    fn turn(&mut self) -> Self {
        std::mem::replace(self, Self { last: self.last, paced: self.paced, in_burst: self.in_burst, ..Self::default() })
    }

    /// How many of a hundred packets are among this `part` of them.
    #[must_use]
    pub fn percent(&self, part: u16) -> u32 {
        (u32::from(part) * 100).checked_div(self.packets.into()).unwrap_or_default()
    }

    /// Mean size of a payload.
    #[must_use]
    pub fn mean(&self) -> u32 {
        self.bytes.checked_div(self.packets.into()).unwrap_or_default()
    }

    /// Standard deviation of the sizes.
    #[must_use]
    pub fn spread(&self) -> u32 {
        let packets = u64::from(self.packets);
        let mean_of_squares = (4 * u64::from(self.squares)).checked_div(packets).unwrap_or_default();
        let square_of_mean = u64::from(self.bytes).pow(2).checked_div(packets * packets).unwrap_or_default();
        u32::try_from(mean_of_squares.saturating_sub(square_of_mean).isqrt()).unwrap_or(u32::MAX)
    }
}

/// The class of a gap, by [`GAPS`].
#[inline]
fn class_of(gap: u64) -> usize {
    let gap = gap / (Time::MILLI / 10);
    GAPS.iter().position(|bound| gap < u64::from(*bound) * 10).unwrap_or(GAPS.len())
}

/// A closed window.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// When it was opened.
    pub opened: Time,
    /// How long it was open, in nanoseconds; only that of a flow's end is shorter than the others.
    pub lasted: u64,
    /// Whole windows after it in which nothing came.
    pub silent: u32,
    /// Whether only sums are known of it: no gaps, no sizes.
    pub counted: bool,
    /// Whether its payloads are segments of a stream, which hold as much as had gathered.
    pub stream: bool,
    /// What each side sent, by [`Side::index`].
    pub ways: [Way; 2],
}

/// Packets and bytes on the wire that a data path counted and nobody saw, by [`Side::index`].
#[derive(Clone, Copy, Debug)]
pub struct Unseen {
    /// From when.
    pub from: Time,
    /// Until when.
    pub to: Time,
    /// Packets.
    pub packets: [u32; 2],
    /// Their bytes.
    pub bytes: [u64; 2],
}

/// Bytes before a payload, about: Ethernet, IP, and UDP or TCP with timestamps.
const HEADERS: [u64; 2] = [42, 66];
/// Sums of less than that are no second on average. Who counts every two seconds may miss the last packet of one.
const SUMS: u64 = WINDOW * 3 / 2;

impl Window {
    /// A second of what was counted, on average; nothing where that is too little to be one.
    #[must_use]
    pub fn of_unseen(unseen: &Unseen, stream: bool) -> Option<Self> {
        let lasted = unseen.to.since(unseen.from);
        if lasted < SUMS {
            return None;
        }
        let [_, headers] = HEADERS;
        let headers = if stream { headers } else { HEADERS[0] };
        let way = |packets: u32, bytes: u64| {
            let payload = bytes.saturating_sub(u64::from(packets) * headers);
            let second = |count: u64| count.saturating_mul(WINDOW) / lasted;
            let packets = u16::try_from(second(packets.into())).unwrap_or(u16::MAX);
            let bytes = u32::try_from(second(payload)).unwrap_or(u32::MAX);
            let mean = bytes.checked_div(packets.into()).unwrap_or_default();
            let all_if = |so: bool| if so { packets } else { 0 };
            let size = u16::try_from(mean).unwrap_or(u16::MAX);
            Way {
                bytes,
                packets,
                least: size,
                most: size,
                tiny: all_if(size <= TINY),
                large: all_if(size > LARGE),
                full: all_if(size >= FULL),
                last: unseen.to,
                ..Way::default()
            }
        };
        let ways = [way(unseen.packets[0], unseen.bytes[0]), way(unseen.packets[1], unseen.bytes[1])];
        Some(Self { opened: unseen.from, lasted: WINDOW, silent: 0, counted: true, stream, ways })
    }

    /// What that side sent.
    #[must_use]
    pub fn way(&self, side: Side) -> &Way {
        let [client, server] = &self.ways;
        if side == Side::Client {
            client
        } else {
            server
        }
    }

    /// Per second, of what was counted while it was open.
    #[must_use]
    pub fn rate(&self, count: u32) -> u32 {
        u32::try_from(u64::from(count) * WINDOW / self.lasted.max(1)).unwrap_or(u32::MAX)
    }
}

/// The open window of a flow.
#[derive(Clone, Copy, Debug)]
pub struct Stats {
    ways: [Way; 2],
    opened: Time,
    stream: bool,
}

impl Stats {
    /// Nothing seen; the first window opens now. Of a `stream`, packets are segments.
    #[must_use]
    pub fn new(now: Time, stream: bool) -> Self {
        Self { ways: [Way::default(); 2], opened: now, stream }
    }

    /// Notes a payload of that side, unless the window is over.
    #[inline]
    pub fn note(&mut self, time: Time, side: Side, len: u32) -> Noted {
        if time.since(self.opened) >= WINDOW {
            return Noted::WindowOver;
        }
        let [client, server] = &mut self.ways;
        let way = if side == Side::Client { client } else { server };
        way.note(time, u16::try_from(len).unwrap_or(u16::MAX), self.stream);
        Noted::Counted
    }

    /// Closes the window at a time after its end, or at the flow's. The next one opens where this time lies.
    pub fn close(&mut self, now: Time) -> Window {
        let since = now.since(self.opened);
        let windows = since / WINDOW;
        let window = Window {
            opened: self.opened,
            lasted: since.min(WINDOW),
            silent: u32::try_from(windows.saturating_sub(1)).unwrap_or(u32::MAX),
            counted: false,
            stream: self.stream,
            ways: self.ways.each_mut().map(Way::turn),
        };
        self.opened = Time(self.opened.0.saturating_add(windows.saturating_mul(WINDOW)));
        window
    }

    /// Client and server were taken for each other.
    pub fn turn(&mut self) {
        self.ways.reverse();
    }
}

/// What became of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It is in the open window.
    Counted,
    /// The window has to be closed first.
    WindowOver,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits_two_cache_lines() {
        assert!(size_of::<Stats>() <= 128, "{}", size_of::<Stats>());
    }

    fn noted(times: &[u64]) -> Stats {
        let mut stats = Stats::new(Time(Time::SECOND), false);
        for time in times {
            assert_eq!(stats.note(Time(Time::SECOND + time * Time::MILLI), Side::Client, 100), Noted::Counted);
        }
        stats
    }

    #[test]
    fn gaps_fall_into_the_class_of_their_frame() {
        let window = noted(&[0, 20, 40, 70, 110, 170]).close(Time(2 * Time::SECOND));
        let at = |gap: u64| window.ways[0].gaps[class_of(gap * Time::MILLI)];
        assert_eq!((at(20), at(30), at(40), at(60), at(100)), (2, 1, 1, 1, 0));
        assert_eq!((window.ways[0].mean(), window.ways[0].spread()), (100, 0));
    }

    #[test]
    fn a_window_takes_nothing_after_its_second() {
        let mut stats = noted(&[0, 999]);
        let late = Time(5 * Time::SECOND + 300 * Time::MILLI);
        assert_eq!(stats.note(late, Side::Server, 1), Noted::WindowOver);
        let window = stats.close(late);
        assert_eq!((window.silent, window.lasted, window.ways[0].packets), (3, WINDOW, 2));
        assert_eq!(stats.note(late, Side::Server, 1), Noted::Counted);
        assert_eq!(stats.note(Time(5 * Time::SECOND + 999 * Time::MILLI), Side::Server, 1), Noted::Counted);
        assert_eq!(stats.note(Time(6 * Time::SECOND), Side::Server, 1), Noted::WindowOver);
    }

    #[test]
    fn time_that_runs_backwards_stays_in_the_window() {
        let mut stats = noted(&[500]);
        assert_eq!(stats.note(Time(1), Side::Client, 100), Noted::Counted);
        let window = stats.close(Time(1));
        assert_eq!((window.lasted, window.ways[0].packets), (0, 2));
    }
}
