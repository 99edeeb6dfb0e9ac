//! The floor forwards bytes as they are, when they come.

use std::io::Read;
use std::time::{Duration, Instant};

use bench::floor::Floor;
use bench::load::chat_body;
use bench::upstream::Upstream;
use serde_json::{Value, json};

use crate::raw::{self, Ending, chat};

fn behind_floor() -> (Upstream, Floor) {
    let upstream = Upstream::start().expect("an upstream starts");
    let floor = Floor::start(upstream.address()).expect("a floor starts");
    (upstream, floor)
}

#[test]
fn bytes_are_equal_in_both_directions() {
    let (upstream, floor) = behind_floor();
    for size in [1 << 10, 100 << 10, 1 << 20] {
        let body = chat_body("m-64k", size, false);
        let body: Value = serde_json::from_slice(&body).expect("the body is JSON");
        let headers = [("authorization", "Bearer k"), ("x-kept", "yes")];
        let path = "/v1/chat/completions?q=1";
        let through = raw::post(floor.address(), path, &headers, &body);
        let seen = upstream.model("m-64k");
        assert_eq!(seen.last_body, body.to_string(), "{size} bytes");
        assert_eq!(seen.last_headers["x-kept"], "yes");
        assert_eq!(seen.last_path, path);
        let direct = raw::post(upstream.address(), path, &headers, &body);
        assert_eq!(through.body(), direct.body(), "{size} bytes");
        assert_eq!(through.status, direct.status);
    }
}

#[test]
fn streams_pass_chunk_by_chunk() {
    let (_upstream, floor) = behind_floor();
    let answer = chat(floor.address(), "s-20-i5", true);
    assert_eq!(answer.chunks.len(), 24, "no two chunks are merged");
    assert_eq!(answer.ending, Ending::Complete);
    let start = Instant::now();
    let body = json!({"model": "s-2-i300", "stream": true});
    let mut stream = raw::send(floor.address(), "/v1/chat/completions", &[], &body);
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !seen.windows(3).any(|w| w == b"w0 ") {
        let n = stream.read(&mut buffer).expect("the first chunk comes");
        seen.extend_from_slice(&buffer[..n]);
    }
    assert!(
        start.elapsed() < Duration::from_millis(250),
        "it was held back"
    );
}

#[test]
fn an_upstream_that_breaks_off_breaks_off_here_too() {
    let (_upstream, floor) = behind_floor();
    let answer = chat(floor.address(), "f-cut-3", true);
    assert_ne!(answer.ending, Ending::Complete);
    assert_eq!(chat(floor.address(), "m-1k", false).status, 200);
}

#[test]
fn connections_to_the_upstream_are_kept() {
    let (upstream, floor) = behind_floor();
    for _ in 0..20 {
        assert_eq!(chat(floor.address(), "s-5", true).ending, Ending::Complete);
        assert_eq!(chat(floor.address(), "m-1k", false).status, 200);
    }
    assert_eq!(upstream.snapshot().connections, 1);
}

#[test]
fn without_an_upstream_the_answer_is_502() {
    let (upstream, floor) = behind_floor();
    drop(upstream);
    assert_eq!(chat(floor.address(), "m-1k", false).status, 502);
}
