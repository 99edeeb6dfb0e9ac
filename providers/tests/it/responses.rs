//! The Responses API as an ingress dialect.

mod decode;
mod encode;
mod history;
mod property;
mod refusals;
mod stream;
mod tap;

use std::path::PathBuf;

use providers::dialect::responses::Responses;
use providers::dialect::{Dialect, EncodeContext, WireError};
use providers::sse::Splitter;
use providers::{Notes, chat::ChatRequest, provider::Framing};
use serde_json::{Value, json};

/// Recorded shapes of the wire, where the machine has them.
fn shared_shapes() -> Option<PathBuf> {
    let root = std::env::var_os("SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let shapes = root.join("wire/shapes");
    shapes.is_dir().then_some(shapes)
}

fn decode(request: &Value) -> (ChatRequest, Notes) {
    let mut notes = Notes::default();
    let chat = Responses
        .decode_request(request.to_string().as_bytes(), &mut notes)
        .expect("the request decodes");
    (chat, notes)
}

fn refuse(request: &Value) -> providers::Error {
    Responses
        .decode_request(request.to_string().as_bytes(), &mut Notes::default())
        .expect_err("the request is refused")
}

/// A context as the gateway makes it.
fn context(request: Value) -> EncodeContext {
    let Value::Object(request) = request else {
        panic!("a request is an object");
    };
    EncodeContext {
        model: "some-model".to_owned(),
        request_id: "req_0199".to_owned(),
        created: 1_763_800_000,
        include_usage: false,
        estimated_input_tokens: 0,
        request,
    }
}

fn plain_context() -> EncodeContext {
    context(json!({"model": "some-model", "input": "hi"}))
}

fn wire_error() -> WireError<'static> {
    WireError {
        status: 502,
        message: "the vendor's stream ended early",
        kind: "server_error",
        code: None,
        param: None,
        request_id: "req_0199",
    }
}

/// All events of a stream; the `event:` line must equal the type and the numbers must count up.
pub(crate) fn events(bytes: &[u8]) -> Vec<Value> {
    let mut splitter = Splitter::new(Framing::Sse);
    splitter.push(bytes).expect("fits");
    let mut events = Vec::new();
    while let Some(event) = splitter.next().expect("is UTF-8") {
        let value: Value = serde_json::from_str(event.data).expect("each event is JSON");
        assert_eq!(value["type"], event.name, "the event line names the type");
        assert_eq!(value["sequence_number"], events.len(), "numbers count up");
        events.push(value);
    }
    assert_eq!(
        splitter.finish().expect("is UTF-8"),
        None,
        "nothing is left"
    );
    events
}

fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect()
}

/// Fails unless `response` has every field that OpenAI's document requires of a `Response`.
fn assert_complete_response(response: &Value) {
    const REQUIRED: [&str; 14] = [
        "id",
        "object",
        "created_at",
        "error",
        "incomplete_details",
        "instructions",
        "model",
        "tools",
        "output",
        "parallel_tool_calls",
        "metadata",
        "tool_choice",
        "temperature",
        "top_p",
    ];
    let fields = response.as_object().expect("a response is an object");
    for field in REQUIRED {
        assert!(fields.contains_key(field), "a response needs `{field}`");
    }
    for item in response["output"].as_array().expect("output is a list") {
        assert_complete_item(item);
    }
    if !response["usage"].is_null() {
        for pointer in [
            "/input_tokens",
            "/input_tokens_details/cached_tokens",
            "/input_tokens_details/cache_write_tokens",
            "/output_tokens",
            "/output_tokens_details/reasoning_tokens",
            "/total_tokens",
        ] {
            let number = response["usage"].pointer(pointer);
            assert!(number.is_some_and(Value::is_u64), "usage needs {pointer}");
        }
    }
}

fn assert_complete_item(item: &Value) {
    let required: &[&str] = match item["type"].as_str() {
        Some("message") => &["id", "role", "content", "status"],
        Some("function_call") => &["id", "call_id", "name", "arguments", "status"],
        Some("reasoning") => &["id", "summary"],
        other => panic!("unexpected item type {other:?}"),
    };
    for field in required {
        assert!(!item[*field].is_null(), "{item} needs `{field}`");
    }
    for part in item["content"].as_array().into_iter().flatten() {
        let required: &[&str] = match part["type"].as_str() {
            Some("output_text") => &["text", "annotations", "logprobs"],
            Some("refusal") => &["refusal"],
            other => panic!("unexpected part type {other:?}"),
        };
        for field in required {
            assert!(!part[*field].is_null(), "{part} needs `{field}`");
        }
    }
}
