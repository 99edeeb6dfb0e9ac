//! The Messages dialect: golden requests, answers and streams as Anthropic's clients read them, and
//! the way there and back through Anthropic's own maps.

mod encoder;
mod tap;

use providers::chat::{ChatChunk, ChatRequest};
use providers::dialect::EncodeContext;
use providers::dialect::messages::{Messages, encode_count_tokens};
use providers::provider::{Framing, ModelFacts, Settings};
use providers::sse::Splitter;
use providers::{Dialect, ErrorKind, Notes, Provider};
use serde_json::{Value, json};

use crate::anthropic::{decode_stream, encode, files, fixtures, read, read_json, shapes};

fn context() -> EncodeContext {
    EncodeContext {
        model: "alias".to_owned(),
        request_id: "req-7".to_owned(),
        estimated_input_tokens: 77,
        ..EncodeContext::default()
    }
}

fn decode(body: &Value) -> (ChatRequest, Notes) {
    let mut notes = Notes::default();
    let request = Messages
        .decode_request(body.to_string().as_bytes(), &mut notes)
        .unwrap_or_else(|e| panic!("{e}: {body:#}"));
    (request, notes)
}

fn encode_stream(chunks: &[ChatChunk]) -> Vec<u8> {
    let mut encoder = Messages.encoder(context());
    let mut out = Vec::new();
    for chunk in chunks {
        encoder.push(chunk, &mut out);
    }
    encoder.finish(&mut out);
    out
}

fn events(bytes: &[u8]) -> Vec<Value> {
    let mut splitter = Splitter::new(Framing::Sse);
    splitter.push(bytes).expect("fits");
    let mut out = Vec::new();
    while let Some(event) = splitter.next().expect("is UTF-8") {
        let data: Value = serde_json::from_str(event.data).expect("is JSON");
        assert_eq!(data["type"], event.name, "the name repeats the type");
        out.push(data);
    }
    assert_eq!(
        splitter.finish().expect("is UTF-8"),
        None,
        "nothing is left"
    );
    out
}

/// Adds a stream up to a message, the way Anthropic's SDKs do, and checks the protocol on the way.
pub(crate) fn accumulate(bytes: &[u8]) -> Value {
    let mut message = Value::Null;
    let mut open: Option<u64> = None;
    let mut arguments = String::new();
    let mut ended = false;
    for event in events(bytes) {
        assert!(!ended, "nothing follows message_stop: {event}");
        let index = event["index"].as_u64();
        match event["type"].as_str().expect("has a type") {
            "message_start" => {
                assert_eq!(message, Value::Null, "one message_start");
                message = event["message"].clone();
            }
            "content_block_start" => {
                assert_eq!(open, None, "blocks do not overlap");
                let blocks = message["content"].as_array_mut().expect("has started");
                assert_eq!(index, Some(blocks.len() as u64), "indexes count up");
                blocks.push(event["content_block"].clone());
                open = index;
            }
            "content_block_delta" => {
                assert_eq!(open, index, "a delta belongs to the open block");
                let at = index.expect("has an index") as usize;
                let block = &mut message["content"][at];
                let delta = &event["delta"];
                match delta["type"].as_str().expect("has a type") {
                    "text_delta" => append(block, "text", &delta["text"]),
                    "thinking_delta" => append(block, "thinking", &delta["thinking"]),
                    "signature_delta" => append(block, "signature", &delta["signature"]),
                    "input_json_delta" => {
                        arguments.push_str(delta["partial_json"].as_str().expect("is text"));
                    }
                    "citations_delta" => {}
                    other => panic!("unknown delta {other}"),
                }
            }
            "content_block_stop" => {
                assert_eq!(open, index, "the open block is closed");
                open = None;
                let at = index.expect("has an index") as usize;
                if !arguments.is_empty() {
                    // A call that was cut by its cap stays the text that it is.
                    message["content"][at]["input"] =
                        serde_json::from_str(&arguments).unwrap_or_else(|_| json!(arguments));
                    arguments.clear();
                }
            }
            "message_delta" => {
                assert_eq!(open, None);
                for (name, value) in event["delta"].as_object().expect("is an object") {
                    message[name] = value.clone();
                }
                for (name, value) in event["usage"].as_object().expect("is an object") {
                    message["usage"][name] = value.clone();
                }
            }
            "message_stop" => ended = true,
            "ping" => {}
            other => panic!("unknown event {other}"),
        }
    }
    assert!(ended, "message_stop was sent");
    message
}

fn append(block: &mut Value, field: &str, piece: &Value) {
    let before = block[field].as_str().unwrap_or_default();
    block[field] = json!(format!("{before}{}", piece.as_str().expect("is text")));
}

