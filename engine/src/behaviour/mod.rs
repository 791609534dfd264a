//! Behaviour: what goes on in a flow, by the times and the sizes of its packets alone.
//!
//! A flow is watched in windows of a second. Every closed window is shown to the detectors; what each makes of it, in
//! decibans, adds up. To add a detector: its file, its `mod` line and its line in [`DETECTORS`].

mod chat;
mod course;
mod encrypted;
mod fake_tls;
mod file_transfer;
mod hidden;
mod idle;
mod nested;
mod randomness;
mod rhythm;
mod screen;
mod segments;
mod stats;
mod steps;
mod telling;
#[cfg(test)]
mod tests;
mod video;
mod voice;

pub use course::{Change, Course, HYSTERESIS};
pub use encrypted::is_encrypted;
pub use fake_tls::{Fake, Randoms};
pub use nested::Turns;
pub use stats::{Noted, Stats, Unseen, Way, Window, BURST, FULL, GAPS, LARGE, TINY, WINDOW};
pub use telling::is_medium;

use crate::apps::Activity;
use crate::packet::{Side, Time, Transport};
use randomness::{Sampled, Spread};
use steps::Steps;

/// Everything that is looked for in how a flow behaves. The order settles ties only.
#[rustfmt::skip] // One line each, so that adding a detector changes one line.
pub static DETECTORS: &[&dyn Detector] = &[
    &voice::Voice,
    &video::Video,
    &screen::Screen,
    &file_transfer::FileTransfer,
    &chat::Chat,
    &idle::Idle,
    &encrypted::Encrypted,
    &nested::Nested,
    &randomness::Randomness,
    &fake_tls::FakeTls,
];

/// Payload packets after which a flow is watched: a question and its answer cost nothing.
pub const WATCHED_FROM: u16 = 10;

/// From here on a cadence is worth telling: as likely as not.
pub const TOLD_FROM: i16 = 20;

/// From here on a cadence alone decides what a flow is: ten times as likely as not.
pub const DECIDES_FROM: i16 = 30;

/// So much against a call is enough: two seconds of something else.
const NO_CALL: i16 = -12;
/// Windows of speech after which all is known that the flow's end and its peers need to know.
const CALL_HEARD: u16 = 10;
/// Windows after which an undecided flow is left alone: whoever shows its packets has shown enough of them.
const PATIENCE: u32 = 900;
/// Windows after which it is looked again whether a side of a stream still waits for the other.
const LOOKED_AGAIN: u32 = 16;

/// What is fixed about a detector.
#[derive(Debug)]
pub struct Profile {
    /// Its word in evidence.
    pub name: &'static str,
    /// As people write it.
    pub title: &'static str,
    /// What goes on when it fits; unknown where it only says how the flow is made.
    pub activity: Activity,
}

/// Judges windows.
pub trait Detector: Sync {
    /// Its name, and what it finds.
    fn profile(&self) -> &'static Profile;

    /// How well a window fits what is looked for, in decibans: below 0 where it speaks against it, 0 where it says nothing,
    /// as it does to a detector that looks at bytes.
    fn fits(&self, _window: &Window, _course: &Course) -> i16 {
        0
    }

    /// What was seen, in words that an administrator understands.
    fn tell(&self, shown: &Shown) -> String;
}

/// What the window showed that was shown to a detector last, in numbers for its sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Packets a second, by side.
    pub rates: [u16; 2],
    /// Smallest payload, of both sides.
    pub least: u16,
    /// Largest payload, of both sides.
    pub most: u16,
    /// Milliseconds between two packets, 0 where they keep no time; or which of several things was seen.
    pub frame: u8,
    /// Thousands of bytes a second, by side.
    pub kilobytes: [u16; 2],
}

impl Shown {
    fn of(window: &Window) -> Self {
        let [client, server] = &window.ways;
        let rate = |count: u32| u16::try_from(window.rate(count)).unwrap_or(u16::MAX);
        let spoke = window.ways.iter().filter(|way| way.packets > 0);
        Self {
            rates: [client, server].map(|way| rate(way.packets.into())),
            least: spoke.clone().map(|way| way.least).min().unwrap_or_default(),
            most: spoke.map(|way| way.most).max().unwrap_or_default(),
            frame: rhythm::frame_of(window),
            kilobytes: [client, server].map(|way| rate(way.bytes / 1000)),
        }
    }
}

