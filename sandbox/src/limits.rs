//! What one job may use.

use std::time::Duration;

/// What one job may use. The pool lowers each to its own maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time from the moment a worker takes the job.
    pub time: Duration,
    /// Memory beyond what an idle worker has, in bytes.
    pub memory: u64,
    /// Size of the result in bytes.
    pub output: usize,
}

impl Default for Limits {
    /// 10 seconds, 128 MiB, 8 MiB of result.
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            memory: 128 << 20,
            output: 8 << 20,
        }
    }
}

impl Limits {
    pub(crate) fn within(self, max: Self) -> Self {
        Self {
            time: self.time.min(max.time),
            memory: self.memory.min(max.memory),
            output: self.output.min(max.output),
        }
    }
}
