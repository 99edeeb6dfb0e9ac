//! Streams and answers that are passed through.

use std::fs;

use providers::chat::FinishReason;
use providers::dialect::responses::Responses;
use providers::dialect::{Dialect, Observed, Pass};
use providers::provider::Framing;
use providers::sse::Splitter;
use providers::{ErrorKind, Usage};

use super::decode::eprintln_skip;
use super::shared_shapes;

/// Feeds pieces of a stream; gives what was seen, and whether the stream is whole.
fn observe(pieces: &[&[u8]]) -> (Observed, bool) {
    let mut splitter = Splitter::new(Framing::Sse);
    let mut tap = Responses.tap();
    for piece in pieces {
        splitter.push(piece).expect("fits");
        while let Some(event) = splitter.next().expect("is UTF-8") {
            assert_eq!(tap.observe(&event, false), Pass::Forward);
        }
    }
    if let Some(event) = splitter.finish().expect("is UTF-8") {
        tap.observe(&event, false);
    }
    (tap.observed().clone(), tap.is_complete())
}

const STREAM: &str = r#"event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_9","object":"response","created_at":1,"status":"in_progress","error":null,"output":[],"usage":null}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_9","type":"message","status":"in_progress","content":[],"role":"assistant"}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":2,"item_id":"msg_9","output_index":0,"content_index":0,"delta":"Gr\u00fc\u00dfe \"🌍\"","logprobs":[],"obfuscation":"xxxxxxxx"}

: a comment

event: response.function_call_arguments.delta
data: {"type": "response.function_call_arguments.delta", "sequence_number": 3, "item_id": "fc_9", "output_index": 1, "delta": "{}"}

event: response.completed
data: {"type":"response.completed","sequence_number":4,"response":{"id":"resp_9","object":"response","created_at":1,"status":"completed","error":null,"incomplete_details":null,"output":[{"id":"ws_9","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}},{"id":"ws_8","type":"web_search_call","status":"completed","action":{"type":"open_page","url":"u"}},{"id":"msg_9","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Grüße \"🌍\"","annotations":[],"logprobs":[]}]},{"id":"fc_9","type":"function_call","call_id":"c","name":"f","arguments":"{}","status":"completed"}],"usage":{"input_tokens":30,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":6},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":35}}}

"#;

