//! What the engine tells: flows that ended, and verdicts as they fall.

use crate::apps::{Activity, AppId};
use crate::behaviour::Change;
use crate::flow::{EndReason, Flow, FlowKey};
use crate::inspect::{Category, ProtocolId};
use crate::packet::{Endpoint, Time, Transport};
use crate::policy::{Action, Subject};

/// Where events gather until somebody takes them.
pub type Outbox = Vec<Event>;

/// One thing that happened.
pub enum Event {
    /// A flow is over.
    Ended(Box<Told>),
    /// A live flow was judged, or judged anew; as it stood then, and what the policy said before.
    Verdict(Box<Told>, Action),
    /// What the policy says of a live flow, and will say until it changes: nothing more is read of it, or it is blocked.
    Settled(FlowKey, Action),
    /// Something else goes on in a live flow than before.
    Activity(Box<Told>),
    /// An endpoint was learned: all its flows are one application's.
    Learned(Learnt),
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