#[test]
fn requests_match_their_fixtures() {
    for path in files(&fixtures("messages/requests"), "json") {
        let case = read_json(&path);
        let (request, notes) = decode(&case["body"]);
        let canonical = serde_json::to_value(&request).expect("is JSON");
        assert_eq!(
            canonical,
            case["canonical"],
            "{}\n{canonical:#}",
            path.display()
        );
        assert_eq!(notes.to_header(), case["notes"], "{}", path.display());
    }
}

#[test]
fn wrong_requests_are_refused_with_the_name_of_the_field() {
    let user = json!([{"role": "user", "content": "hi"}]);
    let turn = |content: Value| json!([{"role": "user", "content": content}]);
    let assistant = |content: Value| json!([{"role": "assistant", "content": content}]);
    for (fields, param) in [
        (
            json!({"messages": user, "max_tokens": 5, "model": null}),
            "model",
        ),
        (json!({"messages": user, "max_tokens": null}), "max_tokens"),
        (json!({"messages": user, "max_tokens": "9"}), "max_tokens"),
        (json!({"messages": user, "max_tokens": -1}), "max_tokens"),
        (json!({"messages": null}), "messages"),
        (json!({"messages": []}), "messages"),
        (json!({"messages": "hi"}), "messages"),
        (json!({"messages": ["hi"]}), "messages.0"),
        (
            json!({"messages": [{"role": "robot", "content": "x"}]}),
            "messages.0.role",
        ),
        (
            json!({"messages": [{"role": "user"}]}),
            "messages.0.content",
        ),
        (json!({"messages": turn(json!(5))}), "messages.0.content"),
        (
            json!({"messages": turn(json!([{"text": "x"}]))}),
            "messages.0.content.0",
        ),
        (
            json!({"messages": turn(json!([{"type": "text"}]))}),
            "messages.0.content.0.text",
        ),
        (
            json!({"messages": turn(json!([{"type": "tool_result"}]))}),
            "messages.0.content.0.tool_use_id",
        ),
        (
            json!({"messages": turn(json!([{"type": "thinking", "thinking": "x"}]))}),
            "messages.0.content",
        ),
        (
            json!({"messages": assistant(json!([{"type": "tool_result", "tool_use_id": "x"}]))}),
            "messages.0.content",
        ),
        (
            json!({"messages": assistant(json!([{"type": "tool_use", "id": "x"}]))}),
            "messages.0.content.0.name",
        ),
        (
            json!({"system": [{"type": "image", "source": {"type": "url", "url": "https://x"}}]}),
            "system",
        ),
        (json!({"tools": [{"description": "x"}]}), "tools.0.name"),
        (json!({"tool_choice": {"type": "some"}}), "tool_choice.type"),
        (json!({"tool_choice": {"type": "tool"}}), "tool_choice.name"),
        (json!({"thinking": "hard"}), "thinking"),
        (json!({"temperature": "hot"}), "temperature"),
        (
            json!({"output_config": {"format": {"type": "json_schema"}}}),
            "output_config.format.schema",
        ),
    ] {
        let mut body = json!({"model": "m", "max_tokens": 5, "messages": user});
        for (name, value) in fields.as_object().expect("is an object") {
            body[name] = value.clone();
        }
        let error = Messages
            .decode_request(body.to_string().as_bytes(), &mut Notes::default())
            .expect_err("is wrong");
        assert_eq!(error.kind, ErrorKind::InvalidRequest, "{fields}");
        assert_eq!(error.param.as_deref(), Some(param), "{fields}: {error}");
    }
    let error = Messages
        .decode_request(b"[1]", &mut Notes::default())
        .expect_err("is no object");
    assert_eq!(error.param.as_deref(), Some("body"));
}

