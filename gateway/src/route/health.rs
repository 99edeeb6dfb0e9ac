//! How a target has been doing: circuit breaker, open calls, decayed peak latency.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::config::Breaker;

/// Time after which an old latency counts half.
const DECAY_US: f64 = 10_000_000.0;

/// The state of one target, shared by all routes and kept over reloads.
#[derive(Debug, Default)]
pub struct Health {
    failures: AtomicU32,
    /// Times the breaker opened in a row; doubles the time it stays open.
    openings: AtomicU32,
    open_until_us: AtomicI64,
    /// A probe of the half-open breaker is under way until this time.
    probe_until_us: AtomicI64,
    in_flight: AtomicU32,
    latency_us: AtomicU64,
    measured_at_us: AtomicI64,
}

/// Whether a target may be called now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Yes.
    Closed,
    /// The pause is over and nobody probes yet: one call may try.
    HalfOpen,
    /// Not before this time (UTC microseconds).
    Open(i64),
}

impl Health {
    /// Whether the target may be called.
    pub fn availability(&self, now_us: i64) -> Availability {
        let until = self.open_until_us.load(Relaxed);
        if until == 0 {
            return Availability::Closed;
        }
        if now_us < until {
            return Availability::Open(until);
        }
        match self.probe_until_us.load(Relaxed) {
            probing if now_us < probing => Availability::Open(probing),
            _ => Availability::HalfOpen,
        }
    }

    /// Takes the one probe of a half-open breaker. The claim lapses after `lapse`, so that a probe
    /// that never comes back does not close the target for ever.
    pub fn claim_probe(&self, now_us: i64, lapse: Duration) -> bool {
        let current = self.probe_until_us.load(Relaxed);
        let until = now_us.saturating_add(micros(lapse));
        now_us >= current
            && self
                .probe_until_us
                .compare_exchange(current, until, Relaxed, Relaxed)
                .is_ok()
    }

    /// Counts a call until the guard is dropped.
    pub fn begin(self: &std::sync::Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Relaxed);
        InFlight(std::sync::Arc::clone(self))
    }

    /// The target answered after `latency`.
    pub fn succeeded(&self, latency: Duration, now_us: i64) {
        self.failures.store(0, Relaxed);
        if self.open_until_us.swap(0, Relaxed) != 0 {
            self.openings.store(0, Relaxed);
            self.probe_until_us.store(0, Relaxed);
        }
        self.measure(latency, now_us);
    }

    /// The target failed in a way that says something about it (not a wrong request). `wait` is what
    /// it asked for, if anything: that opens the breaker at once.
    pub fn failed(&self, breaker: &Breaker, wait: Option<Duration>, now_us: i64) {
        if breaker.failures == 0 {
            return;
        }
        let failures = self.failures.fetch_add(1, Relaxed) + 1;
        let was_open = self.open_until_us.load(Relaxed) != 0;
        if !was_open && failures < breaker.failures && wait.is_none() {
            return;
        }
        let openings = self.openings.fetch_add(1, Relaxed).min(20);
        let pause = Duration::from_millis(breaker.open_ms.saturating_mul(1 << openings));
        let pause = wait
            .unwrap_or(pause)
            .min(Duration::from_millis(breaker.open_max_ms));
        self.open_until_us
            .store(now_us.saturating_add(micros(pause)), Relaxed);
        self.probe_until_us.store(0, Relaxed);
    }

    /// Failures since it last answered.
    pub fn failures(&self) -> u32 {
        self.failures.load(Relaxed)
    }

    /// Recent peak of the time to its answers, which fades, in milliseconds; `None`: not measured.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of milliseconds, and casts saturate"
    )]
    pub fn latency_ms(&self, now_us: i64) -> Option<u64> {
        let is_measured = self.measured_at_us.load(Relaxed) != 0;
        is_measured.then(|| (self.decayed(now_us) / 1_000.0).round() as u64)
    }

    /// Load score: decayed peak latency times open calls. Lower is better; unmeasured is best.
    pub fn score(&self, now_us: i64) -> f64 {
        let open = f64::from(self.in_flight.load(Relaxed)) + 1.0;
        self.decayed(now_us) * open
    }

    /// A peak counts at once and fades; a low value pulls down slowly.
    fn measure(&self, latency: Duration, now_us: i64) {
        let sample = latency.as_secs_f64() * 1e6;
        let old = self.decayed(now_us);
        let new = if sample > old {
            sample
        } else {
            old.mul_add(0.7, sample * 0.3)
        };
        self.latency_us.store(new.to_bits(), Relaxed);
        self.measured_at_us.store(now_us, Relaxed);
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds of minutes fit a double"
    )]
    fn decayed(&self, now_us: i64) -> f64 {
        let value = f64::from_bits(self.latency_us.load(Relaxed));
        let age = (now_us - self.measured_at_us.load(Relaxed)).max(0) as f64;
        value * (-age / DECAY_US).exp2()
    }
}

/// An open call.
#[derive(Debug)]
pub struct InFlight(std::sync::Arc<Health>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

fn micros(d: Duration) -> i64 {
    i64::try_from(d.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKER: Breaker = Breaker {
        failures: 3,
        open_ms: 1_000,
        open_max_ms: 8_000,
    };

    #[test]
    fn breaker_opens_after_failures_in_a_row_and_probes_once() {
        let health = Health::default();
        health.failed(&BREAKER, None, 0);
        health.failed(&BREAKER, None, 0);
        health.succeeded(Duration::from_millis(1), 0);
        for _ in 0..2 {
            health.failed(&BREAKER, None, 10);
            assert_eq!(health.availability(10), Availability::Closed);
        }
        health.failed(&BREAKER, None, 10);
        assert_eq!(health.availability(11), Availability::Open(1_000_010));
        assert_eq!(health.availability(1_000_010), Availability::HalfOpen);
        assert!(health.claim_probe(1_000_010, Duration::from_secs(5)));
        assert!(!health.claim_probe(1_000_011, Duration::from_secs(5)));
        assert_eq!(
            health.availability(1_000_011),
            Availability::Open(6_000_010)
        );
        health.failed(&BREAKER, None, 1_000_020);
        assert_eq!(
            health.availability(1_000_021),
            Availability::Open(3_000_020)
        );
        health.succeeded(Duration::from_millis(1), 3_000_021);
        assert_eq!(health.availability(3_000_022), Availability::Closed);
    }

    #[test]
    fn asked_wait_opens_at_once_but_not_longer_than_the_maximum() {
        let health = Health::default();
        health.failed(&BREAKER, Some(Duration::from_secs(3600)), 0);
        assert_eq!(health.availability(1), Availability::Open(8_000_000));
    }

    #[test]
    fn peaks_count_at_once_and_fade() {
        let health = std::sync::Arc::new(Health::default());
        health.succeeded(Duration::from_millis(100), 0);
        let peak = health.score(0);
        health.succeeded(Duration::from_millis(10), 0);
        assert!(health.score(0) > peak * 0.5);
        assert!(health.score(60_000_000) < peak * 0.05);
        let _open = health.begin();
        assert!(health.score(0) > peak);
    }
}
