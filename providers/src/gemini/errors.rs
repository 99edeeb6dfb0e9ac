//! Error bodies to our error kinds.
//!
//! Google answers `{"error": {code, message, status, details}}`, sometimes inside an array. Source:
//! <https://ai.google.dev/gemini-api/docs/troubleshooting>, <https://google.aip.dev/193>, read
//! 2026-11-22.

use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, kind_of_status};
use crate::native;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wire {
    code: Option<u16>,
    message: String,
    status: String,
    details: Vec<Value>,
}

/// A non-2xx answer.
pub(super) fn decode(status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
    let wire = wire(body).unwrap_or_default();
    let mut error = to_error(wire, status);
    error.retry_after_ms = error
        .retry_after_ms
        .or_else(|| native::retry_after_ms(headers));
    error
}

/// An error inside a 2xx answer or stream: the value of its `error` field.
pub(super) fn in_band(error: &RawValue) -> Error {
    let wire: Wire = serde_json::from_str(error.get()).unwrap_or_default();
    let status = wire.code.unwrap_or(500);
    to_error(wire, status)
}

fn wire(body: &[u8]) -> Option<Wire> {
    let mut body: Value = serde_json::from_slice(body).ok()?;
    if let Some(first) = body.get_mut(0) {
        body = first.take();
    }
    serde_json::from_value(body.get_mut("error")?.take()).ok()
}

fn to_error(wire: Wire, status: u16) -> Error {
    let message = match wire.message.as_str() {
        "" => format!("gemini answered with status {status}"),
        text => redact(text),
    };
    Error {
        retry_after_ms: retry_after(&wire),
        param: violated_field(&wire),
        ..coded(
            Error::new(kind(&wire, status), message).with_status(status),
            wire.status,
        )
    }
}

fn coded(error: Error, code: String) -> Error {
    match code.as_str() {
        "" => error,
        _ => error.with_code(code),
    }
}

fn kind(wire: &Wire, status: u16) -> ErrorKind {
    let text = wire.message.to_ascii_lowercase();
    // A bad key is a 400 here.
    let reasons = wire
        .details
        .iter()
        .filter_map(|d| d.get("reason")?.as_str());
    if reasons
        .into_iter()
        .any(|reason| reason.starts_with("API_KEY"))
        || text.contains("api key not valid")
        || text.contains("api key expired")
    {
        return ErrorKind::Authentication;
    }
    match wire.status.as_str() {
        "INVALID_ARGUMENT" | "OUT_OF_RANGE" if exceeds_tokens(&text) => ErrorKind::ContextWindow,
        "INVALID_ARGUMENT" | "OUT_OF_RANGE" => ErrorKind::InvalidRequest,
        "UNAUTHENTICATED" | "PERMISSION_DENIED" => ErrorKind::Authentication,
        // The key's project may not be served: no billing, or a region that is not supported.
        "FAILED_PRECONDITION" => ErrorKind::Authentication,
        "NOT_FOUND" if text.contains("model") => ErrorKind::ModelNotFound,
        "NOT_FOUND" => ErrorKind::InvalidRequest,
        "RESOURCE_EXHAUSTED" if text.contains("credits are depleted") => ErrorKind::QuotaExhausted,
        "RESOURCE_EXHAUSTED" => ErrorKind::RateLimited,
        "UNAVAILABLE" => ErrorKind::Overloaded,
        "DEADLINE_EXCEEDED" => ErrorKind::Timeout,
        "INTERNAL" | "UNKNOWN" | "ABORTED" | "CANCELLED" | "DATA_LOSS" => ErrorKind::Upstream,
        _ => kind_of_status(status),
    }
}

/// "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576)."
fn exceeds_tokens(text: &str) -> bool {
    text.contains("token") && (text.contains("exceed") || text.contains("too long"))
}

/// `RetryInfo.retryDelay`: a protobuf duration such as `17s` or `1.5s`.
fn retry_after(wire: &Wire) -> Option<u64> {
    wire.details
        .iter()
        .find_map(|detail| detail.get("retryDelay")?.as_str()?.strip_suffix('s'))
        .and_then(native::millis)
}

fn violated_field(wire: &Wire) -> Option<String> {
    let field = wire.details.iter().find_map(|detail| {
        detail
            .get("fieldViolations")?
            .get(0)?
            .get("field")?
            .as_str()
    })?;
    Some(field.to_owned())
}

