//! Errors of OpenAI's endpoints and of those that imitate them.
//!
//! Source: OpenAI's error codes guide; Azure's content filter errors (`innererror`); OpenRouter's
//! errors (`metadata`, numeric `code`); FastAPI's `detail` (vLLM and others); read 2026-11-22.

use http::HeaderMap;
use serde_json::Value;

use super::retry::retry_after_ms;
use crate::error::{Error, ErrorKind, kind_of_status};

/// Longest piece of an unreadable body that goes into a message, in characters.
const SNIPPET_CHARS: usize = 300;

/// A non-2xx answer to an error.
pub fn decode_error(status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
    let details = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|value| Details::of(&value));
    let Some(details) = details else {
        let mut error = Error::new(status_kind(status), describe(status, body)).with_status(status);
        error.retry_after_ms = retry_after_ms(headers);
        return error;
    };
    let kind = details.kind(status_kind(status), Some(status));
    let mut error = details.into_error(kind).with_status(status);
    error.retry_after_ms = retry_after_ms(headers);
    error
}

/// The error in an `error` member of a 2xx body or of a streamed event. `None` for `null`, `false`,
/// and empty values, which some servers send beside every answer.
pub(crate) fn read_inline(json: &str) -> Option<Error> {
    let value: Value = serde_json::from_str(json).ok()?;
    inline(&value)
}

/// As [`read_inline`], already parsed.
pub(crate) fn inline(value: &Value) -> Option<Error> {
    let empty = match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    if empty {
        return None;
    }
    let details = Details::of_error(value).unwrap_or_else(|| Details {
        message: snippet(&value.to_string()),
        ..Details::default()
    });
    let status = details.status;
    let kind = details.kind(status.map_or(ErrorKind::Upstream, status_kind), status);
    let mut error = details.into_error(kind);
    error.status = status;
    Some(error)
}

/// The error that a whole event is: one named `error`, or vLLM's `{"object": "error", …}`.
pub(crate) fn read_event(data: &str) -> Error {
    let value = serde_json::from_str::<Value>(data).unwrap_or_else(|_| Value::from(data));
    let nested = value.get("error").and_then(inline);
    nested
        .or_else(|| inline(&value))
        .unwrap_or_else(|| Error::new(ErrorKind::Upstream, "the provider sent an empty error"))
}

fn status_kind(status: u16) -> ErrorKind {
    match status {
        // Groq's "capacity exceeded".
        498 => ErrorKind::Overloaded,
        other => kind_of_status(other),
    }
}

#[derive(Debug, Default)]
struct Details {
    message: String,
    kind_word: Option<String>,
    code: Option<String>,
    inner_code: Option<String>,
    param: Option<String>,
    /// A code that is an HTTP status (OpenRouter).
    status: Option<u16>,
}

impl Details {
    /// Finds the error in a whole body.
    fn of(body: &Value) -> Option<Self> {
        // Google's compatible endpoint wraps the object in an array.
        let body = body.get(0).unwrap_or(body);
        if let Some(error) = body.get("error").filter(|e| !e.is_null()) {
            let details = Self::of_error(error);
            if details.is_some() {
                return details;
            }
        }
        // Mistral wraps FastAPI's form in `message`.
        let detail = body
            .get("detail")
            .or_else(|| body.get("message")?.get("detail"));
        if let Some(detail) = detail {
            return Some(Self::of_detail(detail));
        }
        if let Some(errors) = body.get("errors").and_then(|e| e.get(0)) {
            return Self::of_error(errors);
        }
        Self::of_error(body)
    }

    /// Reads the error object or string itself.
    fn of_error(error: &Value) -> Option<Self> {
        if let Some(message) = error.as_str() {
            return Some(Self {
                message: message.to_owned(),
                ..Self::default()
            });
        }
        let text = |name: &str| match error.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let code = text("code").or_else(|| text("error_code"));
        let raw = error.pointer("/metadata/raw").and_then(Value::as_str);
        let message = match (text("message").or_else(|| text("error_message")), raw) {
            // OpenRouter's "Provider returned error" says nothing; the upstream's own words do.
            (Some(message), Some(raw)) => format!("{message}: {}", snippet(raw)),
            (Some(message), None) => message,
            (None, _) => text("error").or_else(|| code.clone())?,
        };
        let inner = error
            .get("innererror")
            .or_else(|| error.get("inner_error"))
            .and_then(|inner| inner.get("code"));
        Some(Self {
            message,
            kind_word: text("type"),
            inner_code: inner.and_then(Value::as_str).map(str::to_owned),
            param: text("param").filter(|p| !p.is_empty()),
            status: code
                .as_deref()
                .or(text("status").as_deref())
                .and_then(|code| code.parse().ok())
                .filter(|status| (400..600).contains(status)),
            code,
        })
    }

