//! How long the steps of jobs take, for `/metrics`.

use std::time::Instant;

use parking_lot::Mutex;

/// Seconds of each step, labelled with its name.
const STEP: &str = "nab_rag_step_duration";

/// Times one step after the other.
#[derive(Debug, Default)]
pub(super) struct Stopwatch(Mutex<Option<(&'static str, Instant)>>);

impl Stopwatch {
    /// Ends the step before and begins this one.
    pub(super) fn begin(&self, step: &'static str) {
        let before = self.0.lock().replace((step, Instant::now()));
        record(before);
    }

    /// Ends the last step.
    pub(super) fn end(&self) {
        record(self.0.lock().take());
    }
}

fn record(step: Option<(&'static str, Instant)>) {
    if let Some((step, since)) = step {
        metrics::histogram!(STEP, "step" => step).record(since.elapsed());
    }
}

/// Counts what a document became.
pub(super) fn count(pages: u32, chunks: u64) {
    metrics::counter!("nab_rag_pages_total").increment(u64::from(pages));
    metrics::counter!("nab_rag_chunks_total").increment(chunks);
}
