//! The table, and whether the bars are met.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::{CALLS_A_SECOND, GUESSERS, Measured, USERS};
use crate::load::Outcome;

/// Of users who read something each second.
const READ_P95: Duration = Duration::from_millis(50);
/// What the guessing may add to the model calls' 95th percentile: as much again, or this.
const HARM: Duration = Duration::from_millis(5);

/// What was measured.
pub struct Report {
    measured: Measured,
}

impl Report {
    pub(super) fn new(measured: Measured) -> Self {
        Self { measured }
    }

    /// Whether all bars are met and no call failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        let Measured {
            reads,
            rush,
            calm,
            flooded,
            ..
        } = &self.measured;
        let failed = [reads, rush, calm, flooded].iter().any(|o| o.failed() > 0);
        !failed && self.reads_are_quick() && self.is_unharmed()
    }

    fn reads_are_quick(&self) -> bool {
        self.measured.reads.latency.percentile(95.0) < READ_P95
    }

    fn is_unharmed(&self) -> bool {
        let p95 = |outcome: &Outcome| outcome.latency.percentile(95.0);
        let calm = p95(&self.measured.calm);
        p95(&self.measured.flooded) <= (calm * 2).max(calm + HARM)
    }

    /// All figures, times in milliseconds.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let measured = &self.measured;
        json!({
            "reads": figures(&measured.reads),
            "reads_without_pause": figures(&measured.rush),
            "calls": figures(&measured.calm),
            "calls_in_flood": figures(&measured.flooded),
            "guesses": figures(&measured.guesses),
            "passed": self.passed(),
        })
    }

    /// The table.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let measured = &self.measured;
        let mut text = String::from(
            "| What | p50 | p95 | p99 | a second | failed | bar |\n| --- | --- | --- | --- | --- | --- | --- |\n",
        );
        let verdict = |met: bool| if met { "met" } else { "MISSED" };
        let rows = [
            (
                format!("{USERS} users, one read a second each"),
                &measured.reads,
                format!("p95 < 50 ms: {}", verdict(self.reads_are_quick())),
            ),
            (
                format!("{USERS} users without a pause"),
                &measured.rush,
                "–".to_owned(),
            ),
            (
                format!("model calls, {CALLS_A_SECOND} a second"),
                &measured.calm,
                "–".to_owned(),
            ),
            (
                format!("the same while {GUESSERS} connections guess a password a second each"),
                &measured.flooded,
                format!(
                    "p95 at most twice that, or 5 ms more: {}",
                    verdict(self.is_unharmed())
                ),
            ),
            (
                "the guesses (all are refused)".to_owned(),
                &measured.guesses,
                "–".to_owned(),
            ),
        ];
        for (what, outcome, bar) in rows {
            let percentile = |percent| millis(outcome.latency.percentile(percent));
            let _ = writeln!(
                text,
                "| {what} | {:.2} ms | {:.2} ms | {:.2} ms | {:.0} | {} | {bar} |",
                percentile(50.0),
                percentile(95.0),
                percentile(99.0),
                outcome.rate(),
                outcome.failed(),
            );
        }
        for (what, outcome) in [("reads", &measured.reads), ("guesses", &measured.guesses)] {
            for (error, count) in &outcome.errors {
                let _ = writeln!(text, "\n{what}: {count} × {error}");
            }
        }
        text
    }
}

fn figures(outcome: &Outcome) -> Value {
    let percentile = |percent| millis(outcome.latency.percentile(percent));
    json!({
        "p50_ms": percentile(50.0),
        "p95_ms": percentile(95.0),
        "p99_ms": percentile(99.0),
        "per_second": outcome.rate(),
        "answered": outcome.completed(),
        "errors": outcome.errors,
    })
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Samples;

    fn outcome(millis: u64) -> Outcome {
        Outcome {
            latency: Samples::new(vec![millis * 1_000_000; 100]),
            ..Outcome::default()
        }
    }

    fn report(reads: u64, calm: u64, flooded: u64) -> Report {
        Report::new(Measured {
            reads: outcome(reads),
            rush: outcome(reads),
            calm: outcome(calm),
            flooded: outcome(flooded),
            guesses: outcome(1),
        })
    }

    #[test]
    fn slow_reads_and_harmed_calls_are_missed_bars() {
        assert!(report(49, 2, 7).passed());
        assert!(!report(50, 2, 2).passed());
        assert!(!report(1, 2, 8).passed());
        assert!(report(1, 20, 40).passed());
        assert!(report(1, 2, 8).to_markdown().contains("MISSED"));
    }

    #[test]
    fn a_failed_read_is_a_missed_bar() {
        let mut report = report(1, 1, 1);
        report
            .measured
            .reads
            .errors
            .insert("HTTP 500".to_owned(), 1);
        assert!(!report.passed());
    }
}
