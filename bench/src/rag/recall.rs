//! How many of the truly nearest chunks the vector index finds.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::corpus::Numbers;
use super::site::Site;
use crate::upstream::{WORD_DIMENSIONS, word_vector};

/// Questions asked, each answered exactly as well.
const QUESTIONS: usize = 100;
/// Results that count.
const DEPTH: usize = 10;
/// Cosines closer than this are equal: stored vectors have 11 bits a number.
const EQUAL: f32 = 2e-4;

/// The share of the exact first ten that a search by vectors gives, over all questions; chunks that
/// are as near as the tenth count as well as it.
pub(super) async fn measure(site: &Site, collection: &str) -> Result<f64> {
    let mut chunks: Vec<(String, Vec<f32>)> = Vec::new();
    for document in site.list(&format!("{collection}/documents")).await? {
        let id = document["id"].as_str().context("a document without id")?;
        let path = format!("{collection}/documents/{id}/chunks");
        chunks.extend(site.list(&path).await?.iter().map(|chunk| {
            let id = chunk["id"].as_str().unwrap_or_default().to_owned();
            (id, word_vector(&embedded_text(chunk), WORD_DIMENSIONS))
        }));
    }
    let mut numbers = Numbers::new(815);
    let (mut found, mut wanted) = (0, 0);
    for _ in 0..QUESTIONS {
        let question = numbers.words(6);
        let vector = word_vector(&question, WORD_DIMENSIONS);
        let exact: HashMap<&str, f32> = chunks
            .iter()
            .map(|(id, other)| (id.as_str(), dot(&vector, other)))
            .collect();
        let mut best: Vec<f32> = exact.values().copied().collect();
        best.sort_unstable_by(|a, b| b.total_cmp(a));
        let least = best.get(DEPTH - 1).context("too few chunks")? - EQUAL;
        let body = json!({"queries": [question], "mode": "dense", "limit": DEPTH});
        let answer = site.post(&format!("{collection}/search"), &body).await?;
        let hits = answer["hits"].as_array().context("no hits")?;
        let is_near = |hit: &&Value| {
            let score = hit["chunk"]["id"].as_str().and_then(|id| exact.get(id));
            score.is_some_and(|score| *score >= least)
        };
        found += hits.iter().filter(is_near).count();
        wanted += DEPTH;
    }
    Ok(found as f64 / wanted as f64)
}

/// The words that are embedded of a chunk: its headings and its text.
fn embedded_text(chunk: &Value) -> String {
    let headings = chunk["headings"].as_array().into_iter().flatten();
    let headings: Vec<&str> = headings.filter_map(Value::as_str).collect();
    // As the hub joins them: the sign between two headings is a word to the scripted model.
    let headings = headings.join(" > ");
    format!("{headings} {}", chunk["text"].as_str().unwrap_or_default())
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