/// Suspended keys are named in full in Google's message (`Consumer 'api_key:AIza…'`), and errors are
/// shown to tenants.
fn redact(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = ["api_key:", "AIza"]
        .iter()
        .filter_map(|m| rest.find(m))
        .min()
    {
        let (head, tail) = rest.split_at(at);
        out.push_str(head);
        out.push_str("[key]");
        let end = tail.find(|c: char| !(c.is_ascii_alphanumeric() || "_-:.".contains(c)));
        rest = &tail[end.unwrap_or(tail.len())..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, word: &str, message: &str, kind: ErrorKind) -> Error {
        let body =
            serde_json::json!({"error": {"code": status, "message": message, "status": word}});
        for body in [body.clone(), Value::Array(vec![body.clone()])] {
            let error = decode(status, &HeaderMap::new(), body.to_string().as_bytes());
            assert_eq!(error.kind, kind, "{word} {message}");
            assert_eq!(error.status, Some(status));
            assert_eq!(error.code.as_deref(), Some(word));
        }
        decode(status, &HeaderMap::new(), body.to_string().as_bytes())
    }

    #[test]
    fn every_status_has_a_kind() {
        use ErrorKind as K;
        check(
            400,
            "INVALID_ARGUMENT",
            "Invalid value at 'contents'",
            K::InvalidRequest,
        );
        check(
            400,
            "INVALID_ARGUMENT",
            "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
            K::ContextWindow,
        );
        check(
            400,
            "INVALID_ARGUMENT",
            "API key not valid. Pass a valid API key.",
            K::Authentication,
        );
        check(
            400,
            "FAILED_PRECONDITION",
            "User location is not supported",
            K::Authentication,
        );
        check(
            403,
            "PERMISSION_DENIED",
            "Permission denied",
            K::Authentication,
        );
        check(
            404,
            "NOT_FOUND",
            "models/gemini-9 is not found for API version v1beta",
            K::ModelNotFound,
        );
        check(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota",
            K::RateLimited,
        );
        check(
            429,
            "RESOURCE_EXHAUSTED",
            "Your credits are depleted.",
            K::QuotaExhausted,
        );
        check(
            500,
            "INTERNAL",
            "An internal error has occurred",
            K::Upstream,
        );
        check(
            503,
            "UNAVAILABLE",
            "The model is overloaded.",
            K::Overloaded,
        );
        check(504, "DEADLINE_EXCEEDED", "Deadline expired", K::Timeout);
    }

    #[test]
    fn retry_delay_is_read_from_the_details() {
        for (delay, millis) in [("17s", 17_000), ("0.25s", 250), ("3.0001s", 3_001)] {
            let body = format!(
                r#"{{"error":{{"code":429,"status":"RESOURCE_EXHAUSTED","message":"quota",
                "details":[{{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":
                [{{"quotaId":"GenerateRequestsPerDayPerProjectPerModel"}}]}},
                {{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{delay}"}}]}}}}"#
            );
            let error = decode(429, &HeaderMap::new(), body.as_bytes());
            assert_eq!(error.kind, ErrorKind::RateLimited);
            assert_eq!(error.retry_after_ms, Some(millis));
        }
    }

    #[test]
    fn bad_key_is_known_by_its_reason() {
        let body = br#"{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"no",
            "details":[{"reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}"#;
        let error = decode(400, &HeaderMap::new(), body);
        assert_eq!(error.kind, ErrorKind::Authentication);
    }

    #[test]
    fn bodies_that_are_not_json_keep_their_status() {
        let error = decode(502, &HeaderMap::new(), b"<html>Bad Gateway</html>");
        assert_eq!(error.kind, ErrorKind::Upstream);
        assert_eq!(error.message, "gemini answered with status 502");
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "2".parse().expect("is a value"));
        let error = decode(503, &headers, b"");
        assert_eq!(error.retry_after_ms, Some(2000));
    }

    #[test]
    fn keys_never_stand_in_a_message() {
        let error = check(
            403,
            "PERMISSION_DENIED",
            "Consumer 'api_key:AIzaSyA-b_c' has been suspended. Key AIzaSyXYZ, sorry.",
            ErrorKind::Authentication,
        );
        assert!(!error.message.contains("AIza"), "{}", error.message);
        assert_eq!(
            error.message,
            "Consumer '[key]' has been suspended. Key [key], sorry."
        );
    }
}
