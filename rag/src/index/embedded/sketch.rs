//! One bit per dimension: a first sieve for collections that are too large to score in full.
//!
//! A vector is centred on the collection's mean, turned by a fixed random rotation (random signs and
//! a Walsh-Hadamard transform, n log n), and its signs are kept. Vectors close in angle differ in few
//! bits; counting them costs an eighth of the memory traffic of scoring bytes. It only chooses which
//! rows are scored; how many keeps the recall above its bar (`rag/examples/retrieval.rs` measures).
//! Chosen over a graph (HNSW): it needs no building, forgets rows at once, and a filter costs nothing.

/// Turns vectors into bits.
#[derive(Debug)]
pub(super) struct Sketcher {
    mean: Vec<f32>,
    signs: Vec<f32>,
}

impl Sketcher {
    /// A sketcher for vectors that lie around `mean`.
    pub(super) fn new(mean: Vec<f32>) -> Self {
        let padded = mean.len().next_power_of_two().max(64);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let signs = (0..padded).map(|_| {
            // xorshift64: the same signs in each run.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if state >> 63 == 0 { 1.0 } else { -1.0 }
        });
        Self {
            signs: signs.collect(),
            mean,
        }
    }

    /// 64-bit words per vector.
    pub(super) fn words(&self) -> usize {
        self.signs.len() / 64
    }

    /// Appends the bits of a vector.
    pub(super) fn push(&self, vector: impl Iterator<Item = f32>, out: &mut Vec<u64>) {
        let mut values: Vec<f32> = vector
            .zip(&self.mean)
            .zip(&self.signs)
            .map(|((value, mean), sign)| (value - mean) * sign)
            .collect();
        values.resize(self.signs.len(), 0.0);
        transform(&mut values);
        for word in values.chunks_exact(64) {
            let bits = word.iter().enumerate();
            out.push(bits.fold(0, |bits, (i, v)| bits | (u64::from(*v > 0.0) << i)));
        }
    }
}

/// The Walsh-Hadamard transform, in place, without its constant factor.
fn transform(values: &mut [f32]) {
    let mut half = 1;
    while half < values.len() {
        for block in values.chunks_exact_mut(half * 2) {
            let (low, high) = block.split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
}

/// The largest number of differing bits with which at least `wanted` of the rows remain.
pub(super) fn cutoff(differences: &[Vec<u16>], bits: usize, wanted: usize) -> u16 {
    let mut histogram = vec![0usize; bits + 1];
    for difference in differences.iter().flatten() {
        histogram[usize::from(*difference).min(bits)] += 1;
    }
    let mut seen = 0;
    let found = histogram.iter().position(|count| {
        seen += count;
        seen >= wanted
    });
    found.unwrap_or(bits) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_vectors_differ_in_fewer_bits_than_far_ones() {
        let sketcher = Sketcher::new(vec![0.1; 100]);
        let base: Vec<f32> = (0..100).map(|i| ((i * 7) as f32).sin()).collect();
        let near: Vec<f32> = base.iter().map(|v| v + 0.05).collect();
        let far: Vec<f32> = (0..100).map(|i| ((i * 7) as f32).cos()).collect();
        let bits = |v: &[f32]| {
            let mut out = Vec::new();
            sketcher.push(v.iter().copied(), &mut out);
            out
        };
        let apart = |a: &[u64], b: &[u64]| -> u32 {
            a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
        };
        let base = bits(&base);
        assert_eq!(base.len(), sketcher.words());
        assert!(apart(&base, &bits(&near)) * 4 < apart(&base, &bits(&far)));
    }

    #[test]
    fn the_cutoff_keeps_what_is_wanted() {
        let differences = [vec![5, 1, 9], vec![3, 3]];
        assert_eq!(cutoff(&differences, 64, 1), 1);
        assert_eq!(cutoff(&differences, 64, 3), 3);
        assert_eq!(cutoff(&differences, 64, 99), 64);
    }
}
