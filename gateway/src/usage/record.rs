//! One row per attempt at an upstream.

use providers::Usage;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Answered completely.
    Success,
    /// Failed, or a stream that broke.
    Error,
    /// The client hung up.
    Cancelled,
    /// Answered from the cache; cost 0.
    CacheHit,
    /// Open when the program was killed; found in the journal at the next start.
    Interrupted,
}

impl Status {
    /// The word in database and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::CacheHit => "cache_hit",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Where a row's tokens come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageSource {
    /// The vendor said so.
    Reported,
    /// Counted by us.
    Estimated,
    /// Nothing was consumed.
    None,
}

impl UsageSource {
    /// The word in database and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Estimated => "estimated",
            Self::None => "none",
        }
    }
}

/// One attempt. Times are UTC microseconds, durations microseconds, money nano-dollars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// UUIDv7. The database ignores a second row with the same id, so replays are harmless.
    pub id: Uuid,
    /// Owner.
    pub org_id: Uuid,
    /// `x-request-id` of the call; shared by its attempts.
    pub request_id: String,
    /// From 1 within the call.
    pub attempt: u32,
    /// API key, when one was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<Uuid>,
    /// User the key belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Uuid>,
    /// Team the key belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<Uuid>,
    /// Start of the attempt.
    pub created_at: i64,
    /// `chat`, `embeddings`, ….
    pub operation: String,
    /// Path that was called, `/v1/chat/completions`.
    pub endpoint: String,
    /// Model as the client named it.
    pub requested_model: String,
    /// Provider as configured.
    pub provider: String,
    /// Model at the provider.
    pub model: String,
    /// How it ended.
    pub status: Status,
    /// Vendor's HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Error kind, when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_kind: Option<String>,
    /// Error message, when it failed (at most 500 characters).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// Vendor's id of the request or answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_id: Option<String>,
    /// Whether the answer was streamed.
    pub stream: bool,
    /// What was consumed.
    pub usage: Usage,
    /// Where `usage` comes from.
    pub usage_source: UsageSource,
    /// Money; `None` when the model has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_nano_usd: Option<i64>,
    /// Money a cache hit saved.
    #[serde(default)]
    pub saved_nano_usd: i64,
    /// Prices that rated the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_version: Option<String>,
    /// From the request's arrival to the end of the answer.
    pub latency_us: i64,
    /// From the request's arrival to the first piece of a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_us: Option<i64>,
    /// Part of the latency that was ours.
    pub overhead_us: i64,
    /// The client's `user` (or `safety_identifier`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_user: Option<String>,
    /// Tags of key and request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The request's `metadata`, JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    /// Who in this program made the call: `http`, `rag`, `flow`.
    pub caller: String,
    /// Flow run the call belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<Uuid>,
    /// What translation changed, as in `x-nab-translation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translation: Option<String>,
}
