//! All figures of a run, by side and metric, one a round.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::statistics::median;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    /// The upstream without anything between.
    Direct,
    /// The floor.
    Floor,
    /// The gateway, same dialect.
    Gateway,
    /// The gateway, translating.
    Translated,
}

/// A measured quantity. Times are in milliseconds, CPU times in microseconds, memory in MB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Metric {
    CpuPerRequest,
    PerSecond,
    P50AtOne,
    P99AtOne,
    P50At500,
    P99At500,
    P50At2000,
    P99At2000,
    FirstEventP50,
    CpuPerChunk,
    CpuPerMegabyte,
    MemoryIdle,
    MemoryAt500Streams,
    MemoryAfter,
    FirstStart,
    Start,
    /// Calls of all windows that failed.
    Failed,
}

/// The figures of all rounds.
#[derive(Debug, Default)]
pub(super) struct Figures {
    rounds: BTreeMap<(Side, Metric), Vec<f64>>,
    /// Why calls failed.
    pub(super) errors: BTreeMap<String, u64>,
}

impl Figures {
    pub(super) fn push(&mut self, side: Side, metric: Metric, value: f64) {
        self.rounds.entry((side, metric)).or_default().push(value);
    }

    /// The median over the rounds; `None` when it was not measured.
    pub(super) fn get(&self, side: Side, metric: Metric) -> Option<f64> {
        let median = median(self.rounds.get(&(side, metric))?);
        median.is_finite().then_some(median)
    }

    /// The median over the rounds of what `side` adds to the direct way, round by round.
    pub(super) fn added(&self, side: Side, metric: Metric) -> Option<f64> {
        let with = self.rounds.get(&(side, metric))?;
        let without = self.rounds.get(&(Side::Direct, metric))?;
        let added: Vec<f64> = with.iter().zip(without).map(|(a, b)| a - b).collect();
        let median = median(&added);
        median.is_finite().then_some(median)
    }

    pub(super) fn to_json(&self) -> Value {
        let mut sides: BTreeMap<String, BTreeMap<String, &Vec<f64>>> = BTreeMap::new();
        for ((side, metric), values) in &self.rounds {
            sides
                .entry(format!("{side:?}"))
                .or_default()
                .insert(format!("{metric:?}"), values);
        }
        json!({"rounds": sides, "errors": self.errors})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_side_adds_is_taken_round_by_round() {
        let mut figures = Figures::default();
        // The machine is slow in the second round, for both.
        for (direct, gateway) in [(1.0, 1.2), (5.0, 5.3), (1.0, 1.1)] {
            figures.push(Side::Direct, Metric::P50AtOne, direct);
            figures.push(Side::Gateway, Metric::P50AtOne, gateway);
        }
        let added = figures
            .added(Side::Gateway, Metric::P50AtOne)
            .expect("measured");
        assert!((added - 0.2).abs() < 1e-9, "{added}");
        assert_eq!(figures.added(Side::Floor, Metric::P50AtOne), None);
        assert_eq!(figures.get(Side::Gateway, Metric::P50AtOne), Some(1.2));
    }
}
