//! How well a search finds what it should, by the measures of the textbook.

use serde::{Deserialize, Serialize};

use super::{CaseResult, Expected};
use crate::{ChunkId, DocumentId};

/// How well one question found what it should. All from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseMetrics {
    /// Share of the expected among the first k results.
    pub recall: f64,
    /// One divided by the rank of the first expected; 0 when none is among the first k.
    pub reciprocal_rank: f64,
    /// Normalized discounted cumulative gain of the first k, each expected counting the same.
    pub ndcg: f64,
}

/// The means over the questions that could be asked.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunMetrics {
    /// Questions so far.
    pub cases: usize,
    /// Those of them that could not be asked; they count in no mean.
    pub failed: usize,
    /// Mean recall.
    pub recall: f64,
    /// Mean reciprocal rank.
    pub mrr: f64,
    /// Mean nDCG.
    pub ndcg: f64,
    /// Half of the searches took at most this long, in microseconds.
    pub search_us: i64,
    /// What model calls of search and answer cost, in nano-dollars.
    pub cost_nano_usd: i64,
    /// Share of the questions that the documents had an answer to; `null` where no answers were
    /// asked for.
    pub answered: Option<f64>,
    /// Share of all citations that point to what was expected; `null` without citations.
    pub citation_precision: Option<f64>,
}

impl CaseMetrics {
    /// Compares what was found, best first, with what was expected among the first `k`. Several found
    /// chunks of one expected document count once.
    pub fn of(expected: &[Expected], found: &[(DocumentId, ChunkId)], k: usize) -> Self {
        let mut left: Vec<&Expected> = expected.iter().collect();
        let (mut gain, mut first) = (0.0, None);
        for (rank, (document, chunk)) in found.iter().take(k).enumerate() {
            let wanted = |e: &&Expected| e.is(*document, *chunk);
            if let Some(at) = left.iter().position(wanted) {
                left.swap_remove(at);
                gain += discount(rank);
                first = first.or(Some(rank));
            }
        }
        let ideal: f64 = (0..expected.len().min(k)).map(discount).sum();
        let count = expected.len().max(1) as f64;
        Self {
            recall: (expected.len() - left.len()) as f64 / count,
            reciprocal_rank: first.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0)),
            ndcg: if ideal > 0.0 { gain / ideal } else { 0.0 },
        }
    }
}

fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 2.0).log2()
}

impl RunMetrics {
    /// The means.
    pub fn of(results: &[CaseResult]) -> Self {
        let asked: Vec<(&CaseResult, CaseMetrics)> = results
            .iter()
            .filter_map(|result| Some((result, result.metrics?)))
            .collect();
        let mean = |value: fn(&CaseMetrics) -> f64| share(asked.iter().map(|(_, m)| value(m)));
        let answers: Vec<_> = asked
            .iter()
            .filter_map(|(r, _)| r.answer.as_ref())
            .collect();
        let cited: u32 = answers.iter().map(|answer| answer.citations).sum();
        let precise: u32 = answers.iter().map(|answer| answer.expected_citations).sum();
        let mut times: Vec<i64> = asked.iter().map(|(r, _)| r.search_us).collect();
        times.sort_unstable();
        Self {
            cases: results.len(),
            failed: results.len() - asked.len(),
            recall: mean(|m| m.recall),
            mrr: mean(|m| m.reciprocal_rank),
            ndcg: mean(|m| m.ndcg),
            search_us: times.get(times.len() / 2).copied().unwrap_or_default(),
            cost_nano_usd: results.iter().map(|r| r.cost_nano_usd).sum(),
            answered: (!answers.is_empty()).then(|| {
                share(
                    answers
                        .iter()
                        .map(|answer| f64::from(u8::from(answer.found))),
                )
            }),
            citation_precision: (cited > 0).then(|| f64::from(precise) / f64::from(cited)),
        }
    }
}

fn share(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CaseId;
    use crate::library::evaluation::CaseAnswer;

    fn close(x: f64, y: f64) {
        assert!((x - y).abs() < 1e-9, "{x} {y}");
    }

    fn expect(document: DocumentId) -> Expected {
        Expected {
            document,
            chunk: None,
        }
    }

    fn result(metrics: Option<CaseMetrics>, search_us: i64) -> CaseResult {
        CaseResult {
            case: CaseId::new(),
            question: "?".to_owned(),
            metrics,
            hits: Vec::new(),
            search_us,
            cost_nano_usd: 5,
            answer: None,
            error: None,
        }
    }

    #[test]
    fn metrics_are_those_of_the_textbook() {
        let (a, b, c) = (DocumentId::new(), DocumentId::new(), DocumentId::new());
        let chunk = ChunkId::new();
        let found = [(c, chunk), (a, chunk), (a, chunk), (b, chunk)];
        let metrics = CaseMetrics::of(&[expect(a), expect(b)], &found, 10);
        close(metrics.recall, 1.0);
        close(metrics.reciprocal_rank, 0.5);
        let gain = 1.0 / 3f64.log2() + 1.0 / 5f64.log2();
        close(metrics.ndcg, gain / (1.0 + 1.0 / 3f64.log2()));
        let cut = CaseMetrics::of(&[expect(a), expect(b)], &found, 2);
        close(cut.recall, 0.5);
        close(cut.ndcg, (1.0 / 3f64.log2()) / (1.0 + 1.0 / 3f64.log2()));
    }

    #[test]
    fn what_was_found_first_of_many_expected_does_not_count_as_all_of_them() {
        let (a, b) = (DocumentId::new(), DocumentId::new());
        let metrics = CaseMetrics::of(&[expect(a), expect(b)], &[(a, ChunkId::new())], 10);
        close(metrics.ndcg, 1.0 / (1.0 + 1.0 / 3f64.log2()));
        let nothing = CaseMetrics::of(&[expect(a)], &[], 10);
        close(nothing.recall + nothing.ndcg + nothing.reciprocal_rank, 0.0);
    }

    #[test]
    fn an_expected_chunk_is_that_chunk_only() {
        let (a, chunk) = (DocumentId::new(), ChunkId::new());
        let expected = Expected {
            document: a,
            chunk: Some(chunk),
        };
        let found = [(a, ChunkId::new()), (a, chunk)];
        close(
            CaseMetrics::of(&[expected], &found, 10).reciprocal_rank,
            0.5,
        );
        close(CaseMetrics::of(&[expected], &found, 1).recall, 0.0);
    }

    #[test]
    fn means_leave_out_what_could_not_be_asked() {
        let good = CaseMetrics {
            recall: 1.0,
            reciprocal_rank: 0.5,
            ndcg: 0.8,
        };
        let mut cited = result(Some(good), 10);
        cited.answer = Some(CaseAnswer {
            model: None,
            text: "x [1] [2]".to_owned(),
            found: true,
            citations: 2,
            expected_citations: 1,
        });
        let all = [
            cited,
            result(Some(CaseMetrics::default()), 30),
            result(None, 0),
        ];
        let run = RunMetrics::of(&all);
        assert_eq!(
            (run.cases, run.failed, run.search_us, run.cost_nano_usd),
            (3, 1, 30, 15)
        );
        close(run.recall, 0.5);
        close(run.mrr, 0.25);
        assert_eq!(
            (run.answered, run.citation_precision),
            (Some(1.0), Some(0.5))
        );
        assert_eq!(RunMetrics::of(&[]), RunMetrics::default());
    }
}
