//! Totals by application and by host, of flows that ended.

use std::cmp::Reverse;
use std::hash::Hash;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::apps::{AppId, Catalog};
use crate::flow::Flow;
use crate::inspect::Category;
use crate::packet::{Addr, Side};
use crate::policy::Action;

/// What the flows of one application, or of one host, add up to.
#[derive(Clone, Debug)]
pub struct Total {
    /// How many.
    pub flows: u64,
    /// Their packets, both ways.
    pub packets: u64,
    /// Their bytes on the wire, both ways.
    pub octets: u64,
    /// How many of them the policy blocks.
    pub blocked: u64,
    /// What kind of application the latest was.
    pub category: Category,
    /// Flows of each application, in the order of their first.
    apps: Vec<(AppId, u64)>,
}

impl Default for Total {
    fn default() -> Self {
        Self { flows: 0, packets: 0, octets: 0, blocked: 0, category: Category::Unknown, apps: Vec::new() }
    }
}

impl Total {
    fn add(&mut self, flow: &Flow) {
        let app = flow.judgement.app;
        self.flows += 1;
        self.packets += u64::from(flow.packets());
        self.octets += flow.octets();
        self.blocked += u64::from(flow.decision.action == Action::Block);
        self.category = flow.judgement.category();
        match self.apps.iter_mut().find(|(known, _)| *known == app) {
            Some((_, flows)) => *flows += 1,
            None => self.apps.push((app, 1)),
        }
    }

    /// The applications of its flows, the one with the most flows first.
    #[must_use]
    pub fn apps(&self) -> Vec<AppId> {
        let mut apps = self.apps.clone();
        apps.sort_by_key(|(_, flows)| Reverse(*flows));
        apps.into_iter().map(|(app, _)| app).collect()
    }
}

/// Totals of all flows that were added, judged by one catalog.
pub struct Summary {
    all: Total,
    apps: HashMap<AppId, Total, FixedState>,
    hosts: HashMap<Addr, Total, FixedState>,
}

impl Summary {
    /// Of no flow yet. The seed of its hashes is the caller's secret: strangers choose addresses.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            all: Total::default(),
            apps: HashMap::with_hasher(FixedState::with_seed(seed)),
            hosts: HashMap::with_hasher(FixedState::with_seed(seed)),
        }
    }

    /// Counts a flow in.
    pub fn add(&mut self, flow: &Flow) {
        self.all.add(flow);
        self.apps.entry(flow.judgement.app).or_default().add(flow);
        for side in [Side::Client, Side::Server] {
            self.hosts.entry(flow.end(side).addr).or_default().add(flow);
        }
    }

    /// Of all flows.
    #[must_use]
    pub fn all(&self) -> &Total {
        &self.all
    }

    /// The applications with the most bytes, by name where they are equal.
    #[must_use]
    pub fn apps(&self, most: usize, catalog: &Catalog) -> Vec<(String, &Total)> {
        largest(&self.apps, most, |app| catalog.app(app).name.clone())
    }

    /// The hosts with the most bytes, by address where they are equal.
    #[must_use]
    pub fn hosts(&self, most: usize) -> Vec<(String, &Total)> {
        largest(&self.hosts, most, |addr| addr.to_string())
    }
}

fn largest<K: Copy + Eq + Hash>(
    totals: &HashMap<K, Total, FixedState>,
    most: usize,
    name: impl Fn(K) -> String,
) -> Vec<(String, &Total)> {
    let mut all: Vec<(K, &Total)> = totals.iter().map(|(key, total)| (*key, total)).collect();
    all.sort_unstable_by(|(a, one), (b, other)| other.octets.cmp(&one.octets).then_with(|| name(*a).cmp(&name(*b))));
    all.into_iter().take(most).map(|(key, total)| (name(key), total)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::FlowKey;
    use crate::packet::{Endpoint, Time};

    fn flow(client: u8, server: u8, app: u16, octets: u64) -> Flow {
        let end = |last, port| Endpoint { addr: Addr::v4([10, 0, 0, last]), port };
        let mut flow = Flow::new(FlowKey::between(end(client, 4000), end(server, 80), 6), true, 1, Time(0));
        flow.judgement.app = AppId(app);
        flow.tallies[0].packets = 2;
        flow.tallies[0].bytes = octets;
        flow
    }

    #[test]
    fn the_largest_come_first_and_a_flow_counts_for_both_of_its_ends() {
        let mut summary = Summary::new(1);
        for flow in [flow(1, 9, 1, 100), flow(2, 9, 2, 300), flow(1, 8, 2, 100), flow(1, 8, 2, 1)] {
            summary.add(&flow);
        }
        assert_eq!((summary.all().flows, summary.all().packets, summary.all().octets), (4, 8, 501));
        let hosts: Vec<_> = summary.hosts(3).into_iter().map(|(name, total)| (name, total.octets)).collect();
        assert_eq!(hosts, [("10.0.0.9".into(), 400), ("10.0.0.2".into(), 300), ("10.0.0.1".into(), 201)]);
        assert_eq!(summary.hosts[&Addr::v4([10, 0, 0, 1])].apps(), [AppId(2), AppId(1)]);
    }
}
