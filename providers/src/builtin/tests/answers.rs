//! Streams, usage, limits.

use super::super::{Purpose, models};
use super::*;
use crate::chat::Role;
use crate::tokens;

#[tokio::test]
async fn an_answer_streams_role_words_finish_and_usage() {
    let chunks = chunks("builtin/echo", saying("one two  three", json!({}))).await;
    assert_eq!(chunks[0].choices[0].delta.role, Some(Role::Assistant));
    let pieces: Vec<&str> = chunks[1..4]
        .iter()
        .filter_map(|c| c.choices[0].delta.content.as_deref())
        .collect();
    assert_eq!(pieces, ["one", " two", "  three"]);
    assert_eq!(chunks[4].choices[0].finish_reason, Some(FinishReason::Stop));
    let usage = chunks[5].usage.clone().expect("usage");
    assert!(chunks[5].choices.is_empty() && chunks.len() == 6);
    let words = tokens::count("builtin/echo", "one two  three");
    assert_eq!(
        (usage.input_tokens, usage.output_tokens),
        (3 + 4 + words, words)
    );
    let id = &chunks[0].id;
    assert!(
        chunks
            .iter()
            .all(|c| c.id == *id && c.model == "builtin/x" && !id.is_empty())
    );
}

#[tokio::test]
async fn two_answers_have_two_ids() {
    let first = chunks("echo", saying("a", json!({}))).await;
    let second = chunks("echo", saying("a", json!({}))).await;
    assert_ne!(first[0].id, second[0].id);
}

#[tokio::test]
async fn chinese_streams_character_by_character() {
    let chunks = chunks("echo", saying("你好，世界", json!({}))).await;
    assert_eq!(chunks.len(), 1 + 5 + 2);
    assert_eq!(text(&chunks, 0), "你好，世界");
}

#[tokio::test]
async fn echo_repeats_the_last_user_message_only() {
    let messages = json!([
        {"role": "system", "content": "s"},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "se"}, {"type": "text", "text": "cond"}]},
    ]);
    let chunks = chunks(
        "builtin/echo",
        request(json!({"model": "m", "messages": messages})),
    )
    .await;
    assert_eq!(text(&chunks, 0), "second");
}

#[tokio::test]
async fn the_token_cap_ends_an_answer_by_length() {
    for cap in ["max_tokens", "max_completion_tokens"] {
        let chunks = chunks("echo", saying("one two three four five", json!({cap: 2}))).await;
        assert_eq!(text(&chunks, 0), "one two");
        assert_eq!(finishes(&chunks), [FinishReason::Length]);
        assert_eq!(
            chunks
                .last()
                .and_then(|c| c.usage.clone())
                .expect("usage")
                .output_tokens,
            2
        );
    }
}

#[tokio::test]
async fn the_first_stop_sequence_ends_an_answer_before_it() {
    let more = json!({"stop": ["five", "three", ""]});
    let chunks = chunks("echo", saying("one two three four five", more)).await;
    assert_eq!(text(&chunks, 0), "one two ");
    let end = chunks
        .iter()
        .flat_map(|c| &c.choices)
        .find(|c| c.finish_reason.is_some());
    assert_eq!(end.and_then(|c| c.stop_sequence.as_deref()), Some("three"));
    assert_eq!(finishes(&chunks), [FinishReason::Stop]);
}

#[tokio::test]
async fn several_choices_are_interleaved_and_all_billed() {
    let one = chunks("echo", saying("one two", json!({}))).await;
    let three = chunks("echo", saying("one two", json!({"n": 3}))).await;
    assert_eq!(finishes(&three).len(), 3);
    assert!((0..3).all(|index| text(&three, index) == "one two"));
    let output = |chunks: &[ChatChunk]| {
        chunks
            .last()
            .and_then(|c| c.usage.clone())
            .map(|u| u.output_tokens)
    };
    assert_eq!(output(&three), output(&one).map(|tokens| 3 * tokens));
    for n in [0, 129] {
        let error = refused("echo", saying("a", json!({"n": n}))).await;
        assert_eq!(
            (error.kind, error.param.as_deref()),
            (ErrorKind::InvalidRequest, Some("n"))
        );
    }
}

#[tokio::test]
async fn a_tool_call_streams_its_arguments() {
    let parameters =
        json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let tools =
        json!([{"type": "function", "function": {"name": "weather", "parameters": parameters}}]);
    let more = json!({"tools": tools, "tool_choice": "required"});
    let chunks = chunks(
        "builtin/extract",
        saying("What is the weather in New York?", more),
    )
    .await;
    let calls: Vec<_> = chunks
        .iter()
        .flat_map(|c| &c.choices)
        .filter_map(|c| c.delta.tool_calls.as_ref())
        .flatten()
        .collect();
    assert_eq!(
        calls[0].function.as_ref().and_then(|f| f.name.as_deref()),
        Some("weather")
    );
    assert!(calls[0].id.is_some() && calls[1..].iter().all(|call| call.id.is_none()));
    let arguments: String = calls
        .iter()
        .filter_map(|c| c.function.as_ref()?.arguments.as_deref())
        .collect();
    assert_eq!(arguments, r#"{"city":"New York"}"#);
    assert_eq!(finishes(&chunks), [FinishReason::ToolCalls]);
    assert!(text(&chunks, 0).is_empty());
}

#[tokio::test]
async fn a_long_answer_comes_in_a_bounded_number_of_chunks() {
    let long = "word ".repeat(100_000);
    let chunks = chunks("echo", saying(&long, json!({}))).await;
    assert_eq!(text(&chunks, 0), long);
    assert!(chunks.len() < 2_100, "{}", chunks.len());
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let error = refused("builtin/nothing", saying("a", json!({}))).await;
    assert_eq!(
        (error.kind, error.status),
        (ErrorKind::ModelNotFound, Some(404))
    );
    for model in ["echo", "extract", "fault-500"] {
        let error = refused(model, request(json!({"model": "m", "messages": []}))).await;
        assert_eq!(
            (error.kind, error.param.as_deref()),
            (ErrorKind::InvalidRequest, Some("messages"))
        );
    }
}

#[tokio::test]
async fn every_listed_model_exists() {
    for model in models() {
        let request = saying("a", json!({"messages": []}));
        let error = refused(model.id, request).await;
        assert_eq!(error.kind, ErrorKind::InvalidRequest, "{}", model.id);
        assert_eq!(model.purpose == Purpose::Fault, model.id.contains("fault-"));
        let described = std::fs::read_to_string(DOCUMENT).expect("the document");
        assert!(
            described.contains(&format!("`{}`", model.id)),
            "{} is undocumented",
            model.id
        );
    }
}

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/builtin-models.md");
