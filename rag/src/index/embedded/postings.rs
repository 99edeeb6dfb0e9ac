//! The text index of a collection in memory: for each term the rows that have it, and BM25 over them.
//!
//! Not SQLite's FTS5: its `bm25()` looks up each matching row in a B-tree and took 48 ms (median; 163 at
//! p99) for questions of six words over 100,000 chunks, where these lists take about one, and its
//! tokenizer would be a second one beside ours.

use std::collections::HashMap;

use super::mask::Mask;
use super::top::Top;
use crate::index::TermVector;
use crate::index::terms::{push_varint, take_varint};

/// How fast further occurrences of a term stop counting, and how much long texts are held back:
/// Anserini's values, which do best on both of our retrieval sets.
const K1: f32 = 0.9;
const B: f32 = 0.4;
/// A question's terms beyond this many, by rarity, are left out.
const MAX_TERMS: usize = 64;

/// Terms to rows. Rows are added in ascending order and never taken out; the caller masks them.
#[derive(Debug, Default)]
pub(super) struct Postings {
    lists: HashMap<u32, List>,
    lengths: Vec<u32>,
    total: u64,
    bytes: usize,
}

/// Rows of one term as differences; the lowest bit says whether a frequency above 1 follows.
#[derive(Debug, Default)]
struct List {
    bytes: Vec<u8>,
    next: u32,
    count: u32,
}

impl Postings {
    pub(super) fn push(&mut self, terms: &TermVector) {
        let row = self.lengths.len() as u32;
        for (term, frequency) in terms.iter() {
            let list = self.lists.entry(term).or_default();
            let before = list.bytes.capacity();
            push_varint(
                &mut list.bytes,
                (row - list.next) << 1 | u32::from(frequency > 1),
            );
            if frequency > 1 {
                list.bytes.push(frequency.min(255) as u8);
            }
            list.next = row + 1;
            list.count += 1;
            self.bytes += list.bytes.capacity() - before;
        }
        let length = terms.length();
        self.lengths.push(length);
        self.total += u64::from(length);
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.lists.capacity() * 48 + self.lengths.capacity() * 4
    }

    /// The best rows of `allowed` that have at least one of the terms, best first.
    pub(super) fn search(
        &self,
        terms: &[(u32, f32)],
        allowed: &Mask,
        limit: usize,
    ) -> Vec<(f32, u32)> {
        let count = self.lengths.len() as f32;
        let mean = (self.total as f32 / count.max(1.0)).max(1.0);
        let mut lists: Vec<(f32, &List)> = terms
            .iter()
            .filter_map(|(term, weight)| {
                let list = self.lists.get(term)?;
                let having = list.count as f32;
                let rarity = (1.0 + (count - having + 0.5) / (having + 0.5)).ln();
                Some((weight * rarity, list))
            })
            .collect();
        lists.sort_by(|a, b| b.0.total_cmp(&a.0));
        lists.truncate(MAX_TERMS);
        let mut scores = vec![0.0f32; self.lengths.len()];
        for (weight, list) in lists {
            list.each(|row, frequency| {
                let norm = K1 * (1.0 - B + B * self.lengths[row] as f32 / mean);
                scores[row] += weight * frequency * (K1 + 1.0) / (frequency + norm);
            });
        }
        let mut top = Top::new(limit);
        for (row, score) in scores.iter().enumerate() {
            if *score > 0.0 && allowed.has(row) {
                top.push(*score, row as u32);
            }
        }
        top.into_sorted()
    }
}

impl List {
    #[inline(always)]
    fn each(&self, mut visit: impl FnMut(usize, f32)) {
        let mut rest = self.bytes.as_slice();
        let mut next = 0;
        while let Some(word) = take_varint(&mut rest) {
            let row = next + (word >> 1);
            next = row + 1;
            let mut frequency = 1.0;
            if word & 1 == 1 {
                let Some((byte, after)) = rest.split_first() else {
                    return;
                };
                frequency = f32::from(*byte);
                rest = after;
            }
            visit(row as usize, frequency);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postings(texts: &[&[u32]]) -> (Postings, Mask) {
        let (mut postings, mut mask) = (Postings::default(), Mask::default());
        for (row, text) in texts.iter().enumerate() {
            postings.push(&TermVector::of(text.to_vec()));
            mask.set(row);
        }
        (postings, mask)
    }

    #[test]
    fn scores_are_those_of_the_formula() {
        let (postings, mask) = postings(&[&[1, 1, 2], &[2, 3], &[3, 3, 3, 4]]);
        let hits = postings.search(&[(1, 1.0), (2, 1.0)], &mask, 10);
        let bm25 = |df: f32, tf: f32, length: f32| {
            let idf = (1.0 + (3.0 - df + 0.5) / (df + 0.5)).ln();
            idf * tf * 1.9 / (tf + 0.9 * (0.6 + 0.4 * length / 3.0))
        };
        let wanted = [
            (bm25(1.0, 2.0, 3.0) + bm25(2.0, 1.0, 3.0), 0),
            (bm25(2.0, 1.0, 2.0), 1),
        ];
        assert_eq!(hits.len(), 2);
        for (hit, wanted) in hits.iter().zip(wanted) {
            assert_eq!(hit.1, wanted.1);
            assert!((hit.0 - wanted.0).abs() < 1e-5, "{hits:?} {wanted:?}");
        }
    }

    #[test]
    fn rows_outside_the_mask_are_not_found() {
        let (postings, mut mask) = postings(&[&[1], &[1], &[1]]);
        mask.clear(1);
        let rows: Vec<u32> = postings
            .search(&[(1, 1.0)], &mask, 10)
            .iter()
            .map(|h| h.1)
            .collect();
        assert_eq!(rows, [0, 2]);
    }

    #[test]
    fn far_apart_rows_and_high_frequencies_survive_their_encoding() {
        let mut postings = Postings::default();
        for row in 0..40_000u32 {
            let often = vec![7; 1 + (row % 400) as usize];
            postings.push(&TermVector::of(if row % 20_000 == 5 {
                often
            } else {
                vec![8]
            }));
        }
        let mut seen = Vec::new();
        postings.lists[&7].each(|row, frequency| seen.push((row, frequency)));
        assert_eq!(seen, [(5, 6.0), (20_005, 6.0)]);
    }
}
