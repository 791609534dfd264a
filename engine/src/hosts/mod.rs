//! Behaviour of hosts: what the flows of one host of ours, taken together, say about the part that it plays.
//!
//! Fed by what happens to flows (one begins, is answered, ends) and not by packets; only the few lively flows of a host
//! are followed quarter second by quarter second. Bounded in hosts, ports and flows, whoever makes up addresses.

mod costs;
mod feeding;
mod fit;
mod host;
mod known;
mod log_on;
mod looking;
mod roles;
mod seen;
mod series;
mod services;
mod socket;
mod table;

pub use costs::Totals;
pub use feeding::Heard;
pub use host::Cost;
pub use known::{Excuse, Excuses};
pub use roles::{Between, Case, Ground, Profile, Role, DECIDES, ROLES};
pub use series::BIN;

use foldhash::quality::FixedState;

use crate::apps;
use crate::packet::Time;
use crate::places::Places;
use crate::prefix::Prefix;
use host::Host;
use series::Series;
use table::Table;

/// Bytes in a second from which on a flow is lively: 10 kb/s.
pub const LEAST_RATE: u64 = 1_250;

/// How hosts are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most hosts; one more drives out another.
    pub hosts: u32,
    /// Most lively flows that are followed.
    pub series: u32,
    /// Bytes that a role may cost until somebody is told.
    pub alarm: u64,
}

impl Default for Limits {
    /// Some 60 MB at most, and less than 20 for ten thousand hosts.
    fn default() -> Self {
        Self { hosts: 65_536, series: 8_192, alarm: 1_000_000_000 }
    }
}

/// Every host of ours.
pub struct Hosts {
    table: Table,
    series: Places<Series>,
    /// Places of lively flows between two hosts of ours: one of them may let the other out.
    doors: Vec<u32>,
    /// Hosts that something happened to, by place.
    queue: Vec<u32>,
    /// Hosts that play a role, by place.
    holding: Vec<u32>,
    excuses: Excuses,
    totals: Totals,
    limits: Limits,
    local: Vec<Prefix>,
    hasher: FixedState,
    /// When the first flow began.
    began: Option<Time>,
    looked_at_series: Time,
    /// Some host gained a role, and nobody has been told.
    gained: bool,
    told_gained: Time,
}

impl Hosts {
    /// Knows nobody yet. The seed of its hashes is the caller's secret: strangers choose addresses.
    #[must_use]
    pub fn new(limits: Limits, local: &[Prefix], seed: u64) -> Self {
        Self {
            table: Table::new(limits.hosts, seed),
            series: Places::new(limits.series),
            doors: Vec::new(),
            queue: Vec::new(),
            holding: Vec::new(),
            excuses: Excuses::default(),
            totals: Totals::default(),
            limits,
            local: local.to_vec(),
            hasher: FixedState::with_seed(seed),
            began: None,
            looked_at_series: Time(0),
            gained: false,
            told_gained: Time(0),
        }
    }

    /// Bytes that all of it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let hosts: usize = self.table.iter().map(Host::bytes).sum();
        let series: usize = self.series.all().iter().flatten().map(|series| series.bytes()).sum();
        hosts + series
    }

    /// Hosts that are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.len() == 0
    }
}

#[cfg(test)]
mod tests;
