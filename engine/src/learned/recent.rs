//! A bounded map that forgets what was not put lately: two generations, each at most half of the bound.
//!
//! When the young generation is full it becomes the old one, and the old one is forgotten whole. That costs nothing per
//! entry, and nothing can be pinned in it. Nearly everyone who asks hears no: a few bits for each entry, which stay in the
//! processor's cache where the entries do not, say so at once.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

pub(super) struct Recent<K, V> {
    young: Generation<K, V>,
    old: Generation<K, V>,
    half: usize,
    hasher: FixedState,
}

impl<K: Hash + Eq, V> Recent<K, V> {
    /// The seed keeps strangers from choosing keys that collide.
    pub fn new(most: usize, seed: u64) -> Self {
        let half = (most / 2).max(1);
        Self { young: Generation::new(half), old: Generation::new(half), half, hasher: FixedState::with_seed(seed) }
    }

    #[inline]
    pub fn get(&self, key: &K) -> Option<&V> {
        if self.len() == 0 {
            return None;
        }
        let hash = self.hasher.hash_one(key);
        self.young.get(hash, key).or_else(|| self.old.get(hash, key))
    }

    /// Whether there may be something with this key, or with another of the same hash.
    #[inline]
    pub fn may_hold(&self, key: &K) -> bool {
        let hash = self.hasher.hash_one(key);
        self.young.may_hold(hash) || self.old.may_hold(hash)
    }

    pub fn put(&mut self, key: K, value: V) {
        let hash = self.hasher.hash_one(&key);
        if self.young.entries.len() >= self.half && self.young.get(hash, &key).is_none() {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.old.remove(hash, &key);
        self.young.put(hash, key, value, &self.hasher);
    }

    pub fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    pub fn len(&self) -> usize {
        self.young.entries.len() + self.old.entries.len()
    }
}

/// Bits for each entry that may come: of those who ask for what is not there, one in sixteen has to look.
const BITS_PER_ENTRY: usize = 16;

struct Generation<K, V> {
    entries: HashTable<(K, V)>,
    /// A bit is set where some entry has that hash; a power of two of them.
    bits: Vec<u64>,
}

impl<K: Hash + Eq, V> Generation<K, V> {
    fn new(most: usize) -> Self {
        Self { entries: HashTable::new(), bits: vec![0; (most * BITS_PER_ENTRY / 64).next_power_of_two()] }
    }

    #[inline]
    fn get(&self, hash: u64, key: &K) -> Option<&V> {
        if !self.may_hold(hash) {
            return None;
        }
        self.entries.find(hash, |(known, _)| known == key).map(|(_, value)| value)
    }

    #[inline]
    fn may_hold(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }

    fn put(&mut self, hash: u64, key: K, value: V, hasher: &FixedState) {
        let (word, bit) = self.place(hash);
        if let Some(word) = self.bits.get_mut(word) {
            *word |= bit;
        }
        if let Some((_, known)) = self.entries.find_mut(hash, |(known, _)| *known == key) {
            *known = value;
        } else {
            self.entries.insert_unique(hash, (key, value), |(key, _)| hasher.hash_one(key));
        }
    }

    fn remove(&mut self, hash: u64, key: &K) {
        if let Ok(entry) = self.entries.find_entry(hash, |(known, _)| known == key) {
            entry.remove();
        }
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.bits.fill(0);
    }

    /// The word and the bit in it. The table takes the lowest and the highest bits of the hash.
    #[inline]
    fn place(&self, hash: u64) -> (usize, u64) {
        let middle = (hash >> 24) as usize;
        ((middle >> 6) & (self.bits.len() - 1), 1 << (middle & 63))
    }
}
