//! Canonical answers, chunks and errors as Anthropic's clients get them.

use providers::chat::{
    ChatChunk, ChatResponse, Choice, ChunkChoice, Content, Delta, FinishReason, FunctionCall,
    FunctionDelta, Message, Role, ThinkingBlock, ToolCall, ToolCallDelta,
};
use providers::dialect::WireError;
use providers::dialect::messages::Messages;
use providers::{Dialect, Usage};
use serde_json::{Map, Value, json};

use super::{accumulate, context, encode_stream, events};

fn chunk(delta: Delta) -> ChatChunk {
    ChatChunk {
        id: "chatcmpl-1".to_owned(),
        model: "gpt".to_owned(),
        choices: vec![ChunkChoice {
            delta,
            ..ChunkChoice::default()
        }],
        ..ChatChunk::default()
    }
}

fn text(piece: &str) -> ChatChunk {
    chunk(Delta {
        content: Some(piece.to_owned()),
        ..Delta::default()
    })
}

fn reasoning(piece: &str) -> ChatChunk {
    chunk(Delta {
        reasoning_content: Some(piece.to_owned()),
        ..Delta::default()
    })
}

fn thought(thinking: &str, signature: Option<&str>) -> ChatChunk {
    chunk(Delta {
        thinking_blocks: Some(vec![ThinkingBlock::Thinking {
            thinking: thinking.to_owned(),
            signature: signature.map(str::to_owned),
        }]),
        ..Delta::default()
    })
}

/// A piece of a call; a first piece when it has a name.
fn call(index: u32, name: Option<&str>, arguments: &str) -> ChatChunk {
    chunk(Delta {
        tool_calls: Some(vec![ToolCallDelta {
            index,
            id: name.map(|name| format!("call_{name}")),
            kind: name.map(|_| "function".to_owned()),
            function: Some(FunctionDelta {
                name: name.map(str::to_owned),
                arguments: Some(arguments.to_owned()),
            }),
            extra: Map::new(),
        }]),
        ..Delta::default()
    })
}

fn end(reason: FinishReason) -> ChatChunk {
    let mut chunk = chunk(Delta::default());
    chunk.choices[0].finish_reason = Some(reason);
    chunk
}

#[test]
fn an_openai_stream_becomes_one_message() {
    let mut usage = chunk(Delta::default());
    usage.choices.clear();
    usage.usage = Some(Usage {
        cache_read_tokens: 40,
        ..Usage::tokens(100, 9)
    });
    let chunks = [
        chunk(Delta {
            role: Some(Role::Assistant),
            content: Some(String::new()),
            ..Delta::default()
        }),
        reasoning("Think"),
        reasoning("ing."),
        text("Sure"),
        text("."),
        call(0, Some("a"), ""),
        call(0, None, "{\"x\""),
        call(0, None, ":1}"),
        call(1, Some("b"), "{}"),
        end(FinishReason::ToolCalls),
        usage,
    ];
    let bytes = encode_stream(&chunks);
    let start = &events(&bytes)[0]["message"]["usage"];
    assert_eq!(
        start["input_tokens"], 77,
        "our estimate, until the vendor reports"
    );
    let message = accumulate(&bytes);
    assert_eq!(message["id"], "msg_req-7");
    assert_eq!(message["model"], "alias");
    assert_eq!(
        message["content"],
        json!([
            {"type": "thinking", "thinking": "Thinking.", "signature": ""},
            {"type": "text", "text": "Sure."},
            {"type": "tool_use", "id": "call_a", "name": "a", "input": {"x": 1}},
            {"type": "tool_use", "id": "call_b", "name": "b", "input": {}},
        ])
    );
    assert_eq!(message["stop_reason"], "tool_use");
    assert_eq!(message["usage"]["input_tokens"], 60, "without the cache");
    assert_eq!(message["usage"]["cache_read_input_tokens"], 40);
    assert_eq!(message["usage"]["output_tokens"], 9);
}

#[test]
fn interleaved_parallel_calls_do_not_overlap() {
    let chunks = [
        call(0, Some("a"), "{\"p\":\"}"),
        call(1, Some("b"), "{\"q\":"),
        call(0, None, "{\","),
        text("meanwhile"),
        call(2, Some("c"), ""),
        call(1, None, "2}"),
        call(0, None, "\"r\":3}"),
        call(1, None, " "),
        end(FinishReason::ToolCalls),
    ];
    let message = accumulate(&encode_stream(&chunks));
    assert_eq!(
        message["content"],
        json!([
            {"type": "tool_use", "id": "call_a", "name": "a", "input": {"p": "}{", "r": 3}},
            {"type": "tool_use", "id": "call_b", "name": "b", "input": {"q": 2}},
            {"type": "text", "text": "meanwhile"},
            {"type": "tool_use", "id": "call_c", "name": "c", "input": {}},
        ])
    );
}

#[test]
fn calls_in_sequence_are_streamed_and_not_held_back() {
    let mut encoder = Messages.encoder(context());
    let mut out = Vec::new();
    for chunk in [
        call(0, Some("a"), "{\"x\":1}"),
        call(1, Some("b"), "{\"y\":"),
    ] {
        encoder.push(&chunk, &mut out);
    }
    let last = events(&out).pop().expect("has events");
    assert_eq!(last["index"], 1);
    assert_eq!(last["delta"]["partial_json"], "{\"y\":");
}

