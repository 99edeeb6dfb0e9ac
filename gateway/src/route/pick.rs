//! Which target of a group is tried next.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::health::Availability;
use super::target::{Target, Weighted};
use crate::config::Strategy;

/// How long a half-open target's probe may take before another call may probe.
const PROBE_LAPSE: Duration = Duration::from_secs(30);

/// Picks among the targets of `group` that have not been tried and are available.
pub(crate) fn pick(
    group: &[Weighted],
    tried: &[bool],
    strategy: Strategy,
    sticky: Uuid,
    now_us: i64,
) -> Option<usize> {
    let mut candidates = Vec::with_capacity(group.len());
    for (at, weighted) in group.iter().enumerate() {
        if tried[at] || weighted.weight == 0 {
            continue;
        }
        match weighted.target.health.availability(now_us) {
            Availability::Closed => candidates.push(at),
            // A target that recovers gets one real call to prove itself.
            Availability::HalfOpen if weighted.target.health.claim_probe(now_us, PROBE_LAPSE) => {
                return Some(at);
            }
            Availability::HalfOpen | Availability::Open(_) => {}
        }
    }
    match (candidates.len(), strategy) {
        (0, _) => None,
        (1, _) => Some(candidates[0]),
        (_, Strategy::Weighted) => Some(by_weight(group, &candidates, rand::random())),
        (_, Strategy::Sticky) => Some(by_rendezvous(group, &candidates, sticky)),
        (_, Strategy::LeastLatency) => Some(by_latency(group, &candidates, now_us)),
    }
}

/// The target whose breaker closes first, when none is available: sending to it beats refusing.
pub(crate) fn least_bad(groups: &[Vec<Weighted>]) -> Option<&Arc<Target>> {
    groups
        .iter()
        .flatten()
        .filter(|w| w.weight > 0)
        .min_by_key(|w| match w.target.health.availability(0) {
            Availability::Closed | Availability::HalfOpen => 0,
            Availability::Open(until) => until,
        })
        .map(|w| &w.target)
}

fn by_weight(group: &[Weighted], candidates: &[usize], random: u64) -> usize {
    let total: u64 = candidates.iter().map(|&i| u64::from(group[i].weight)).sum();
    let mut left = random % total.max(1);
    for &at in candidates {
        let weight = u64::from(group[at].weight);
        if left < weight {
            return at;
        }
        left -= weight;
    }
    candidates[0]
}

/// Weighted rendezvous hashing: when a target leaves, only its own callers move.
fn by_rendezvous(group: &[Weighted], candidates: &[usize], sticky: Uuid) -> usize {
    let score = |at: usize| {
        let mut hasher = DefaultHasher::new();
        (sticky, &group[at].target.name).hash(&mut hasher);
        let unit = ((hasher.finish() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        f64::from(group[at].weight) / -unit.ln()
    };
    candidates
        .iter()
        .copied()
        .max_by(|&a, &b| score(a).total_cmp(&score(b)))
        .unwrap_or(candidates[0])
}

/// The better of two random ones. Drawn with replacement, so that the worst target still gets calls
/// and can show that it has recovered.
fn by_latency(group: &[Weighted], candidates: &[usize], now_us: i64) -> usize {
    let draw = || candidates[rand::random::<u64>() as usize % candidates.len()];
    let (a, b) = (draw(), draw());
    let score = |at: usize| group[at].target.health.score(now_us);
    if score(a) <= score(b) { a } else { b }
}
