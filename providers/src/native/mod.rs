//! What the wire formats that are not OpenAI's have in common.

pub(crate) mod embeddings;

use http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::{Map, Value, json};

use crate::chat::{
    Content, Delta, FunctionCall, FunctionDelta, Message, Role, ToolCall, ToolCallDelta,
};
use crate::error::Error;
use crate::http_call::Endpoint;
use crate::notes::Notes;
use crate::portable;
use crate::provider::Settings;

/// An id for a tool call that the vendor sent without one.
///
/// `seed` must identify the answer, so that ids of different answers differ in a conversation while
/// the same answer always gives the same ids. Shape: `call_<16 hex>_<choice>_<index>`, at most 40
/// characters, the limit OpenAI sets on ids in requests.
pub(crate) fn call_id(seed: &str, choice: u32, index: u32) -> String {
    format!("call_{:016x}_{choice}_{index}", fnv1a(seed.as_bytes()))
}

/// FNV-1a, 64 bits: stable over releases and machines, which the standard library's hasher is not.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A `POST` to `base` + `path` with the extra headers of the configuration.
///
/// # Errors
/// `InvalidRequest` when a configured header cannot stand in HTTP.
pub(crate) fn endpoint(base: &str, path: &str, settings: &Settings) -> Result<Endpoint, Error> {
    let mut endpoint = Endpoint::post(base, path);
    for (name, value) in &settings.headers {
        let bad = || Error::invalid(name, format!("header `{name}` cannot stand in HTTP"));
        let value = HeaderValue::from_str(value).map_err(|_| bad())?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        endpoint.headers.insert(name, value);
    }
    Ok(endpoint)
}

/// A tool call's arguments as the object that native formats want.
///
/// Models write this text, so it may be broken; the conversation must not stop at it. Text that is no
/// JSON object is kept under `arguments`, and the second value is false.
pub(crate) fn arguments_object(text: &str) -> (Value, bool) {
    if text.trim().is_empty() {
        return (Value::Object(Map::new()), true);
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => (Value::Object(map), true),
        Ok(other) => (json!({"arguments": other}), false),
        Err(_) => (json!({"arguments": text}), false),
    }
}

/// A whole tool call as one piece of a stream.
pub(crate) fn whole_call(
    index: u32,
    id: String,
    name: String,
    arguments: String,
    extra: Map<String, Value>,
) -> ToolCallDelta {
    ToolCallDelta {
        index,
        id: Some(id),
        kind: Some("function".to_owned()),
        function: Some(FunctionDelta {
            name: Some(name),
            arguments: Some(arguments),
        }),
        extra,
    }
}

/// The whole turn of an answer that came in one piece.
pub(crate) fn message(delta: Delta) -> Message {
    let calls = delta.tool_calls.map(|calls| {
        let whole = |call: ToolCallDelta| {
            let function = call.function.unwrap_or_default();
            ToolCall {
                id: call.id.unwrap_or_default(),
                kind: call.kind.unwrap_or_default(),
                function: Some(FunctionCall {
                    name: function.name.unwrap_or_default(),
                    arguments: function.arguments.unwrap_or_default(),
                }),
                extra: call.extra,
            }
        };
        calls.into_iter().map(whole).collect()
    });
    Message {
        content: delta.content.map(Content::Text),
        reasoning_content: delta.reasoning_content,
        tool_calls: calls,
        extra: delta.extra,
        ..Message::empty(Role::Assistant)
    }
}

/// Notes the fields of a message that a native format has no place for; `known` are those it has.
pub(crate) fn note_unknown_fields(message: &Message, known: &[&str], notes: &mut Notes) {
    portable::note_rest(
        &message.extra,
        |name| known.contains(&name),
        "messages",
        notes,
    );
}

/// `retry-after` in seconds, perhaps with a fraction, as milliseconds. HTTP dates need a clock, which
/// maps do not have.
pub(crate) fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    millis(headers.get(RETRY_AFTER)?.to_str().ok()?)
}

/// Seconds to milliseconds; rounded up, so that a wait is never too short.
pub(crate) fn millis(seconds: &str) -> Option<u64> {
    let seconds: f64 = seconds.trim().parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then(|| (seconds * 1000.0).ceil() as u64)
}

/// One token in OpenAI's log probability shape; `bytes` are the token's UTF-8 bytes.
pub(crate) fn token_logprob(token: &str, logprob: f64) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("token".to_owned(), json!(token));
    out.insert("logprob".to_owned(), json!(logprob));
    out.insert("bytes".to_owned(), json!(token.as_bytes()));
    out
}

/// The name of the function whose call `tool_call_id` names, looked for backwards from `before`, as
/// clients may reuse ids in a later turn.
pub(crate) fn function_name(messages: &[Message], before: usize) -> Option<&str> {
    let result = messages.get(before)?;
    let id = result.tool_call_id.as_deref();
    let called = messages[..before]
        .iter()
        .rev()
        .filter(|m| m.role == Role::Assistant)
        .flat_map(|m| m.tool_calls.iter().flatten())
        .find(|call| id == Some(call.id.as_str()))
        .and_then(|call| match &call.function {
            Some(function) => Some(function.name.as_str()),
            None => call.extra.get("custom")?.get("name")?.as_str(),
        });
    called.or(result.name.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minted_ids_are_stable_and_differ_by_answer_and_position() {
        let id = call_id("resp", 0, 1);
        assert_eq!(id, call_id("resp", 0, 1));
        assert_ne!(id, call_id("resp2", 0, 1));
        assert_ne!(id, call_id("resp", 0, 2));
        assert!(id.len() <= 40, "{id}");
    }

    #[test]
    fn broken_arguments_are_kept_and_reported() {
        assert_eq!(arguments_object(""), (json!({}), true));
        assert_eq!(arguments_object("{\"a\":1}"), (json!({"a": 1}), true));
        assert_eq!(arguments_object("[1]"), (json!({"arguments": [1]}), false));
        assert_eq!(
            arguments_object("{\"a\""),
            (json!({"arguments": "{\"a\""}), false)
        );
    }

    #[test]
    fn configured_headers_are_sent_and_broken_ones_refused() {
        let mut settings = Settings::default();
        settings.headers.push(("x-team".into(), "blue".into()));
        let to = endpoint("http://a/", "/b", &settings).expect("is valid");
        assert_eq!(to.url, "http://a/b");
        assert_eq!(to.headers["x-team"], "blue");
        settings.headers.push(("x-bad".into(), "a\nb".into()));
        assert!(endpoint("http://a", "b", &settings).is_err());
    }
}
