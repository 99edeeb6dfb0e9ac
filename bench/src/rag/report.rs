//! The tables, and whether the bars are met.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::counts::Step;
use super::files::Files;
use super::quality::Quality;
use super::speed::Speed;
use crate::load::Outcome;

/// Hybrid search of 100,000 chunks, the embedding call taken off.
const HYBRID_P99: Duration = Duration::from_millis(10);
/// Chunks from which on that bar holds.
const MANY: u64 = 90_000;

/// The least share of the exact first ten that the vector index has to find.
const RECALL: f64 = 0.99;

/// What was measured.
#[derive(Default)]
pub struct Report {
    pub(super) speeds: Vec<Speed>,
    pub(super) files: Option<Files>,
    pub(super) qualities: Vec<Quality>,
}

impl Report {
    /// Whether all bars are met that were measured.
    #[must_use]
    pub fn passed(&self) -> bool {
        let quick = self
            .speeds
            .iter()
            .all(|speed| is_quick(speed) != Some(false));
        let good = self
            .qualities
            .iter()
            .all(|found| is_good(found) != Some(false));
        let complete = self.speeds.iter().all(|speed| speed.recall >= RECALL);
        quick && good && complete
    }

    /// All figures; times in milliseconds, sizes in bytes.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let speeds: Vec<Value> = self.speeds.iter().map(speed_json).collect();
        let qualities: Vec<Value> = (self.qualities.iter())
            .map(|found| {
                json!({
                    "set": found.set, "mode": found.mode, "questions": found.questions,
                    "ndcg_at_10": found.ndcg, "recall_at_10": found.recall,
                })
            })
            .collect();
        json!({
            "speed": speeds, "files": self.files.as_ref().map(files_json), "quality": qualities,
            "passed": self.passed(),
        })
    }

    /// The tables.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        for speed in &self.speeds {
            write_speed(&mut text, speed);
        }
        if let Some(files) = &self.files {
            write_files(&mut text, files);
        }
        if !self.qualities.is_empty() {
            text.push_str(
                "| Set | Search | Questions | nDCG@10 | recall@10 | bar |\n\
                 | --- | --- | --- | --- | --- | --- |\n",
            );
        }
        for found in &self.qualities {
            let bar = match (bar_of(found), is_good(found)) {
                (Some(bar), Some(met)) => format!("{bar}: {}", verdict(met)),
                _ => "–".to_owned(),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {:.3} | {:.3} | {bar} |",
                found.set, found.mode, found.questions, found.ndcg, found.recall
            );
        }
        text
    }
}

fn write_speed(text: &mut String, speed: &Speed) {
    let seconds = speed.ingestion.as_secs_f64();
    let cpu = speed.ingestion_cpu.as_secs_f64() * 1e6 / speed.chunks as f64;
    let _ = writeln!(
        text,
        "{} chunks came in within {seconds:.1} s: {:.0} a second, {cpu:.0} us of processor time each. \
         Memory {:.0} MB, {:.0} MB before; {:.0} MB on disk. The first search took {:.0} ms.\n",
        speed.chunks,
        speed.chunks as f64 / seconds,
        megabytes(speed.memory.1),
        megabytes(speed.memory.0),
        megabytes(speed.disk),
        millis(speed.first),
    );
    write_steps(text, &speed.steps, speed.chunks, "chunk");
    let met = verdict(speed.recall >= RECALL);
    let _ = writeln!(
        text,
        "The vector index finds {:.4} of the exact first ten; bar {RECALL}: {met}.\n",
        speed.recall
    );
    text.push_str("| Search | p50 | p99 | a second | bar |\n| --- | --- | --- | --- | --- |\n");
    for (name, outcome) in &speed.searches {
        let bar = match is_quick(speed) {
            Some(met) if *name == "hybrid" => {
                format!("p99 less the embedding call <= 10 ms: {}", verdict(met))
            }
            _ => "–".to_owned(),
        };
        let _ = writeln!(
            text,
            "| {name} | {:.2} ms | {:.2} ms | {:.0} | {bar} |",
            millis(outcome.latency.percentile(50.0)),
            millis(outcome.latency.percentile(99.0)),
            outcome.rate(),
        );
    }
    text.push('\n');
}

fn write_files(text: &mut String, files: &Files) {
    let seconds = files.time.as_secs_f64();
    let _ = writeln!(
        text,
        "{} files ({} could not be read) of {} pages, {} chunks, were read within {seconds:.1} s: {:.0} \
         pages a second, {:.1} ms of processor time each beside the sandbox.\n",
        files.count,
        files.failed,
        files.pages,
        files.chunks,
        files.pages as f64 / seconds,
        millis(files.cpu) / files.pages.max(1) as f64,
    );
    write_steps(text, &files.steps, files.pages, "page");
}

