//! Canonical answers to complete response objects.

use providers::chat::{
    ChatResponse, Choice, Content, FinishReason, FunctionCall, Message, Role, ThinkingBlock,
    ToolCall,
};
use providers::dialect::Dialect;
use providers::dialect::responses::{Responses, response_id};
use providers::{Usage, dialect::EncodeContext};
use serde_json::{Map, Value, json};

use super::{assert_complete_response, context, decode, plain_context, wire_error};

fn answer(message: Message, finish_reason: FinishReason) -> ChatResponse {
    ChatResponse {
        id: "chatcmpl-7".to_owned(),
        created: 1_700_000_000,
        model: "vendor-model-2026".to_owned(),
        choices: vec![Choice {
            index: 0,
            message,
            finish_reason,
            native_finish_reason: None,
            stop_sequence: None,
            logprobs: None,
        }],
        usage: Some(Usage {
            cache_read_tokens: 4,
            reasoning_tokens: 2,
            ..Usage::tokens(30, 5)
        }),
        extra: Map::new(),
    }
}

fn encode(response: &ChatResponse, context: &EncodeContext) -> Value {
    let bytes = Responses.encode_response(response, context);
    let value: Value = serde_json::from_slice(&bytes).expect("is JSON");
    assert_complete_response(&value);
    value
}

fn call(id: &str, arguments: &str) -> ToolCall {
    ToolCall {
        id: id.to_owned(),
        kind: "function".to_owned(),
        function: Some(FunctionCall {
            name: "weather".to_owned(),
            arguments: arguments.to_owned(),
        }),
        extra: Map::new(),
    }
}

fn thinking(text: &str, signature: &str) -> ThinkingBlock {
    ThinkingBlock::Thinking {
        thinking: text.to_owned(),
        signature: Some(signature.to_owned()),
    }
}

#[test]
fn a_text_answer_has_the_defaults_of_the_document() {
    let text = answer(Message::text(Role::Assistant, "Hello!"), FinishReason::Stop);
    let response = encode(&text, &plain_context());
    insta::with_settings!({
        snapshot_path => "../fixtures/responses",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_json_snapshot!("text_response", response);
    });
}

#[test]
fn the_request_s_fields_are_repeated() {
    let request = json!({
        "model": "some-model",
        "input": "hi",
        "instructions": "Be brief.",
        "tools": [{"type": "function", "name": "weather"}, {"type": "web_search"}],
        "tool_choice": {"type": "function", "name": "weather"},
        "parallel_tool_calls": false,
        "temperature": 0.5,
        "top_p": 0.25,
        "max_output_tokens": 64,
        "text": {"format": {"type": "json_object"}},
        "reasoning": {"effort": "low"},
        "metadata": {"a": "b"},
        "truncation": "auto",
        "store": false,
        "user": "u",
        "previous_response_id": "resp_before",
        "prompt_cache_key": "k",
        "safety_identifier": "s",
    });
    let text = answer(Message::text(Role::Assistant, "Hello!"), FinishReason::Stop);
    let response = encode(&text, &context(request.clone()));
    for field in [
        "instructions",
        "tool_choice",
        "parallel_tool_calls",
        "temperature",
        "top_p",
        "max_output_tokens",
        "metadata",
        "truncation",
        "store",
        "user",
        "previous_response_id",
        "prompt_cache_key",
        "safety_identifier",
    ] {
        assert_eq!(response[field], request[field], "{field}");
    }
    assert_eq!(
        response["tools"],
        json!([
            {"type": "function", "name": "weather", "parameters": null, "strict": null},
            {"type": "web_search"},
        ])
    );
    assert_eq!(
        response["text"],
        json!({"format": {"type": "json_object"}, "verbosity": "medium"})
    );
    assert_eq!(
        response["reasoning"],
        json!({"effort": "low", "summary": null})
    );
}

#[test]
fn identity_comes_from_the_request_and_time_from_the_vendor() {
    let mut text = answer(Message::text(Role::Assistant, "Hello!"), FinishReason::Stop);
    text.extra.insert("service_tier".to_owned(), json!("flex"));
    let response = encode(&text, &plain_context());
    assert_eq!(response["id"], response_id("req_0199"));
    assert_eq!(response["model"], "some-model");
    assert_eq!(response["created_at"], 1_700_000_000);
    assert_eq!(response["service_tier"], "flex");
    text.created = 0;
    let response = encode(&text, &plain_context());
    assert_eq!(response["created_at"], 1_763_800_000);
}

#[test]
fn parallel_calls_are_items_of_their_own() {
    let message = Message {
        content: Some(Content::Text("Looking.".to_owned())),
        tool_calls: Some(vec![call("call_a", "{\"c\":1}"), call("call_b", "")]),
        ..Message::empty(Role::Assistant)
    };
    let response = encode(&answer(message, FinishReason::ToolCalls), &plain_context());
    assert_eq!(response["status"], "completed");
    assert_eq!(
        response["output"],
        json!([
            {"type": "message", "id": "msg_0199_0", "status": "completed", "role": "assistant", "content": [
                {"type": "output_text", "text": "Looking.", "annotations": [], "logprobs": []},
            ]},
            {"type": "function_call", "id": "fc_0199_1", "status": "completed", "call_id": "call_a", "name": "weather", "arguments": "{\"c\":1}"},
            {"type": "function_call", "id": "fc_0199_2", "status": "completed", "call_id": "call_b", "name": "weather", "arguments": "{}"},
        ])
    );
}

