//! What addresses are called, from the answers of the DNS that passed, for as long as the answers hold.

use super::recent::Recent;
use crate::facts::LONGEST_TEXT;
use crate::packet::{Addr, Time};

/// Resolvers answer with a few seconds where load is balanced, but a program keeps the address that it connected to.
const SHORTEST_LIFE: u64 = 60 * Time::SECOND;
/// A day: longer answers outlive what the address is used for.
const LONGEST_LIFE: u64 = 24 * 60 * 60 * Time::SECOND;

/// A name that an address has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressName<'a> {
    /// Lower case, without the last dot.
    pub name: &'a [u8],
    /// Whether nobody else's name led to the same address in this time; at a content network many do.
    pub alone: bool,
}

struct Entry {
    name: Box<[u8]>,
    expires: Time,
    /// Until then a name of somebody else leads here too.
    crowded_until: Time,
}

pub(super) struct Names {
    by_addr: Recent<Addr, Entry>,
}

impl Names {
    pub fn new(most: usize, seed: u64) -> Self {
        Self { by_addr: Recent::new(most, seed) }
    }

    pub fn get(&self, addr: Addr, now: Time) -> Option<AddressName<'_>> {
        let entry = self.by_addr.get(&addr).filter(|entry| now < entry.expires)?;
        Some(AddressName { name: &entry.name, alone: now >= entry.crowded_until })
    }

    pub fn put(&mut self, addr: Addr, name: Box<[u8]>, ttl: u32, now: Time) {
        if name.is_empty() || name.len() > LONGEST_TEXT {
            return;
        }
        let life = (u64::from(ttl) * Time::SECOND).clamp(SHORTEST_LIFE, LONGEST_LIFE);
        let crowded_until = match self.by_addr.get(&addr) {
            Some(old) if old.name == name => old.crowded_until,
            Some(old) if now < old.expires && owner(&old.name) != owner(&name) => old.expires,
            Some(old) => old.crowded_until,
            None => Time(0),
        };
        let expires = Time(now.0.saturating_add(life));
        self.by_addr.put(addr, Entry { name, expires, crowded_until });
    }

    pub fn len(&self) -> usize {
        self.by_addr.len()
    }
}

/// The last two labels: roughly who registered the name.
fn owner(name: &[u8]) -> &[u8] {
    let dot = memchr::memrchr(b'.', name).and_then(|last| memchr::memrchr(b'.', name.get(..last)?));
    dot.and_then(|dot| name.get(dot + 1..)).unwrap_or(name)
}
