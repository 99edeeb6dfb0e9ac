//! Anthropic's errors: `{"type":"error","error":{"type","message"},"request_id"}`.
//!
//! Source: <https://platform.claude.com/docs/en/api/errors>, read 2026-11-22.

use serde::Deserialize;

use crate::error::{Error, ErrorKind, kind_of_status};

#[derive(Deserialize)]
struct Body {
    error: Inner,
}

#[derive(Deserialize)]
struct Inner {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
}

/// A non-2xx answer. Bodies that are not Anthropic's (a proxy's HTML page) count by status alone.
pub(super) fn decode(status: u16, body: &[u8]) -> Error {
    match serde_json::from_slice::<Body>(body) {
        Ok(Body { error }) => from_wire(&error.kind, &error.message, Some(status)),
        Err(_) => Error::new(
            kind_of_status(status),
            format!("anthropic answered with status {status} and no readable error"),
        )
        .with_status(status),
    }
}

/// An error object by its `type`, from an answer or from inside a stream (then without a status).
pub(crate) fn from_wire(word: &str, message: &str, status: Option<u16>) -> Error {
    let by_status = || status.map_or(ErrorKind::Upstream, kind_of_status);
    let kind = match word {
        "overloaded_error" => ErrorKind::Overloaded,
        "rate_limit_error" => ErrorKind::RateLimited,
        "authentication_error" | "permission_error" => ErrorKind::Authentication,
        "billing_error" => ErrorKind::QuotaExhausted,
        "timeout_error" => ErrorKind::Timeout,
        "not_found_error" if names_a_model(message) => ErrorKind::ModelNotFound,
        "invalid_request_error" => kind_of_message(message),
        "not_found_error" | "request_too_large" | "conflict_error" => ErrorKind::InvalidRequest,
        "api_error" => ErrorKind::Upstream,
        _ => by_status(),
    };
    let text = if message.is_empty() {
        format!("anthropic reported `{word}` without a message")
    } else {
        message.to_owned()
    };
    let mut error = Error::new(kind, text).with_code(word);
    error.status = status;
    error.param = (word == "invalid_request_error")
        .then(|| blamed_field(message))
        .flatten();
    error
}

/// `invalid_request_error` covers several things that only the message tells apart.
fn kind_of_message(message: &str) -> ErrorKind {
    let lower = message.to_ascii_lowercase();
    let says = |phrase: &str| lower.contains(phrase);
    if says("prompt is too long") || says("exceed context limit") || says("context window") {
        return ErrorKind::ContextWindow;
    }
    if says("credit balance") || says("usage limits") || says("spend limit") {
        return ErrorKind::QuotaExhausted;
    }
    if says("content filtering policy") {
        return ErrorKind::ContentPolicy;
    }
    ErrorKind::InvalidRequest
}

fn names_a_model(message: &str) -> bool {
    message.to_ascii_lowercase().contains("model")
}

/// `messages.0.content: field required` blames `messages.0.content`.
fn blamed_field(message: &str) -> Option<String> {
    let (path, _) = message.split_once(": ")?;
    let is_path = path
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_'));
    (is_path && !path.is_empty()).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, word: &str, message: &str, kind: ErrorKind, param: Option<&str>) {
        let body = serde_json::json!({
            "type": "error", "error": {"type": word, "message": message}, "request_id": "req_1",
        });
        let error = decode(status, body.to_string().as_bytes());
        assert_eq!(error.kind, kind, "{status} {word} {message}");
        assert_eq!(error.param.as_deref(), param, "{message}");
        assert_eq!(error.code.as_deref(), Some(word));
        assert_eq!(error.status, Some(status));
        assert_eq!(error.retry_after_ms, None);
    }

    #[test]
    fn each_type_has_its_kind() {
        use ErrorKind::*;
        let invalid = "invalid_request_error";
        check(529, "overloaded_error", "Overloaded", Overloaded, None);
        check(429, "rate_limit_error", "slow down", RateLimited, None);
        check(
            401,
            "authentication_error",
            "invalid x-api-key",
            Authentication,
            None,
        );
        check(403, "permission_error", "no", Authentication, None);
        check(402, "billing_error", "pay", QuotaExhausted, None);
        check(500, "api_error", "boom", Upstream, None);
        check(504, "timeout_error", "late", Timeout, None);
        check(413, "request_too_large", "too big", InvalidRequest, None);
        check(
            404,
            "not_found_error",
            "model: claude-9",
            ModelNotFound,
            None,
        );
        check(404, "not_found_error", "no such file", InvalidRequest, None);
        check(
            400,
            invalid,
            "prompt is too long: 210000 tokens > 200000 maximum",
            ContextWindow,
            None,
        );
        check(
            400,
            invalid,
            "Your credit balance is too low to access the API.",
            QuotaExhausted,
            None,
        );
        check(
            400,
            invalid,
            "Output blocked by content filtering policy",
            ContentPolicy,
            None,
        );
        check(
            400,
            invalid,
            "messages.0.content: Field required",
            InvalidRequest,
            Some("messages.0.content"),
        );
        check(418, "tomorrow_error", "hm", InvalidRequest, None);
    }

    #[test]
    fn foreign_bodies_count_by_status() {
        let error = decode(502, b"<html>bad gateway</html>");
        assert_eq!(error.kind, ErrorKind::Upstream);
        assert_eq!(decode(529, b"").kind, ErrorKind::Overloaded);
    }
}