#[test]
fn a_call_without_an_id_gets_one_and_waits_for_its_name() {
    let mut first = call(0, None, "");
    let calls = first.choices[0]
        .delta
        .tool_calls
        .as_mut()
        .expect("has calls");
    calls[0].id = Some(String::new());
    let mut second = call(0, Some("late"), "{}");
    let calls = second.choices[0]
        .delta
        .tool_calls
        .as_mut()
        .expect("has calls");
    calls[0].id = None;
    let message = accumulate(&encode_stream(&[first, second, end(FinishReason::Stop)]));
    assert_eq!(
        message["content"],
        json!([{"type": "tool_use", "id": "toolu_req-7_0", "name": "late", "input": {}}])
    );
    assert_eq!(message["stop_reason"], "tool_use", "the client must run it");
}

#[test]
fn thinking_is_signed_whole_and_never_twice() {
    let signed = [
        reasoning("a"),
        reasoning("b"),
        thought("ab", Some("sig")),
        thought("", Some("hidden")),
        text("x"),
        thought("late", Some("sig2")),
        end(FinishReason::Stop),
    ];
    let message = accumulate(&encode_stream(&signed));
    assert_eq!(
        message["content"],
        json!([
            {"type": "thinking", "thinking": "ab", "signature": "sig"},
            {"type": "thinking", "thinking": "", "signature": "hidden"},
            {"type": "text", "text": "x"},
            {"type": "thinking", "thinking": "late", "signature": "sig2"},
        ])
    );
    let repeated = [
        reasoning("ab"),
        text("x"),
        thought("ab", Some("sig")),
        end(FinishReason::Stop),
    ];
    let message = accumulate(&encode_stream(&repeated));
    assert_eq!(message["content"].as_array().map(Vec::len), Some(2));
}

#[test]
fn other_choices_are_left_out_and_an_empty_stream_is_a_message() {
    let mut other = text("second");
    other.choices[0].index = 1;
    let message = accumulate(&encode_stream(&[
        text("first"),
        other,
        end(FinishReason::Length),
    ]));
    assert_eq!(
        message["content"],
        json!([{"type": "text", "text": "first"}])
    );
    assert_eq!(message["stop_reason"], "max_tokens");
    let message = accumulate(&encode_stream(&[]));
    assert_eq!(message["stop_reason"], "end_turn");
    assert_eq!(message["usage"]["input_tokens"], 77);
}

#[test]
fn reported_zero_is_not_replaced_by_the_estimate() {
    let mut first = text("x");
    first.usage = Some(Usage::tokens(0, 0));
    let bytes = encode_stream(&[first, end(FinishReason::Stop)]);
    assert_eq!(events(&bytes)[0]["message"]["usage"]["input_tokens"], 0);
    assert_eq!(accumulate(&bytes)["usage"]["input_tokens"], 0);
}

#[test]
fn endings_agree_between_stream_and_answer() {
    for (finish, native, sequence, expected) in [
        (FinishReason::Stop, None, None, "end_turn"),
        (
            FinishReason::Stop,
            Some("stop_sequence"),
            Some("END"),
            "stop_sequence",
        ),
        (FinishReason::Stop, None, Some("END"), "stop_sequence"),
        (FinishReason::Stop, Some("pause_turn"), None, "pause_turn"),
        (FinishReason::Stop, Some("STOP"), None, "end_turn"),
        (FinishReason::Length, None, None, "max_tokens"),
        (
            FinishReason::Length,
            Some("model_context_window_exceeded"),
            None,
            "model_context_window_exceeded",
        ),
        (FinishReason::ContentFilter, None, None, "refusal"),
        (FinishReason::ContentFilter, Some("SAFETY"), None, "refusal"),
        (FinishReason::ToolCalls, None, None, "tool_use"),
        (FinishReason::FunctionCall, None, None, "tool_use"),
    ] {
        let mut last = end(finish);
        last.choices[0].native_finish_reason = native.map(str::to_owned);
        last.choices[0].stop_sequence = sequence.map(str::to_owned);
        let streamed = accumulate(&encode_stream(&[text("x"), last]));
        let answer = answer(
            Message::text(Role::Assistant, "x"),
            finish,
            native,
            sequence,
        );
        for message in [&streamed, &answer] {
            assert_eq!(message["stop_reason"], expected, "{finish:?} {native:?}");
            assert_eq!(message["stop_sequence"], json!(sequence), "{finish:?}");
        }
    }
}

fn answer(
    message: Message,
    finish_reason: FinishReason,
    native: Option<&str>,
    sequence: Option<&str>,
) -> Value {
    let response = ChatResponse {
        id: "chatcmpl-1".to_owned(),
        model: "gpt".to_owned(),
        choices: vec![Choice {
            index: 0,
            message,
            finish_reason,
            native_finish_reason: native.map(str::to_owned),
            stop_sequence: sequence.map(str::to_owned),
            logprobs: None,
        }],
        ..ChatResponse::default()
    };
    serde_json::from_slice(&Messages.encode_response(&response, &context())).expect("is JSON")
}

