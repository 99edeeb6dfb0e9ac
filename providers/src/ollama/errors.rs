//! Error bodies (`{"error": "…"}`) to our error kinds. Ollama has no codes, so its words are read.

use http::HeaderMap;
use serde_json::Value;

use crate::error::{Error, ErrorKind, kind_of_status};
use crate::native;

/// A non-2xx answer.
pub(super) fn decode(status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = message(&body["error"]).unwrap_or_default();
    let message = match message {
        "" => format!("ollama answered with status {status}"),
        text => text.to_owned(),
    };
    Error {
        retry_after_ms: native::retry_after_ms(headers),
        ..Error::new(kind(&message, kind_of_status(status)), message).with_status(status)
    }
}

/// An error in a line of a 2xx stream: the value of its `error` field.
pub(super) fn in_band(error: &Value) -> Error {
    let message = message(error).unwrap_or("ollama broke off the answer");
    Error::new(kind(message, ErrorKind::Upstream), message)
}

fn message(error: &Value) -> Option<&str> {
    error.as_str().or_else(|| error.get("message")?.as_str())
}

fn kind(message: &str, otherwise: ErrorKind) -> ErrorKind {
    let text = message.to_ascii_lowercase();
    let has = |word: &str| text.contains(word);
    if has("model") && (has("not found") || has("try pulling")) {
        return ErrorKind::ModelNotFound;
    }
    if has("context length") || has("context window") || has("context size") {
        return ErrorKind::ContextWindow;
    }
    if has("server busy") || has("maximum pending requests") {
        return ErrorKind::Overloaded;
    }
    // `"x" does not support tools`: the request is right, the model cannot do it.
    if has("does not support") {
        return ErrorKind::NotSupported;
    }
    otherwise
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, message: &str, kind: ErrorKind) {
        let body = serde_json::json!({"error": message}).to_string();
        let error = decode(status, &HeaderMap::new(), body.as_bytes());
        assert_eq!(error.kind, kind, "{message}");
        assert_eq!(error.status, Some(status));
        assert_eq!(error.message, message);
    }

    #[test]
    fn messages_have_kinds() {
        use ErrorKind as K;
        check(404, "model 'nope' not found", K::ModelNotFound);
        check(
            404,
            "model \"nope\" not found, try pulling it first",
            K::ModelNotFound,
        );
        check(
            400,
            "the input length exceeds the context length",
            K::ContextWindow,
        );
        check(
            400,
            "registry.ollama.ai/library/x does not support tools",
            K::NotSupported,
        );
        check(400, "invalid options: temperature", K::InvalidRequest);
        check(401, "unauthorized", K::Authentication);
        check(
            429,
            "you have reached your hourly usage limit",
            K::RateLimited,
        );
        check(
            500,
            "model requires more system memory (9 GiB) than is available",
            K::Upstream,
        );
        check(
            503,
            "server busy, please try again. maximum pending requests exceeded",
            K::Overloaded,
        );
    }

    #[test]
    fn bodies_without_a_message_keep_their_status() {
        for body in ["", "<html>", "{}", "404 page not found"] {
            let error = decode(404, &HeaderMap::new(), body.as_bytes());
            assert_eq!(error.kind, ErrorKind::ModelNotFound);
            assert_eq!(error.message, "ollama answered with status 404");
        }
    }
}
