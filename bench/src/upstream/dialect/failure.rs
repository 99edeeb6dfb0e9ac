//! Errors in each dialect: as an answer of their own, and as an event in a running stream.

use serde_json::{Value, json};

use super::{Dialect, Event};
use crate::upstream::script::{Reason, Refusal};

/// The JSON body of an error answer.
pub(crate) fn error_body(dialect: Dialect, refusal: &Refusal) -> Value {
    let (kind, code, message) = openai_words(refusal);
    body(dialect, refusal.status, kind, code, message)
}

/// The error event that interrupts a stream which began well.
pub(crate) fn error_event(dialect: Dialect) -> Event {
    let message = "The server had an error while processing your request.";
    match dialect {
        Dialect::Messages => Event::named("error", body(dialect, 529, "", None, "Overloaded")),
        Dialect::Responses => Event::named(
            "error",
            json!({
                "type": "error",
                "code": "server_error",
                "message": message,
                "param": null,
                "sequence_number": 1_000_000,
            }),
        ),
        _ => Event::json(body(dialect, 503, "server_error", None, message)),
    }
}

fn body(dialect: Dialect, status: u16, kind: &str, code: Option<&str>, message: &str) -> Value {
    match dialect {
        Dialect::Messages | Dialect::CountTokens => json!({
            "type": "error",
            "error": {"type": anthropic_kind(status), "message": message},
            "request_id": "req_bench",
        }),
        Dialect::Gemini | Dialect::GeminiSse | Dialect::GeminiArray => json!({
            "error": {"code": status, "message": message, "status": google_status(status)},
        }),
        Dialect::Ollama | Dialect::OllamaEmbed => json!({"error": message}),
        _ => json!({
            "error": {"message": message, "type": kind, "param": null, "code": code},
        }),
    }
}

/// OpenAI's type, code and message.
fn openai_words(refusal: &Refusal) -> (&'static str, Option<&'static str>, &'static str) {
    match refusal.reason {
        Reason::ContextLength => (
            "invalid_request_error",
            Some("context_length_exceeded"),
            "This model's maximum context length is 8192 tokens. However, your messages resulted in \
             20000 tokens: prompt is too long.",
        ),
        Reason::ContentPolicy => (
            "invalid_request_error",
            Some("content_policy_violation"),
            "Your request was rejected as a result of our safety system.",
        ),
        Reason::Quota => (
            "insufficient_quota",
            Some("insufficient_quota"),
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        Reason::Plain => plain_words(refusal.status),
    }
}

fn plain_words(status: u16) -> (&'static str, Option<&'static str>, &'static str) {
    match status {
        401 => (
            "invalid_request_error",
            Some("invalid_api_key"),
            "Incorrect API key provided.",
        ),
        402 => ("insufficient_funds", None, "Insufficient balance."),
        403 => ("permission_error", None, "This key may not do this."),
        404 => (
            "invalid_request_error",
            Some("model_not_found"),
            "The model does not exist.",
        ),
        429 => (
            "requests",
            Some("rate_limit_exceeded"),
            "Rate limit reached for requests.",
        ),
        500.. => (
            "server_error",
            None,
            "The server had an error while processing your request.",
        ),
        _ => ("invalid_request_error", None, "The request is not valid."),
    }
}

fn anthropic_kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

fn google_status(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}
