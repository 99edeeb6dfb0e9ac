//! A set of rows.

/// One bit per row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mask {
    words: Vec<u64>,
}

impl Mask {
    pub(super) fn set(&mut self, row: usize) {
        if self.words.len() <= row / 64 {
            self.words.resize(row / 64 + 1, 0);
        }
        self.words[row / 64] |= 1 << (row % 64);
    }

    pub(super) fn clear(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row / 64) {
            *word &= !(1 << (row % 64));
        }
    }

    #[inline(always)]
    pub(super) fn has(&self, row: usize) -> bool {
        self.words
            .get(row / 64)
            .is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Number of rows in `[from, to)`; both multiples of 64 except at the end.
    pub(super) fn count(&self, from: usize, to: usize) -> usize {
        let (from, to) = (from / 64, to.div_ceil(64).min(self.words.len()));
        let words = self.words.get(from..to).unwrap_or_default();
        words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Rows in `[from, to)`, relative to `from`; `from` is a multiple of 64.
    pub(super) fn rows(&self, from: usize, to: usize) -> impl Iterator<Item = u32> {
        let (first, last) = (from / 64, to.div_ceil(64).min(self.words.len()));
        let words = self.words.get(first..last).unwrap_or_default();
        words.iter().enumerate().flat_map(|(at, word)| {
            let mut word = *word;
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros();
                word &= word.wrapping_sub(1);
                (bit < 64).then_some(at as u32 * 64 + bit)
            })
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.words.len() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_set_counted_listed_and_cleared() {
        let mut mask = Mask::default();
        for row in [0, 63, 64, 130, 200] {
            mask.set(row);
        }
        mask.clear(64);
        mask.clear(9999);
        assert!(mask.has(63) && !mask.has(64) && !mask.has(9999));
        assert_eq!(mask.count(0, 256), 4);
        assert_eq!(mask.rows(128, 256).collect::<Vec<_>>(), [2, 72]);
        assert_eq!(mask.rows(0, 128).collect::<Vec<_>>(), [0, 63]);
    }
}