#[test]
fn answers_that_are_not_whole_say_why() {
    for (finish, reason) in [
        (FinishReason::Length, "max_output_tokens"),
        (FinishReason::ContentFilter, "content_filter"),
    ] {
        let message = Message {
            content: Some(Content::Text("One".to_owned())),
            tool_calls: Some(vec![call("call_a", "{\"c\":")]),
            ..Message::empty(Role::Assistant)
        };
        let response = encode(&answer(message, finish), &plain_context());
        assert_eq!(response["status"], "incomplete");
        assert_eq!(response["incomplete_details"], json!({ "reason": reason }));
        assert_eq!(response["output"][0]["status"], "completed");
        assert_eq!(response["output"][1]["status"], "incomplete");
        assert_eq!(response["output"][1]["arguments"], "{\"c\":");
    }
}

#[test]
fn a_refusal_is_a_part_of_the_message() {
    let message = Message {
        refusal: Some("I cannot.".to_owned()),
        ..Message::empty(Role::Assistant)
    };
    let response = encode(&answer(message, FinishReason::Stop), &plain_context());
    assert_eq!(
        response["output"][0]["content"],
        json!([{"type": "refusal", "refusal": "I cannot."}])
    );
}

#[test]
fn signed_reasoning_comes_back_as_it_went_out() {
    // litellm #15601, bifrost #5274: lost signatures make the next tool turn a 400.
    let blocks = vec![
        thinking("Two cities.", "c2lnMQ=="),
        ThinkingBlock::RedactedThinking {
            data: "b3BhcXVl".to_owned(),
        },
        thinking("Ask the tool.", "c2lnMg=="),
    ];
    let mut calls = vec![call("call_a", "{}"), call("call_b", "{}")];
    let signature = json!({"google": {"thought_signature": "Z2Vt"}});
    calls[1].extra.insert("extra_content".to_owned(), signature);
    let message = Message {
        content: Some(Content::Text("Looking.".to_owned())),
        reasoning_content: Some("Two cities.Ask the tool.".to_owned()),
        thinking_blocks: Some(blocks.clone()),
        tool_calls: Some(calls.clone()),
        ..Message::empty(Role::Assistant)
    };
    let response = encode(&answer(message, FinishReason::ToolCalls), &plain_context());

    // The client sends the output back, with summaries trimmed.
    let mut input = vec![json!({"role": "user", "content": "Weather?"})];
    let output = response["output"].as_array().expect("is a list").clone();
    input.extend(output.into_iter().map(|mut item| {
        if item["type"] == "reasoning" {
            item["summary"] = json!([]);
        }
        item
    }));
    for id in ["call_a", "call_b"] {
        input.push(json!({"type": "function_call_output", "call_id": id, "output": "sun"}));
    }
    let (chat, notes) = decode(&json!({"model": "m", "input": input}));
    assert_eq!(chat.messages.len(), 4);
    let assistant = &chat.messages[1];
    assert_eq!(assistant.thinking_blocks.as_ref(), Some(&blocks));
    assert_eq!(assistant.tool_calls.as_ref(), Some(&calls));
    assert_eq!(assistant.plain_text(), "Looking.");
    assert!(notes.is_empty(), "{}", notes.to_header());
}

#[test]
fn unsigned_reasoning_is_a_summary_without_a_seal() {
    let message = Message {
        content: Some(Content::Text("4".to_owned())),
        reasoning_content: Some("2 + 2".to_owned()),
        ..Message::empty(Role::Assistant)
    };
    let response = encode(&answer(message, FinishReason::Stop), &plain_context());
    assert_eq!(
        response["output"][0],
        json!({
            "type": "reasoning", "id": "rs_0199_0", "status": "completed",
            "summary": [{"type": "summary_text", "text": "2 + 2"}], "encrypted_content": null,
        })
    );
    assert_eq!(response["output"][1]["content"][0]["text"], "4");
}

#[test]
fn an_empty_answer_has_an_empty_message() {
    let empty = answer(Message::empty(Role::Assistant), FinishReason::Stop);
    let response = encode(&empty, &plain_context());
    assert_eq!(response["output"][0]["content"][0]["text"], "");
    let cut = answer(Message::empty(Role::Assistant), FinishReason::Length);
    let response = encode(&cut, &plain_context());
    assert_eq!(response["output"], json!([]));
}

#[test]
fn an_error_body_is_openai_s() {
    let bytes = Responses.encode_error(&wire_error());
    let value: Value = serde_json::from_slice(&bytes).expect("is JSON");
    assert_eq!(
        value,
        json!({"error": {"message": "the vendor's stream ended early", "type": "server_error", "param": null, "code": null}})
    );
}
