//! One attempt, with everything that is kept of it.

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use store::{Json, KeyId, Micros, TeamId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Usd;

store::row! {
    /// One attempt at an upstream. Durations are microseconds, money is nano-dollars.
    #[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
    pub struct AttemptRow {
        /// Id of the attempt.
        #[schema(value_type = String, format = "uuid")]
        pub id: Uuid,
        /// `x-request-id` of the call; its attempts share it.
        pub request_id: String,
        /// From 1 within the call.
        pub attempt: i64,
        /// When the attempt began.
        pub created_at: Micros,
        /// API key.
        pub key_id: Option<KeyId>,
        /// User the key belongs to.
        pub user_id: Option<UserId>,
        /// Team the key belongs to.
        pub team_id: Option<TeamId>,
        /// `chat`, `embeddings`, ….
        pub operation: String,
        /// Path that was called.
        pub endpoint: String,
        /// Model as the client named it.
        pub requested_model: String,
        /// Provider as configured.
        pub provider: String,
        /// Model at the provider.
        pub model: String,
        /// `success`, `error`, `cancelled`, `cache_hit` or `interrupted`.
        pub status: String,
        /// Vendor's HTTP status.
        pub http_status: Option<i64>,
        /// Why it failed, as a word.
        pub error_kind: Option<String>,
        /// Why it failed, for people.
        pub error_message: Option<String>,
        /// Vendor's id of the request or answer.
        pub upstream_id: Option<String>,
        /// Whether the answer was streamed.
        pub stream: bool,
        /// All input tokens.
        pub input_tokens: i64,
        /// All output tokens.
        pub output_tokens: i64,
        /// Part of the input read from the vendor's prompt cache.
        pub cache_read_tokens: i64,
        /// Part of the input written to the vendor's prompt cache.
        pub cache_write_tokens: i64,
        /// Part of the output spent on reasoning.
        pub reasoning_tokens: i64,
        /// `reported` by the vendor, `estimated` by us, or `none`.
        pub usage_source: String,
        /// Money; `null` when the model has no price.
        pub cost_nano_usd: Option<i64>,
        /// The same in dollars, exactly.
        pub cost_usd: Option<Usd>,
        /// Money that a cache hit saved.
        pub saved_nano_usd: i64,
        /// Version of the prices that rated the attempt.
        pub price_version: Option<String>,
        /// From the request's arrival to the end of the answer.
        pub latency_us: i64,
        /// From the request's arrival to the first piece of a stream.
        pub first_token_us: Option<i64>,
        /// Part of the latency that was the gateway's.
        pub overhead_us: i64,
        /// The client's name for its end user.
        pub end_user: Option<String>,
        /// Tags of key and request.
        #[schema(value_type = Vec<String>)]
        pub tags: Json<Vec<String>>,
        /// The request's `metadata`.
        #[serde(serialize_with = "maybe_json")]
        #[schema(value_type = Option<serde_json::Value>)]
        pub metadata: Option<String>,
        /// `http`, `rag` or `flow`.
        pub caller: String,
        /// Flow run the call belongs to.
        #[schema(value_type = Option<String>, format = "uuid")]
        pub run_id: Option<Uuid>,
        /// What translation between dialects changed or dropped, as in `x-nab-translation`.
        pub translation: Option<String>,
        /// Everything counted: audio, images, searches, and the vendor's own usage object as text
        /// in `raw`.
        #[serde(serialize_with = "json")]
        #[schema(value_type = serde_json::Value)]
        pub usage_detail: String,
    }
}

/// The columns of an export, in the order of the fields.
pub const COLUMNS: [&str; 38] = [
    "id",
    "request_id",
    "attempt",
    "created_at",
    "key_id",
    "user_id",
    "team_id",
    "operation",
    "endpoint",
    "requested_model",
    "provider",
    "model",
    "status",
    "http_status",
    "error_kind",
    "error_message",
    "upstream_id",
    "stream",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "usage_source",
    "cost_nano_usd",
    "cost_usd",
    "saved_nano_usd",
    "price_version",
    "latency_us",
    "first_token_us",
    "overhead_us",
    "end_user",
    "tags",
    "metadata",
    "caller",
    "run_id",
    "translation",
    "usage_detail",
];

/// JSON text as the JSON that it is; as a string, should it be none.
fn json<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => raw.serialize(serializer),
        Err(_) => Value::String(text.to_owned()).serialize(serializer),
    }
}

fn maybe_json<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => json(text, serializer),
        None => serializer.serialize_none(),
    }
}
