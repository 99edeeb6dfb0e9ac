//! What our clients send and see.

use providers::chat::{
    ChatChunk, ChatResponse, Choice, ChunkChoice, Delta, FinishReason, FunctionCall, Message, Role,
    ThinkingBlock, ToolCall,
};
use providers::collect::{Collector, chunks_of};
use providers::dialect::chat::Chat;
use providers::dialect::completions::Completions;
use providers::dialect::{Dialect, EncodeContext, WireError};
use providers::openai::decode_chat;
use providers::{ErrorKind, Notes, Usage};
use serde_json::{Map, Value, json};

fn refuse(dialect: &dyn Dialect, body: &Value, kind: ErrorKind, param: Option<&str>) {
    let error = dialect
        .decode_request(body.to_string().as_bytes(), &mut Notes::default())
        .expect_err("must be refused");
    assert_eq!(
        (error.kind, error.param.as_deref()),
        (kind, param),
        "{body}: {error}"
    );
}

#[test]
fn a_wrong_request_names_the_field() {
    let message = json!({"role": "user", "content": "hi"});
    let check = |body: Value, param: Option<&str>| {
        refuse(&Chat, &body, ErrorKind::InvalidRequest, param);
    };
    check(json!([]), None);
    check(json!({}), Some("model"));
    check(json!({"model": "m"}), Some("messages"));
    check(json!({"model": "", "messages": [message]}), Some("model"));
    check(json!({"model": "m", "messages": []}), Some("messages"));
    check(json!({"model": 1, "messages": [message]}), Some("model"));
    check(
        json!({"model": "m", "messages": [message, {"content": "x"}]}),
        Some("messages[1].role"),
    );
    check(
        json!({"model": "m", "messages": [{"role": "robot"}]}),
        Some("messages[0].role"),
    );
    check(
        json!({"model": "m", "messages": [{"role": "user", "content": 7}]}),
        Some("messages[0].content"),
    );
    check(
        json!({"model": "m", "messages": [{"role": "user", "content": [{"type": "text"}]}]}),
        Some("messages[0].content[0]"),
    );
    check(
        json!({"model": "m", "messages": [{"role": "user", "content": [7]}]}),
        Some("messages[0].content[0]"),
    );
    check(
        json!({"model": "m", "messages": [message], "temperature": "hot"}),
        Some("temperature"),
    );
    check(
        json!({"model": "m", "messages": [message], "stop": 3}),
        Some("stop"),
    );
    check(
        json!({"model": "m", "messages": [message], "tools": [{"type": "function", "function": {}}]}),
        Some("tools[0].function.name"),
    );
    let error = Chat
        .decode_request(b"{\"model\":", &mut Notes::default())
        .expect_err("is not JSON");
    assert!(error.message.contains("not JSON"), "{error}");
    assert!(
        Chat.decode_request(
            b"{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]} x",
            &mut Notes::default()
        )
        .is_err()
    );
}

#[test]
fn unknown_fields_are_kept() {
    let body = json!({
        "model": "m", "messages": [{"role": "user", "content": [{"type": "hologram", "x": 1}], "mood": "good"}],
        "frobnicate": {"a": [1]}, "tools": null, "stop": null,
    });
    let request = Chat
        .decode_request(body.to_string().as_bytes(), &mut Notes::default())
        .expect("decodes");
    assert_eq!(request.extra["frobnicate"], json!({"a": [1]}));
    let written = serde_json::to_value(&request).expect("is JSON");
    assert_eq!(written["messages"], body["messages"]);
}

#[test]
fn legacy_functions_are_refused_clearly() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "functions": [{"name": "f"}]});
    refuse(&Chat, &body, ErrorKind::NotSupported, Some("functions"));
}

fn answer() -> ChatResponse {
    let call = ToolCall {
        id: "call_1".into(),
        kind: "function".into(),
        function: Some(FunctionCall {
            name: "f".into(),
            arguments: "{}".into(),
        }),
        extra: Map::new(),
    };
    let message = Message {
        tool_calls: Some(vec![call]),
        reasoning_content: Some("hm".into()),
        thinking_blocks: Some(vec![ThinkingBlock::Thinking {
            thinking: "hm".into(),
            signature: Some("sig".into()),
        }]),
        extra: json!({"annotations": []})
            .as_object()
            .expect("is an object")
            .clone(),
        ..Message::empty(Role::Assistant)
    };
    let choice = Choice {
        index: 0,
        message,
        finish_reason: FinishReason::ToolCalls,
        native_finish_reason: Some("tool_use".into()),
        stop_sequence: None,
        logprobs: None,
    };
    ChatResponse {
        id: "msg_7".into(),
        model: "vendor-model".into(),
        choices: vec![choice],
        usage: Some(Usage {
            cache_read_tokens: 2,
            reasoning_tokens: 1,
            ..Usage::tokens(5, 3)
        }),
        ..ChatResponse::default()
    }
}

