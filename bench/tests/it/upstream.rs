//! Each script does what its name says, seen from a raw socket.

use std::time::{Duration, Instant, SystemTime};

use bench::upstream::Upstream;
use serde_json::{Value, json};

use crate::raw::{self, Ending, chat, post};

fn upstream() -> Upstream {
    Upstream::start().expect("an upstream starts")
}

/// The text of an OpenAI stream.
fn text(answer: &raw::Answer) -> String {
    answer
        .body()
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter_map(|data| serde_json::from_str::<Value>(data).ok())
        .filter_map(|chunk| Some(chunk["choices"][0]["delta"]["content"].as_str()?.to_owned()))
        .collect()
}

fn words(n: usize) -> String {
    (0..n).map(|i| format!("w{i} ")).collect()
}

#[test]
fn a_plain_answer_is_complete_and_keeps_the_connection() {
    let upstream = upstream();
    let body = json!({"model": "m-1k", "messages": []});
    let mut stream = raw::send(upstream.address(), "/v1/chat/completions", &[], &body);
    let first = raw::read(&mut stream);
    assert_eq!((first.status, first.ending), (200, Ending::Complete));
    assert!((1000..1050).contains(&first.body().len()));
    assert_eq!(first.json()["usage"]["prompt_tokens"], 12);
    assert_eq!(first.header("x-request-id"), Some("req_bench_0"));
    assert_eq!(upstream.snapshot().connections, 1);
}

