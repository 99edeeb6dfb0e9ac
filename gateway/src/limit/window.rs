//! A sliding window of sixty buckets.

use std::collections::VecDeque;

const BUCKETS: i64 = 60;

/// Counts amounts over the last `length`, in buckets of a sixtieth of it.
///
/// Conservative: an amount is forgotten only when its whole bucket has left the window, so that over
/// *any* span of `length` the sum of admitted amounts stays within the maximum.
#[derive(Debug)]
pub(super) struct Window {
    bucket_us: i64,
    buckets: VecDeque<(i64, i64)>,
    sum: i64,
}

impl Window {
    pub(super) fn new(length_us: i64) -> Self {
        Self {
            bucket_us: (length_us / BUCKETS).max(1),
            buckets: VecDeque::new(),
            sum: 0,
        }
    }

    /// Drops what has left the window and gives the sum of the rest.
    pub(super) fn used(&mut self, now_us: i64) -> i64 {
        let oldest = now_us.div_euclid(self.bucket_us) - BUCKETS;
        while let Some(&(slot, amount)) = self.buckets.front() {
            if slot >= oldest {
                break;
            }
            self.sum -= amount;
            self.buckets.pop_front();
        }
        self.sum
    }

    /// Adds to the current bucket and names it.
    pub(super) fn add(&mut self, now_us: i64, amount: i64) -> i64 {
        // A clock that steps back must not create a bucket out of order.
        let newest = self.buckets.back().map_or(i64::MIN, |&(slot, _)| slot);
        let slot = now_us.div_euclid(self.bucket_us).max(newest);
        match self.buckets.back_mut() {
            Some((last, total)) if *last == slot => *total += amount,
            _ => self.buckets.push_back((slot, amount)),
        }
        self.sum += amount;
        slot
    }

    /// Changes what was added to `slot`; nothing when it has left the window.
    pub(super) fn adjust(&mut self, slot: i64, difference: i64) {
        if let Ok(at) = self.buckets.binary_search_by_key(&slot, |&(s, _)| s) {
            self.buckets[at].1 += difference;
            self.sum += difference;
        }
    }

    /// Time until at least `amount` will have been forgotten; `None` when there is not that much.
    pub(super) fn frees_in(&self, now_us: i64, amount: i64) -> Option<i64> {
        let mut freed = 0;
        for &(slot, held) in &self.buckets {
            freed += held;
            if freed >= amount {
                return Some(((slot + BUCKETS + 1) * self.bucket_us - now_us).max(1));
            }
        }
        None
    }
}
