//! Errors in Anthropic's form.
//!
//! Source: <https://platform.claude.com/docs/en/api/errors>, read 2026-11-22.

use serde_json::json;

use crate::dialect::WireError;

/// `{"type":"error","error":{"type","message"},"request_id"}`. The type follows the status, as
/// Anthropic's own does.
pub(super) fn encode(error: &WireError<'_>) -> String {
    json!({
        "type": "error",
        "error": {"type": kind(error.status), "message": error.message},
        "request_id": error.request_id,
    })
    .to_string()
}

fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        408 | 504 => "timeout_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}