    /// FastAPI: a string, or a list of `{loc, msg, type}`.
    fn of_detail(detail: &Value) -> Self {
        let Some(first) = detail.get(0) else {
            let message = detail.as_str().map(str::to_owned);
            return Self::of_error(detail).unwrap_or_else(|| Self {
                message: message.unwrap_or_else(|| snippet(&detail.to_string())),
                ..Self::default()
            });
        };
        let path = first.get("loc").and_then(Value::as_array).map(|path| {
            let parts = path.iter().filter(|part| part.as_str() != Some("body"));
            let words: Vec<_> = parts
                .map(|p| p.as_str().map_or(p.to_string(), str::to_owned))
                .collect();
            words.join(".")
        });
        let message = first
            .get("msg")
            .and_then(Value::as_str)
            .unwrap_or("invalid request");
        Self {
            message: match path.as_deref() {
                Some(path) if !path.is_empty() => format!("{path}: {message}"),
                _ => message.to_owned(),
            },
            param: path.filter(|p| !p.is_empty()),
            ..Self::default()
        }
    }

    fn kind(&self, by_status: ErrorKind, status: Option<u16>) -> ErrorKind {
        let words = [&self.code, &self.kind_word, &self.inner_code];
        let by_code = words
            .into_iter()
            .flatten()
            .find_map(|word| kind_of_code(word));
        if let Some(kind) = by_code {
            return kind;
        }
        let client_fault = matches!(status, None | Some(400 | 404 | 413 | 422 | 500));
        let by_message = kind_of_message(&self.message).filter(|_| client_fault);
        if let Some(kind) = by_message {
            return kind;
        }
        if status == Some(429) && self.message.contains("exceeded your current quota") {
            return ErrorKind::QuotaExhausted;
        }
        by_status
    }

    fn into_error(self, kind: ErrorKind) -> Error {
        Error {
            code: self.code.or(self.inner_code).or(self.kind_word),
            param: self.param,
            ..Error::new(kind, self.message)
        }
    }
}

/// The kind that a vendor's code or type stands for; `None` for words that say no more than the status.
fn kind_of_code(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "context_length_exceeded"
        | "exceed_context_size_error"
        | "context_window_exceeded"
        | "string_above_max_length_context"
        | "tokens_limit_reached" => ErrorKind::ContextWindow,
        "insufficient_quota"
        | "billing_not_active"
        | "billing_hard_limit_reached"
        | "insufficient_balance"
        | "Arrearage"
        | "exceeded_current_quota_error"
        | "1113" => ErrorKind::QuotaExhausted,
        "invalid_api_key"
        | "account_deactivated"
        | "invalid_authentication_error"
        | "InvalidApiKey"
        | "PermissionDenied"
        | "authentication_error"
        | "incorrect_api_key" => ErrorKind::Authentication,
        "model_not_found"
        | "model_not_available"
        | "model_decommissioned"
        | "unknown_model"
        | "DeploymentNotFound"
        | "invalid_model"
        | "resource_not_found_error"
        | "ModelNotFound"
        | "model_not_supported"
        | "1211" => ErrorKind::ModelNotFound,
        "content_policy_violation"
        | "content_filter"
        | "ResponsibleAIPolicyViolation"
        | "moderation_blocked"
        | "data_inspection_failed"
        | "DataInspectionFailed"
        | "1301" => ErrorKind::ContentPolicy,
        "rate_limit_exceeded"
        | "rate_limit_reached_error"
        | "rate_limit_error"
        | "1302"
        | "1305" => ErrorKind::RateLimited,
        "engine_overloaded"
        | "engine_overloaded_error"
        | "overloaded_error"
        | "slow_down"
        | "server_overloaded"
        | "capacity_exceeded" => ErrorKind::Overloaded,
        _ => return None,
    })
}

/// The kind that only the message tells, for vendors whose code is a bare `invalid_request_error`.
fn kind_of_message(message: &str) -> Option<ErrorKind> {
    let message = message.to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
    if says(&[
        "maximum context length",
        "context length exceeded",
        "context_length_exceeded",
        "context window",
        "maximum prompt length",
        "exceeds the available context size",
        "prompt is too long",
        "longer than the model's context length",
        "reduce the length of the messages",
    ]) {
        return Some(ErrorKind::ContextWindow);
    }
    if says(&["incorrect api key", "invalid api key", "api key not valid"]) {
        return Some(ErrorKind::Authentication);
    }
    let about_model = says(&["model"]) && says(&["does not exist", "not found", "unknown model"]);
    about_model.then_some(ErrorKind::ModelNotFound)
}

fn describe(status: u16, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = snippet(text.trim());
    if text.is_empty() {
        return format!("the provider answered {status} without a body");
    }
    format!("the provider answered {status}: {text}")
}

/// The first characters, on one line.
fn snippet(text: &str) -> String {
    let short: String = text.chars().take(SNIPPET_CHARS).collect();
    short.split_whitespace().collect::<Vec<_>>().join(" ")
}
