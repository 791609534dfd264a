//! One flow of a call.

use super::ear::Ear;
use super::spoken::Codings;
use super::{Seen, RIPE};
use crate::packet::{Endpoint, Side, Time};

/// What a flow is to its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sound and pictures.
    Media,
    /// Reports on them.
    Control,
    /// Set it up.
    Signalling,
}

impl Kind {
    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Control => "control",
            Self::Signalling => "signalling",
        }
    }
}

/// What is kept of it while it is up.
pub struct Leg {
    /// Number of the flow.
    pub flow: u64,
    /// The end in our network, and the other.
    pub ends: [Endpoint; 2],
    /// Who speaks at each, where signalling said so.
    pub users: [Option<Box<str>>; 2],
    /// Place of the call; 0 when there is none just now.
    pub call: u32,
    /// What the flow was judged to be.
    pub seen: Seen,
    /// What its payload types were announced to be.
    pub codings: Codings,
    /// Sound or pictures are known to pass: by their headers, or by their pace.
    pub live: bool,
    /// Since when it is followed.
    pub since: Time,
    /// Listens to each side.
    pub ears: [Ear; 2],
    /// Packets since the last look.
    pub window: u32,
    /// Packets of each side since it is followed.
    pub packets: [u32; 2],
    /// Its latest packet.
    pub last: Time,
}

impl Leg {
    /// Client and server were taken for each other.
    pub fn turn(&mut self) {
        self.seen.local = self.seen.local.other();
        self.ears.reverse();
        self.packets.reverse();
    }

    /// Whether it makes a call: live media, and enough of it.
    pub fn is_ripe(&self) -> bool {
        self.seen.kind == Kind::Media && self.live && self.all_packets() >= RIPE
    }

    /// Takes a payload of that side.
    pub fn hear(&mut self, side: Side, payload: &[u8], payload_len: u32, time: Time) {
        self.count(side, 1, time);
        if self.seen.kind != Kind::Media {
            return;
        }
        let Some(ear) = self.ears.get_mut(side.index()) else { return };
        ear.hear(payload, payload_len, time, &self.codings);
        // Once in a while is soon enough.
        if !self.live && self.all_packets().is_multiple_of(RIPE) {
            self.live = self.reads();
        }
    }

    /// Whether the headers of its media are read.
    pub fn reads(&self) -> bool {
        self.ears.iter().any(|ear| ear.reads(u64::from(RIPE / 2)))
    }

    /// Counts packets of that side that nobody hears.
    pub fn pass_by(&mut self, side: Side, packets: u32, time: Time) {
        if let Some(ear) = self.ears.get_mut(side.index()).filter(|_| packets > 0) {
            ear.interrupt();
        }
        self.count(side, packets, time);
    }

    fn count(&mut self, side: Side, packets: u32, time: Time) {
        self.window = self.window.saturating_add(packets);
        if let Some(sum) = self.packets.get_mut(side.index()) {
            *sum = sum.saturating_add(packets);
        }
        self.last = self.last.max(time);
    }

    /// The ear on what our end sends, and that on what it receives, with the packets of each.
    pub fn ways(&self) -> [(&Ear, u32); 2] {
        let ([client, server], [from_client, from_server]) = (&self.ears, self.packets);
        let (client, server) = ((client, from_client), (server, from_server));
        if self.seen.local == Side::Client {
            [client, server]
        } else {
            [server, client]
        }
    }

    /// Packets of both sides.
    pub fn all_packets(&self) -> u32 {
        self.packets.iter().fold(0, |sum, packets| sum.saturating_add(*packets))
    }
}
