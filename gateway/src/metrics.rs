//! What the gateway measures, under OpenTelemetry's names for generative AI where there are some.
//!
//! Handles are looked up once per combination of labels and kept: a lookup by labels for each call
//! would cost more than the whole limiter.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use parking_lot::RwLock;

use crate::usage::UsageRecord;

/// Combinations of labels kept; model names come from clients, so this is bounded.
const SERIES: usize = 2_000;
/// The label of models beyond that.
const OTHER: &str = "other";

/// Handles on the gateway's metrics.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// By a hash of provider, model, operation and status: a key of strings would have to be built
    /// for each call.
    series: RwLock<HashMap<u64, Arc<Series>>>,
    backlog: Gauge,
}

struct Series {
    requests: Counter,
    input_tokens: Counter,
    output_tokens: Counter,
    cost_nano_usd: Counter,
    duration: Histogram,
    first_token: Histogram,
    overhead: Histogram,
}

impl std::fmt::Debug for Series {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Series")
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            series: RwLock::default(),
            backlog: gauge!("nab_usage_backlog_rows"),
        }
    }

    /// Counts a finished attempt.
    pub(crate) fn finished(&self, row: &UsageRecord) {
        let series = self.series(row);
        series.requests.increment(1);
        series.input_tokens.increment(row.usage.input_tokens);
        series.output_tokens.increment(row.usage.output_tokens);
        series
            .cost_nano_usd
            .increment(u64::try_from(row.cost_nano_usd.unwrap_or(0)).unwrap_or(0));
        series.duration.record(seconds(row.latency_us));
        series.overhead.record(seconds(row.overhead_us));
        if let Some(first) = row.first_token_us {
            series.first_token.record(seconds(first));
        }
    }

    fn series(&self, row: &UsageRecord) -> Arc<Series> {
        let key = hash(row, &row.model);
        if let Some(known) = self.series.read().get(&key) {
            return Arc::clone(known);
        }
        let mut all = self.series.write();
        // Clients name models: beyond the bound they share one label, or a key could grow the
        // recorder without end.
        let (key, model) = match all.len() < SERIES {
            true => (key, row.model.as_str()),
            false => (hash(row, OTHER), OTHER),
        };
        Arc::clone(
            all.entry(key)
                .or_insert_with(|| Arc::new(Series::of(row, model))),
        )
    }

    /// Tells how many rows wait for the database.
    pub(crate) fn backlog(&self, rows: usize) {
        self.backlog.set(rows as f64);
    }
}

impl Series {
    fn of(row: &UsageRecord, model: &str) -> Self {
        let labels = [
            ("gen_ai_system", row.provider.clone()),
            ("gen_ai_request_model", model.to_owned()),
            ("gen_ai_operation_name", row.operation.clone()),
            ("status", row.status.word().to_owned()),
        ];
        let tokens = |kind: &'static str| {
            let mut labels = labels.to_vec();
            labels.push(("gen_ai_token_type", kind.to_owned()));
            counter!("gen_ai_client_token_usage", &labels)
        };
        Self {
            requests: counter!("nab_requests_total", &labels),
            input_tokens: tokens("input"),
            output_tokens: tokens("output"),
            cost_nano_usd: counter!("nab_cost_nano_usd_total", &labels),
            duration: histogram!("gen_ai_server_request_duration", &labels),
            first_token: histogram!("gen_ai_server_time_to_first_token", &labels),
            overhead: histogram!("nab_overhead_duration", &labels),
        }
    }
}

fn hash(row: &UsageRecord, model: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&row.provider, model, &row.operation, row.status).hash(&mut hasher);
    hasher.finish()
}

fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}
