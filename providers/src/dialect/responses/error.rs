//! Errors on the wire: written for our clients, read from vendors.

use serde::Deserialize;
use serde_json::{Value, json};

use super::echo::Failure;
use crate::dialect::WireError;
use crate::error::{Error, ErrorKind, kind_of_status};

/// The error object of all OpenAI endpoints.
pub(super) fn object(error: &WireError<'_>) -> Value {
    json!({
        "message": error.message,
        "type": error.kind,
        "param": error.param,
        "code": error.code,
    })
}

/// A complete error body.
pub(super) fn encode(error: &WireError<'_>) -> Vec<u8> {
    json!({ "error": object(error) }).to_string().into_bytes()
}

/// `error` of a failed response: the code is never absent there.
pub(super) fn failure<'a>(error: &WireError<'a>) -> Failure<'a> {
    let by_status = match error.status {
        429 => "rate_limit_exceeded",
        _ => "server_error",
    };
    Failure {
        code: error.code.unwrap_or(by_status),
        message: error.message,
    }
}

/// An error object as vendors send it in answers and events.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reported {
    message: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    /// A string at OpenAI, a number at some of those who imitate it.
    code: Option<Value>,
    param: Option<String>,
}

impl Reported {
    /// Reads the JSON text of an error: an object, or a bare message from the less careful.
    pub(super) fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_else(|_| Self {
            message: serde_json::from_str(json).ok(),
            ..Self::default()
        })
    }

    /// As our error.
    pub(super) fn into_error(self) -> Error {
        let code = match self.code {
            Some(Value::String(code)) => Some(code),
            Some(Value::Number(code)) => Some(code.to_string()),
            _ => None,
        };
        // The event's own type is no error type.
        let code = code.or(self.kind.filter(|kind| kind != "error"));
        let message = self
            .message
            .unwrap_or_else(|| "the vendor reported an error without a message".to_owned());
        Error {
            param: self.param,
            code: code.clone(),
            ..Error::new(code.as_deref().map_or(ErrorKind::Upstream, kind), message)
        }
    }
}

/// What a code of an in-band error means.
fn kind(code: &str) -> ErrorKind {
    match code {
        "rate_limit_exceeded" | "rate_limit_error" | "too_many_requests" => ErrorKind::RateLimited,
        "insufficient_quota" | "billing_hard_limit_reached" => ErrorKind::QuotaExhausted,
        "context_length_exceeded" => ErrorKind::ContextWindow,
        // OpenAI flags prompts of reasoning models with `invalid_prompt`.
        "invalid_prompt"
        | "bio_policy"
        | "content_filter"
        | "content_policy_violation"
        | "image_content_policy_violation" => ErrorKind::ContentPolicy,
        "server_is_overloaded" | "overloaded_error" | "slow_down" => ErrorKind::Overloaded,
        "model_not_found" => ErrorKind::ModelNotFound,
        "invalid_api_key" | "authentication_error" => ErrorKind::Authentication,
        "vector_store_timeout" => ErrorKind::Timeout,
        "invalid_request_error"
        | "unsupported_image_media_type"
        | "empty_image_file"
        | "failed_to_download_image"
        | "data_residency_mismatch" => ErrorKind::InvalidRequest,
        code if code.starts_with("invalid_") || code.starts_with("image_") => {
            ErrorKind::InvalidRequest
        }
        code => code.parse().map_or(ErrorKind::Upstream, kind_of_status),
    }
}
