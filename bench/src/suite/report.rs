//! The table: each row with the gateway's figure, the floor's, their ratio, the bar and the verdict.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::figures::{Figures, Metric, Side};
use super::rivals;
use super::settings::Settings;

/// What a row has to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bar {
    /// At most so many times the floor.
    Ratio(f64),
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// Nothing; the row informs.
    None,
}

/// The unit of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Unit {
    Micros,
    Millis,
    Megabytes,
    PerSecond,
}

/// One row: what it says, whose figure, whether it is what the side adds, unit and bar.
struct Row {
    what: &'static str,
    side: Side,
    metric: Metric,
    added: bool,
    unit: Unit,
    bar: Bar,
}

const fn row(what: &'static str, side: Side, metric: Metric, unit: Unit, bar: Bar) -> Row {
    Row {
        what,
        side,
        metric,
        added: false,
        unit,
        bar,
    }
}

const fn added(what: &'static str, side: Side, metric: Metric, bar: Bar) -> Row {
    Row {
        what,
        side,
        metric,
        added: true,
        unit: Unit::Millis,
        bar,
    }
}

const ROWS: &[Row] = {
    use Bar::{AtLeast, AtMost, None, Ratio};
    use Metric as M;
    use Side::{Gateway, Translated};
    use Unit::{Megabytes, Micros, Millis, PerSecond};
    &[
        row(
            "CPU per 1 KB chat request, same dialect",
            Gateway,
            M::CpuPerRequest,
            Micros,
            Ratio(2.5),
        ),
        row(
            "CPU per 1 KB chat request, translated",
            Translated,
            M::CpuPerRequest,
            Micros,
            Ratio(4.0),
        ),
        row(
            "requests/s, 64 connections",
            Gateway,
            M::PerSecond,
            PerSecond,
            AtLeast(20_000.0),
        ),
        row(
            "requests/s, 64 connections, translated",
            Translated,
            M::PerSecond,
            PerSecond,
            None,
        ),
        added(
            "added latency p50, one connection",
            Gateway,
            M::P50AtOne,
            Ratio(1.5),
        ),
        added(
            "added latency p99, one connection",
            Gateway,
            M::P99AtOne,
            None,
        ),
        added("added latency p50, 500/s", Gateway, M::P50At500, Ratio(1.5)),
        added("added latency p99, 500/s", Gateway, M::P99At500, None),
        added(
            "added latency p50, 2,000/s",
            Gateway,
            M::P50At2000,
            Ratio(1.5),
        ),
        added("added latency p99, 2,000/s", Gateway, M::P99At2000, None),
        added(
            "added latency p50, 500/s, translated",
            Translated,
            M::P50At500,
            None,
        ),
        added(
            "added time to first token p50",
            Gateway,
            M::FirstEventP50,
            Ratio(2.0),
        ),
        added(
            "added time to first token p50, translated",
            Translated,
            M::FirstEventP50,
            None,
        ),
        row(
            "CPU per streamed chunk",
            Gateway,
            M::CpuPerChunk,
            Micros,
            Ratio(1.5),
        ),
        row(
            "CPU per streamed chunk, translated",
            Translated,
            M::CpuPerChunk,
            Micros,
            None,
        ),
        row(
            "CPU per 1 MB request",
            Gateway,
            M::CpuPerMegabyte,
            Micros,
            Ratio(4.0),
        ),
        row(
            "CPU per 1 MB request, translated",
            Translated,
            M::CpuPerMegabyte,
            Micros,
            None,
        ),
        row(
            "memory idle",
            Gateway,
            M::MemoryIdle,
            Megabytes,
            AtMost(30.0),
        ),
        row(
            "memory at 500 streams",
            Gateway,
            M::MemoryAt500Streams,
            Megabytes,
            AtMost(80.0),
        ),
        row(
            "memory after the streams",
            Gateway,
            M::MemoryAfter,
            Megabytes,
            AtMost(30.0),
        ),
        row(
            "start to first answer",
            Gateway,
            M::Start,
            Millis,
            AtMost(200.0),
        ),
        row(
            "first start (empty data directory) to first answer",
            Gateway,
            M::FirstStart,
            Millis,
            AtMost(200.0),
        ),
    ]
};

/// What a suite measured.
#[derive(Debug)]
pub struct Report {
    figures: Figures,
    circumstances: Circumstances,
}

/// Under which circumstances it was measured.
#[derive(Debug)]
pub(super) struct Circumstances {
    pub(super) settings: Settings,
    /// Whether every process had its own core.
    pub(super) pinned: bool,
    pub(super) took: Duration,
    /// Cores that other processes kept busy meanwhile, as far as the system tells.
    pub(super) strangers: Option<f64>,
}

