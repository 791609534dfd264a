//! The roles that a host may be found to play. One file each, and its line in [`ROLES`].

mod peer;
mod relay;
mod supernode;

pub use relay::Between;

use super::host::Host;
use super::series::Series;
use crate::apps;
use crate::packet::Time;

/// Every role that is looked for.
pub static ROLES: [&dyn Role; 3] = [&peer::Peer, &supernode::Supernode, &relay::Relay];

/// From here on a host is said to play a role, in decibans: twenty for how rare it is, twenty to be sure.
pub const DECIDES: i16 = 40;

/// What is fixed about a role.
#[derive(Debug)]
pub struct Profile {
    /// The role.
    pub role: apps::Role,
    /// For people.
    pub title: &'static str,
    /// Seconds for which it is held after it was last seen.
    pub life: u64,
}

/// A way to find a role.
pub trait Role: Sync {
    /// What is fixed about it.
    fn profile(&self) -> &'static Profile;
    /// Looks at a host; a case that is weighty enough makes the role.
    fn judge(&self, scene: &Scene<'_>) -> Case;
}

/// What a role is judged by.
pub struct Scene<'a> {
    /// The host.
    pub host: &'a Host,
    /// Lively flows, by place.
    pub series: &'a [Option<Box<Series>>],
    /// The engine's clock.
    pub now: Time,
}

/// What speaks for a role.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Each in words, with its weight in decibans.
    pub grounds: Vec<Ground>,
    /// The port by which it is played, where it is one.
    pub port: Option<u16>,
    /// Whom it passes traffic on between.
    pub between: Vec<Between>,
    /// Seconds for which every look must show it, until it is believed.
    pub stands: u64,
}

/// One thing that was seen of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// A sentence.
    pub what: String,
    /// In decibans.
    pub weight: i16,
}

impl Case {
    /// Adds a ground.
    pub fn add(&mut self, weight: i16, what: String) {
        self.grounds.push(Ground { what, weight });
    }

    /// The sum of its weights.
    #[must_use]
    pub fn weight(&self) -> i16 {
        self.grounds.iter().fold(0, |sum, ground| sum.saturating_add(ground.weight))
    }
}
