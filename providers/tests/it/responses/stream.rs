//! Canonical chunks to the events of a stream.

use providers::Usage;
use providers::chat::{
    ChatChunk, ChunkChoice, Delta, FinishReason, FunctionDelta, Role, ThinkingBlock, ToolCallDelta,
};
use providers::dialect::Dialect;
use providers::dialect::responses::Responses;
use serde_json::{Map, Value, json};

use super::{assert_complete_response, decode, events, plain_context, types, wire_error};

pub(super) fn chunk(delta: Delta) -> ChatChunk {
    ChatChunk {
        id: "chatcmpl-7".to_owned(),
        created: 1_700_000_000,
        model: "vendor-model".to_owned(),
        choices: vec![ChunkChoice {
            delta,
            ..ChunkChoice::default()
        }],
        usage: None,
        extra: Map::new(),
    }
}

pub(super) fn role() -> ChatChunk {
    chunk(Delta {
        role: Some(Role::Assistant),
        content: Some(String::new()),
        ..Delta::default()
    })
}

pub(super) fn text(text: &str) -> ChatChunk {
    chunk(Delta {
        content: Some(text.to_owned()),
        ..Delta::default()
    })
}

pub(super) fn reasoning(text: &str) -> ChatChunk {
    chunk(Delta {
        reasoning_content: Some(text.to_owned()),
        ..Delta::default()
    })
}

pub(super) fn block(block: ThinkingBlock) -> ChatChunk {
    chunk(Delta {
        thinking_blocks: Some(vec![block]),
        ..Delta::default()
    })
}

pub(super) fn refusal(text: &str) -> ChatChunk {
    chunk(Delta {
        refusal: Some(text.to_owned()),
        ..Delta::default()
    })
}

pub(super) fn call_start(index: u32, id: &str, arguments: &str) -> ToolCallDelta {
    ToolCallDelta {
        index,
        id: Some(id.to_owned()),
        kind: Some("function".to_owned()),
        function: Some(FunctionDelta {
            name: Some("weather".to_owned()),
            arguments: Some(arguments.to_owned()),
        }),
        extra: Map::new(),
    }
}

pub(super) fn call_more(index: u32, arguments: &str) -> ToolCallDelta {
    ToolCallDelta {
        index,
        function: Some(FunctionDelta {
            name: None,
            arguments: Some(arguments.to_owned()),
        }),
        ..ToolCallDelta::default()
    }
}

pub(super) fn calls(calls: Vec<ToolCallDelta>) -> ChatChunk {
    chunk(Delta {
        tool_calls: Some(calls),
        ..Delta::default()
    })
}

pub(super) fn end(finish: FinishReason) -> ChatChunk {
    let mut chunk = chunk(Delta::default());
    chunk.choices[0].finish_reason = Some(finish);
    chunk
}

pub(super) fn usage() -> ChatChunk {
    ChatChunk {
        choices: Vec::new(),
        usage: Some(Usage {
            cache_read_tokens: 4,
            ..Usage::tokens(12, 8)
        }),
        ..chunk(Delta::default())
    }
}

/// Runs chunks through a fresh encoder up to the clean end.
pub(super) fn run(chunks: &[ChatChunk]) -> Vec<Value> {
    let mut out = Vec::new();
    let mut encoder = Responses.encoder(plain_context());
    for chunk in chunks {
        encoder.push(chunk, &mut out);
    }
    encoder.finish(&mut out);
    events(&out)
}

fn last_response(events: &[Value]) -> &Value {
    let response = &events.last().expect("has events")["response"];
    assert_complete_response(response);
    response
}

fn golden(name: &str, events: &[Value]) {
    insta::with_settings!({
        snapshot_path => "../fixtures/responses/chunks",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_json_snapshot!(name, events);
    });
}

