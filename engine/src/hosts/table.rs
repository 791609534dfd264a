//! Where hosts lie: found by address, bounded in number.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::host::Host;
use crate::packet::{Addr, Time};

/// Hosts that the hand passes before it takes the least of them.
const TRIES: usize = 16;

/// Hosts by address.
pub struct Table {
    index: HashMap<Addr, u32, FixedState>,
    hosts: Vec<Host>,
    most: usize,
    hand: usize,
}

impl Table {
    pub fn new(most: u32, seed: u64) -> Self {
        Self {
            index: HashMap::with_hasher(FixedState::with_seed(seed)),
            hosts: Vec::new(),
            most: most.max(1) as usize,
            hand: 0,
        }
    }

    pub fn find(&self, addr: Addr) -> Option<u32> {
        self.index.get(&addr).copied()
    }

    pub fn get(&mut self, place: u32) -> Option<&mut Host> {
        self.hosts.get_mut(place as usize)
    }

    pub fn look(&self, place: u32) -> Option<&Host> {
        self.hosts.get(place as usize)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter()
    }

    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Where a host lies; one that is new may take the place of another. None where all others are needed.
    pub fn place(&mut self, addr: Addr, now: Time) -> Option<u32> {
        if let Some(place) = self.find(addr) {
            return Some(place);
        }
        let place = if self.hosts.len() < self.most {
            self.hosts.push(Host::new(addr, now));
            self.hosts.len() - 1
        } else {
            let place = self.least_worth()?;
            let old = std::mem::replace(self.hosts.get_mut(place)?, Host::new(addr, now));
            self.index.remove(&old.addr);
            place
        };
        let place = u32::try_from(place).ok()?;
        self.index.insert(addr, place);
        Some(place)
    }

    /// Of the next few in turn that nothing depends on, the one whose ports met the fewest.
    fn least_worth(&mut self) -> Option<usize> {
        let mut least: Option<(u32, Time, usize)> = None;
        for _ in 0..TRIES {
            self.hand = (self.hand + 1) % self.hosts.len().max(1);
            let Some(host) = self.hosts.get(self.hand).filter(|host| host.is_dispensable() && !host.queued) else {
                continue;
            };
            let met = host.sockets.iter().map(|socket| socket.worth().0).max().unwrap_or_default();
            let worth = (met, host.last, self.hand);
            least = Some(least.map_or(worth, |least| least.min(worth)));
        }
        least.map(|(.., place)| place)
    }
}