/// What each step took, of all jobs together and of one unit.
fn write_steps(text: &mut String, steps: &[Step], units: u64, unit: &str) {
    let _ = writeln!(text, "| Step | s | us per {unit} |\n| --- | --- | --- |");
    for step in steps {
        let each = step.seconds * 1e6 / units.max(1) as f64;
        let _ = writeln!(text, "| {} | {:.2} | {each:.0} |", step.name, step.seconds);
    }
    text.push('\n');
}

fn files_json(files: &Files) -> Value {
    json!({
        "files": files.count, "failed": files.failed, "pages": files.pages, "chunks": files.chunks,
        "ms": millis(files.time), "cpu_ms": millis(files.cpu), "steps": steps_json(&files.steps),
    })
}

fn steps_json(steps: &[Step]) -> Vec<Value> {
    let steps = steps.iter();
    steps
        .map(|step| json!({"step": step.name, "seconds": step.seconds}))
        .collect()
}

fn speed_json(speed: &Speed) -> Value {
    let searches: Vec<Value> = (speed.searches.iter())
        .map(|(name, outcome)| {
            json!({
                "search": name,
                "p50_ms": millis(outcome.latency.percentile(50.0)),
                "p99_ms": millis(outcome.latency.percentile(99.0)),
                "per_second": outcome.rate(),
            })
        })
        .collect();
    json!({
        "chunks": speed.chunks,
        "ingestion_ms": millis(speed.ingestion),
        "ingestion_cpu_ms": millis(speed.ingestion_cpu),
        "steps": steps_json(&speed.steps),
        "recall_at_10": speed.recall,
        "memory_before_bytes": speed.memory.0,
        "memory_bytes": speed.memory.1,
        "disk_bytes": speed.disk,
        "first_search_ms": millis(speed.first),
        "searches": searches,
    })
}

/// Whether the bar of speed is met; `None` where there are too few chunks for it.
fn is_quick(speed: &Speed) -> Option<bool> {
    let of = |wanted: &str| -> Option<&Outcome> {
        let found = speed.searches.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, outcome)| outcome)
    };
    if speed.chunks < MANY {
        return None;
    }
    let embedding = of("the embedding call alone")?.latency.percentile(50.0);
    let hybrid = of("hybrid")?.latency.percentile(99.0);
    Some(hybrid.saturating_sub(embedding) <= HYBRID_P99)
}

/// The least nDCG@10 that is good enough.
fn bar_of(found: &Quality) -> Option<f64> {
    let is_english = found.set.ends_with("-en");
    match found.mode {
        "text" => Some(0.963),
        "hybrid" if is_english => Some(0.971),
        "hybrid" => Some(0.955),
        _ => None,
    }
}

/// Rounded as it is printed.
fn is_good(found: &Quality) -> Option<bool> {
    bar_of(found).map(|bar| (found.ndcg * 1_000.0).round() >= (bar * 1_000.0).round())
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Samples;

    fn speed(chunks: u64, hybrid_ms: u64) -> Speed {
        let outcome = |millis: u64| Outcome {
            latency: Samples::new(vec![millis * 1_000_000; 100]),
            ..Outcome::default()
        };
        Speed {
            chunks,
            ingestion: Duration::from_secs(10),
            ingestion_cpu: Duration::from_secs(5),
            steps: Vec::new(),
            recall: 0.99,
            memory: (1, 2),
            disk: 3,
            first: Duration::from_millis(4),
            searches: vec![
                ("the embedding call alone", outcome(2)),
                ("hybrid", outcome(hybrid_ms)),
            ],
        }
    }

    fn quality(set: &str, mode: &'static str, ndcg: f64) -> Quality {
        Quality {
            set: set.to_owned(),
            mode,
            questions: 1,
            ndcg,
            recall: 1.0,
        }
    }

    fn passes(speed: Speed, quality: Quality) -> bool {
        let report = Report {
            speeds: vec![speed],
            files: None,
            qualities: vec![quality],
        };
        let text = report.to_markdown();
        assert_eq!(report.passed(), !text.contains("MISSED"), "{text}");
        report.passed()
    }

    #[test]
    fn slow_searches_and_bad_answers_are_missed_bars() {
        let good = || quality("xquad-en", "hybrid", 0.9706);
        assert!(passes(speed(100_000, 12), good()));
        assert!(!passes(speed(100_000, 13), good()));
        assert!(passes(speed(10_000, 90), good()));
        let incomplete = Speed {
            recall: 0.98,
            ..speed(10, 1)
        };
        assert!(!passes(incomplete, good()));
        assert!(!passes(speed(10, 1), quality("xquad-en", "hybrid", 0.9704)));
        assert!(passes(speed(10, 1), quality("xquad-zh", "hybrid", 0.955)));
        assert!(!passes(speed(10, 1), quality("xquad-zh", "text", 0.955)));
        assert!(passes(speed(10, 1), quality("xquad-zh", "dense", 0.2)));
    }
}