fn expected() -> Observed {
    Observed {
        id: Some("resp_9".to_owned()),
        usage: Some(Usage {
            cache_read_tokens: 4,
            cache_write_tokens: 6,
            reasoning_tokens: 2,
            web_searches: 1,
            raw: Some(r#"{"input_tokens":30,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":6},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":35}"#.to_owned()),
            ..Usage::tokens(30, 5)
        }),
        finish_reason: Some(FinishReason::ToolCalls),
        error: None,
        ended: true,
        delivered_chars: 11,
        has_content: true,
    }
}

#[test]
fn a_stream_split_anywhere_is_read_the_same() {
    for stream in [STREAM.to_owned(), STREAM.replace('\n', "\r\n")] {
        for at in 0..=stream.len() {
            let (a, b) = stream.as_bytes().split_at(at);
            assert_eq!(observe(&[a, b]), (expected(), true), "split at {at}");
        }
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        assert_eq!(observe(&bytes), (expected(), true), "byte by byte");
    }
}

#[test]
fn a_stream_without_event_lines_is_read_by_type() {
    let bare: String = STREAM
        .lines()
        .filter(|line| !line.starts_with("event:"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(observe(&[bare.as_bytes()]), (expected(), true));
}

#[test]
fn a_stream_cut_before_its_terminal_event_is_not_complete() {
    let end = STREAM.find("event: response.completed").expect("is there");
    for at in (0..end).filter(|at| STREAM.is_char_boundary(*at)) {
        let (observed, complete) = observe(&[&STREAM.as_bytes()[..at]]);
        assert!(!complete, "cut at {at}");
        assert!(!observed.ended, "cut at {at}");
        assert_eq!(observed.usage, None);
    }
    let (observed, _) = observe(&[&STREAM.as_bytes()[..end]]);
    assert_eq!(observed.delivered_chars, 11);
    assert!(observed.has_content);
}

#[test]
fn incomplete_streams_end_cleanly_with_their_reason() {
    for (reason, finish) in [
        ("max_output_tokens", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
    ] {
        let stream = format!(
            "event: response.incomplete\ndata: {{\"type\":\"response.incomplete\",\"response\":{{\"id\":\"r\",\"status\":\"incomplete\",\"incomplete_details\":{{\"reason\":\"{reason}\"}},\"output\":[]}}}}\n\n"
        );
        let (observed, complete) = observe(&[stream.as_bytes()]);
        assert!(complete);
        assert_eq!(observed.finish_reason, Some(finish));
        assert_eq!(observed.usage, None, "missing is not zero");
    }
}

#[test]
fn failures_in_the_stream_are_errors() {
    let cases = [
        (
            r#"{"type":"response.failed","response":{"id":"r","status":"failed","error":{"code":"rate_limit_exceeded","message":"slow down"}}}"#,
            ErrorKind::RateLimited,
            Some("rate_limit_exceeded"),
            "slow down",
        ),
        (
            r#"{"type":"error","code":"server_error","message":"oops","param":null,"sequence_number":3}"#,
            ErrorKind::Upstream,
            Some("server_error"),
            "oops",
        ),
        (
            r#"{"type":"error","sequence_number":3,"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"pay","param":null}}"#,
            ErrorKind::QuotaExhausted,
            Some("insufficient_quota"),
            "pay",
        ),
        (
            r#"{"type":"error","error":{"code":429,"message":"busy"}}"#,
            ErrorKind::RateLimited,
            Some("429"),
            "busy",
        ),
        (
            r#"{"type":"error","error":"plain words"}"#,
            ErrorKind::Upstream,
            None,
            "plain words",
        ),
        (
            r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"context_length_exceeded","message":"too long"}}}"#,
            ErrorKind::ContextWindow,
            Some("context_length_exceeded"),
            "too long",
        ),
    ];
    for (data, kind, code, message) in cases {
        let (observed, complete) = observe(&[format!("data: {data}\n\n").as_bytes()]);
        let error = observed.error.expect("is an error");
        assert_eq!(error.kind, kind, "{data}");
        assert_eq!(error.code.as_deref(), code, "{data}");
        assert_eq!(error.message, message, "{data}");
        assert!(!complete && !observed.ended, "{data}");
    }
}

#[test]
fn every_recorded_stream_is_read_to_its_end() {
    let Some(shapes) = shared_shapes() else {
        eprintln_skip();
        return;
    };
    for (name, chars, finish, input) in [
        ("stream", 33, FinishReason::Stop, 12),
        ("stream-refusal", 24, FinishReason::Stop, 5),
        ("stream-custom-tool", 65, FinishReason::ToolCalls, 10),
    ] {
        let path = shapes.join(format!("response/responses/{name}.json"));
        let stream = fs::read(path).expect("is readable");
        for at in 0..=stream.len() {
            let (a, b) = stream.split_at(at);
            let (observed, complete) = observe(&[a, b]);
            assert!(complete, "{name} split at {at}");
            assert_eq!(observed.delivered_chars, chars, "{name}");
            assert_eq!(observed.finish_reason, Some(finish), "{name}");
            let usage = observed.usage.expect("has usage");
            assert_eq!(usage.input_tokens, input, "{name}");
            assert!(observed.has_content, "{name}");
        }
    }
}

#[test]
fn every_recorded_answer_is_inspected() {
    let Some(shapes) = shared_shapes() else {
        eprintln_skip();
        return;
    };
    let inspect = |name: &str| {
        let path = shapes.join(format!("response/responses/{name}.json"));
        Responses.inspect(&fs::read(path).expect("is readable"))
    };
    let basic = inspect("basic");
    assert_eq!(basic.finish_reason, Some(FinishReason::Stop));
    assert_eq!(basic.delivered_chars, 34);
    let usage = basic.usage.expect("has usage");
    assert_eq!((usage.input_tokens, usage.output_tokens), (10, 10));

    let tool = inspect("tool");
    assert_eq!(tool.finish_reason, Some(FinishReason::ToolCalls));
    let usage = tool.usage.expect("has usage");
    assert_eq!((usage.cache_read_tokens, usage.cache_write_tokens), (4, 6));

    let reasoning = inspect("reasoning").usage.expect("has usage");
    assert_eq!(reasoning.reasoning_tokens, 8);

    let cut = inspect("truncated_tool_call");
    assert_eq!(cut.finish_reason, Some(FinishReason::Length));
    assert_eq!(cut.usage, None, "missing is not zero");
    assert!(cut.has_content);

    let custom = inspect("custom-tool");
    assert_eq!(custom.finish_reason, Some(FinishReason::ToolCalls));
    assert_eq!(custom.id.as_deref(), Some("resp_123"));
}

#[test]
fn answers_that_failed_are_errors() {
    let failed = Responses.inspect(
        br#"{"id":"r","status":"failed","error":{"code":"server_error","message":"oops"},"output":[]}"#,
    );
    let error = failed.error.expect("is an error");
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Upstream, "oops")
    );
    assert!(!failed.ended);

    let bare = Responses
        .inspect(br#"{"error":{"message":"no","type":"invalid_request_error","code":null}}"#);
    assert_eq!(bare.error.map(|e| e.kind), Some(ErrorKind::InvalidRequest));

    let cancelled = Responses.inspect(br#"{"status":"cancelled","error":null}"#);
    assert!(cancelled.error.is_some());

    let cut = Responses.inspect(br#"{"id":"r","status":"comp"#);
    assert_eq!(cut.error.map(|e| e.kind), Some(ErrorKind::Malformed));

    let strange = Responses.inspect(
        br#"{"status":"completed","output":[{"type":9}],"usage":{"input_tokens":1,"output_tokens":2}}"#,
    );
    assert_eq!(strange.usage.map(|usage| usage.output_tokens), Some(2));
}
