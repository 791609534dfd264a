//! What the engine tells: flows that ended, and verdicts as they fall.

use crate::flow::{EndReason, Flow};
use crate::packet::Time;

/// Where events gather until somebody takes them.
pub type Outbox = Vec<Event>;

/// One thing that happened.
pub enum Event {
    /// A flow is over.
    Ended(Box<Told>),
    /// A live flow was judged, or judged anew; as it stood then.
    Verdict(Box<Told>),
}

/// A flow as it stood when something was told of it.
pub struct Told {
    /// All that was known of it.
    pub flow: Flow,
    /// Why it is over; `None` while it lives.
    pub reason: Option<EndReason>,
    /// The engine's clock.
    pub time: Time,
}
