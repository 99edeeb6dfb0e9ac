//! The vectors of a collection in memory: one byte a dimension, scanned in full or behind a sieve.

use super::mask::Mask;
use super::scan::{self, QuantizedQuery};
use super::sketch::{self, Sketcher};
use super::top::Top;
use crate::index::Spread;

/// Rows of a segment. Segments keep growing cheap: nothing is moved when a row is added.
const SEGMENT: usize = 4096;
/// Above this many bytes of candidates the sieve goes first. Below it a full scan takes about 2 ms.
const FULL_SCAN_BYTES: usize = 24 << 20;
/// The sieve lets through at least this many rows, and one in `SIEVE_SHARE`: twice as few find .982 of the
/// exact first ten of 100,000 in `bench rag`, these .995.
const SIEVE_ROWS: usize = 3000;
const SIEVE_SHARE: usize = 16;
/// Rows that the spread is taken from behind the sieve.
const SPREAD_ROWS: usize = 1024;
/// Rows that the mean is taken from.
const MEAN_ROWS: usize = 10_000;

/// Vectors by row number. A row may have none.
#[derive(Debug)]
pub(super) struct Vectors {
    dimensions: usize,
    segments: Vec<Segment>,
    rows: usize,
    sketcher: Option<Sketcher>,
}

#[derive(Debug, Default)]
struct Segment {
    codes: Vec<i8>,
    /// Zero for a row without a vector.
    scales: Vec<f32>,
    sketches: Vec<u64>,
}

impl Vectors {
    pub(super) fn new(dimensions: usize) -> Self {
        Self {
            dimensions,
            segments: Vec::new(),
            rows: 0,
            sketcher: None,
        }
    }

    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(super) fn bytes(&self) -> usize {
        let of =
            |s: &Segment| s.codes.capacity() + s.scales.capacity() * 4 + s.sketches.capacity() * 8;
        self.segments.iter().map(of).sum()
    }

    /// Whether the row has a vector.
    pub(super) fn has(&self, row: usize) -> bool {
        let segment = self.segments.get(row / SEGMENT);
        segment
            .and_then(|s| s.scales.get(row % SEGMENT))
            .is_some_and(|scale| *scale > 0.0)
    }

    /// Adds a row. A vector of another length counts as none.
    pub(super) fn push(&mut self, vector: Option<&[f32]>) {
        if self.rows.is_multiple_of(SEGMENT) {
            self.segments.push(Segment {
                codes: Vec::with_capacity(SEGMENT * self.dimensions),
                scales: Vec::with_capacity(SEGMENT),
                sketches: Vec::new(),
            });
        }
        self.rows += 1;
        let Some(segment) = self.segments.last_mut() else {
            return;
        };
        let vector = vector.filter(|v| v.len() == self.dimensions);
        let scale = match vector {
            Some(vector) => scan::push_row(&mut segment.codes, vector),
            None => {
                let end = segment.codes.len() + self.dimensions;
                segment.codes.resize(end, 0);
                0.0
            }
        };
        segment.scales.push(scale);
        if let Some(sketcher) = &self.sketcher {
            let zeros = vec![0.0; self.dimensions];
            let vector = vector.unwrap_or(&zeros);
            sketcher.push(vector.iter().copied(), &mut segment.sketches);
        }
    }

    /// Makes the sieve once the collection is large enough to need it.
    pub(super) fn settle(&mut self) {
        if self.sketcher.is_some() || self.rows * self.dimensions <= FULL_SCAN_BYTES {
            return;
        }
        let sketcher = Sketcher::new(self.mean());
        for segment in &mut self.segments {
            segment.sketches.reserve_exact(SEGMENT * sketcher.words());
            let rows = segment.codes.chunks_exact(self.dimensions);
            for (codes, scale) in rows.zip(&segment.scales) {
                let values = codes.iter().map(|c| f32::from(*c) * scale);
                sketcher.push(values, &mut segment.sketches);
            }
        }
        self.sketcher = Some(sketcher);
    }

    fn mean(&self) -> Vec<f32> {
        let step = (self.rows / MEAN_ROWS).max(1);
        let mut mean = vec![0.0; self.dimensions];
        let mut count = 0.0f32;
        for row in (0..self.rows).step_by(step).filter(|row| self.has(*row)) {
            let segment = &self.segments[row / SEGMENT];
            let (at, scale) = (row % SEGMENT, segment.scales[row % SEGMENT]);
            let codes = &segment.codes[at * self.dimensions..][..self.dimensions];
            for (sum, code) in mean.iter_mut().zip(codes) {
                *sum += f32::from(*code) * scale;
            }
            count += 1.0;
        }
        mean.iter_mut().for_each(|v| *v /= count.max(1.0));
        mean
    }

