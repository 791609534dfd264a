//! What the engine tells: flows that ended, and verdicts as they fall.

use crate::apps::{Activity, AppId, Role};
use crate::behaviour::Change;
use crate::calls::{LegNews, Quality, Route};
use crate::flow::{EndReason, Flow, FlowKey};
use crate::hosts::{Between, Cost, Ground};
use crate::inspect::{Category, ProtocolId};
use crate::packet::{Addr, Endpoint, Time, Transport};
use crate::policy::{Action, Gist, Subject};

/// Where events gather until somebody takes them.
pub type Outbox = Vec<Event>;

/// One thing that happened.
pub enum Event {
    /// A flow is over.
    Ended(Box<Told>),
    /// A live flow was judged, or judged anew; as it stood then, and what the policy said before.
    Verdict(Box<Told>, Action),
    /// What the policy says of a live flow, and will say until it changes, and what about: nothing more is read of it, or it
    /// is blocked.
    Settled(FlowKey, Action, Gist),
    /// Something else goes on in a live flow than before.
    Activity(Box<Told>),
    /// An endpoint was learned: all its flows are one application's.
    Learned(Learnt),
    /// A host was found to play a role, or plays it no more, or it has become costly.
    Host(Box<HostNews>),
    /// A call began, something about it changed, or it is over.
    Call(Box<CallNews>),
}

/// What happened to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallChange {
    /// It began.
    Start,
    /// Something about it is known better, or it has gone on for a while.
    Update,
    /// It is over, and how that was seen.
    End(&'static str),
}

/// A call, as it stood when something was told of it.
#[derive(Clone, Debug)]
pub struct CallNews {
    /// The engine's clock; of a call that is over, its last packet.
    pub time: Time,
    /// A number of its own: that of its first flow.
    pub id: u64,
    /// What happened.
    pub change: CallChange,
    /// The end in our network, and the other.
    pub ends: [Endpoint; 2],
    /// Who speaks at each, where signalling said so in the clear.
    pub users: [Option<Box<str>>; 2],
    /// What passes it on, where that is a host of ours.
    pub relay: Option<Endpoint>,
    /// The application.
    pub app: AppId,
    /// Whether it goes straight.
    pub route: Route,
    /// Its first packet.
    pub start: Time,
    /// Its latest lively packet.
    pub end: Time,
    /// Its flows.
    pub legs: Vec<LegNews>,
    /// The coding, where it is visible.
    pub coding: Option<String>,
    /// Whether pictures are among its media, as far as headers show.
    pub video: bool,
    /// How it came through: what our end sent, and what it received.
    pub quality: [Option<Quality>; 2],
}

/// What happened to a host's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostChange {
    /// It was found to play it.
    Gained,
    /// It costs more than the threshold, or twice what was told last.
    Costly,
    /// It plays it no more, and why.
    Lost(&'static str),
}

/// A host's role, as it stood when something was told of it.
#[derive(Clone, Debug)]
pub struct HostNews {
    /// The engine's clock; of a role that expired, when it was last seen.
    pub time: Time,
    /// Who.
    pub addr: Addr,
    /// Which role.
    pub role: Role,
    /// What happened.
    pub change: HostChange,
    /// Since when it is played.
    pub since: Time,
    /// The port by which it is played, where it is one.
    pub port: Option<u16>,
    /// Why it is thought so, each in words.
    pub grounds: Vec<Ground>,
    /// Of a relay: whom it connects.
    pub between: Vec<Between>,
    /// What it costs so far.
    pub cost: Cost,
}

/// What later flows of an endpoint are, before they say anything.
#[derive(Clone, Copy, Debug)]
pub struct Learnt {
    /// Where.
    pub endpoint: Endpoint,
    /// Over what.
    pub transport: Transport,
    /// Which application.
    pub app: AppId,
    /// What kind of application.
    pub category: Category,
    /// In which protocol.
    pub protocol: ProtocolId,
    /// What goes on there, where that is all that is known.
    pub activity: Activity,
    /// Probability that this is right, in 0..1.
    pub confidence: f64,
    /// Until when it holds.
    pub expires: Time,
}

impl Learnt {
    /// What a policy is asked about a flow between this endpoint and nobody in particular.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject {
            client: self.endpoint.addr,
            server: self.endpoint.addr,
            app: self.app,
            category: self.category,
            protocol: self.protocol,
            activity: self.activity,
            role: Role::Unknown,
            confidence: self.confidence,
        }
    }
}

/// A flow as it stood when something was told of it.
pub struct Told {
    /// All that was known of it.
    pub flow: Flow,
    /// Why it is over; `None` while it lives.
    pub reason: Option<EndReason>,
    /// What goes on now instead of something else, where that is what is told.
    pub change: Option<Change>,
    /// The engine's clock.
    pub time: Time,
}
