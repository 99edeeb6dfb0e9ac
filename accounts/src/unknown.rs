//! Hashes of keys that the database does not know, so that it is not asked again at once.

use std::collections::HashSet;
use std::time::Duration;

use store::Micros;

use crate::api_key::Hash;

/// Hashes in one generation; both together are at most 1 MB.
const CAPACITY: usize = 8_192;
/// How long a generation takes in hashes. A hash is remembered for one to two of these, so a key made
/// by another process is accepted within a second.
const GENERATION: Duration = Duration::from_millis(450);

/// Bounded in number and time: the older of two generations is dropped as a whole.
#[derive(Debug)]
pub(crate) struct Unknown {
    young: HashSet<Hash>,
    old: HashSet<Hash>,
    begun: Micros,
}

impl Default for Unknown {
    fn default() -> Self {
        Self {
            young: HashSet::new(),
            old: HashSet::new(),
            begun: Micros(i64::MIN),
        }
    }
}

impl Unknown {
    pub(crate) fn contains(&mut self, hash: &Hash, now: Micros) -> bool {
        self.age(now);
        self.young.contains(hash) || self.old.contains(hash)
    }

    pub(crate) fn insert(&mut self, hash: Hash, now: Micros) {
        self.age(now);
        if self.young.len() >= CAPACITY {
            self.turn(now);
        }
        self.young.insert(hash);
    }

    /// Forgets all: keys were made.
    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    /// Drops what is too old. Generations end by the clock, not by when somebody looks.
    fn age(&mut self, now: Micros) {
        let age = now.since(self.begun);
        if age >= 2 * GENERATION {
            self.clear();
            self.begun = now;
        } else if age >= GENERATION {
            self.turn(self.begun.plus(GENERATION));
        }
    }

    fn turn(&mut self, begun: Micros) {
        self.old = std::mem::take(&mut self.young);
        self.begun = begun;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u32) -> Hash {
        crate::api_key::hash(&number.to_string())
    }

    #[test]
    fn a_hash_is_remembered_for_less_than_a_second() {
        let mut unknown = Unknown::default();
        unknown.insert(hash(1), Micros(0));
        assert!(unknown.contains(&hash(1), Micros(440_000)));
        assert!(!unknown.contains(&hash(2), Micros(440_000)));
        assert!(unknown.contains(&hash(1), Micros(800_000)));
        assert!(!unknown.contains(&hash(1), Micros(1_000_000)));
    }

    #[test]
    fn a_long_pause_forgets_all_at_once() {
        let mut unknown = Unknown::default();
        unknown.insert(hash(1), Micros(0));
        assert!(!unknown.contains(&hash(1), Micros(5_000_000)));
    }

    #[test]
    fn a_flood_of_keys_does_not_grow_memory() {
        let mut unknown = Unknown::default();
        for number in 0..100_000 {
            unknown.insert(hash(number), Micros(0));
            assert!(unknown.young.len() <= CAPACITY && unknown.old.len() <= CAPACITY);
        }
        assert!(unknown.contains(&hash(99_999), Micros(1)));
    }
}
