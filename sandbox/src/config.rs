//! Settings of the workers.

use std::time::Duration;

use serde::Deserialize;

use crate::limits::Limits;

/// Settings of the workers, `[sandbox]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxConfig {
    /// Jobs that run at the same time; 0 means one per core, at least 2.
    pub workers: usize,
    /// Workers kept ready for the next job, once the first has come.
    pub warm_workers: usize,
    /// Jobs after which a worker is replaced.
    pub jobs_per_worker: u32,
    /// A worker that had no job for this long ends, in seconds.
    pub idle_s: u64,
    /// How long a job waits for a worker, in milliseconds.
    pub queue_ms: u64,
    /// Longest time of any job, in milliseconds.
    pub max_time_ms: u64,
    /// Most memory of any job, in bytes.
    pub max_memory_bytes: u64,
    /// Largest input of any job, in bytes.
    pub max_input_bytes: usize,
    /// Largest result of any job, in bytes.
    pub max_output_bytes: usize,
    /// Interpreter for Python code: `auto` looks for one, `off` has none, otherwise its path.
    pub python: String,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            workers: 0,
            warm_workers: 1,
            jobs_per_worker: 100,
            idle_s: 300,
            queue_ms: 60_000,
            max_time_ms: 300_000,
            max_memory_bytes: 1 << 30,
            max_input_bytes: 256 << 20,
            max_output_bytes: 64 << 20,
            python: "auto".to_owned(),
        }
    }
}

impl SandboxConfig {
    pub(crate) fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(2, |n| n.get().max(2)),
            n => n,
        }
    }

    pub(crate) fn max(&self) -> Limits {
        Limits {
            time: Duration::from_millis(self.max_time_ms),
            memory: self.max_memory_bytes,
            output: self.max_output_bytes,
        }
    }
}
