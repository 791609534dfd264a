//! The bytes of a lively flow, quarter second by quarter second, and samples of what they were: for finding the flow that
//! passes them on.

use super::feeding::Heard;
use crate::flow::FlowKey;
use crate::packet::{Endpoint, Side, Time, Transport};

/// A quarter of a second: a relay passes on within it, or in the next.
pub const BIN: u64 = 250 * Time::MILLI;
/// Half a minute and a little: no pair is judged by more than half a minute.
pub const BINS: usize = 128;
/// Whoever counts for every quarter second has fallen silent when so many went by without a count: nothing came in them.
const SILENT: u64 = 4;
/// Payload ends that are kept of each side.
const SAMPLES: usize = 32;
/// One payload in four is sampled, chosen by what it holds: both flows of a pair choose the same.
const CHOSEN: u64 = 4;
/// What a relay takes in goes out again within so many milliseconds.
const PASSED_ON: u32 = 400;
/// Bytes at the end of a payload that make a sample. A relay may put something before a payload, hardly ever behind it.
const TAIL: usize = 8;

/// Bytes before the payload of a datagram and of a segment, as in `behaviour`: Ethernet, IPv4, UDP or TCP with timestamps.
const HEADERS: [u64; 2] = [42, 66];
/// IPv6 has so many more.
const OF_V6: u64 = 20;

/// One flow.
pub struct Series {
    /// Its number.
    pub flow: u64,
    /// By which others find it.
    pub key: FlowKey,
    /// Its client, and its server.
    pub ends: [Endpoint; 2],
    /// Places of those of them that are hosts of ours.
    pub hosts: [Option<u32>; 2],
    /// When the flow began.
    pub start: Time,
    /// Payload bytes by side, of quarter seconds; empty until its host has another lively flow.
    bins: Vec<[u32; 2]>,
    /// Number of the latest quarter second.
    head: u64,
    /// Since which quarter second the bins are filled.
    filled_since: u64,
    samples: [[Sample; SAMPLES]; 2],
    sampled: [u8; 2],
    /// Packets and bytes, both sides, since the cost was last taken.
    untold: (u64, u64),
    /// Packets and bytes that were taken before.
    told: (u64, u64),
    /// When it was last fast enough.
    fast: Time,
    /// Counts of the kernel were spread over time: fine steps mean nothing.
    pub coarse: bool,
    /// What somebody else has counted so far, who counts for every bin from now on.
    polled: Option<Polled>,
}

/// Payload bytes by side, and until when they were counted.
#[derive(Clone, Copy, Debug)]
struct Polled {
    bytes: [u64; 2],
    at: Time,
}

/// The end of a payload, and when it passed, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sample {
    tail: u32,
    at: u32,
}

/// One side of a series, or the end of it: which bytes to look at.
#[derive(Clone, Copy)]
pub struct Strand<'a> {
    series: &'a Series,
    side: Side,
    /// Number of the first quarter second that does not count.
    until: u64,
}

impl Series {
    /// A flow that is followed from now on.
    pub fn new(flow: u64, key: FlowKey, ends: [Endpoint; 2], start: Time, before: (u64, u64), now: Time) -> Self {
        Self {
            flow,
            key,
            ends,
            hosts: [None; 2],
            start,
            bins: Vec::new(),
            head: now.0 / BIN,
            filled_since: 0,
            samples: [[Sample::default(); SAMPLES]; 2],
            sampled: [0; 2],
            untold: before,
            told: (0, 0),
            fast: now,
            coarse: false,
            polled: None,
        }
    }

    /// Whether it is between two hosts of ours.
    pub fn is_inside(&self) -> bool {
        self.hosts.iter().all(Option::is_some)
    }

    /// Begins to keep bins.
    pub fn keep(&mut self, now: Time) {
        if self.bins.is_empty() {
            self.bins = vec![[0; 2]; BINS];
            self.head = now.0 / BIN;
            self.filled_since = self.head + 1;
        }
    }

    /// Whether bins are kept at all.
    pub fn is_kept(&self) -> bool {
        !self.bins.is_empty()
    }

    /// Whether bins are kept, for at least that many.
    pub fn spans(&self, bins: usize) -> bool {
        !self.bins.is_empty() && self.until().saturating_sub(self.filled_since) >= bins as u64
    }

