//! Two ranked lists into one, without the worse one spoiling the better one.
//!
//! Reciprocal rank fusion with weights. Plain fusion trusts both halves alike, and an embedding model
//! that does not know the language then ruins the answer (Chinese questions with an English model:
//! nDCG .97 by text, .24 by vector, .56 fused). So each half is weighed by what it shows for this very
//! question, with signs that need no knowledge of model or language:
//!
//! * **standing out**: how many standard deviations the best cosine lies above the mean of the
//!   collection's. A model that understands the question has a few passages far above the rest; chance
//!   alone reaches about `sqrt(2 ln n)` among n.
//! * **agreement**: how far the vectors put the text half's best passage above the mean. High
//!   agreement vouches for the vectors; a text half whose best passage means nothing to vectors that
//!   stand out is weighed down.
//!
//! Thresholds were chosen on both retrieval sets, whole and with damaged questions
//! (`rag/examples/retrieval.rs` prints the results).

use std::collections::HashMap;

use crate::ChunkId;
use crate::index::{Hit, Spread};

/// The usual constant of reciprocal rank fusion.
const RANK: f32 = 60.0;
/// In smaller collections the signs mean nothing yet; they count fully from here.
const SMALL: f32 = 10.0;
const LARGE: f32 = 50.0;

/// How far the halves are trusted for one question, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trust {
    pub(super) dense: f32,
    pub(super) text: f32,
}

/// Judges the halves. `agreement` is the cosine of the text half's best passage, where it has one.
pub(super) fn trust(best: Option<f32>, agreement: Option<f32>, spread: Spread) -> Trust {
    let even = Trust {
        dense: 1.0,
        text: 1.0,
    };
    let Some(best) = best else {
        return even;
    };
    let count = spread.count as f32;
    if count <= SMALL || spread.deviation <= f32::EPSILON {
        return even;
    }
    let above = |cosine: f32| (cosine - spread.mean) / spread.deviation;
    let by_chance = (2.0 * count.ln()).sqrt();
    let stands_out = sigmoid(4.0 * (above(best) - 3.0 - 0.5 * by_chance));
    let agreed = agreement.map_or(0.0, |cosine| sigmoid(4.0 * (above(cosine) - 4.25)));
    let share = agreement.map_or(1.0, |cosine| above(cosine) / above(best).max(f32::EPSILON));
    let doubt = stands_out * sigmoid(16.0 * (0.5 - share));
    let known = ((count - SMALL) / (LARGE - SMALL)).min(1.0);
    let mix = |trust: f32| 1.0 - known * (1.0 - trust);
    Trust {
        dense: mix(stands_out.max(agreed)),
        text: mix((1.0 - doubt).max(0.01)),
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// A list with its weight.
pub(super) type Weighted<'a> = (f32, &'a [Hit]);

/// Chunks with their fused scores, best first. 1 is the first place in all lists.
pub(super) fn fuse(lists: &[Weighted<'_>]) -> Vec<(ChunkId, f32)> {
    let mut scores: HashMap<ChunkId, f32> = HashMap::new();
    let mut most = 0.0;
    for (weight, hits) in lists.iter().filter(|(_, hits)| !hits.is_empty()) {
        most += weight / (RANK + 1.0);
        for (rank, hit) in hits.iter().enumerate() {
            *scores.entry(hit.chunk).or_default() += weight / (RANK + 1.0 + rank as f32);
        }
    }
    let mut fused: Vec<(ChunkId, f32)> = scores
        .into_iter()
        .map(|(chunk, score)| (chunk, if most > 0.0 { score / most } else { 0.0 }))
        .collect();
    fused.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    fused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DocumentId;

    fn hits(ids: &[ChunkId]) -> Vec<Hit> {
        let hit = |id: &ChunkId| Hit {
            chunk: *id,
            document: DocumentId::new(),
            score: 1.0,
        };
        ids.iter().map(hit).collect()
    }

    fn spread(count: usize) -> Spread {
        Spread {
            count,
            mean: 0.1,
            deviation: 0.1,
        }
    }

    #[test]
    fn what_both_lists_have_comes_first() {
        let (a, b, c) = (ChunkId::new(), ChunkId::new(), ChunkId::new());
        let fused = fuse(&[(1.0, &hits(&[a, b])), (1.0, &hits(&[b, c]))]);
        assert_eq!(fused[0].0, b);
        assert_eq!(fused.len(), 3);
        let alone = fuse(&[(1.0, &hits(&[a])), (1.0, &[])]);
        assert_eq!(alone, [(a, 1.0)]);
    }

    #[test]
    fn a_list_without_weight_only_adds_behind() {
        let (a, b) = (ChunkId::new(), ChunkId::new());
        let fused = fuse(&[(0.0, &hits(&[b])), (1.0, &hits(&[a]))]);
        assert_eq!(fused.iter().map(|f| f.0).collect::<Vec<_>>(), [a, b]);
    }

    #[test]
    fn vectors_that_stand_out_are_trusted_and_others_are_not() {
        let clear = trust(Some(0.8), Some(0.78), spread(1000));
        assert!(clear.dense > 0.95 && clear.text > 0.95, "{clear:?}");
        let vague = trust(Some(0.4), Some(0.2), spread(1000));
        assert!(vague.dense < 0.01 && vague.text > 0.95, "{vague:?}");
    }

    #[test]
    fn a_text_half_that_found_something_else_is_weighed_down() {
        let trust = trust(Some(0.9), Some(0.1), spread(1000));
        assert!(trust.dense > 0.95 && trust.text < 0.05, "{trust:?}");
    }

    #[test]
    fn small_collections_are_fused_evenly() {
        let even = Trust {
            dense: 1.0,
            text: 1.0,
        };
        assert_eq!(trust(Some(0.2), Some(0.1), spread(5)), even);
        assert_eq!(trust(None, None, spread(1000)), even);
        assert_eq!(trust(Some(0.2), None, Spread::default()), even);
    }
}
