//! A call: who with whom, by which flows, since when, and how it came through.

use super::ear::{Ear, Quality};
use super::leg::{Kind, Leg};
use super::{Announcer, Seen};
use crate::apps::AppId;
use crate::packet::{Endpoint, Time};

/// Flows of one call that are told of.
pub const MOST_LEGS: usize = 8;

/// Whether the parties' packets go straight to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// Nobody knows.
    #[default]
    Unknown,
    /// They do.
    Direct,
    /// Through a relay or a server.
    Relayed,
}

/// A flow of a call, as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegNews {
    /// Number of the flow.
    pub flow: u64,
    /// What it is to the call.
    pub kind: Kind,
    /// The end in our network, and the other.
    pub ends: [Endpoint; 2],
}

/// One call.
pub struct Call {
    /// A number of its own: that of its first flow.
    pub id: u64,
    /// The end in our network, and the other.
    pub ends: [Endpoint; 2],
    /// Who speaks at each, where signalling said so.
    pub users: [Option<Box<str>>; 2],
    /// What passes it on, where that is a host of ours.
    pub relay: Option<Endpoint>,
    /// The application.
    pub app: AppId,
    /// Straight or not.
    pub route: Route,
    /// Places of its flows that are up.
    pub legs: Vec<u32>,
    /// Its flows, also those that are over.
    pub known: Vec<LegNews>,
    /// Its first packet.
    pub start: Time,
    /// Its latest lively packet.
    pub last: Time,
    /// Its best heard flow, of those that are over: packets, what came through, coding, pictures.
    pub heard: Heard,
    /// Whether it was told of, and when last.
    pub told: Option<Time>,
    /// What was told last, in short.
    pub said: Said,
}

/// How a call came through on its main flow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// Packets of that flow.
    pub packets: u32,
    /// What our end sent, and what it received.
    pub quality: [Option<Quality>; 2],
    /// The coding, where visible.
    pub coding: Option<String>,
    /// Whether there are pictures on any.
    pub video: bool,
}

/// What makes an update worth telling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    app: AppId,
    route: Route,
    coding: Option<String>,
    video: bool,
    relay: Option<Endpoint>,
    legs: usize,
}

impl Call {
    /// A call that begins with this flow.
    pub fn new(leg: &Leg) -> Self {
        Self {
            id: leg.flow,
            ends: leg.ends,
            users: leg.users.clone(),
            relay: None,
            app: leg.seen.app,
            route: leg.seen.route,
            legs: Vec::new(),
            known: Vec::new(),
            start: leg.since,
            last: leg.last,
            heard: Heard::default(),
            told: None,
            said: Said::default(),
        }
    }

    /// What a flow of it is judged to be says more of the call.
    pub fn learn(&mut self, seen: &Seen) {
        if self.app == AppId::UNKNOWN || seen.named {
            self.app = seen.app;
        }
        if self.relay.is_none() && seen.route != Route::Unknown {
            self.route = seen.route;
        }
        let Some(Announcer { flow, ends: [client, server], .. }) = seen.announced_by else { return };
        if self.known.len() < MOST_LEGS && self.known.iter().all(|known| known.flow != flow) {
            let [near, _] = self.ends;
            let ends = if server.addr == near.addr { [server, client] } else { [client, server] };
            self.known.push(LegNews { flow, kind: Kind::Signalling, ends });
        }
    }

    /// Its application has another number from now on.
    pub fn renumber(&mut self, number: impl Fn(AppId) -> AppId) {
        self.app = number(self.app);
        self.said.app = number(self.said.app);
    }

    /// One more flow of it.
    pub fn add(&mut self, place: u32, leg: &Leg) {
        self.legs.push(place);
        for (known, user) in self.users.iter_mut().zip(&leg.users) {
            *known = known.take().or_else(|| user.clone());
        }
        if self.known.len() < MOST_LEGS && self.known.iter().all(|known| known.flow != leg.flow) {
            self.known.push(LegNews { flow: leg.flow, kind: leg.seen.kind, ends: leg.ends });
        }
    }

    /// Hears what a flow says at last, or in between.
    pub fn hear(heard: &mut Heard, leg: &Leg) {
        let video = heard.video || leg.ears.iter().any(Ear::has_video);
        if leg.seen.kind == Kind::Media && leg.all_packets() > heard.packets {
            let [sent, received] = leg.ways();
            *heard = Heard {
                packets: leg.all_packets(),
                quality: [sent, received].map(|(ear, packets)| ear.quality(&leg.codings, packets)),
                coding: [sent, received].into_iter().find_map(|(ear, _)| ear.coding(&leg.codings)),
                video,
            };
        }
        heard.video = video;
    }

    /// What an update would say.
    pub fn says(&self, heard: &Heard) -> Said {
        Said {
            app: self.app,
            route: self.route,
            coding: heard.coding.clone(),
            video: heard.video,
            relay: self.relay,
            legs: self.known.len(),
        }
    }
}
