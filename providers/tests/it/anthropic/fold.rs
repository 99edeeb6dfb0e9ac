//! Answers and chunks as JSON that fixtures can state.

use providers::Usage;
use providers::chat::{ChatChunk, ChatResponse};
use serde_json::{Map, Value, json};

/// Usage without what is zero and without the vendor's own text.
fn usage_json(usage: &Usage) -> Value {
    let mut value = serde_json::to_value(usage).expect("is JSON");
    let object = value.as_object_mut().expect("is an object");
    object.remove("raw");
    object.retain(|name, count| {
        matches!(name.as_str(), "input_tokens" | "output_tokens") || *count != 0
    });
    value
}

fn put(out: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    let value = value.into();
    let is_empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    if !is_empty {
        out.insert(name.to_owned(), value);
    }
}

pub(super) fn response_json(response: &ChatResponse) -> Value {
    assert_eq!(response.created, 0, "the vendor names no time");
    assert_eq!(response.choices.len(), 1);
    let choice = &response.choices[0];
    let mut out = Map::new();
    put(&mut out, "id", response.id.as_str());
    put(&mut out, "model", response.model.as_str());
    put(&mut out, "message", json!(choice.message));
    put(&mut out, "finish_reason", json!(choice.finish_reason));
    put(
        &mut out,
        "native_finish_reason",
        json!(choice.native_finish_reason),
    );
    put(&mut out, "stop_sequence", json!(choice.stop_sequence));
    put(&mut out, "extra", Value::Object(response.extra.clone()));
    put(
        &mut out,
        "usage",
        response.usage.as_ref().map_or(Value::Null, usage_json),
    );
    Value::Object(out)
}

/// What a client has after adding up all chunks, with the rules every stream keeps checked.
pub(super) fn fold(chunks: &[ChatChunk]) -> Value {
    let mut out = Map::new();
    let (mut content, mut reasoning) = (String::new(), String::new());
    let (mut thinking, mut annotations) = (Vec::new(), Vec::new());
    let mut calls: Vec<Value> = Vec::new();
    let mut usage = Value::Null;
    let mut finished = 0;
    for (at, chunk) in chunks.iter().enumerate() {
        assert_eq!((&chunk.id, &chunk.model), (&chunks[0].id, &chunks[0].model));
        for choice in &chunk.choices {
            let delta = &choice.delta;
            assert_eq!(
                delta.role.is_some(),
                at == 0,
                "the role comes once and first"
            );
            content.push_str(delta.content.as_deref().unwrap_or_default());
            reasoning.push_str(delta.reasoning_content.as_deref().unwrap_or_default());
            thinking.extend(delta.thinking_blocks.iter().flatten().map(|b| json!(b)));
            annotations.extend(
                delta
                    .extra
                    .get("annotations")
                    .and_then(Value::as_array)
                    .cloned()
                    .unwrap_or_default(),
            );
            for call in delta.tool_calls.iter().flatten() {
                let function = call.function.as_ref().expect("has a function");
                let index = call.index as usize;
                if let Some(id) = &call.id {
                    assert_eq!(index, calls.len(), "call indexes have no gaps");
                    assert_eq!(call.kind.as_deref(), Some("function"));
                    calls.push(json!({"id": id, "name": function.name, "arguments": ""}));
                }
                let arguments = calls[index]["arguments"].as_str().expect("is text");
                let more = function.arguments.as_deref().unwrap_or_default();
                calls[index]["arguments"] = json!(format!("{arguments}{more}"));
            }
            if choice.finish_reason.is_some() {
                finished += 1;
                put(&mut out, "finish_reason", json!(choice.finish_reason));
                put(
                    &mut out,
                    "native_finish_reason",
                    json!(choice.native_finish_reason),
                );
                put(&mut out, "stop_sequence", json!(choice.stop_sequence));
            }
        }
        if let Some(report) = &chunk.usage {
            usage = usage_json(report);
        }
        put(&mut out, "extra", Value::Object(chunk.extra.clone()));
    }
    assert_eq!(finished, 1, "the finish reason comes once");
    put(&mut out, "id", chunks[0].id.as_str());
    put(&mut out, "model", chunks[0].model.as_str());
    put(&mut out, "content", content);
    put(&mut out, "reasoning", reasoning);
    put(&mut out, "thinking_blocks", thinking);
    put(&mut out, "annotations", annotations);
    put(&mut out, "tool_calls", calls);
    put(&mut out, "usage", usage);
    Value::Object(out)
}