#[test]
fn token_counting_needs_no_cap() {
    let body = br#"{"model":"m","system":"s","messages":[{"role":"user","content":"hi"}]}"#;
    let request = Messages
        .decode_count_tokens(body, &mut Notes::default())
        .expect("is valid");
    assert_eq!((request.messages.len(), request.max_tokens), (2, None));
    assert_eq!(encode_count_tokens(42), br#"{"input_tokens":42}"#);
}

/// Strings and lone text blocks say the same.
fn normal(content: &Value) -> Value {
    match content {
        Value::String(text) => json!([{"type": "text", "text": text}]),
        Value::Array(blocks) => blocks
            .iter()
            .map(|block| {
                let mut block = block.clone();
                if let Some(inner) = block
                    .get("content")
                    .filter(|_| block["type"] == "tool_result")
                {
                    block["content"] = normal(inner);
                }
                block
            })
            .collect(),
        other => other.clone(),
    }
}

fn normal_turns(turns: &Value) -> Value {
    let turns = turns.as_array().expect("is an array").iter();
    turns
        .map(|turn| json!({"role": turn["role"], "content": normal(&turn["content"])}))
        .collect()
}

/// Decodes a Messages body and encodes it for Anthropic; what a conversation consists of must survive.
fn check_round_trip(body: &Value, name: &str) {
    let (request, _) = decode(body);
    let facts = ModelFacts {
        max_output_tokens: Some(64000),
        reasoning: true,
        structured_output: true,
        ..ModelFacts::default()
    };
    let settings = Settings::default();
    let (back, _) =
        encode("claude-opus-4-6", facts, &settings, &request).expect("can be expressed");
    // Anthropic has one system prompt: instructions from the middle stand at its end.
    let turns = normal_turns(&body["messages"]);
    let (late, turns): (Vec<Value>, Vec<Value>) = turns
        .as_array()
        .expect("is an array")
        .iter()
        .cloned()
        .partition(|turn| turn["role"] == "system");
    let mut system = normal(&body["system"]);
    for turn in late {
        let blocks = turn["content"].as_array().expect("is normal").iter();
        let mut all = system.as_array().cloned().unwrap_or_default();
        all.extend(blocks.cloned());
        system = Value::Array(all);
    }
    assert_eq!(
        normal_turns(&back["messages"]),
        Value::Array(turns),
        "{name}"
    );
    assert_eq!(normal(&back["system"]), system, "{name}");
    for field in ["tools", "thinking", "max_tokens", "stop_sequences"] {
        if !body[field].is_null() {
            assert_eq!(back[field], body[field], "{name}: {field}");
        }
    }
    let format = &body["output_config"]["format"];
    if !format.is_null() {
        assert_eq!(&back["output_config"]["format"], format, "{name}");
    }
}

#[test]
fn conversations_survive_the_way_to_anthropic() {
    let mut agent = read_json(&fixtures("messages/requests/agent.json"))["body"].take();
    // A null says nothing and `custom` is the default type.
    let texts = &mut agent["messages"][2]["content"][2];
    texts
        .as_object_mut()
        .expect("is an object")
        .remove("cache_control");
    let custom = &mut agent["tools"][1];
    custom.as_object_mut().expect("is an object").remove("type");
    check_round_trip(&agent, "agent");
    let interleaved = read_json(&fixtures("messages/requests/interleaved.json"));
    check_round_trip(&interleaved["body"], "interleaved");
}

#[test]
fn recorded_requests_survive_the_way_to_anthropic() {
    let Some(shapes) = shapes() else { return };
    for path in files(&shapes.join("requests/messages"), "json") {
        let name = path.display().to_string();
        let body = read_json(&path);
        let (request, _) = decode(&body);
        assert!(request.max_tokens.is_some(), "{name}");
        check_round_trip(&body, &name);
    }
    for path in files(&shapes.join("requests/count-tokens"), "json") {
        Messages
            .decode_count_tokens(&read(&path), &mut Notes::default())
            .expect("is valid");
    }
}

#[test]
fn anthropic_streams_come_out_as_they_went_in() {
    let mut paths = files(&fixtures("anthropic/streams"), "sse");
    if let Some(shapes) = shapes() {
        let recorded = files(&shapes.join("response/anthropic"), "json");
        paths.extend(
            recorded
                .into_iter()
                .filter(|p| p.to_string_lossy().contains("stream_")),
        );
    }
    for path in paths {
        let name = path.display().to_string();
        let bytes = read(&path);
        let out = accumulate(&encode_stream(&decode_stream(&[&bytes]).expect("is clean")));
        // These hold what gateways and compatible vendors do wrong; Anthropic itself never sends it.
        if ["duplicate", "structured", "whole-input", "message-delta"]
            .iter()
            .any(|n| name.contains(n))
        {
            continue;
        }
        let original = accumulate(&bytes);
        let blocks = original["content"].as_array().expect("is an array");
        let kept: Vec<_> = blocks
            .iter()
            .filter(|b| {
                !b["type"]
                    .as_str()
                    .is_some_and(|t| t.contains("server_tool") || t.contains("_tool_result"))
            })
            .cloned()
            .collect();
        assert_eq!(out["content"], Value::Array(kept), "{name}");
        for field in ["stop_reason", "stop_sequence"] {
            assert_eq!(out[field], original[field], "{name}: {field}");
        }
        for field in ["input_tokens", "output_tokens"] {
            assert_eq!(
                out["usage"][field], original["usage"][field],
                "{name}: {field}"
            );
        }
    }
}

#[test]
fn anthropic_answers_come_out_as_they_went_in() {
    let Some(shapes) = shapes() else { return };
    for name in ["basic", "thinking", "tool"] {
        let original = read_json(&shapes.join(format!("response/anthropic/{name}.json")));
        let answer = providers::anthropic::Anthropic
            .decode_chat(original.to_string().as_bytes())
            .expect("is an answer");
        let out: Value = serde_json::from_slice(&Messages.encode_response(&answer, &context()))
            .expect("is JSON");
        for field in ["id", "type", "role", "content", "stop_reason"] {
            assert_eq!(out[field], original[field], "{name}: {field}");
        }
        for field in [
            "input_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
            "output_tokens",
        ] {
            assert_eq!(
                out["usage"][field], original["usage"][field],
                "{name}: {field}"
            );
        }
    }
}