/// What a detector found in a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which, by its place in [`DETECTORS`].
    pub detector: u8,
    /// The sum of what all windows said, in decibans.
    pub decibans: i16,
    /// At which packet of the flow it was first worth telling, counted from 1.
    pub packet: u32,
    /// What the window showed that made it so.
    pub shown: Shown,
}

impl Finding {
    /// The detector.
    #[must_use]
    pub fn detector(&self) -> Option<&'static dyn Detector> {
        DETECTORS.get(usize::from(self.detector)).copied()
    }

    /// What goes on.
    #[must_use]
    pub fn activity(&self) -> Activity {
        self.detector().map_or(Activity::Unknown, |detector| detector.profile().activity)
    }

    /// In words.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.detector().map_or_else(String::new, |detector| detector.tell(&self.shown))
    }
}

/// What is kept of a flow that is watched.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// The open window.
    stats: Stats,
    /// What went on so far.
    pub course: Course,
    /// How datagrams begin, while that is of interest.
    sampled: Option<Box<Sampled>>,
    /// Whether nothing more is hoped for from its packets.
    pub released: bool,
    /// Who waits for whom in a stream in the open, while that is of interest.
    steps: Option<Box<Steps>>,
    /// The first turns of a stream that hides what it is, while that may show what it carries.
    turns: Option<Turns>,
    /// What was worth telling, one of each detector at most.
    findings: Vec<Finding>,
}

impl Behaviour {
    /// Watches from now on.
    #[must_use]
    pub fn new(now: Time, transport: Transport) -> Self {
        let stream = transport == Transport::Tcp;
        Self {
            stats: Stats::new(now, stream),
            course: Course::new(stream),
            sampled: None,
            steps: None,
            released: false,
            turns: None,
            findings: Vec::new(),
        }
    }

    /// Notes a payload of that side, unless the window is over. Its bytes may be cut, or not be known at all.
    #[inline]
    pub fn note(&mut self, time: Time, side: Side, len: u32, bytes: &[u8]) -> Noted {
        if let Some(sampled) = &mut self.sampled {
            sampled.note(bytes);
        }
        if let Some(steps) = &mut self.steps {
            steps.note(time, side);
        }
        if let Some(turns) = &mut self.turns {
            turns.note(side, len as usize);
        }
        self.stats.note(time, side, len)
    }

    /// Looks at how the datagrams of a flow begin that nothing recognises, from when it may be a call until that is known,
    /// when a window was heard.
    pub fn look_at_bytes(&mut self, window: &Window, packet: u32) {
        match self.sampled.as_ref().map(|sampled| sampled.spread()) {
            None if self.course.suspicion() > 0 && !self.course.looked => {
                self.sampled = Some(Box::default());
            }
            Some(Some(spread)) => {
                self.sampled = None;
                self.course.looked = true;
                let frame = u8::from(spread == Spread::ButOne);
                if spread != Spread::Formed {
                    self.tell("randomness", randomness::WEIGHT, packet, Shown { frame, ..Shown::default() });
                    self.confirm_speech(window, packet);
                }
            }
            _ => {}
        }
    }

    /// What sounds like speech is in cipher text: that adds to it, and so do windows that said nothing in the open.
    fn confirm_speech(&mut self, window: &Window, packet: u32) {
        self.course.confirm();
        let sum = self.course.add(Activity::Call, randomness::WEIGHT);
        let place = DETECTORS.iter().position(|detector| detector.profile().activity == Activity::Call);
        if let Some(place) = place.and_then(|place| u8::try_from(place).ok()).filter(|_| sum >= TOLD_FROM) {
            self.find(place, sum, packet, window);
        }
    }

    /// Looks at who waits for whom in a stream that sounds like speech in the open, from then until that is known; and now
    /// and then at one that waited, since nobody has to go on as it began.
    fn look_at_steps(&mut self) {
        let wanted = match self.course.waits() {
            None => self.course.sum(Activity::Call) > 0,
            Some(waits) => waits && self.course.windows().is_multiple_of(LOOKED_AGAIN),
        };
        match self.steps.as_ref().map(|steps| steps.wait()) {
            None if wanted => self.steps = Some(Box::default()),
            Some(Some(waits)) => {
                self.steps = None;
                self.course.take_turns(waits);
            }
            _ => {}
        }
    }

