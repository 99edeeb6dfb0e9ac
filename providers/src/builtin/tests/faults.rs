//! Each fault, in paused time.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::*;

const AGE: Duration = Duration::from_secs(24 * 3600);

fn hello(metadata: Value) -> ChatRequest {
    saying("hello", json!({"metadata": metadata}))
}

#[tokio::test(start_paused = true)]
async fn refusing_faults_have_their_kind_status_and_code() {
    let cases = [
        (
            "fault-429",
            ErrorKind::RateLimited,
            429,
            "rate_limit_exceeded",
        ),
        ("fault-500", ErrorKind::Upstream, 500, "server_error"),
        ("fault-503", ErrorKind::Overloaded, 503, "overloaded"),
        (
            "fault-401",
            ErrorKind::Authentication,
            401,
            "invalid_api_key",
        ),
        (
            "fault-refusal",
            ErrorKind::ContentPolicy,
            400,
            "content_policy_violation",
        ),
        (
            "fault-context",
            ErrorKind::ContextWindow,
            400,
            "context_length_exceeded",
        ),
    ];
    for (name, kind, status, code) in cases {
        let error = refused(&format!("builtin/{name}"), hello(json!({}))).await;
        assert_eq!(
            (error.kind, error.status, error.code.as_deref()),
            (kind, Some(status), Some(code))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_rate_limit_says_how_long_to_wait() {
    let wait = async |model: &str, metadata| refused(model, hello(metadata)).await.retry_after_ms;
    assert_eq!(wait("fault-429", json!({})).await, Some(1_000));
    assert_eq!(wait("fault-429-30000", json!({})).await, Some(30_000));
    assert_eq!(
        wait("fault-429-30000", json!({"fault_retry_after_ms": 7})).await,
        Some(7)
    );
    assert_eq!(wait("fault-503", json!({})).await, None);
    assert_eq!(wait("fault-503-20", json!({})).await, Some(20));
}

#[tokio::test(start_paused = true)]
async fn hanging_faults_never_answer() {
    for model in ["builtin/fault-hang", "builtin/fault-timeout"] {
        assert!(
            timeout(AGE, chat(model, hello(json!({})))).await.is_err(),
            "{model}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_slow_fault_opens_at_once_and_waits_before_its_first_chunk() {
    let cases = [
        ("fault-slow", json!({}), 5_000),
        ("fault-slow-2000", json!({}), 2_000),
        ("fault-slow", json!({"fault_delay_ms": "300"}), 300),
    ];
    for (model, metadata, expected) in cases {
        let start = Instant::now();
        let mut stream = open(model, hello(metadata)).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        stream.next().await.expect("a chunk").expect("no error");
        assert_eq!(start.elapsed().as_millis(), expected, "{model}");
        let rest: Vec<ChatChunk> = stream.map(|c| c.expect("a chunk")).collect().await;
        assert_eq!(finishes(&rest), [FinishReason::Stop]);
        assert!(rest.last().is_some_and(|c| c.usage.is_some()));
    }
}

#[tokio::test(start_paused = true)]
async fn any_fault_can_be_delayed() {
    let start = Instant::now();
    refused("fault-500-40", hello(json!({}))).await;
    refused("fault-401", hello(json!({"fault_delay_ms": 60}))).await;
    assert_eq!(start.elapsed().as_millis(), 100);
}

#[tokio::test(start_paused = true)]
async fn the_cut_fault_ends_without_finish_and_usage() {
    for (model, pieces) in [
        ("fault-cut", 3),
        ("fault-cut-5", 5),
        ("fault-cut-0", 0),
        ("fault-cut-9999", 26),
    ] {
        let chunks = chunks(model, hello(json!({}))).await;
        assert_eq!(chunks.len(), 1 + pieces, "{model}");
        assert!(finishes(&chunks).is_empty() && chunks.iter().all(|c| c.usage.is_none()));
    }
}

#[tokio::test(start_paused = true)]
async fn the_malformed_fault_breaks_in_mid_stream() {
    let stream = open("fault-malformed", hello(json!({"fault_after_chunks": 2}))).await;
    let all: Vec<Result<ChatChunk, Error>> = stream.collect().await;
    assert_eq!(all.len(), 1 + 2 + 1);
    let error = all
        .last()
        .and_then(|last| last.as_ref().err())
        .expect("an error at the end");
    assert_eq!(error.kind, ErrorKind::Malformed);
}

#[tokio::test(start_paused = true)]
async fn the_stalling_fault_stops_for_ever_after_some_tokens() {
    let mut stream = open("fault-stall-4", hello(json!({}))).await;
    for _ in 0..5 {
        stream.next().await.expect("a chunk").expect("no error");
    }
    assert!(timeout(AGE, stream.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn bad_settings_and_names_are_refused() {
    for metadata in [
        json!({"fault_delay_ms": "soon"}),
        json!({"fault_delay_ms": -1}),
        json!({"fault_after_chunks": 10_001}),
    ] {
        let error = refused("fault-slow", hello(metadata)).await;
        assert_eq!(
            (error.kind, error.param.as_deref()),
            (ErrorKind::InvalidRequest, Some("metadata"))
        );
    }
    let error = refused("fault-slow-soon", hello(json!({}))).await;
    assert_eq!(
        (error.kind, error.param.as_deref()),
        (ErrorKind::InvalidRequest, Some("model"))
    );
    for model in ["fault-", "fault-4290", "fault-slower"] {
        assert_eq!(
            refused(model, hello(json!({}))).await.kind,
            ErrorKind::ModelNotFound,
            "{model}"
        );
    }
}
