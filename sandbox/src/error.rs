//! What can become of a job that gives no result.

use std::time::Duration;

/// Why a job has no result. Messages are for users and name no machine paths.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// The job ran longer than it may.
    #[error("stopped after {} ms, the limit", .limit.as_millis())]
    Timeout {
        /// The limit.
        limit: Duration,
    },
    /// The job wanted more memory than it may have.
    #[error("needed more memory than the limit of {} MiB", .limit / (1024 * 1024))]
    Memory {
        /// The limit in bytes.
        limit: u64,
    },
    /// The worker ended without an answer, or answered nonsense; how it ended.
    #[error("the worker crashed: {0}")]
    Crashed(String),
    /// The answer is larger than it may be.
    #[error("the result is larger than the limit of {limit} bytes")]
    OutputTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The job itself said no: its own message.
    #[error("{0}")]
    Refused(String),
    /// The input is larger than a worker takes.
    #[error("the input has {size} bytes, more than the limit of {limit}")]
    InputTooLarge {
        /// Bytes of the input.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// No worker became free in time; worth another try later.
    #[error("all {workers} workers were busy for {} s; try again later or raise sandbox.workers", .waited.as_secs())]
    Busy {
        /// Workers at most.
        workers: usize,
        /// How long the job stood in line.
        waited: Duration,
    },
    /// This machine cannot run the job at all; what to do about it.
    #[error("the sandbox is not available: {0}")]
    Unavailable(String),
}

impl SandboxError {
    /// Whether the same job may succeed later without a change.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Timeout { .. }
            | Self::Memory { .. }
            | Self::Crashed(_)
            | Self::OutputTooLarge { .. }
            | Self::Refused(_)
            | Self::InputTooLarge { .. }
            | Self::Unavailable(_) => false,
        }
    }
}