/// More than this of a core used by others makes latencies useless.
const QUIET: f64 = 0.1;

impl Report {
    pub(super) fn new(figures: Figures, circumstances: Circumstances) -> Self {
        Self {
            figures,
            circumstances,
        }
    }

    /// Whether every measured row with a bar reaches it, and no call failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        let missed = |row: &Row| self.verdict(row) == Some(false);
        self.figures.errors.is_empty() && !ROWS.iter().any(missed)
    }

    /// All figures of all rounds, and the verdicts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let rows: Vec<Value> = ROWS
            .iter()
            .map(|row| {
                json!({
                    "what": row.what,
                    "gateway": self.figure(row, row.side),
                    "floor": self.figure(row, Side::Floor),
                    "passed": self.verdict(row),
                })
            })
            .collect();
        let mut report = self.figures.to_json();
        report["rows"] = json!(rows);
        report["settings"] = json!(self.circumstances.settings.name);
        report["seconds"] = json!(self.circumstances.took.as_secs_f64());
        report["strangers_cores"] = json!(self.circumstances.strangers);
        report
    }

    /// The table in Markdown, with what one has to know to read it.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::from("| What | gateway | floor | ratio | bar | |");
        for name in rivals::NAMES {
            text.push_str(&format!(" {name} |"));
        }
        text.push_str(" their floor |\n|");
        text.push_str(&" --- |".repeat(6 + rivals::NAMES.len() + 1));
        text.push('\n');
        for row in ROWS {
            self.write_row(&mut text, row);
        }
        self.write_notes(&mut text);
        text
    }

    fn figure(&self, row: &Row, side: Side) -> Option<f64> {
        if row.added {
            self.figures.added(side, row.metric)
        } else {
            self.figures.get(side, row.metric)
        }
    }

    fn ratio(&self, row: &Row) -> Option<f64> {
        let floor = self.figure(row, Side::Floor)?;
        // A floor of nothing would make any ratio infinite: a microsecond is as little as it adds.
        let least = if row.added { 0.001 } else { 1e-9 };
        Some(self.figure(row, row.side)? / floor.max(least))
    }

    fn verdict(&self, row: &Row) -> Option<bool> {
        let figure = self.figure(row, row.side)?;
        match row.bar {
            Bar::Ratio(bar) => Some(self.ratio(row)? <= bar),
            Bar::AtMost(bar) => Some(figure <= bar),
            Bar::AtLeast(bar) => Some(figure >= bar),
            Bar::None => None,
        }
    }

    fn write_row(&self, text: &mut String, row: &Row) {
        let show = |figure: Option<f64>| figure.map_or("–".to_owned(), |f| format(f, row.unit));
        let ratio = self
            .ratio(row)
            .map_or("–".to_owned(), |r| format!("{r:.2}x"));
        let bar = match row.bar {
            Bar::Ratio(bar) => format!("<= {bar}x"),
            Bar::AtMost(bar) => format!("<= {}", format(bar, row.unit)),
            Bar::AtLeast(bar) => format!(">= {}", format(bar, row.unit)),
            Bar::None => String::new(),
        };
        let verdict = match self.verdict(row) {
            Some(true) => "pass",
            Some(false) => "**FAIL**",
            None => "",
        };
        let (gateway, floor) = (self.figure(row, row.side), self.figure(row, Side::Floor));
        let _ = write!(
            text,
            "| {} | {} | {} | {ratio} | {bar} | {verdict} |",
            row.what,
            show(gateway),
            show(floor)
        );
        let theirs = (row.side == Side::Gateway).then(|| rivals::figures(row.metric));
        match theirs.flatten() {
            Some(theirs) => {
                for figure in theirs.figures {
                    let _ = write!(text, " {figure} |");
                }
                let _ = writeln!(text, " {} |", theirs.floor);
            }
            None => text.push_str("  |  |  |  |  |\n"),
        }
    }

    fn write_notes(&self, text: &mut String) {
        let direct = |metric| {
            let figure = self.figures.get(Side::Direct, metric);
            figure.map_or("–".to_owned(), |f| format(f, Unit::Millis))
        };
        let at = &self.circumstances;
        let pinned = if at.pinned {
            "the measured process on core 0, load and upstream on core 1"
        } else {
            "nothing pinned, for want of a second core or of `taskset`"
        };
        let _ = writeln!(
            text,
            "\nMedians of {} alternating rounds ({} run, {:.0} s), {pinned}. The floor is a bare hyper \
             reverse proxy on one thread. Added times are those through a server less those of the \
             upstream alone in the same round (p50 {} with one connection, {} at 500/s, first token \
             {}). The gateway ran with authentication, limits, budget, metering and journal; the \
             rivals' figures were taken earlier beside their own floor, pinned the same way on a quiet \
             machine, without keys or metering.",
            at.settings.rounds,
            at.settings.name,
            at.took.as_secs_f64(),
            direct(Metric::P50AtOne),
            direct(Metric::P50At500),
            direct(Metric::FirstEventP50),
        );
        if let Some(cores) = at.strangers {
            let judgement = if cores > QUIET {
                "**too many for its latencies to be trusted**"
            } else {
                "a quiet machine"
            };
            let _ = writeln!(
                text,
                "\nOther processes kept {cores:.2} cores busy meanwhile: {judgement}."
            );
        }
        for (error, count) in &self.figures.errors {
            let _ = writeln!(text, "\n**{count} calls failed**: {error}");
        }
    }
}

