//! The keys of one vendor account, rotated and retired by what the vendor says about them.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use accounts::Secret;

/// How long a refused key (401, 402, 403) is left alone before it is tried again.
const RETIREMENT: Duration = Duration::from_secs(300);

/// One or more keys. Empty for vendors that need none.
#[derive(Debug, Default)]
pub struct KeyRing {
    keys: Vec<Key>,
    next: AtomicUsize,
}

#[derive(Debug)]
struct Key {
    secret: Secret,
    rests_until_us: AtomicI64,
}

/// Position of a key in its ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySlot(usize);

impl KeyRing {
    /// A ring of these keys.
    pub fn new(secrets: Vec<Secret>) -> Self {
        let key = |secret| Key {
            secret,
            rests_until_us: AtomicI64::new(0),
        };
        Self {
            keys: secrets.into_iter().map(key).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// Whether the vendor is called without a key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The next key that does not rest, in turn. `None` when all rest (or there are none).
    pub fn pick(&self, now_us: i64) -> Option<KeySlot> {
        let count = self.keys.len();
        let first = if count > 1 {
            self.next.fetch_add(1, Relaxed)
        } else {
            0
        };
        (0..count)
            .map(|i| (first + i) % count)
            .find(|&i| self.keys[i].rests_until_us.load(Relaxed) <= now_us)
            .map(KeySlot)
    }

    /// The key that will be usable soonest.
    pub fn least_bad(&self) -> Option<KeySlot> {
        (0..self.keys.len())
            .min_by_key(|&i| self.keys[i].rests_until_us.load(Relaxed))
            .map(KeySlot)
    }

    /// The secret itself.
    pub fn secret(&self, slot: KeySlot) -> &Secret {
        &self.keys[slot.0].secret
    }

    /// The vendor limits this key: leave it alone for `wait`.
    pub fn rest(&self, slot: KeySlot, wait: Duration, now_us: i64) {
        let until = now_us.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX));
        self.keys[slot.0].rests_until_us.fetch_max(until, Relaxed);
    }

    /// The vendor refuses this key.
    pub fn retire(&self, slot: KeySlot, now_us: i64) {
        self.rest(slot, RETIREMENT, now_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_take_turns_and_rest() {
        let ring = KeyRing::new(vec![Secret::new("a"), Secret::new("b")]);
        let (first, second) = (ring.pick(0).expect("a key"), ring.pick(0).expect("a key"));
        assert_ne!(first, second);
        ring.rest(first, Duration::from_secs(1), 0);
        assert_eq!((ring.pick(0), ring.pick(0)), (Some(second), Some(second)));
        ring.retire(second, 0);
        assert_eq!(ring.pick(0), None);
        assert_eq!(ring.least_bad(), Some(first));
        assert_eq!(ring.pick(1_000_000), Some(first));
    }
}
