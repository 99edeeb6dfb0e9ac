//! The table, and whether the bars are met.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::graphs::{ITEMS, STEPS};
use crate::load::Outcome;

/// What a step may cost with runs stored in memory, in milliseconds.
const MEMORY_STEP_MS: f64 = 1.0;
/// What a step may cost with runs stored by SQLite, in milliseconds.
const SQLITE_STEP_MS: f64 = 5.0;
/// Webhook runs a second on SQLite, at least.
const HOOKS_A_SECOND: f64 = 2_000.0;
/// Memory after 10,000 runs against that after 1,000, at most.
const GROWTH: f64 = 1.2;

/// What was measured.
pub(super) struct Measured {
    pub(super) stores: Vec<Store>,
    pub(super) memory: Memory,
}

/// What was measured on one database.
pub(super) struct Store {
    pub(super) name: &'static str,
    /// Flow of one step, one caller.
    pub(super) one: Outcome,
    /// Flow of [`STEPS`] steps, one caller.
    pub(super) forty: Outcome,
    /// The same with many callers.
    pub(super) steps: Outcome,
    /// Loop over [`ITEMS`] items, one caller.
    pub(super) items: Outcome,
    /// An input of 10 MB, one caller.
    pub(super) large: Outcome,
    /// Webhook, step, answer, with 64 callers.
    pub(super) hooks: Outcome,
    /// Webhook runs that the list of runs has afterwards.
    pub(super) stored: usize,
    pub(super) chat: Chat,
}

/// First words of a model, asked directly and by a flow.
pub(super) struct Chat {
    pub(super) direct: Outcome,
    pub(super) flow: Outcome,
}

/// Resident memory, in bytes.
pub(super) struct Memory {
    pub(super) idle: u64,
    pub(super) thousand: u64,
    pub(super) ten_thousand: u64,
}

/// A line of the table: figure and bar.
struct Row {
    name: String,
    value: f64,
    unit: &'static str,
    met: Option<(String, bool)>,
}

impl Store {
    /// What one more step adds to a run, in milliseconds.
    fn step_ms(&self) -> f64 {
        let added =
            millis(self.forty.latency.percentile(50.0)) - millis(self.one.latency.percentile(50.0));
        let steps = (STEPS - 1) as f64;
        added / steps
    }

    fn steps_a_second(&self) -> f64 {
        self.steps.rate() * (STEPS + 1) as f64
    }

    fn outcomes(&self) -> [(&'static str, &Outcome); 8] {
        [
            ("one step", &self.one),
            ("40 steps", &self.forty),
            ("40 steps, 16 callers", &self.steps),
            ("loop", &self.items),
            ("10 MB", &self.large),
            ("webhook", &self.hooks),
            ("model", &self.chat.direct),
            ("chat flow", &self.chat.flow),
        ]
    }

    fn rows(&self) -> Vec<Row> {
        let step_bar = match self.name {
            "memory" => Some(MEMORY_STEP_MS),
            "SQLite" => Some(SQLITE_STEP_MS),
            _ => None,
        };
        let step = self.step_ms();
        let hooks = self.hooks.rate();
        let all_stored = self.stored >= self.hooks.completed();
        let bar = format!("≥ {HOOKS_A_SECOND:.0}, every run stored");
        let is_bar = self.name == "SQLite";
        let hooks_bar = is_bar.then_some((bar, hooks >= HOOKS_A_SECOND && all_stored));
        let p = |outcome: &Outcome, percent| millis(outcome.latency.percentile(percent));
        let first = |outcome: &Outcome| millis(outcome.first_event.percentile(50.0));
        let added = first(&self.chat.flow) - first(&self.chat.direct);
        let row = |name: &str, value, unit, met| Row {
            name: name.to_owned(),
            value,
            unit,
            met,
        };
        vec![
            row(
                "one more step",
                step,
                "ms",
                step_bar.map(|bar| (format!("< {bar} ms"), step < bar)),
            ),
            row("steps, 16 callers", self.steps_a_second(), "a second", None),
            row("40 light steps, p50", p(&self.forty, 50.0), "ms", None),
            row(
                &format!("loop over {ITEMS}, p50"),
                p(&self.items, 50.0),
                "ms",
                None,
            ),
            row("input of 10 MB, p50", p(&self.large, 50.0), "ms", None),
            row("webhook, 64 callers", hooks, "a second", hooks_bar),
            row("webhook, p50", p(&self.hooks, 50.0), "ms", None),
            row("webhook, p99", p(&self.hooks, 99.0), "ms", None),
            row("chat flow, first words later by", added, "ms", None),
        ]
    }
}

impl Memory {
    fn rows(&self) -> Vec<Row> {
        let megabytes = |bytes: u64| bytes as f64 / f64::from(1_u32 << 20);
        let growth = self.ten_thousand as f64 / self.thousand as f64;
        let row = |name: &str, bytes, met| Row {
            name: name.to_owned(),
            value: megabytes(bytes),
            unit: "MB",
            met,
        };
        let bar = (
            format!("≤ {GROWTH} times that after 1,000"),
            growth <= GROWTH,
        );
        vec![
            row("before any run", self.idle, None),
            row("after 1,000 runs", self.thousand, None),
            row("after 10,000 runs", self.ten_thousand, Some(bar)),
        ]
    }
}

/// What was measured.
pub struct Report {
    measured: Measured,
}

impl Report {
    pub(super) fn new(measured: Measured) -> Self {
        Self { measured }
    }

    fn groups(&self) -> Vec<(&'static str, Vec<Row>)> {
        let stores = self.measured.stores.iter();
        let mut groups: Vec<_> = stores.map(|store| (store.name, store.rows())).collect();
        groups.push(("resident memory", self.measured.memory.rows()));
        groups
    }

    /// Whether all bars are met and no call failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        let mut outcomes = self.measured.stores.iter().flat_map(Store::outcomes);
        let groups = self.groups();
        let mut rows = groups.iter().flat_map(|(_, rows)| rows);
        outcomes.all(|(_, outcome)| outcome.failed() == 0 && outcome.completed() > 0)
            && rows.all(|row| row.met.as_ref().is_none_or(|(_, met)| *met))
    }

    /// All figures.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut figures = json!({"passed": self.passed()});
        for (group, rows) in self.groups() {
            for row in rows {
                figures[group][&row.name] = json!({"value": row.value, "unit": row.unit});
            }
        }
        figures
    }

    /// The table.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = "| Where | What | Figure | Bar |\n| --- | --- | --- | --- |\n".to_owned();
        for (group, rows) in self.groups() {
            for row in rows {
                let bar = row.met.map_or_else(
                    || "–".to_owned(),
                    |(bar, met)| format!("{bar}: {}", if met { "met" } else { "MISSED" }),
                );
                let Row {
                    name, value, unit, ..
                } = row;
                let _ = writeln!(text, "| {group} | {name} | {value:.2} {unit} | {bar} |");
            }
        }
        for store in &self.measured.stores {
            for (what, outcome) in store.outcomes() {
                for (error, count) in &outcome.errors {
                    let _ = writeln!(text, "\n{}, {what}: {count} × {error}", store.name);
                }
            }
        }
        text
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