fn context() -> EncodeContext {
    EncodeContext {
        model: "alias".into(),
        request_id: "req1".into(),
        created: 99,
        include_usage: true,
        ..EncodeContext::default()
    }
}

#[test]
fn an_answer_is_written_in_full() {
    let written = Chat.encode_response(&answer(), &context());
    let written: Value = serde_json::from_slice(&written).expect("is JSON");
    let expected = json!({
        "id": "msg_7", "object": "chat.completion", "created": 99, "model": "alias",
        "choices": [{
            "index": 0,
            "message": {
                "role": "assistant", "content": null, "refusal": null,
                "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                "reasoning_content": "hm",
                "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "sig"}],
                "annotations": [],
            },
            "logprobs": null, "finish_reason": "tool_calls", "native_finish_reason": "tool_use",
        }],
        "usage": {
            "prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8,
            "prompt_tokens_details": {"cached_tokens": 2, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 1, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
            },
        },
    });
    assert_eq!(written, expected);
    let anonymous = ChatResponse {
        id: String::new(),
        ..answer()
    };
    let written = Chat.encode_response(&anonymous, &context());
    let written: Value = serde_json::from_slice(&written).expect("is JSON");
    assert_eq!(written["id"], "chatcmpl-req1");
}

fn events(dialect: &dyn Dialect, chunks: &[ChatChunk], context: EncodeContext) -> Vec<String> {
    let mut encoder = dialect.encoder(context);
    let mut out = Vec::new();
    for chunk in chunks {
        encoder.push(chunk, &mut out);
    }
    encoder.finish(&mut out);
    let text = String::from_utf8(out).expect("is UTF-8");
    assert!(text.ends_with("\n\n"));
    let events = text.trim_end().split("\n\n");
    events
        .map(|e| e.strip_prefix("data: ").expect("is an event").to_owned())
        .collect()
}

fn text_chunk(index: u32, text: &str) -> ChatChunk {
    let choice = ChunkChoice {
        index,
        delta: Delta {
            content: Some(text.to_owned()),
            ..Delta::default()
        },
        ..ChunkChoice::default()
    };
    ChatChunk {
        choices: vec![choice],
        ..ChatChunk::default()
    }
}

fn end_chunk(index: u32) -> ChatChunk {
    let choice = ChunkChoice {
        index,
        finish_reason: Some(FinishReason::Stop),
        ..ChunkChoice::default()
    };
    ChatChunk {
        choices: vec![choice],
        ..ChatChunk::default()
    }
}

#[test]
fn a_stream_keeps_the_rules_of_the_format() {
    let usage = ChatChunk {
        usage: Some(Usage::tokens(2, 1)),
        ..ChatChunk::default()
    };
    let mut late = text_chunk(0, " you");
    late.id = "changed".into();
    late.created = 7;
    let chunks = [
        text_chunk(0, "Hi"),
        text_chunk(1, "Yo"),
        usage,
        late,
        end_chunk(0),
        end_chunk(1),
    ];
    let told = events(&Chat, &chunks, context());
    assert_eq!(told.last().map(String::as_str), Some("[DONE]"));
    let told: Vec<Value> = told[..told.len() - 1]
        .iter()
        .map(|e| serde_json::from_str(e).expect("is JSON"))
        .collect();
    for event in &told {
        assert_eq!(event["id"], "chatcmpl-req1");
        assert_eq!(
            (&event["created"], &event["model"]),
            (&json!(99), &json!("alias"))
        );
        assert_eq!(event["object"], "chat.completion.chunk");
    }
    let choice = |i: usize| &told[i]["choices"][0];
    assert_eq!(
        choice(0)["delta"],
        json!({"role": "assistant", "content": "Hi"})
    );
    assert_eq!(
        choice(1)["delta"],
        json!({"role": "assistant", "content": "Yo"})
    );
    assert_eq!(choice(2)["delta"], json!({"content": " you"}));
    assert_eq!(choice(2)["finish_reason"], Value::Null);
    assert_eq!(
        *choice(3),
        json!({"index": 0, "delta": {}, "logprobs": null, "finish_reason": "stop"})
    );
    assert_eq!(told.len(), 6);
    assert!(
        told[..5]
            .iter()
            .all(|e| e.get("usage") == Some(&Value::Null))
    );
    assert_eq!(told[5]["choices"], json!([]));
    assert_eq!(told[5]["usage"]["total_tokens"], 3);
}

#[test]
fn usage_is_absent_when_not_asked_for() {
    let quiet = EncodeContext {
        include_usage: false,
        ..context()
    };
    let told = events(&Chat, &chunks_of(&answer()), quiet);
    assert!(told.iter().all(|e| !e.contains("usage")));
    assert_eq!(told.len(), 3);
}

