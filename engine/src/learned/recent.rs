//! A bounded map that forgets what was not put lately: two generations, each at most half of the bound.
//!
//! When the young generation is full it becomes the old one, and the old one is forgotten whole. That costs nothing per
//! entry, and nothing can be pinned in it.

use std::hash::Hash;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

pub(super) struct Recent<K, V> {
    young: HashMap<K, V, FixedState>,
    old: HashMap<K, V, FixedState>,
    half: usize,
}

impl<K: Hash + Eq, V> Recent<K, V> {
    /// The seed keeps strangers from choosing keys that collide.
    pub fn new(most: usize, seed: u64) -> Self {
        let empty = || HashMap::with_hasher(FixedState::with_seed(seed));
        Self { young: empty(), old: empty(), half: (most / 2).max(1) }
    }

    #[inline]
    pub fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    pub fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.half && !self.young.contains_key(&key) {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    pub fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}
