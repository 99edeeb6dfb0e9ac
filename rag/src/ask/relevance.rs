//! How much a passage has to do with a question, on a scale that means the same in each search.
//!
//! The score of a fused search only orders its own results: the first of them has nearly 1 whatever
//! was asked.

use std::collections::HashSet;

use crate::search::{Analyzer, SearchHit};

/// Share of `wanted` that `text` has; 0 when nothing is wanted.
pub(super) fn coverage(analyzer: Analyzer, wanted: &HashSet<u32>, text: &str) -> f32 {
    if wanted.is_empty() {
        return 0.0;
    }
    let has = terms(analyzer, text);
    let common = wanted.iter().filter(|term| has.contains(term)).count();
    common as f32 / wanted.len() as f32
}

/// The terms of a text.
pub(super) fn terms(analyzer: Analyzer, text: &str) -> HashSet<u32> {
    let terms = analyzer.document(text);
    terms.iter().map(|(term, _)| term).collect()
}

/// The terms of a question or a sentence, without function words.
pub(super) fn content_terms(analyzer: Analyzer, text: &str) -> HashSet<u32> {
    let terms = analyzer.question(text);
    terms.into_iter().map(|(term, _)| term).collect()
}

/// How much a hit has to do with the questions, 0 to 1.
pub(super) fn of(analyzer: Analyzer, queries: &[String], hit: &SearchHit) -> f32 {
    if let Some(judged) = hit.rerank_score {
        return judged.clamp(0.0, 1.0);
    }
    let text = format!(
        "{}\n{}\n{}",
        hit.document_name,
        hit.chunk.headings.join("\n"),
        hit.chunk.text
    );
    let words = queries
        .iter()
        .map(|query| coverage(analyzer, &content_terms(analyzer, query), &text))
        .fold(0.0, f32::max);
    words.max(hit.dense_score.unwrap_or(0.0)).clamp(0.0, 1.0)
}
