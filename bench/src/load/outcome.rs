//! What a run of the load generator measured.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::connection::Timing;
use crate::statistics::Samples;

/// Collects timings while a run goes on.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    total: Vec<u64>,
    first_byte: Vec<u64>,
    first_event: Vec<u64>,
    gaps: Vec<u64>,
    events: u64,
    bytes: u64,
    errors: BTreeMap<String, u64>,
}

impl Ledger {
    pub(super) fn add(&mut self, result: Result<Timing, String>) {
        let timing = match result {
            Ok(timing) => timing,
            Err(error) => {
                *self.errors.entry(error).or_default() += 1;
                return;
            }
        };
        self.total.push(nanos(timing.total));
        self.first_byte.push(nanos(timing.first_byte));
        self.first_event.extend(timing.first_event.map(nanos));
        self.gaps.extend(timing.gaps);
        self.events += timing.events;
        self.bytes += timing.bytes;
    }

    pub(super) fn close(self, elapsed: Duration, process: Option<Measured>) -> Outcome {
        Outcome {
            latency: Samples::new(self.total),
            first_byte: Samples::new(self.first_byte),
            first_event: Samples::new(self.first_event),
            gaps: Samples::new(self.gaps),
            events: self.events,
            bytes: self.bytes,
            errors: self.errors,
            elapsed,
            process,
        }
    }
}

/// What the measured process used during a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    /// CPU time, user and system.
    pub cpu: Duration,
    /// Resident bytes at the end.
    pub rss: u64,
    /// The most resident bytes since the process started.
    pub peak_rss: u64,
}

/// The figures of one run.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Whole calls, from their (intended) start to the last byte. Good answers only, as all samples.
    pub latency: Samples,
    /// To the answer's headers.
    pub first_byte: Samples,
    /// To the first event of a stream.
    pub first_event: Samples,
    /// Between the events of a stream.
    pub gaps: Samples,
    /// Events of all streams.
    pub events: u64,
    /// Bytes of all answers' bodies.
    pub bytes: u64,
    /// Calls that failed, by reason.
    pub errors: BTreeMap<String, u64>,
    /// How long the run took.
    pub elapsed: Duration,
    /// What the measured process used, when one was named.
    pub process: Option<Measured>,
}

impl Outcome {
    /// Calls that got a good answer.
    #[must_use]
    pub fn completed(&self) -> usize {
        self.latency.len()
    }

    /// Calls that failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Good answers a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.completed() as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// CPU microseconds of the measured process per good answer; NaN without a process.
    #[must_use]
    pub fn cpu_per_call(&self) -> f64 {
        self.cpu_micros() / self.completed() as f64
    }

    /// CPU microseconds of the measured process per event; NaN without a process.
    #[must_use]
    pub fn cpu_per_event(&self) -> f64 {
        self.cpu_micros() / self.events as f64
    }

    fn cpu_micros(&self) -> f64 {
        self.process
            .map_or(f64::NAN, |process| process.cpu.as_secs_f64() * 1e6)
    }

    /// The figures as JSON, times in microseconds.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let spread = |samples: &Samples| {
            json!({
                "p50": micros(samples.percentile(50.0)),
                "p90": micros(samples.percentile(90.0)),
                "p99": micros(samples.percentile(99.0)),
                "max": micros(samples.max()),
            })
        };
        let mut figures = json!({
            "completed": self.completed(),
            "failed": self.failed(),
            "errors": self.errors,
            "elapsed_s": self.elapsed.as_secs_f64(),
            "per_second": self.rate(),
            "latency_us": spread(&self.latency),
            "first_byte_us": spread(&self.first_byte),
            "body_bytes": self.bytes,
        });
        if self.events > 0 {
            figures["events"] = json!(self.events);
            figures["first_event_us"] = spread(&self.first_event);
            figures["event_gap_us"] = spread(&self.gaps);
        }
        if let Some(process) = self.process {
            figures["cpu_us_per_request"] = json!(self.cpu_per_call());
            figures["cpu_us_per_event"] = json!(self.cpu_per_event());
            figures["cpu_share"] =
                json!(process.cpu.as_secs_f64() / self.elapsed.as_secs_f64().max(1e-9));
            figures["rss_bytes"] = json!(process.rss);
            figures["peak_rss_bytes"] = json!(process.peak_rss);
        }
        figures
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
