//! The best of many scored rows.

/// Keeps the `limit` best rows; equal scores go to the earlier row, so that answers are the same each
/// time.
#[derive(Debug)]
pub(super) struct Top {
    limit: usize,
    floor: f32,
    rows: Vec<(f32, u32)>,
}

impl Top {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            floor: f32::NEG_INFINITY,
            rows: Vec::with_capacity(limit.max(1) * 2),
        }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, score: f32, row: u32) {
        if score > self.floor {
            self.rows.push((score, row));
            if self.rows.len() >= self.limit * 2 {
                self.shrink();
            }
        }
    }

    #[cold]
    fn shrink(&mut self) {
        self.rows.select_nth_unstable_by(self.limit - 1, better);
        self.rows.truncate(self.limit);
        self.floor = self.rows[self.limit - 1].0;
    }

    /// Best first.
    pub(super) fn into_sorted(mut self) -> Vec<(f32, u32)> {
        self.rows.sort_unstable_by(better);
        self.rows.truncate(self.limit);
        self.rows
    }
}

fn better(a: &(f32, u32), b: &(f32, u32)) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_and_ties_keep_their_order() {
        let mut top = Top::new(3);
        for (row, score) in [1.0, 5.0, 2.0, 5.0, 0.0, 4.0, 3.0, 5.0]
            .into_iter()
            .enumerate()
        {
            top.push(score, row as u32);
        }
        assert_eq!(top.into_sorted(), [(5.0, 1), (5.0, 3), (5.0, 7)]);
    }
}
