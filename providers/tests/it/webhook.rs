//! The webhook's documented form, both ways.

use http::HeaderMap;
use providers::chat::FinishReason;
use providers::provider::Operation;
use providers::webhook::Webhook;
use providers::{DialectId, ErrorKind, Notes, Provider, Usage};
use serde_json::{Value, json};

use crate::openai::{collect, decode, fixture, target};

#[test]
fn the_call_is_the_documented_object() {
    let request = json!({
        "model": "alias", "stream": true, "stream_options": {"include_usage": true},
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
        "temperature": 0.5, "max_tokens": 9, "stop": "x", "user": "ann", "n": 1,
        "tools": [{"type": "function", "function": {"name": "f"}}], "mood": "good",
    });
    let request = serde_json::from_value(request).expect("is a request");
    let mut notes = Notes::default();
    let body = Webhook
        .encode_chat(&target("mine", ""), &request, &mut notes)
        .expect("encodes");
    let body: Value = serde_json::from_slice(&body).expect("is JSON");
    let expected: Value = serde_json::from_str(&fixture("webhook/call.json")).expect("is JSON");
    assert_eq!(body, expected);
    assert_eq!(notes.to_header(), "dropped=tools");
}

#[test]
fn the_address_is_taken_to_the_letter() {
    let url = "https://hooks.example/x?y=1";
    let chat = Operation::Chat(DialectId::Native);
    let endpoint = Webhook
        .endpoint(&target("m", url), chat, true)
        .expect("chats");
    assert_eq!(endpoint.url, url);
    assert!(
        Webhook
            .endpoint(&target("m", url), Operation::Embeddings, false)
            .is_err()
    );
}

#[test]
fn a_whole_answer_may_say_little_or_much() {
    let response = Webhook.decode_chat(br#"{"text":"Hi"}"#).expect("decodes");
    assert_eq!(response.choices[0].message.plain_text(), "Hi");
    assert_eq!(
        (response.choices[0].finish_reason, response.usage),
        (FinishReason::Stop, None)
    );
    let much = br#"{"text":"Hi","id":"7","finish_reason":"length","usage":{"input_tokens":3,"output_tokens":1}}"#;
    let response = Webhook.decode_chat(much).expect("decodes");
    assert_eq!(
        (response.id.as_str(), response.choices[0].finish_reason),
        ("7", FinishReason::Length)
    );
    let usage = response.usage.map(|u| Usage { raw: None, ..u });
    assert_eq!(usage, Some(Usage::tokens(3, 1)));
}

#[test]
fn other_answers_are_errors() {
    for body in ["{}", "Hi", "[]", ""] {
        let error = Webhook.decode_chat(body.as_bytes()).expect_err(body);
        assert_eq!(error.kind, ErrorKind::Malformed, "{body}");
    }
    let error = Webhook
        .decode_chat(br#"{"error":"no more"}"#)
        .expect_err("is an error");
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Upstream, "no more")
    );
    let error = Webhook.decode_error(401, &HeaderMap::new(), br#"{"error":"who?"}"#);
    assert_eq!(error.kind, ErrorKind::Authentication);
}

#[test]
fn a_stream_is_the_same_at_every_split() {
    let stream = fixture("webhook/stream.sse");
    let whole = decode(Webhook.chat_decoder(), &[stream.as_bytes()]).expect("decodes");
    for at in 0..=stream.len() {
        let (a, b) = stream.as_bytes().split_at(at);
        assert_eq!(
            decode(Webhook.chat_decoder(), &[a, b]).expect("decodes"),
            whole
        );
    }
    let response = collect(&whole);
    assert_eq!(response.choices[0].message.plain_text(), "Grüße, Welt");
    assert_eq!(response.usage.map(|u| u.output_tokens), Some(4));
}

#[test]
fn a_stream_without_its_end_is_cut() {
    let check = |stream: &str, kind: Option<ErrorKind>| {
        let decoded = decode(Webhook.chat_decoder(), &[stream.as_bytes()]);
        assert_eq!(decoded.err().map(|e| e.kind), kind, "{stream}");
    };
    check("data: {\"text\":\"a\"}\n\n", Some(ErrorKind::Malformed));
    check("data: {\"text\":\"a\"}\n\ndata: [DONE]\n\n", None);
    check(
        "data: {\"text\":\"a\"}\n\ndata: {\"error\":\"boom\"}\n\n",
        Some(ErrorKind::Upstream),
    );
    check("data: plain\n\n", Some(ErrorKind::Malformed));
    check("", Some(ErrorKind::Malformed));
}
