//! How many different ones were seen lately: exact while they are few, a HyperLogLog once they are many.

use std::hash::DefaultHasher;

use cardinality_estimator::CardinalityEstimator;

/// Up to 128 are counted exactly; beyond that 1,024 registers are off by some 3% and stay below a kilobyte.
type Sketch = CardinalityEstimator<u64, DefaultHasher, 10, 6>;

/// A set of hashes that only says how many it holds.
#[derive(Default)]
pub struct Set(Sketch);

impl Set {
    /// Puts one in.
    pub fn add(&mut self, hash: u64) {
        self.0.insert_hash(hash);
    }

    /// How many different ones.
    pub fn count(&self) -> usize {
        self.0.estimate()
    }

    /// How many of the other are not in this one: exactly none where this one holds them all, however many they are,
    /// because a sketch that holds them all does not change when they are put in again.
    pub fn lacks(&self, other: &Self) -> usize {
        let mut all = self.0.clone();
        all.merge(&other.0);
        all.estimate().saturating_sub(self.count())
    }

    /// Puts all of the other in.
    pub fn add_all(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    /// Bytes that it takes, on the heap too.
    pub fn bytes(&self) -> usize {
        self.0.size_of()
    }
}

/// What was seen in a sliding window: the pane that is being filled, and the one before it.
#[derive(Default)]
pub struct Seen {
    young: Set,
    old: Set,
}

impl Seen {
    /// Notes one.
    pub fn add(&mut self, hash: u64) {
        self.young.add(hash);
    }

    /// A pane is full: what is older than two panes is forgotten.
    pub fn turn(&mut self) {
        self.old = std::mem::take(&mut self.young);
    }

    /// How many different ones.
    pub fn count(&self) -> usize {
        self.old.count() + self.old.lacks(&self.young)
    }

    /// All of them in one set.
    pub fn all(&self) -> Set {
        let mut all = Set::default();
        all.add_all(&self.old);
        all.add_all(&self.young);
        all
    }

    /// Bytes that it takes, on the heap too.
    pub fn bytes(&self) -> usize {
        self.young.bytes() + self.old.bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    fn hash(number: u64) -> u64 {
        foldhash::quality::FixedState::with_seed(7).hash_one(number)
    }

    #[test]
    fn few_are_counted_exactly_and_many_within_a_tenth() {
        let mut set = Set::default();
        (0..100).for_each(|number| set.add(hash(number)));
        (0..100).for_each(|number| set.add(hash(number)));
        assert_eq!(set.count(), 100);
        (0..100_000).for_each(|number| set.add(hash(number)));
        assert!((90_000..110_000).contains(&set.count()), "{}", set.count());
        assert!(set.bytes() < 1024, "{}", set.bytes());
    }

    #[test]
    fn who_is_known_already_is_never_counted_as_new() {
        let (mut all, mut some) = (Set::default(), Set::default());
        (0..50_000).for_each(|number| all.add(hash(number)));
        (0..5_000).for_each(|number| some.add(hash(number * 3)));
        assert_eq!(all.lacks(&some), 0);
        assert!(some.lacks(&all) > 40_000);
    }

    #[test]
    fn what_is_older_than_two_panes_is_forgotten() {
        let mut seen = Seen::default();
        (0..10).for_each(|number| seen.add(hash(number)));
        seen.turn();
        (5..15).for_each(|number| seen.add(hash(number)));
        assert_eq!(seen.count(), 15);
        seen.turn();
        assert_eq!(seen.count(), 10);
        seen.turn();
        assert_eq!(seen.count(), 0);
    }
}