    /// Number of the first quarter second of which not all is known yet: not all of the latest has passed, and who counts
    /// them for us comes by a moment after it has.
    pub fn until(&self) -> u64 {
        let counted = self.polled.map_or(self.head, |polled| polled.at.0 / BIN);
        counted.clamp(self.head.saturating_sub(SILENT), self.head)
    }

    /// Takes a packet.
    #[inline]
    pub fn heard(&mut self, side: Side, heard: &Heard<'_>) {
        let Heard { time, payload, payload_len, wire_len } = *heard;
        self.untold.0 += 1;
        self.untold.1 += u64::from(wire_len);
        if self.bins.is_empty() || payload_len == 0 {
            return;
        }
        self.advance(time);
        if self.polled.is_none() {
            self.add(time.0 / BIN, side, payload_len);
        }
        if payload.len() == payload_len as usize {
            self.sample(time, side, payload);
        }
    }

    /// Client and server were taken for each other.
    pub fn turn(&mut self) {
        self.ends.reverse();
        self.hosts.reverse();
        self.samples.reverse();
        self.sampled.reverse();
        self.bins.iter_mut().for_each(|sides| sides.reverse());
        self.polled.iter_mut().for_each(|polled| polled.bytes.reverse());
    }

    /// Takes what somebody counted of the flow so far, packets and bytes by side, who comes by once in every bin, now a
    /// little sooner and now a little later: what is new passed since the last time.
    pub fn poll(&mut self, now: Time, counts: [(u32, u64); 2]) {
        self.advance(now);
        let [datagram, segment] = HEADERS;
        let headers = if self.key.transport == Transport::Tcp.number() { segment } else { datagram }
            + if self.ends.iter().all(|end| end.addr.as_v4().is_some()) { 0 } else { OF_V6 };
        let bytes = counts.map(|(packets, bytes)| bytes.saturating_sub(u64::from(packets) * headers));
        let Some(before) = self.polled.replace(Polled { bytes, at: now }) else {
            // Whatever was known of it before was told in other steps.
            self.coarse = false;
            self.filled_since = now.0 / BIN + 1;
            return;
        };
        for (side, (bytes, before_there)) in
            [Side::Client, Side::Server].into_iter().zip(bytes.into_iter().zip(before.bytes))
        {
            self.share_out(side, before.at, now, bytes.saturating_sub(before_there));
        }
    }

    /// Bytes that passed evenly from one moment to another, as far as anybody knows.
    fn share_out(&mut self, side: Side, since: Time, until: Time, bytes: u64) {
        let (first, last, lasted) = (since.0 / BIN, until.0 / BIN, until.since(since).max(1));
        for bin in first.max(last.saturating_sub(BINS as u64 - 1))..=last {
            let of_bin = until.0.min((bin + 1).saturating_mul(BIN)).saturating_sub(since.0.max(bin * BIN));
            let share = u128::from(bytes) * u128::from(of_bin) / u128::from(lasted);
            self.add(bin, side, u32::try_from(share).unwrap_or(u32::MAX));
        }
    }

    /// Spreads bytes that were counted elsewhere over the time in which they passed.
    pub fn spread(&mut self, since: Time, until: Time, bytes: [u64; 2], packets: u64) {
        self.untold.0 += packets;
        self.untold.1 += bytes.iter().sum::<u64>();
        if self.bins.is_empty() || self.polled.is_some() {
            return;
        }
        self.coarse = true;
        self.advance(until);
        for (side, bytes) in [Side::Client, Side::Server].into_iter().zip(bytes) {
            self.share_out(side, since, until, bytes);
        }
    }

    /// Packets and bytes since this was last asked; `enough` of them make the flow a fast one.
    pub fn take_untold(&mut self, now: Time, enough: u64) -> (u64, u64) {
        if self.untold.1 >= enough {
            self.fast = now;
        }
        let untold = std::mem::take(&mut self.untold);
        self.told = (self.told.0 + untold.0, self.told.1 + untold.1);
        untold
    }

    /// All packets and bytes that were taken so far.
    pub const fn told(&self) -> (u64, u64) {
        self.told
    }

    /// When it was last fast.
    pub const fn last_fast(&self) -> Time {
        self.fast
    }

