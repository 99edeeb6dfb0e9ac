//! How long each part of the suite takes.

use std::time::Duration;

/// The lengths of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// The name of these settings, for the report.
    pub(super) name: &'static str,
    /// The whole run is given up after this.
    pub(super) limit: Duration,
    /// How often each row is measured on each side.
    pub(super) rounds: usize,
    /// How long each closed-loop throughput window is.
    pub(super) throughput: Duration,
    /// How long each latency window is.
    pub(super) latency: Duration,
    /// How long streams are started in the window that measures chunks.
    pub(super) chunks: Duration,
    /// Chunks of each of the 500 streams, 50 ms apart.
    pub(super) long_stream: usize,
    /// How long memory may settle after the streams.
    pub(super) settle: Duration,
}

impl Settings {
    pub(super) fn new(quick: bool) -> Self {
        if quick {
            Self {
                name: "quick",
                limit: Duration::from_secs(90),
                rounds: 2,
                throughput: Duration::from_millis(1000),
                latency: Duration::from_millis(600),
                chunks: Duration::from_millis(500),
                long_stream: 50,
                settle: Duration::from_secs(3),
            }
        } else {
            Self {
                name: "full",
                limit: Duration::from_secs(8 * 60),
                rounds: 5,
                throughput: Duration::from_millis(2500),
                latency: Duration::from_millis(2000),
                chunks: Duration::from_millis(1500),
                long_stream: 100,
                settle: Duration::from_secs(8),
            }
        }
    }
}
