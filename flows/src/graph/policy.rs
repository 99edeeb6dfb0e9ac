//! What happens when a node fails or takes too long.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// How often a failed node is tried again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Further attempts after the first, 0 to 10.
    pub max: u32,
    /// Wait before the second attempt, in milliseconds, 0 to 3,600,000.
    pub wait_ms: u64,
    /// Each further wait is this many times the one before, 1 to 10.
    pub factor: f64,
    /// No wait is longer, in milliseconds.
    pub max_wait_ms: u64,
}

/// The most retries of a node.
pub const MAX_RETRIES: u32 = 10;
/// The longest wait between attempts, and the longest timeout, in milliseconds: an hour, a day.
pub const MAX_WAIT_MS: u64 = 3_600_000;
/// The longest timeout of one attempt, in milliseconds.
pub const MAX_TIMEOUT_MS: u64 = 86_400_000;

impl Default for Retry {
    fn default() -> Self {
        Self {
            max: 0,
            wait_ms: 1_000,
            factor: 2.0,
            max_wait_ms: 60_000,
        }
    }
}

impl Retry {
    /// The wait before attempt `attempt` (the first retry is 2), in milliseconds.
    pub fn wait_before(&self, attempt: u32) -> u64 {
        let exponent = i32::try_from(attempt.saturating_sub(2).min(64)).unwrap_or(64);
        let wait = self.wait_ms as f64 * self.factor.max(1.0).powi(exponent);
        let longest = self.max_wait_ms.min(MAX_WAIT_MS);
        // A float too large, or none at all, saturates.
        (wait as u64).min(longest)
    }
}

/// What follows when all attempts have failed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum OnError {
    /// The run fails (inside `try`: its catch branch runs).
    #[default]
    Stop,
    /// The node counts as done with this output, `{port: value}`; ports not named are null.
    Continue {
        /// Values by output port.
        #[serde(default)]
        #[schema(value_type = Object)]
        output: serde_json::Map<String, Value>,
    },
    /// The node's outputs are dead and its port `error` is live; `nodes.<id>.error` says why.
    Branch,
}

/// How the engine treats a node, whatever its type.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Further attempts; none by default.
    #[serde(skip_serializing_if = "is_default")]
    pub retry: Retry,
    /// Time of one attempt in milliseconds; the node type's own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// What follows a failure.
    #[serde(skip_serializing_if = "is_default")]
    pub on_error: OnError,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_bounded() {
        let retry = Retry {
            max: 5,
            wait_ms: 100,
            factor: 2.0,
            max_wait_ms: 350,
        };
        let waits: Vec<u64> = (2..6).map(|attempt| retry.wait_before(attempt)).collect();
        assert_eq!(waits, [100, 200, 350, 350]);
        let wild = Retry {
            factor: f64::INFINITY,
            max_wait_ms: u64::MAX,
            ..retry
        };
        assert_eq!(wild.wait_before(u32::MAX), MAX_WAIT_MS);
    }
}
