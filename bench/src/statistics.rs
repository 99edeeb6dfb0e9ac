//! Percentiles and medians of measured samples.

use std::time::Duration;

/// Sorted samples in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Samples {
    sorted: Vec<u64>,
}

impl Samples {
    /// Sorts the samples once, so that each percentile is a look-up.
    #[must_use]
    pub fn new(mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        Self { sorted: nanos }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether nothing was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The nearest-rank percentile: the smallest sample that at least `percent` of 100 do not exceed.
    /// Zero when nothing was measured.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Duration {
        let rank = (percent / 100.0 * self.sorted.len() as f64).ceil() as usize;
        let index = rank.max(1) - 1;
        let nanos = self.sorted.get(index).or_else(|| self.sorted.last());
        Duration::from_nanos(nanos.copied().unwrap_or(0))
    }

    /// The largest sample.
    #[must_use]
    pub fn max(&self) -> Duration {
        self.percentile(100.0)
    }
}

/// The median; the mean of the two middle values when their number is even. NaN for none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The instants at which an open-loop generator starts its requests, as offsets from its own start.
/// They depend on the rate alone, never on how fast answers come.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    per_second: u64,
}

impl Schedule {
    /// Evenly spaced starts, `per_second` of them a second (at least one).
    #[must_use]
    pub fn new(per_second: u64) -> Self {
        Self {
            per_second: per_second.max(1),
        }
    }

    /// When request number `n` (from 0) is due.
    #[must_use]
    pub fn due(self, n: u64) -> Duration {
        let nanos = u128::from(n) * 1_000_000_000 / u128::from(self.per_second);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How many requests are due before `length` has passed.
    #[must_use]
    pub fn count(self, length: Duration) -> u64 {
        let due = length.as_nanos() * u128::from(self.per_second);
        u64::try_from(due.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(n: u64) -> Duration {
        Duration::from_nanos(n)
    }

    #[test]
    fn percentiles_are_samples_of_the_nearest_rank() {
        let samples = Samples::new((1..=100).rev().collect());
        assert_eq!(samples.percentile(50.0), nanos(50));
        assert_eq!(samples.percentile(90.0), nanos(90));
        assert_eq!(samples.percentile(99.0), nanos(99));
        assert_eq!(samples.percentile(99.9), nanos(100));
        assert_eq!(samples.max(), nanos(100));
        assert_eq!(samples.percentile(0.0), nanos(1));
    }

    #[test]
    fn few_samples_and_none_have_percentiles_too() {
        assert_eq!(Samples::new(vec![7]).percentile(50.0), nanos(7));
        assert_eq!(Samples::new(vec![7, 9]).percentile(50.0), nanos(7));
        assert_eq!(Samples::new(vec![7, 9]).percentile(51.0), nanos(9));
        assert_eq!(Samples::default().percentile(99.0), nanos(0));
        assert!(Samples::default().is_empty());
    }

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn the_schedule_neither_drifts_nor_rounds_away_requests() {
        let schedule = Schedule::new(3);
        assert_eq!(schedule.due(0), Duration::ZERO);
        assert_eq!(schedule.due(1), nanos(333_333_333));
        assert_eq!(schedule.due(3_000_000), Duration::from_secs(1_000_000));
        assert_eq!(schedule.count(Duration::from_secs(2)), 6);
        let all_in_time = (0..schedule.count(Duration::from_secs(2)))
            .all(|n| schedule.due(n) < Duration::from_secs(2));
        assert!(all_in_time);
    }
}