    /// The flow's opening is cipher text, and these were its turns so far, if it is a stream.
    pub fn is_encrypted(&mut self, packet: u32, transport: Transport, turns: Turns) {
        self.course.hides = true;
        let frame = u8::from(transport == Transport::Udp);
        self.tell("encrypted", encrypted::weight(transport), packet, Shown { frame, ..Shown::default() });
        if transport == Transport::Tcp {
            self.turns = Some(turns);
            self.look_at_turns(packet);
        }
    }

    /// Whether a stream that hides what it is turned out to carry a handshake; says so once.
    pub fn look_at_turns(&mut self, packet: u32) -> bool {
        let Some(shown) = self.turns.as_ref().and_then(Turns::handshake) else { return false };
        self.turns = None;
        self.tell("nested-tls", nested::WEIGHT, packet, shown);
        true
    }

    /// What is found of a detector by its name.
    #[must_use]
    pub fn found(&self, name: &str) -> Option<&Finding> {
        let is = |finding: &&Finding| finding.detector().is_some_and(|detector| detector.profile().name == name);
        self.findings.iter().find(is)
    }

    /// The flow only pretends to be TLS.
    pub fn fakes_tls(&mut self, fake: Fake, packet: u32) {
        self.tell("fake-tls", fake.weight(), packet, Shown { frame: fake as u8, ..Shown::default() });
    }

    fn tell(&mut self, name: &str, decibans: i16, packet: u32, shown: Shown) {
        let Some(place) = DETECTORS.iter().position(|detector| detector.profile().name == name) else { return };
        let Ok(detector) = u8::try_from(place) else { return };
        let finding = Finding { detector, decibans, packet, shown };
        match self.findings.iter_mut().find(|known| known.detector == detector) {
            Some(known) if known.decibans >= decibans => {}
            Some(known) => *known = finding,
            None => self.findings.push(finding),
        }
    }

    /// Closes the window, at the flow's packet of that number, and hears it.
    pub fn close(&mut self, now: Time, packet: u32) -> Window {
        let window = self.stats.close(now);
        self.hear(&window, packet);
        window
    }

    /// The flow is over: closes the window, and goes by all that went on rather than by what goes on.
    pub fn conclude(&mut self, last: Time, packet: u32) {
        let window = self.stats.close(last);
        if window.ways.iter().any(|way| way.packets > 0) {
            self.hear(&window, packet);
        }
        self.course.end();
    }

    /// Client and server were taken for each other.
    pub fn turn(&mut self) {
        self.stats.turn();
        self.course.turn();
    }

    /// What was worth telling.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The finding of that activity.
    #[must_use]
    pub fn finding(&self, activity: Activity) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.activity() == activity)
    }

    /// Whether what was heard speaks against a call.
    #[must_use]
    pub fn is_no_call(&self) -> bool {
        self.course.suspicion() <= NO_CALL
    }

    /// Whether more windows would hardly change what was found: they speak against a call, or for long enough for it.
    #[must_use]
    pub fn is_heard_out(&self) -> bool {
        let (sum, windows) = (self.course.sum(Activity::Call), self.course.windows());
        self.is_no_call()
            || (self.course.lasted(Activity::Call) >= CALL_HEARD && sum >= DECIDES_FROM)
            || windows >= PATIENCE
    }

    /// Hears a window.
    pub fn hear(&mut self, window: &Window, packet: u32) {
        if !window.stream && !window.counted && !self.course.looked {
            self.course.suspect(voice::if_hidden(window, &self.course));
        }
        let mut best = (0, Activity::Unknown);
        if window.stream && !window.counted && !self.course.hides {
            self.look_at_steps();
        }
        for (place, detector) in (0..).zip(DETECTORS) {
            let fits = detector.fits(window, &self.course);
            let activity = detector.profile().activity;
            if fits > best.0 {
                best = (fits, activity);
            }
            let sum = self.course.add(activity, fits);
            if fits > 0 && sum >= TOLD_FROM {
                self.find(place, sum, packet, window);
            }
        }
        self.course.hear(best.1, window);
    }

    fn find(&mut self, detector: u8, decibans: i16, packet: u32, window: &Window) {
        if let Some(known) = self.findings.iter_mut().find(|known| known.detector == detector) {
            known.decibans = known.decibans.max(decibans);
            return;
        }
        self.findings.reserve_exact(1);
        self.findings.push(Finding { detector, decibans, packet, shown: Shown::of(window) });
    }
}
