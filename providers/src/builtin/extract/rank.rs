//! Which sentences answer a question: BM25 over sentences, helped by their passage and by the kind of
//! answer the question wants. The constants were set on XQuAD, English and Chinese (see the tests);
//! word order and neighbouring sentences were tried there and did not help.

use std::collections::HashMap;

use super::conversation::Passage;
use super::sentences;
use super::terms::terms;
use super::wants::Wants;

/// A sentence of a passage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    /// Index of the passage among those that were ranked.
    pub(super) passage: usize,
    /// The sentence.
    pub(super) text: &'a str,
    /// How well it answers; 0 without a common term.
    pub(super) score: f64,
    /// Share of the question's weight that sentence and passage cover together, 0 to 1.
    pub(super) coverage: f64,
}

const K1: f64 = 1.2;
const B_SENTENCE: f64 = 0.2;
const B_PASSAGE: f64 = 0.6;
/// How much a sentence's passage adds to its own score.
const PASSAGE_WEIGHT: f64 = 0.5;
/// Factor for a sentence that could hold the kind of answer that is wanted.
const FITTING: f64 = 1.35;
/// Factor for a sentence that says nothing beyond the question: a heading, or the question repeated.
const SAYS_NOTHING_NEW: f64 = 0.3;

/// All sentences of `passages` in order, scored against `question`.
pub(super) fn rank<'a>(question: &str, passages: &[&'a Passage]) -> Vec<Candidate<'a>> {
    let query = Query::new(question);
    let mut candidates = Vec::new();
    let mut units = Vec::new();
    let mut whole = vec![Unit::empty(&query); passages.len()];
    for (passage, source) in passages.iter().enumerate() {
        for text in sentences::split(&source.text) {
            let unit = query.unit(text);
            whole[passage].add(&unit);
            units.push(unit);
            candidates.push(Candidate {
                passage,
                text,
                score: 0.0,
                coverage: 0.0,
            });
        }
    }
    let idf = query.idf(&units);
    let own = bm25(&units, &idf, B_SENTENCE);
    let shared = bm25(&whole, &query.idf(&whole), B_PASSAGE);
    for at in 0..candidates.len() {
        let passage = candidates[at].passage;
        candidates[at].coverage = units[at].coverage(&whole[passage], &idf);
        if own[at] == 0.0 {
            continue;
        }
        let mut score = own[at] + PASSAGE_WEIGHT * shared[passage];
        if units[at].says_nothing_new() {
            score *= SAYS_NOTHING_NEW;
        }
        if query.wants.fit(candidates[at].text) {
            score *= FITTING;
        }
        candidates[at].score = score;
    }
    candidates
}

/// Distinct terms of a question that are looked at. Each sentence keeps a count for each of them.
const MOST_TERMS: usize = 64;

/// A question as its distinct terms, numbered.
struct Query {
    terms: HashMap<String, usize>,
    wants: Wants,
}

impl Query {
    fn new(question: &str) -> Self {
        let mut numbered = HashMap::new();
        for term in terms(question) {
            let next = numbered.len();
            if next == MOST_TERMS {
                break;
            }
            numbered.entry(term).or_insert(next);
        }
        Self {
            terms: numbered,
            wants: Wants::of(question),
        }
    }

    fn unit(&self, text: &str) -> Unit {
        let mut unit = Unit::empty(self);
        for term in terms(text) {
            unit.length += 1;
            if let Some(number) = self.terms.get(&term) {
                unit.hits[*number] += 1;
                unit.hit_count += 1;
            }
        }
        unit
    }

    /// Rarer terms weigh more. Never 0: with a handful of sentences a term that is in all of them
    /// still tells them from text about something else.
    fn idf(&self, units: &[Unit]) -> Vec<f64> {
        let count = units.len() as f64;
        (0..self.terms.len())
            .map(|number| {
                let with = units.iter().filter(|u| u.hits[number] > 0).count() as f64;
                (1.0 + (count - with + 0.5) / (with + 0.5)).ln()
            })
            .collect()
    }
}

/// A sentence or a passage as the question sees it.
#[derive(Debug, Clone)]
struct Unit {
    /// Occurrences of each of the question's terms.
    hits: Vec<u32>,
    hit_count: usize,
    /// Terms in all.
    length: usize,
}

impl Unit {
    fn empty(query: &Query) -> Self {
        let terms = query.terms.len();
        Self {
            hits: vec![0; terms],
            hit_count: 0,
            length: 0,
        }
    }

    fn add(&mut self, other: &Self) {
        for (sum, more) in self.hits.iter_mut().zip(&other.hits) {
            *sum += more;
        }
        self.hit_count += other.hit_count;
        self.length += other.length;
    }

    fn says_nothing_new(&self) -> bool {
        self.length <= self.hit_count
    }

    /// Share of the question's weight that this sentence covers; what only the rest of its passage
    /// covers counts half.
    fn coverage(&self, passage: &Self, idf: &[f64]) -> f64 {
        let all: f64 = idf.iter().sum();
        let covered: f64 = (0..idf.len())
            .map(|n| match (self.hits[n] > 0, passage.hits[n] > 0) {
                (true, _) => idf[n],
                (false, true) => idf[n] / 2.0,
                (false, false) => 0.0,
            })
            .sum();
        if all > 0.0 { covered / all } else { 0.0 }
    }
}

fn bm25(units: &[Unit], idf: &[f64], b: f64) -> Vec<f64> {
    let total: usize = units.iter().map(|u| u.length).sum();
    let average = (total as f64 / units.len().max(1) as f64).max(1.0);
    let score = |unit: &Unit| {
        let norm = K1 * (1.0 - b + b * unit.length as f64 / average);
        let part = |(hits, idf): (&u32, &f64)| {
            let hits = f64::from(*hits);
            idf * hits * (K1 + 1.0) / (hits + norm)
        };
        unit.hits.iter().zip(idf).map(part).sum()
    };
    units.iter().map(score).collect()
}