    /// The best rows of `allowed`, best first, and what they stand out from.
    pub(super) fn search(
        &self,
        vector: &[f32],
        allowed: &Mask,
        limit: usize,
    ) -> (Vec<(f32, u32)>, Spread) {
        let query = QuantizedQuery::new(vector);
        let candidates = allowed.count(0, self.rows);
        match &self.sketcher {
            Some(sketcher) if candidates * self.dimensions > FULL_SCAN_BYTES => {
                self.search_sieved(sketcher, vector, &query, allowed, limit)
            }
            _ => self.search_full(&query, allowed, limit),
        }
    }

    fn search_full(
        &self,
        query: &QuantizedQuery,
        allowed: &Mask,
        limit: usize,
    ) -> (Vec<(f32, u32)>, Spread) {
        let (mut top, mut sums) = (Top::new(limit), Sums::default());
        let (mut scores, mut some) = (Vec::with_capacity(SEGMENT), Vec::new());
        for (at, segment) in self.segments.iter().enumerate() {
            let first = at * SEGMENT;
            let wanted = allowed.count(first, first + SEGMENT);
            if wanted == 0 {
                continue;
            }
            // Scoring all in one sweep is faster than picking, unless few are wanted.
            if wanted * 4 > segment.scales.len() {
                scan::score_all(&segment.codes, &segment.scales, query, &mut scores);
                for (row, score) in scores.iter().enumerate() {
                    if segment.scales[row] > 0.0 && allowed.has(first + row) {
                        sums.add(*score);
                        top.push(*score, (first + row) as u32);
                    }
                }
            } else {
                some.clear();
                let rows = allowed.rows(first, first + SEGMENT);
                some.extend(rows.filter(|row| segment.has(*row)));
                scan::score_some(&segment.codes, &segment.scales, query, &some, &mut scores);
                for (row, score) in some.iter().zip(&scores) {
                    sums.add(*score);
                    top.push(*score, first as u32 + row);
                }
            }
        }
        (top.into_sorted(), sums.spread())
    }

    fn search_sieved(
        &self,
        sketcher: &Sketcher,
        vector: &[f32],
        query: &QuantizedQuery,
        allowed: &Mask,
        limit: usize,
    ) -> (Vec<(f32, u32)>, Spread) {
        let mut sketch = Vec::with_capacity(sketcher.words());
        sketcher.push(vector.iter().copied(), &mut sketch);
        let bits = sketcher.words() * 64;
        let differences = self.segments.iter().enumerate().map(|(at, segment)| {
            let mut out = Vec::with_capacity(SEGMENT);
            scan::differing_bits(&segment.sketches, &sketch, &mut out);
            for (row, difference) in out.iter_mut().enumerate() {
                if segment.scales[row] == 0.0 || !allowed.has(at * SEGMENT + row) {
                    *difference = u16::MAX;
                }
            }
            out
        });
        let differences: Vec<Vec<u16>> = differences.collect();
        let wanted = (self.rows / SIEVE_SHARE).max(SIEVE_ROWS).max(limit * 4);
        let cutoff = sketch::cutoff(&differences, bits, wanted);
        let (mut top, mut sums) = (Top::new(limit), Sums::default());
        let (mut scores, mut some) = (Vec::new(), Vec::new());
        let step = (self.rows / SPREAD_ROWS).max(1);
        for (at, (segment, differences)) in self.segments.iter().zip(&differences).enumerate() {
            let first = at * SEGMENT;
            some.clear();
            let rows = differences.iter().enumerate();
            some.extend(
                rows.filter(|(_, d)| **d <= cutoff)
                    .map(|(row, _)| row as u32),
            );
            scan::score_some(&segment.codes, &segment.scales, query, &some, &mut scores);
            for (row, score) in some.iter().zip(&scores) {
                top.push(*score, first as u32 + row);
            }
            some.clear();
            let sampled = (0..differences.len()).step_by(step);
            some.extend(
                sampled
                    .filter(|row| differences[*row] != u16::MAX)
                    .map(|r| r as u32),
            );
            scan::score_some(&segment.codes, &segment.scales, query, &some, &mut scores);
            scores.iter().for_each(|score| sums.add(*score));
        }
        (top.into_sorted(), sums.spread())
    }
}

impl Segment {
    fn has(&self, row: u32) -> bool {
        self.scales
            .get(row as usize)
            .is_some_and(|scale| *scale > 0.0)
    }
}

#[derive(Debug, Default)]
struct Sums {
    count: usize,
    sum: f64,
    squares: f64,
}

impl Sums {
    #[inline(always)]
    fn add(&mut self, score: f32) {
        let score = f64::from(score);
        self.count += 1;
        self.sum += score;
        self.squares += score * score;
    }

    fn spread(&self) -> Spread {
        let count = self.count.max(1) as f64;
        let mean = self.sum / count;
        Spread {
            count: self.count,
            mean: mean as f32,
            deviation: (self.squares / count - mean * mean).max(0.0).sqrt() as f32,
        }
    }
}