#[test]
fn a_failure_ends_the_stream_without_done() {
    let error = WireError {
        status: 502,
        message: "gone",
        kind: "upstream_error",
        code: Some("upstream"),
        param: None,
        request_id: "req1",
    };
    let mut out = Vec::new();
    let mut encoder = Chat.encoder(context());
    encoder.push(&text_chunk(0, "Hi"), &mut out);
    encoder.fail(&error, &mut out);
    let text = String::from_utf8(out).expect("is UTF-8");
    let expected = "data: {\"error\":{\"message\":\"gone\",\"type\":\"upstream_error\",\"param\":null,\"code\":\"upstream\"}}\n\n";
    assert!(text.ends_with(expected) && !text.contains("[DONE]"));
    let body: Value = serde_json::from_slice(&Chat.encode_error(&error)).expect("is JSON");
    assert_eq!(body["error"]["message"], "gone");
}

#[test]
fn chunks_and_answers_are_two_forms_of_the_same() {
    let mut response = answer();
    response.choices.push(Choice {
        index: 1,
        message: Message::text(Role::Assistant, "text"),
        finish_reason: FinishReason::Length,
        native_finish_reason: None,
        stop_sequence: Some("END".into()),
        logprobs: Some(json!({"content": [{"token": "t"}], "refusal": null})),
    });
    let mut collector = Collector::default();
    for chunk in chunks_of(&response) {
        collector.push(&chunk);
    }
    assert_eq!(collector.finish().expect("is complete"), response);
}

#[test]
fn a_collected_stream_without_an_end_is_an_error() {
    let mut collector = Collector::default();
    collector.push(&text_chunk(0, "Hi"));
    assert_eq!(
        collector.finish().expect_err("is cut").kind,
        ErrorKind::Malformed
    );
    assert!(Collector::default().finish().is_err());
}

#[test]
fn logprobs_and_annotations_grow_over_chunks() {
    let mut collector = Collector::default();
    for token in ["a", "b"] {
        let mut chunk = text_chunk(0, token);
        chunk.choices[0].logprobs = Some(json!({"content": [{"token": token}]}));
        let extra = json!({"annotations": [token], "audio": {"data": token, "id": "x"}});
        chunk.choices[0].delta.extra = extra.as_object().expect("is an object").clone();
        collector.push(&chunk);
    }
    collector.push(&end_chunk(0));
    let response = collector.finish().expect("is complete");
    let choice = &response.choices[0];
    assert_eq!(
        choice.logprobs,
        Some(json!({"content": [{"token": "a"}, {"token": "b"}]}))
    );
    assert_eq!(choice.message.extra["annotations"], json!(["a", "b"]));
    assert_eq!(
        choice.message.extra["audio"],
        json!({"data": "ab", "id": "x"})
    );
}

#[test]
fn an_error_in_a_good_status_is_an_error() {
    let error = decode_chat(br#"{"error":{"message":"m","code":429}}"#).expect_err("is an error");
    assert_eq!(error.kind, ErrorKind::RateLimited);
    for body in ["{}", "[]", "", r#"{"choices":[]}"#, "<html>"] {
        let error = decode_chat(body.as_bytes()).expect_err(body);
        assert_eq!(error.kind, ErrorKind::Malformed, "{body}");
    }
}

#[test]
fn legacy_completions_are_served_by_chat_models() {
    let mut notes = Notes::default();
    let body = json!({"model": "m", "prompt": ["Say hi"], "max_tokens": 5, "echo": true, "best_of": 1, "user": "u"});
    let request = Completions
        .decode_request(body.to_string().as_bytes(), &mut notes)
        .expect("decodes");
    assert_eq!(request.messages, [Message::text(Role::User, "Say hi")]);
    assert_eq!(
        (request.max_tokens, request.user.as_deref()),
        (Some(5), Some("u"))
    );
    assert_eq!(notes.to_header(), "dropped=echo");
    let refuse = |body: Value, kind, param| refuse(&Completions, &body, kind, Some(param));
    refuse(json!({"model": "m"}), ErrorKind::InvalidRequest, "prompt");
    refuse(
        json!({"model": "m", "prompt": ["a", "b"]}),
        ErrorKind::NotSupported,
        "prompt",
    );
    refuse(
        json!({"model": "m", "prompt": [1, 2]}),
        ErrorKind::NotSupported,
        "prompt",
    );
    refuse(
        json!({"model": "m", "prompt": "a", "suffix": "z"}),
        ErrorKind::NotSupported,
        "suffix",
    );

    let mut response = answer();
    response.choices[0].message = Message::text(Role::Assistant, "hi");
    let written = Completions.encode_response(&response, &context());
    let written: Value = serde_json::from_slice(&written).expect("is JSON");
    assert_eq!(written["object"], "text_completion");
    assert_eq!(
        written["choices"],
        json!([{"text": "hi", "index": 0, "logprobs": null, "finish_reason": "stop"}])
    );
    assert_eq!(written["usage"]["prompt_tokens"], 5);

    let told = events(&Completions, &chunks_of(&response), context());
    let texts: String = told[..told.len() - 1]
        .iter()
        .map(|e| serde_json::from_str::<Value>(e).expect("is JSON"))
        .filter_map(|e| e["choices"][0]["text"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(texts, "hi");
    assert_eq!(told.last().map(String::as_str), Some("[DONE]"));
}