#[test]
fn text_is_streamed_in_the_documented_order() {
    // litellm #22102, #32724, #19368: no `output_item.added`, and an empty output at the end.
    let events = run(&[
        role(),
        text("Hel"),
        text("lo"),
        end(FinishReason::Stop),
        usage(),
    ]);
    assert_eq!(
        types(&events),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let response = last_response(&events);
    assert_eq!(response["output"][0]["content"][0]["text"], "Hello");
    assert_eq!(
        response["usage"]["input_tokens_details"]["cached_tokens"],
        4
    );
    assert_eq!(events[0]["response"]["status"], "in_progress");
    assert_eq!(events[0]["response"]["output"], json!([]));
    assert_complete_response(&events[0]["response"]);
    golden("text", &events);
}

#[test]
fn interleaved_parallel_calls_are_items_of_their_own() {
    let events = run(&[
        role(),
        text("Looking."),
        calls(vec![call_start(0, "call_a", "")]),
        calls(vec![call_start(1, "call_b", ""), call_more(0, "{\"c\"")]),
        calls(vec![call_more(1, "{\"d\"")]),
        calls(vec![call_more(0, ":1}"), call_more(1, ":2}")]),
        calls(vec![call_start(2, "call_c", "")]),
        end(FinishReason::ToolCalls),
        usage(),
    ]);
    let output = &last_response(&events)["output"];
    let told: Vec<_> = output
        .as_array()
        .expect("is a list")
        .iter()
        .skip(1)
        .collect();
    let facts: Vec<_> = told
        .iter()
        .map(|call| (call["call_id"].as_str(), call["arguments"].as_str()))
        .collect();
    assert_eq!(
        facts,
        [
            (Some("call_a"), Some("{\"c\":1}")),
            (Some("call_b"), Some("{\"d\":2}")),
            (Some("call_c"), Some("{}")),
        ]
    );
    golden("parallel_calls", &events);
}

#[test]
fn reasoning_comes_before_text_and_carries_its_seal() {
    let signed = ThinkingBlock::Thinking {
        thinking: "2 + 2".to_owned(),
        signature: Some("c2ln".to_owned()),
    };
    let events = run(&[
        role(),
        reasoning("2 +"),
        reasoning(" 2"),
        block(signed.clone()),
        text("4"),
        end(FinishReason::Stop),
        usage(),
    ]);
    golden("reasoning", &events);
    let (chat, _) = decode(&json!({"model": "m", "input": last_response(&events)["output"]}));
    let assistant = &chat.messages[0];
    assert_eq!(assistant.thinking_blocks, Some(vec![signed]));
    assert_eq!(assistant.reasoning_content.as_deref(), Some("2 + 2"));
    assert_eq!(assistant.plain_text(), "4");
}

#[test]
fn blocks_without_deltas_are_told_once() {
    let signed = |text: &str| ThinkingBlock::Thinking {
        thinking: text.to_owned(),
        signature: Some("c2ln".to_owned()),
    };
    let redacted = ThinkingBlock::RedactedThinking {
        data: "b3BhcXVl".to_owned(),
    };
    let events = run(&[
        block(signed("First.")),
        block(redacted.clone()),
        reasoning("Second."),
        text("4"),
        block(signed("Second.")),
        end(FinishReason::Stop),
    ]);
    let output = &last_response(&events)["output"];
    let summaries: Vec<_> = output
        .as_array()
        .expect("is a list")
        .iter()
        .filter(|item| item["type"] == "reasoning")
        .map(|item| item["summary"][0]["text"].as_str())
        .collect();
    assert_eq!(summaries, [Some("First."), None, Some("Second."), None]);
    let (chat, _) = decode(&json!({"model": "m", "input": output}));
    let blocks: Vec<_> = chat
        .messages
        .iter()
        .filter_map(|m| m.thinking_blocks.clone())
        .flatten()
        .collect();
    // The late signature follows its text, so its turn holds nothing to replay it before.
    assert_eq!(blocks, [signed("First."), redacted]);
}

#[test]
fn a_thought_signature_of_a_call_survives_the_round_trip() {
    let signature = json!({"google": {"thought_signature": "Z2Vt"}});
    let mut first = call_start(0, "call_a", "{}");
    first
        .extra
        .insert("extra_content".to_owned(), signature.clone());
    let mut late = call_more(1, "");
    late.extra
        .insert("extra_content".to_owned(), signature.clone());
    let events = run(&[
        calls(vec![first]),
        calls(vec![call_start(1, "call_b", "{}")]),
        calls(vec![late]),
        end(FinishReason::ToolCalls),
    ]);
    let (chat, _) = decode(&json!({"model": "m", "input": last_response(&events)["output"]}));
    let calls = chat.messages[0].tool_calls.as_ref().expect("has calls");
    assert_eq!(chat.messages.len(), 1);
    assert_eq!(calls.len(), 2);
    for call in calls {
        assert_eq!(call.extra["extra_content"], signature, "{}", call.id);
    }
}

#[test]
fn a_refusal_has_its_own_part() {
    let events = run(&[
        text("Well. "),
        refusal("I can"),
        refusal("not."),
        end(FinishReason::Stop),
    ]);
    assert_eq!(
        types(&events)[3..],
        [
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.content_part.added",
            "response.refusal.delta",
            "response.refusal.delta",
            "response.refusal.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    golden("refusal", &events);
    assert_eq!(events[8]["content_index"], 1);
    let content = &last_response(&events)["output"][0]["content"];
    assert_eq!(
        content[1],
        json!({"type": "refusal", "refusal": "I cannot."})
    );
}

#[test]
fn limits_and_filters_end_incomplete() {
    for (finish, reason) in [
        (FinishReason::Length, "max_output_tokens"),
        (FinishReason::ContentFilter, "content_filter"),
    ] {
        let events = run(&[
            text("One"),
            calls(vec![call_start(0, "call_a", "{}")]),
            calls(vec![call_start(1, "call_b", "{\"c")]),
            end(finish),
            usage(),
        ]);
        golden(reason, &events);
        assert_eq!(types(&events).last(), Some(&"response.incomplete"));
        let response = last_response(&events);
        assert_eq!(response["status"], "incomplete");
        assert_eq!(response["incomplete_details"]["reason"], reason);
        assert_eq!(response["usage"]["total_tokens"], 20);
        let states: Vec<_> = response["output"]
            .as_array()
            .expect("is a list")
            .iter()
            .map(|item| item["status"].as_str().expect("has a status"))
            .collect();
        assert_eq!(states, ["completed", "completed", "incomplete"]);
    }
}

#[test]
fn a_cut_stream_fails_and_nothing_follows() {
    let mut out = Vec::new();
    let mut encoder = Responses.encoder(plain_context());
    encoder.push(&text("Hel"), &mut out);
    encoder.fail(&wire_error(), &mut out);
    encoder.push(&text("lo"), &mut out);
    encoder.finish(&mut out);
    encoder.fail(&wire_error(), &mut out);
    let events = events(&out);
    golden("cut", &events);
    assert_eq!(
        types(&events)[4..],
        ["response.output_text.delta", "error", "response.failed"]
    );
    // The official clients raise what has an `error` object.
    assert_eq!(events[5]["message"], "the vendor's stream ended early");
    assert_eq!(events[5]["error"]["type"], "server_error");
    let response = last_response(&events);
    assert_eq!(response["status"], "failed");
    assert_eq!(
        response["error"],
        json!({"code": "server_error", "message": "the vendor's stream ended early"})
    );
    assert_eq!(response["output"][0]["status"], "incomplete");
    assert_eq!(response["output"][0]["content"][0]["text"], "Hel");
}

#[test]
fn a_stream_that_never_began_is_an_error_event_alone() {
    let mut out = Vec::new();
    let mut encoder = Responses.encoder(plain_context());
    encoder.fail(&wire_error(), &mut out);
    let events = events(&out);
    assert_eq!(types(&events), ["error"]);
    for field in ["code", "message", "param"] {
        assert!(events[0].get(field).is_some(), "{field}");
    }
}

#[test]
fn an_empty_answer_still_has_a_message() {
    let events = run(&[role(), reasoning("Hm."), end(FinishReason::Stop)]);
    let response = last_response(&events);
    assert_eq!(response["output"][1]["content"][0]["text"], "");
    let cut = run(&[role(), end(FinishReason::Length)]);
    assert_eq!(last_response(&cut)["output"], json!([]));
}

#[test]
fn log_probabilities_and_citations_reach_the_text() {
    let mut first = text("Hi");
    first.choices[0].logprobs = Some(json!({"content": [
        {"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []},
    ]}));
    let mut cited = text("");
    cited.choices[0].delta.extra.insert(
        "annotations".to_owned(),
        json!([{"type": "url_citation", "url_citation": {"url": "https://a.b", "title": "A", "start_index": 0, "end_index": 2}}]),
    );
    let events = run(&[first, cited, end(FinishReason::Stop)]);
    let delta = &events[4];
    assert_eq!(delta["logprobs"][0]["token"], "Hi");
    assert_eq!(events[5]["type"], "response.output_text.annotation.added");
    assert_eq!(events[5]["annotation"]["url"], "https://a.b");
    let part = &last_response(&events)["output"][0]["content"][0];
    assert_eq!(part["logprobs"][0]["logprob"], -0.1);
    assert_eq!(part["annotations"][0]["title"], "A");
}

#[test]
fn other_choices_are_not_mixed_in() {
    let mut other = text("other");
    other.choices[0].index = 1;
    let events = run(&[text("one"), other, end(FinishReason::Stop)]);
    let content = &last_response(&events)["output"][0]["content"];
    assert_eq!(content[0]["text"], "one");
}

#[test]
fn ids_are_stable_and_the_same_in_all_events() {
    let chunks = [text("a"), end(FinishReason::Stop)];
    assert_eq!(run(&chunks), run(&chunks));
    let events = run(&chunks);
    let id = &events[2]["item"]["id"];
    for event in &events[3..7] {
        assert_eq!(&event["item_id"], id, "{event}");
    }
    assert_eq!(&events[7]["item"]["id"], id);
    assert_eq!(&last_response(&events)["output"][0]["id"], id);
}