#[test]
fn a_complete_answer_has_all_blocks_in_order() {
    let call = |id: &str, arguments: &str| ToolCall {
        id: id.to_owned(),
        kind: "function".to_owned(),
        function: Some(FunctionCall {
            name: "f".to_owned(),
            arguments: arguments.to_owned(),
        }),
        extra: Map::new(),
    };
    let message = Message {
        reasoning_content: Some("why".to_owned()),
        content: Some(Content::Text("hi".to_owned())),
        refusal: Some("no".to_owned()),
        tool_calls: Some(vec![
            call("c1", "{\"a\":1}"),
            call("", ""),
            call("c3", "{\"cut"),
        ]),
        ..Message::empty(Role::Assistant)
    };
    let out = answer(message, FinishReason::ToolCalls, None, None);
    assert_eq!(out["id"], "msg_req-7");
    assert_eq!(
        out["content"],
        json!([
            {"type": "thinking", "thinking": "why", "signature": ""},
            {"type": "text", "text": "hi"},
            {"type": "text", "text": "no"},
            {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
            {"type": "tool_use", "id": "toolu_req-7_1", "name": "f", "input": {}},
            {"type": "tool_use", "id": "c3", "name": "f", "input": {"raw_arguments": "{\"cut"}},
        ])
    );
    assert_eq!(
        out["usage"]["input_tokens"], 77,
        "our estimate where the vendor is silent"
    );
}

#[test]
fn a_refusal_is_text_with_the_stop_reason_refusal() {
    let refused = chunk(Delta {
        refusal: Some("I cannot.".to_owned()),
        ..Delta::default()
    });
    let streamed = accumulate(&encode_stream(&[refused, end(FinishReason::Stop)]));
    let message = Message {
        refusal: Some("I cannot.".to_owned()),
        ..Message::empty(Role::Assistant)
    };
    let whole = answer(message, FinishReason::Stop, None, None);
    for message in [streamed, whole] {
        assert_eq!(
            message["content"],
            json!([{"type": "text", "text": "I cannot."}])
        );
        assert_eq!(message["stop_reason"], "refusal");
    }
}

fn wire(status: u16) -> WireError<'static> {
    WireError {
        status,
        message: "it \"broke\"",
        kind: "server_error",
        code: None,
        param: None,
        request_id: "req-7",
    }
}

#[test]
fn errors_have_anthropics_shape_and_types() {
    for (status, kind) in [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (408, "timeout_error"),
        (409, "conflict_error"),
        (413, "request_too_large"),
        (422, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ] {
        let body: Value =
            serde_json::from_slice(&Messages.encode_error(&wire(status))).expect("is JSON");
        let expected = json!({
            "type": "error",
            "error": {"type": kind, "message": "it \"broke\""},
            "request_id": "req-7",
        });
        assert_eq!(body, expected, "{status}");
    }
}

#[test]
fn a_failed_stream_ends_with_the_error_and_nothing_else() {
    let mut encoder = Messages.encoder(context());
    let mut out = Vec::new();
    encoder.push(&text("half"), &mut out);
    encoder.fail(&wire(529), &mut out);
    encoder.push(&text("more"), &mut out);
    encoder.finish(&mut out);
    encoder.fail(&wire(500), &mut out);
    let events = events(&out);
    let last = events.last().expect("has events");
    assert_eq!(last["error"]["type"], "overloaded_error");
    assert_eq!(events.iter().filter(|e| e["type"] == "error").count(), 1);
    assert!(!events.iter().any(|e| e["type"] == "message_stop"));
}

proptest::proptest! {
    /// However a vendor mixes the pieces of its calls, each call arrives whole and in its own block.
    #[test]
    fn any_interleaving_gives_the_same_calls(order in proptest::collection::vec(0u32..3, 0..60)) {
        let arguments = ["{\"a\":\"}{\\\"\"}", "{}", "{\"b\":[1,{\"c\":null}]}"];
        let mut sent = [0; 3];
        let mut chunks = Vec::new();
        let rest = (0..3).flat_map(|index| std::iter::repeat_n(index, 30));
        for index in order.into_iter().chain(rest) {
            let at = index as usize;
            let name = (sent[at] == 0).then(|| ["x", "y", "z"][at]);
            let piece = arguments[at].get(sent[at]..=sent[at]).unwrap_or("");
            sent[at] += 1;
            chunks.push(call(index, name, piece));
        }
        chunks.push(end(FinishReason::ToolCalls));
        let message = accumulate(&encode_stream(&chunks));
        let blocks = message["content"].as_array().expect("is an array");
        proptest::prop_assert_eq!(blocks.len(), 3);
        for (at, name) in ["x", "y", "z"].iter().enumerate() {
            let block = blocks.iter().find(|b| b["name"] == *name).expect("was called");
            let expected: Value = serde_json::from_str(arguments[at]).expect("is JSON");
            proptest::prop_assert_eq!(&block["input"], &expected);
        }
    }
}
