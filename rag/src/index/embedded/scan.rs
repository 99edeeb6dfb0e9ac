//! Dot products of many rows with one query, as fast as the processor allows.
//!
//! The loops are plain safe code that the compiler turns into SIMD. `pulp` compiles them once per
//! instruction set (AVX-512, AVX2, NEON, baseline) and picks one when the program runs, so the
//! program itself is built for any processor. Measured for 100,000 rows of 384 bytes: 10 ms with the
//! baseline, 2.4 ms with AVX2 (16 GB/s, the memory's speed).

use pulp::Arch;

/// Largest component of a quantized query. The sum of 8,192 products with 127 still fits an `i32`.
const QUERY_MAX: f32 = 2047.0;
/// Largest component of a quantized row.
const ROW_MAX: f32 = 127.0;

/// A query vector as whole numbers; finer than the rows, as there is only one of it.
#[derive(Debug)]
pub(super) struct QuantizedQuery {
    values: Vec<i16>,
    scale: f32,
}

impl QuantizedQuery {
    pub(super) fn new(vector: &[f32]) -> Self {
        let scale = largest(vector) / QUERY_MAX;
        let values = vector.iter().map(|v| quantize(*v, scale) as i16);
        Self {
            values: values.collect(),
            scale,
        }
    }
}

/// Appends a row as bytes and gives the factor that makes them numbers again. A row of zeros has
/// factor 0.
pub(super) fn push_row(codes: &mut Vec<i8>, vector: &[f32]) -> f32 {
    let scale = largest(vector) / ROW_MAX;
    codes.extend(vector.iter().map(|v| quantize(*v, scale) as i8));
    scale
}

fn largest(vector: &[f32]) -> f32 {
    vector.iter().fold(0.0, |max: f32, v| max.max(v.abs()))
}

fn quantize(value: f32, scale: f32) -> i32 {
    if scale == 0.0 {
        return 0;
    }
    (value / scale).round() as i32
}

/// Scores all rows of a segment: `out[i]` becomes the dot product of row `i` with the query.
pub(super) fn score_all(codes: &[i8], scales: &[f32], query: &QuantizedQuery, out: &mut Vec<f32>) {
    out.clear();
    // Without the attribute the closure may be compiled apart, for the baseline.
    Arch::new().dispatch(
        #[inline(always)]
        || score_each(codes, scales, query, 0..scales.len(), out),
    );
}

/// Scores some rows of a segment, in the order of `rows`.
pub(super) fn score_some(
    codes: &[i8],
    scales: &[f32],
    query: &QuantizedQuery,
    rows: &[u32],
    out: &mut Vec<f32>,
) {
    out.clear();
    let rows = rows.iter().map(|row| *row as usize);
    Arch::new().dispatch(
        #[inline(always)]
        || score_each(codes, scales, query, rows, out),
    );
}

#[inline(always)]
fn score_each(
    codes: &[i8],
    scales: &[f32],
    query: &QuantizedQuery,
    rows: impl Iterator<Item = usize>,
    out: &mut Vec<f32>,
) {
    let length = query.values.len();
    for row in rows {
        let codes = &codes[row * length..][..length];
        let mut sum = 0;
        for (code, value) in codes.iter().zip(&query.values) {
            sum += i32::from(i16::from(*code)) * i32::from(*value);
        }
        out.push(sum as f32 * scales[row] * query.scale);
    }
}

/// Numbers of differing bits between each sketch and the query's.
pub(super) fn differing_bits(sketches: &[u64], query: &[u64], out: &mut Vec<u16>) {
    out.clear();
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for sketch in sketches.chunks_exact(query.len()) {
                let bits = sketch.iter().zip(query);
                out.push(bits.map(|(a, b)| (a ^ b).count_ones()).sum::<u32>() as u16);
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantized_scores_are_close_to_exact_ones() {
        for length in [3, 64, 384, 1000] {
            let row: Vec<f32> = (0..length).map(|i| ((i * 37) as f32).sin()).collect();
            let query: Vec<f32> = (0..length).map(|i| ((i * 37 + 1) as f32).sin()).collect();
            let exact: f32 = row.iter().zip(&query).map(|(a, b)| a * b).sum();
            let mut codes = Vec::new();
            let scale = push_row(&mut codes, &row);
            let quantized = QuantizedQuery::new(&query);
            let (mut all, mut some) = (Vec::new(), Vec::new());
            score_all(&codes, &[scale], &quantized, &mut all);
            score_some(&codes, &[scale], &quantized, &[0], &mut some);
            assert_eq!(all, some);
            assert!(
                (all[0] - exact).abs() < 0.01 * length as f32,
                "{length}: {all:?} {exact}"
            );
        }
    }

    #[test]
    fn the_largest_possible_sum_does_not_overflow() {
        let ones = vec![1.0; 8192];
        let mut codes = Vec::new();
        let scale = push_row(&mut codes, &ones);
        let mut out = Vec::new();
        score_all(&codes, &[scale], &QuantizedQuery::new(&ones), &mut out);
        assert!((out[0] - 8192.0).abs() < 1.0, "{out:?}");
    }

    #[test]
    fn a_row_of_zeros_scores_zero() {
        let mut codes = Vec::new();
        let scale = push_row(&mut codes, &[0.0; 8]);
        let mut out = Vec::new();
        score_all(&codes, &[scale], &QuantizedQuery::new(&[1.0; 8]), &mut out);
        assert_eq!(out, [0.0]);
    }

    #[test]
    fn differing_bits_are_counted_per_row() {
        let mut out = Vec::new();
        differing_bits(&[0, 0, u64::MAX, 1], &[0, 1], &mut out);
        assert_eq!(out, [1, 64]);
    }
}
