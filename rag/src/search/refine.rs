//! What is done with ranked chunks: diversity, age.

use std::collections::HashMap;
use std::time::Duration;

use crate::ChunkId;

/// Dot product.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Orders by maximal marginal relevance: each next chunk is the one that is relevant and least like
/// those before it. Chunks without a vector are like none.
pub(super) fn diversify(
    ranked: &[(ChunkId, f32)],
    vectors: &HashMap<ChunkId, Vec<f32>>,
    diversity: f32,
    limit: usize,
) -> Vec<(ChunkId, f32)> {
    let mut left: Vec<(ChunkId, f32, f32)> = ranked
        .iter()
        .map(|(chunk, score)| (*chunk, *score, 0.0))
        .collect();
    let mut chosen = Vec::with_capacity(limit.min(left.len()));
    while chosen.len() < limit && !left.is_empty() {
        let worth = |(_, score, likeness): &(ChunkId, f32, f32)| {
            (1.0 - diversity) * score - diversity * likeness
        };
        let best = (0..left.len())
            .reduce(|best, at| {
                if worth(&left[at]) > worth(&left[best]) {
                    at
                } else {
                    best
                }
            })
            .unwrap_or(0);
        let (chunk, score, _) = left.remove(best);
        chosen.push((chunk, score));
        let Some(vector) = vectors.get(&chunk) else {
            continue;
        };
        for (other, _, likeness) in &mut left {
            if let Some(other) = vectors.get(other) {
                *likeness = likeness.max(dot(vector, other));
            }
        }
    }
    chosen
}

/// What is left of a score at this age.
pub(super) fn decay(age: Duration, half_life_days: f32) -> f32 {
    0.5f32.powf(age.as_secs_f32() / 86_400.0 / half_life_days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_copy_goes_behind_something_else() {
        let (a, copy, other) = (ChunkId::new(), ChunkId::new(), ChunkId::new());
        let ranked = [(a, 1.0), (copy, 0.99), (other, 0.8)];
        let vectors = HashMap::from([
            (a, vec![1.0, 0.0]),
            (copy, vec![1.0, 0.0]),
            (other, vec![0.0, 1.0]),
        ]);
        let order = |diversity| -> Vec<ChunkId> {
            let chosen = diversify(&ranked, &vectors, diversity, 3);
            chosen.iter().map(|c| c.0).collect()
        };
        assert_eq!(order(0.0), [a, copy, other]);
        assert_eq!(order(0.5), [a, other, copy]);
    }

    #[test]
    fn a_score_halves_with_each_half_life() {
        let day = Duration::from_secs(86_400);
        assert!((decay(day * 30, 30.0) - 0.5).abs() < 1e-6);
        assert!((decay(day * 60, 30.0) - 0.25).abs() < 1e-6);
        assert_eq!(decay(Duration::ZERO, 30.0), 1.0);
    }
}