fn format(figure: f64, unit: Unit) -> String {
    match unit {
        Unit::Micros if figure >= 1000.0 => format!("{:.2} ms", figure / 1000.0),
        Unit::Micros => format!("{figure:.1} us"),
        Unit::Millis if figure.abs() < 10.0 => format!("{figure:.3} ms"),
        Unit::Millis => format!("{figure:.0} ms"),
        Unit::Megabytes => format!("{figure:.1} MB"),
        Unit::PerSecond => thousands(figure),
    }
}

fn thousands(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(figures: Figures) -> Report {
        Report::new(
            figures,
            Circumstances {
                settings: Settings::new(true),
                pinned: true,
                took: Duration::from_secs(1),
                strangers: Some(0.5),
            },
        )
    }

    fn line<'a>(table: &'a str, what: &str) -> &'a str {
        table
            .lines()
            .find(|line| line.starts_with(&format!("| {what} |")))
            .expect("the table has the row")
    }

    #[test]
    fn each_kind_of_bar_is_judged() {
        let mut figures = Figures::default();
        figures.push(Side::Floor, Metric::CpuPerRequest, 20.0);
        figures.push(Side::Gateway, Metric::CpuPerRequest, 50.0);
        figures.push(Side::Translated, Metric::CpuPerRequest, 81.0);
        figures.push(Side::Gateway, Metric::PerSecond, 19_999.0);
        figures.push(Side::Gateway, Metric::MemoryIdle, 30.0);
        let report = report(figures);
        let table = report.to_markdown();
        let row = line(&table, "CPU per 1 KB chat request, same dialect");
        assert!(
            row.contains("| 50.0 us | 20.0 us | 2.50x | <= 2.5x | pass | 63 us |"),
            "{row}"
        );
        let row = line(&table, "CPU per 1 KB chat request, translated");
        assert!(row.contains("| 4.05x | <= 4x | **FAIL** |"), "{row}");
        let row = line(&table, "requests/s, 64 connections");
        assert!(
            row.contains("| 19,999 | – | – | >= 20,000 | **FAIL** |"),
            "{row}"
        );
        assert!(line(&table, "memory idle").contains("| 30.0 MB |"));
        assert!(!report.passed());
    }

    #[test]
    fn what_was_not_measured_is_neither_passed_nor_failed() {
        let report = report(Figures::default());
        assert!(report.passed());
        let text = report.to_markdown();
        assert!(!text.contains("FAIL"));
        assert!(
            text.contains("kept 0.50 cores busy meanwhile: **too many"),
            "{text}"
        );
    }

    #[test]
    fn added_latency_is_compared_by_what_each_side_adds() {
        let mut figures = Figures::default();
        figures.push(Side::Direct, Metric::P50At500, 0.10);
        figures.push(Side::Floor, Metric::P50At500, 0.30);
        figures.push(Side::Gateway, Metric::P50At500, 0.39);
        let table = report(figures).to_markdown();
        let row = line(&table, "added latency p50, 500/s");
        assert!(
            row.contains("| 0.290 ms | 0.200 ms | 1.45x | <= 1.5x | pass |"),
            "{row}"
        );
    }

    #[test]
    fn failed_calls_fail_the_report() {
        let mut figures = Figures::default();
        figures.errors.insert("Gateway, m-1k: HTTP 500".into(), 3);
        let report = report(figures);
        assert!(!report.passed());
        assert!(report.to_markdown().contains("**3 calls failed**: Gateway"));
    }

    #[test]
    fn every_row_of_the_table_has_the_same_columns() {
        let table = report(Figures::default()).to_markdown();
        let columns = |line: &str| line.matches('|').count();
        let rows: Vec<usize> = table
            .lines()
            .take_while(|l| !l.is_empty())
            .map(columns)
            .collect();
        assert_eq!(rows.len(), ROWS.len() + 2);
        assert!(rows.iter().all(|n| *n == rows[0]), "{rows:?}");
    }
}