    /// Time has passed: what was not filled holds nothing.
    pub fn advance(&mut self, now: Time) {
        let bin = now.0 / BIN;
        if self.bins.is_empty() || bin <= self.head {
            return;
        }
        let steps = (bin - self.head).min(BINS as u64);
        for step in 0..steps {
            if let Some(place) = self.bins.get_mut(index(bin - step)) {
                *place = [0; 2];
            }
        }
        self.head = bin;
    }

    /// The bytes that come to the end on that side.
    pub fn towards(&self, side: Side) -> Strand<'_> {
        self.from(side.other())
    }

    /// The bytes that the end on that side sends.
    pub fn from(&self, side: Side) -> Strand<'_> {
        Strand { series: self, side, until: self.until() }
    }

    /// The end beyond the local one.
    pub fn far(&self, local: Side) -> Endpoint {
        let [client, server] = self.ends;
        if local == Side::Client {
            server
        } else {
            client
        }
    }

    /// The local end.
    pub fn near(&self, local: Side) -> Endpoint {
        self.far(local.other())
    }

    /// Bytes on the heap and off.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.bins.capacity() * size_of::<[u32; 2]>()
    }

    fn add(&mut self, bin: u64, side: Side, bytes: u32) {
        // What comes out of order by more than the whole ring is nothing to compare with.
        if self.head.saturating_sub(bin) >= BINS as u64 {
            return;
        }
        if let Some(sum) = self.bins.get_mut(index(bin)).and_then(|sides| sides.get_mut(side.index())) {
            *sum = sum.saturating_add(bytes);
        }
    }

    fn sample(&mut self, time: Time, side: Side, payload: &[u8]) {
        let Some(tail) = payload.last_chunk::<TAIL>() else { return };
        // Silence and padding are alike everywhere.
        if tail.windows(2).all(|pair| matches!(pair, [one, other] if one == other)) {
            return;
        }
        let mixed = u64::from_le_bytes(*tail).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if (mixed >> 24) % CHOSEN != 0 {
            return;
        }
        let tail = u32::try_from(mixed >> 32).unwrap_or_default();
        let at = u32::try_from(time.0 / Time::MILLI % (1 << 32)).unwrap_or_default();
        let (Some(samples), Some(count)) = (self.samples.get_mut(side.index()), self.sampled.get_mut(side.index()))
        else {
            return;
        };
        if samples.iter().any(|known| known.tail == tail) {
            return;
        }
        if let Some(place) = samples.get_mut(usize::from(*count) % SAMPLES) {
            *place = Sample { tail, at };
        }
        *count = count.wrapping_add(1);
    }
}

impl<'a> Strand<'a> {
    /// The same, without what is not known of another.
    pub fn until(self, bin: u64) -> Self {
        Self { until: self.until.min(bin), ..self }
    }

    /// Bytes of the latest whole bins, oldest first, `ago` bins back.
    pub fn recent(self, bins: usize, ago: usize) -> impl Iterator<Item = f64> + 'a {
        let last = self.until.saturating_sub(1 + ago as u64);
        let first = last.saturating_sub(bins as u64 - 1);
        (first..=last).map(move |bin| {
            let sides = self.series.bins.get(index(bin)).copied().unwrap_or_default();
            f64::from(sides.get(self.side.index()).copied().unwrap_or_default())
        })
    }

    /// How many samples of this strand came by on the other right after.
    pub fn passed_on(self, other: Self) -> usize {
        let theirs = other.samples();
        let passed = |sample: &&Sample| {
            let same = |later: &&Sample| later.tail == sample.tail && later.at.wrapping_sub(sample.at) <= PASSED_ON;
            sample.tail != 0 && theirs.iter().any(|later| same(&later))
        };
        self.samples().iter().filter(passed).count()
    }

    /// How many payloads were sampled.
    pub fn sampled(self) -> usize {
        self.samples().iter().filter(|sample| sample.tail != 0).count()
    }

    fn samples(self) -> &'a [Sample] {
        self.series.samples.get(self.side.index()).map_or(&[], <[Sample; SAMPLES]>::as_slice)
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a remainder of BINS fits")]
const fn index(bin: u64) -> usize {
    (bin % BINS as u64) as usize
}
