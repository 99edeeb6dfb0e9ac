//! Prometheus.

use anyhow::{Context, Result};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Buckets for whole calls, in seconds.
const CALLS: [f64; 14] = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 600.0,
];
/// Buckets for our own part, in seconds.
const OVERHEAD: [f64; 10] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25,
];

/// Installs the recorder for the process.
///
/// # Errors
/// When one is installed already.
pub(crate) fn install() -> Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets(&CALLS)
        .and_then(|b| {
            b.set_buckets_for_metric(Matcher::Full("nab_overhead_duration".into()), &OVERHEAD)
        })
        .context("wrong buckets")?
        .install_recorder()
        .context("cannot install the metrics recorder")
}
