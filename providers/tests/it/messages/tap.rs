//! Reading passed-through streams and answers.

use providers::chat::FinishReason;
use providers::dialect::messages::Messages;
use providers::dialect::{Observed, Pass, Tap};
use providers::provider::Framing;
use providers::sse::Splitter;
use providers::{Dialect, DialectId, ErrorKind};

use crate::anthropic::{decode_stream, files, fixtures, read, read_json};

fn observe(bytes: &[u8]) -> Box<dyn Tap> {
    let mut tap = Messages.tap();
    let mut splitter = Splitter::new(Framing::Sse);
    splitter.push(bytes).expect("fits");
    while let Some(event) = splitter.next().expect("is UTF-8") {
        assert_eq!(tap.observe(&event, true), Pass::Forward);
    }
    tap
}

#[test]
fn the_tap_sees_what_the_decoder_sees() {
    for path in files(&fixtures("anthropic/streams"), "sse") {
        let name = path.display().to_string();
        let bytes = read(&path);
        let chunks = decode_stream(&[&bytes]).expect("is clean");
        let tap = observe(&bytes);
        let seen = tap.observed();
        assert!(tap.is_complete() && seen.ended, "{name}");
        assert_eq!(seen.id.as_deref(), Some(chunks[0].id.as_str()), "{name}");
        let usage = chunks.iter().rev().find_map(|c| c.usage.clone());
        assert_eq!(seen.usage, usage, "{name}");
        let finish = chunks
            .iter()
            .flat_map(|c| &c.choices)
            .find_map(|c| c.finish_reason);
        // The tap reports what the vendor said, before the answer tool is undone.
        if !name.contains("structured") {
            assert_eq!(seen.finish_reason, finish, "{name}");
        }
    }
}

#[test]
fn the_tap_counts_characters_of_text_thinking_and_arguments() {
    let bytes = read(&fixtures("anthropic/streams/thinking-and-tools.sse"));
    let seen = observe(&bytes).observed().clone();
    let delivered = [
        "Two calls ü.",
        "Sure 🌍.",
        "{\"query\":1}",
        "{\"city\":\"Köln\"}",
    ];
    let chars: usize = delivered.iter().map(|t| t.chars().count()).sum();
    assert_eq!(seen.delivered_chars, chars as u64);
    assert!(seen.has_content);

    let delta = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta", "text" : "a\"b\u00fc\n\\"}}"#;
    let seen = observe(format!("data: {delta}\n\n").as_bytes())
        .observed()
        .clone();
    assert_eq!(seen.delivered_chars, 6, "an escape is one character");
}

#[test]
fn the_tap_knows_cut_and_failed_streams() {
    let bytes = read(&fixtures("anthropic/streams/thinking-and-tools.sse"));
    let text = String::from_utf8(bytes).expect("is UTF-8");
    let at = text.find("event: message_stop").expect("has an end");
    let cut = observe(&text.as_bytes()[..at]);
    assert!(!cut.is_complete());
    assert_eq!(cut.observed().finish_reason, Some(FinishReason::ToolCalls));

    let at = text.find("event: message_delta").expect("has a delta");
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n";
    let failed = observe(format!("{}{error}", &text[..at]).as_bytes());
    assert!(!failed.is_complete());
    let seen = failed.observed();
    assert_eq!(
        seen.error.as_ref().map(|e| e.kind),
        Some(ErrorKind::Overloaded)
    );
    assert_eq!(seen.usage.as_ref().map(|u| u.input_tokens), Some(30));
}

#[test]
fn complete_answers_are_inspected() {
    let path = fixtures("anthropic/responses/everything.json");
    let body = read_json(&path)["body"].to_string();
    let seen = Messages.inspect(body.as_bytes());
    assert_eq!(seen.id.as_deref(), Some("msg_01"));
    assert_eq!(seen.finish_reason, Some(FinishReason::ToolCalls));
    assert_eq!(seen.usage.map(|u| u.input_tokens), Some(123));
    assert!(seen.ended && seen.has_content && seen.delivered_chars > 0);

    let error = br#"{"type":"error","error":{"type":"api_error","message":"x"}}"#;
    let seen = Messages.inspect(error);
    assert_eq!(seen.error.map(|e| e.kind), Some(ErrorKind::Upstream));
    assert!(!seen.ended);
    assert_eq!(Messages.inspect(b"<html>"), Observed::default());
    assert_eq!(Messages.id(), DialectId::Messages);
}