#[test]
fn a_stream_has_its_chunks_its_usage_and_its_end() {
    let answer = chat(upstream().address(), "s-20", true);
    assert_eq!(answer.ending, Ending::Complete);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(text(&answer), words(20));
    assert_eq!(answer.chunks.len(), 1 + 20 + 1 + 1 + 1);
    assert_eq!(answer.count(r#""completion_tokens":20"#), 1);
    assert!(answer.body().ends_with("data: [DONE]\n\n"));
}

#[test]
fn usage_comes_only_when_it_is_asked_for() {
    let body = json!({"model": "s-3", "stream": true});
    let answer = post(upstream().address(), "/v1/chat/completions", &[], &body);
    assert_eq!(answer.count("\"usage"), 0);
    assert!(answer.body().ends_with("data: [DONE]\n\n"));
}

#[test]
fn delays_and_intervals_are_kept() {
    let upstream = upstream();
    let delayed = chat(upstream.address(), "d-80", false);
    assert!(delayed.head_after >= Duration::from_millis(80));
    let paced = chat(upstream.address(), "s-6-i20", true);
    assert!(paced.took >= Duration::from_millis(100), "{:?}", paced.took);
    assert_eq!(text(&paced), words(6));
}

#[test]
fn a_slow_first_token_sends_its_headers_at_once() {
    let answer = chat(upstream().address(), "f-slow-first-200", true);
    let body_after = answer.body_after.expect("a body comes");
    assert!(answer.head_after < Duration::from_millis(150));
    assert!(body_after >= Duration::from_millis(200));
    assert_eq!(answer.ending, Ending::Complete);
}

#[test]
fn stream_faults_end_the_way_they_are_named() {
    let upstream = upstream();
    // Name, ending, content chunks that arrive, whether [DONE] arrives.
    let cases = [
        ("f-cut-3", Ending::Reset, 3, false),
        ("f-eof-3", Ending::Complete, 3, false),
        ("f-short.s-20", Ending::Closed, 11, false),
        ("f-nodone.s-4", Ending::Complete, 4, false),
        ("f-stall-3", Ending::Silent, 3, false),
        ("f-error-3", Ending::Complete, 3, false),
        ("f-badjson-3.s-6", Ending::Complete, 6, true),
        ("f-nonewline.s-2", Ending::Complete, 2, true),
    ];
    for (model, ending, chunks, done) in cases {
        let answer = chat(upstream.address(), model, true);
        assert_eq!((answer.status, answer.ending), (200, ending), "{model}");
        assert_eq!(text(&answer), words(chunks), "{model}");
        assert_eq!(answer.count("[DONE]") == 1, done, "{model}");
    }
}

#[test]
fn an_unfinished_stream_has_no_finish_reason_and_an_undone_one_has() {
    let upstream = upstream();
    let finish = r#""finish_reason":"stop""#;
    assert_eq!(chat(upstream.address(), "f-eof-3", true).count(finish), 0);
    assert_eq!(chat(upstream.address(), "f-nodone", true).count(finish), 1);
}

#[test]
fn an_error_event_has_each_dialects_shape() {
    let upstream = upstream();
    let ask = |path: &str| {
        let body = json!({"model": "f-error-2", "stream": true});
        post(upstream.address(), path, &[], &body).body()
    };
    assert!(ask("/v1/chat/completions").ends_with("\"code\":null}}\n\n"));
    assert!(ask("/v1/messages").contains("event: error\ndata: {\"type\":\"error\""));
    assert!(ask("/v1/responses").contains("event: error\ndata: "));
    assert!(ask("/api/chat").contains("{\"error\":\""));
    let gemini = ask("/v1beta/models/f-error-2:streamGenerateContent?alt=sse");
    assert!(gemini.contains("\"status\":\"UNAVAILABLE\""));
}

#[test]
fn faults_of_whole_answers_end_the_way_they_are_named() {
    let upstream = upstream();
    for (model, ending) in [
        ("f-trunc", Ending::Complete),
        ("f-badjson", Ending::Complete),
        ("f-short", Ending::Closed),
        ("f-cut", Ending::Reset),
        ("f-stall", Ending::Silent),
    ] {
        let answer = chat(upstream.address(), model, false);
        assert_eq!((answer.status, answer.ending), (200, ending), "{model}");
        assert!(!answer.body().is_empty(), "{model}");
        let parsed: Result<Value, _> = serde_json::from_str(&answer.body());
        assert!(parsed.is_err(), "{model} is not JSON");
    }
}

#[test]
fn a_hanging_request_is_never_answered_and_counts_as_cancelled_when_given_up() {
    let upstream = upstream();
    let answer = chat(upstream.address(), "f-hang", true);
    assert_eq!((answer.status, answer.ending), (0, Ending::Silent));
    // The socket is closed by now; the server learns of it in its own time.
    wait_for(|| upstream.model("f-hang").figures.cancelled == 1);
}

#[test]
fn framings_change_the_layout_and_not_the_content() {
    let upstream = upstream();
    let crlf = chat(upstream.address(), "f-crlf.s-3", true);
    assert!(crlf.body().ends_with("data: [DONE]\r\n\r\n"));
    assert!(!crlf.body().replace("\r\n", "").contains('\n'));
    let comments = chat(upstream.address(), "f-comments.s-3", true);
    assert_eq!(comments.count(": PROCESSING\n\n"), 7);
    assert_eq!(text(&comments), words(3));
    let bytes = chat(upstream.address(), "f-bytes.s-3", true);
    assert!(bytes.chunks.iter().all(|chunk| chunk.len() == 1));
    assert_eq!(text(&bytes), words(3));
}

#[test]
fn refusals_carry_their_status_and_their_dialects_error() {
    let upstream = upstream();
    for status in [400, 401, 402, 403, 404, 429, 500, 503, 529] {
        let model = format!("f-{status}");
        let answer = chat(upstream.address(), &model, true);
        assert_eq!(answer.status, status, "{model}");
        assert!(answer.json()["error"]["message"].is_string(), "{model}");
    }
    let code = |model: &str| chat(upstream.address(), model, false).json()["error"]["code"].clone();
    assert_eq!(code("f-context"), "context_length_exceeded");
    assert_eq!(code("f-policy"), "content_policy_violation");
    assert_eq!(code("f-429-quota"), "insufficient_quota");
    assert_eq!(code("f-401"), "invalid_api_key");
    let messages = post(
        upstream.address(),
        "/v1/messages",
        &[],
        &json!({"model": "f-529"}),
    );
    assert_eq!(messages.json()["error"]["type"], "overloaded_error");
}

#[test]
fn each_retry_after_form_reaches_the_wire() {
    let upstream = upstream();
    let header = |model: &str, name: &str| {
        let answer = chat(upstream.address(), model, false);
        assert_eq!(answer.status, 429, "{model}");
        answer.header(name).map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(header("f-429-ra2", "retry-after"), "2");
    assert_eq!(header("f-429-ms250", "retry-after-ms"), "250");
    assert_eq!(header("f-429-xms250", "x-ms-retry-after-ms"), "250");
    assert_eq!(header("f-429-rr6m0s", "x-ratelimit-reset-requests"), "6m0s");
    assert_eq!(header("f-429-rt20ms", "x-ratelimit-reset-tokens"), "20ms");
    assert_eq!(header("f-429", "retry-after"), "");
    let answer = chat(upstream.address(), "f-429-date60", false);
    let date = answer
        .head
        .lines()
        .find_map(|l| l.strip_prefix("retry-after: "));
    let date = httpdate::parse_http_date(date.expect("a date")).expect("an HTTP date");
    let ahead = date
        .duration_since(SystemTime::now())
        .expect("a time to come");
    assert!((57..=60).contains(&ahead.as_secs()), "{ahead:?}");
    let epoch: u64 = header("f-429-epoch60", "x-ratelimit-reset")
        .parse()
        .expect("seconds");
    assert!(epoch > 1_700_000_000);
}

#[test]
fn a_fault_of_once_heals_and_heals_again_after_a_reset() {
    let upstream = upstream();
    let status = || chat(upstream.address(), "f-once-500-a", false).status;
    assert_eq!([status(), status(), status()], [500, 200, 200]);
    let answer = post(upstream.address(), "/_reset", &[], &json!({}));
    assert_eq!(answer.status, 200);
    assert_eq!([status(), status()], [500, 200]);
}

#[test]
fn a_flaky_model_fails_three_of_ten() {
    let upstream = upstream();
    let failed = (0..10)
        .filter(|_| chat(upstream.address(), "f-flaky-30-503", false).status == 503)
        .count();
    assert_eq!(failed, 3);
}

#[test]
fn a_misspelt_fault_and_a_broken_request_are_refused() {
    let upstream = upstream();
    assert_eq!(chat(upstream.address(), "f-ctu-5", true).status, 400);
    let path = "/v1/chat/completions";
    let answer = post(upstream.address(), path, &[], &json!("no object"));
    assert_eq!(answer.status, 400);
    assert_eq!(upstream.snapshot().invalid, 2);
    assert_eq!(
        post(upstream.address(), "/v2/x", &[], &json!({})).status,
        404
    );
}

#[test]
fn a_header_or_the_query_scripts_over_the_model_name() {
    let upstream = upstream();
    let body = json!({"model": "gpt-4.1"});
    let path = "/v1/chat/completions";
    let header = [("x-bench-script", "f-503")];
    assert_eq!(post(upstream.address(), path, &header, &body).status, 503);
    let query = "/v1/chat/completions?script=f-402";
    assert_eq!(post(upstream.address(), query, &[], &body).status, 402);
    assert_eq!(post(upstream.address(), path, &[], &body).status, 200);
}

#[test]
fn every_dialect_answers_whole_and_streamed() {
    let upstream = upstream();
    let ask = |path: &str, stream: bool| {
        let body = json!({"model": "s-3", "stream": stream, "messages": [], "input": "x"});
        let answer = post(upstream.address(), path, &[], &body);
        assert_eq!(
            (answer.status, answer.ending),
            (200, Ending::Complete),
            "{path}"
        );
        answer
    };
    let at = |answer: &raw::Answer, pointer: &str| {
        answer.json().pointer(pointer).cloned().unwrap_or_default()
    };
    let said = json!("w0 w1 w2 ");
    let whole = [
        ("/v1/chat/completions", "/choices/0/message/content"),
        ("/v1/completions", "/choices/0/text"),
        ("/v1/responses", "/output/0/content/0/text"),
        ("/v1/messages", "/content/0/text"),
        ("/api/chat", "/message/content"),
        (
            "/v1beta/models/s-3:generateContent",
            "/candidates/0/content/parts/0/text",
        ),
    ];
    for (path, pointer) in whole {
        assert_eq!(at(&ask(path, false), pointer), said, "{path}");
    }
    let streamed = [
        ("/v1/completions", "data: [DONE]\n\n"),
        ("/v1/messages", "data: {\"type\":\"message_stop\"}\n\n"),
        ("/v1/responses", "}\n\n"),
        ("/api/chat", "}\n"),
        ("/v1beta/models/s-3:streamGenerateContent?alt=sse", "}\n\n"),
        ("/v1beta/models/s-3:streamGenerateContent", "]\n"),
    ];
    for (path, end) in streamed {
        let answer = ask(path, true);
        assert!(answer.body().ends_with(end), "{path}: {}", answer.body());
        for word in ["w0 ", "w1 ", "w2 "] {
            assert!(answer.body().contains(word), "{path} lacks {word}");
        }
    }
    let vectors = post(
        upstream.address(),
        "/v1/embeddings",
        &[],
        &json!({"model": "e", "input": ["a", "b"], "dimensions": 3}),
    );
    assert_eq!(at(&vectors, "/data/1/embedding"), json!([0.0, 1.0, 0.0]));
    assert_eq!(at(&vectors, "/data/1/index"), json!(1));
}

#[test]
fn the_upstream_remembers_what_it_was_sent() {
    let upstream = upstream();
    let headers = [("authorization", "Bearer sk-1"), ("x-extra", "7")];
    let body = json!({"model": "m-300--seen", "odd_field": [1, 2]});
    post(
        upstream.address(),
        "/v1/chat/completions?a=b",
        &headers,
        &body,
    );
    let seen = upstream.model("m-300--seen");
    assert_eq!(seen.figures.requests, 1);
    assert_eq!(seen.keys["sk-1"], 1);
    assert_eq!(seen.last_path, "/v1/chat/completions?a=b");
    assert_eq!(seen.last_headers["x-extra"], "7");
    assert_eq!(seen.last_body, body.to_string());
    let stats = post(upstream.address(), "/_stats", &[], &json!({})).json();
    assert_eq!(stats["models"]["m-300--seen"]["requests"], 1);
    assert_eq!(stats["requests"], 1);
}

#[test]
fn a_client_that_hangs_up_mid_stream_is_counted() {
    let upstream = upstream();
    let body = json!({"model": "s-1000-i10", "stream": true});
    let streams: Vec<_> = (0..3)
        .map(|_| raw::send(upstream.address(), "/v1/chat/completions", &[], &body))
        .collect();
    wait_for(|| upstream.model("s-1000-i10").figures.peak == 3);
    drop(streams);
    wait_for(|| upstream.model("s-1000-i10").figures.cancelled == 3);
    assert_eq!(upstream.snapshot().total.in_flight, 0);
}

fn wait_for(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(5), "it never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}
