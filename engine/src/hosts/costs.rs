//! What roles cost: bytes and packets by role, of each host and of all.

use super::host::{Cost, Host};
use super::roles::ROLES;
use super::{apps, Hosts};
use crate::event::{Event, HostChange, Outbox};
use crate::packet::Time;

/// What each role costs, of all hosts together, in the order of [`ROLES`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals([Cost; ROLES.len()]);

impl Totals {
    /// So much more of the role at this place.
    pub(super) fn add(&mut self, at: usize, packets: u64, bytes: u64) {
        if let Some(total) = self.0.get_mut(at) {
            total.add(packets, bytes);
        }
    }

    /// Each role with what it has cost so far.
    pub fn iter(&self) -> impl Iterator<Item = (apps::Role, Cost)> + '_ {
        ROLES.iter().map(|role| role.profile().role).zip(self.0.iter().copied())
    }
}

impl Hosts {
    /// What roles have cost so far, of all hosts.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// So much passed in flows of these roles. Tells of those that have become costly.
    pub(super) fn charge(
        &mut self,
        place: u32,
        is_charged: impl Fn(&Host, usize) -> bool,
        (packets, bytes): (u64, u64),
        now: Time,
        out: &mut Outbox,
    ) {
        let Some(host) = self.table.get(place) else { return };
        for at in 0..ROLES.len() {
            if !is_charged(host, at) {
                continue;
            }
            let Some(held) = host.roles.get_mut(at).and_then(Option::as_mut) else { continue };
            held.cost.add(packets, bytes);
            self.totals.add(at, packets, bytes);
            if held.cost.bytes >= held.alarm_at {
                // The next one when it has doubled: an alarm that rings all the time is not heard.
                held.alarm_at = held.cost.bytes.saturating_mul(2);
                let told = super::looking::told(host.addr, held, HostChange::Costly, now);
                out.push(Event::Host(Box::new(told)));
            }
        }
    }
}
