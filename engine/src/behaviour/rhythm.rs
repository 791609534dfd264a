//! The rhythm of one way: whether its small packets come at the pace of a codec's frames.

use super::{Way, Window};

/// Packets a second of speech: frames of 60 ms of which some are lost, to frames of 10 ms and their reports.
pub(super) const PACED: std::ops::RangeInclusive<u16> = 10..=115;
/// Mean payloads of speech: the tersest codec with its header, to uncompressed sound or what is padded like it.
pub(super) const SPEECH: std::ops::RangeInclusive<u32> = 16..=380;

/// How the small packets of one way are paced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// Most are one frame apart, of so many milliseconds.
    Strict(u8),
    /// They are some tens of milliseconds apart, and not at the tick of something else.
    Loose,
    /// Neither.
    None,
}

/// A frame in milliseconds, the class of its gap in [`super::GAPS`], and the classes that its jitter reaches.
const FRAMES: [(u8, usize, std::ops::RangeInclusive<usize>); 5] =
    [(20, 4, 3..=5), (30, 6, 5..=7), (40, 8, 7..=9), (60, 10, 9..=11), (10, 2, 2..=2)];

/// Gaps of 8 to 90 ms: between them lie the frames of every codec in use.
const SPOKEN: std::ops::RangeInclusive<usize> = 2..=11;
/// Gaps of the ticks that games and sensors keep, and no codec: 60 or 64, 30, 20 and 14 a second.
const TICKS: [usize; 4] = [3, 7, 9, 11];
/// What a player does fits into so many bytes.
const MOVES: u32 = 80;
/// Less than [`super::BURST`] apart.
const AT_ONCE: usize = 0;

impl Way {
    /// How it is paced.
    #[must_use]
    pub fn rhythm(&self) -> Rhythm {
        let all = self.all_gaps();
        if all < 6 {
            return Rhythm::None;
        }
        let in_class = |class: usize| u32::from(self.gaps.get(class).copied().unwrap_or_default());
        let most = self.gaps.iter().copied().max().unwrap_or_default();
        if self.lies_between(all) {
            return Rhythm::None;
        }
        for (frame, class, reach) in FRAMES {
            let near: u32 = reach.map(in_class).sum();
            if in_class(class) == u32::from(most) && near * 100 >= all * 65 {
                return Rhythm::Strict(frame);
            }
        }
        let spoken: u32 = SPOKEN.map(in_class).sum();
        if spoken * 100 >= all * 75 && self.comes_mostly_alone() && !self.ticks() {
            return Rhythm::Loose;
        }
        Rhythm::None
    }

    /// How many of a hundred gaps lie in two classes next to each other: those of round trips do, and those of frames.
    pub(super) fn evenness(&self) -> u32 {
        let pairs = self.gaps.iter().zip(self.gaps.iter().skip(1));
        let most = pairs.map(|(one, next)| u32::from(*one) + u32::from(*next)).max().unwrap_or_default();
        (most * 100).checked_div(self.all_gaps()).unwrap_or_default()
    }

    /// How many of a hundred gaps are that of a frame of so many milliseconds.
    pub(super) fn on_time(&self, frame: u8) -> u32 {
        let class = FRAMES.iter().find(|known| known.0 == frame).map(|known| known.1);
        let kept = class.and_then(|class| self.gaps.get(class)).copied().unwrap_or_default();
        (u32::from(kept) * 100).checked_div(self.all_gaps()).unwrap_or_default()
    }

    /// How many are less than the longest frame apart, late ones and those right behind them included.
    pub(super) fn flows(&self) -> u32 {
        self.gaps.iter().take(SPOKEN.end() + 1).skip(AT_ONCE + 1).map(|count| u32::from(*count)).sum()
    }

    /// Whether most come at a tick of games and sensors.
    pub(super) fn ticks(&self) -> bool {
        let most =
            |class: &usize| self.gaps.get(*class).is_some_and(|count| u32::from(*count) * 100 > self.all_gaps() * 60);
        TICKS.iter().any(most)
    }

    /// Whether few come at once with another.
    pub(super) fn comes_mostly_alone(&self) -> bool {
        let [at_once, ..] = self.gaps;
        u32::from(at_once) * 4 <= self.all_gaps()
    }

    /// Whether hardly two come at once.
    pub(super) fn comes_one_by_one(&self) -> bool {
        let [at_once, ..] = self.gaps;
        u32::from(at_once) * 8 <= self.all_gaps()
    }

    /// Whether none came for as long as the longest gap that is told apart.
    pub(super) fn pauses(&self) -> bool {
        let [.., longest] = self.gaps;
        longest > 0
    }

    /// Whether its pace lies on the bound of two classes, where no codec's frame does: 30 a second, 15, 22. Of larger packets
    /// it may also be Skype's, which came every 27 to 40 ms.
    pub(super) fn lies_between(&self, all: u32) -> bool {
        self.mean() < MOVES
            && self.gaps.iter().zip(self.gaps.iter().skip(1)).any(|(one, next)| {
                let (one, next) = (u32::from(*one), u32::from(*next));
                (one + next) * 100 >= all * 90 && one.min(next) * 100 >= all * 30
            })
    }

    pub(super) fn all_gaps(&self) -> u32 {
        self.gaps.iter().map(|count| u32::from(*count)).sum()
    }

    /// The pace of speech, where this way has that and the sizes of speech. Of datagrams a few may be large: probes of
    /// the path, keys, loud moments of a codec without bounds.
    #[must_use]
    pub fn speech(&self) -> Option<Rhythm> {
        let sizes = self.percent(self.large) <= 16 && SPEECH.contains(&self.mean());
        let rhythm = self.rhythm();
        (sizes && PACED.contains(&self.packets) && rhythm != Rhythm::None).then_some(rhythm)
    }
}

/// The frame that a window's ways keep, the stricter way's; 0 where none does.
pub(super) fn frame_of(window: &Window) -> u8 {
    let frames = window.ways.iter().map(|way| match way.rhythm() {
        Rhythm::Strict(frame) => frame,
        _ => 0,
    });
    frames.max().unwrap_or_default()
}
