//! The load generator measures what happens, not what it hopes for.

use std::time::Duration;

use bench::load::{Call, Mode, Outcome, Plan, Target, run};
use bench::probe::Probe;
use bench::upstream::Upstream;

fn measure(upstream: &Upstream, call: &Call, mode: Mode, millis: u64) -> Outcome {
    let target = Target::new(&upstream.url(), Some("k")).expect("a target");
    let plan = Plan {
        mode,
        length: Duration::from_millis(millis),
        probe: Some(Probe::new(std::process::id())),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(run(&target, call, &plan))
}

fn closed(connections: usize) -> Mode {
    Mode::Closed {
        connections,
        ramp: Duration::ZERO,
    }
}

#[test]
fn a_closed_loop_keeps_its_connections_and_counts_what_the_upstream_counts() {
    let upstream = Upstream::start().expect("an upstream starts");
    let call = Call::chat("d-5.m-1k", 1024, false);
    let outcome = measure(&upstream, &call, closed(4), 200);
    let snapshot = upstream.snapshot();
    assert!(outcome.completed() > 20);
    assert_eq!(outcome.failed(), 0, "{:?}", outcome.errors);
    assert_eq!(snapshot.total.requests, outcome.completed() as u64);
    assert_eq!(snapshot.connections, 4);
    assert_eq!(snapshot.total.peak, 4);
    assert_eq!(
        snapshot.models["d-5.m-1k"].keys["k"],
        snapshot.total.requests
    );
    assert_eq!(outcome.bytes, snapshot.total.bytes_out);
    assert!(outcome.process.is_some_and(|p| p.cpu > Duration::ZERO));
}

#[test]
fn an_open_loop_counts_the_time_that_requests_wait_for_their_turn() {
    let upstream = Upstream::start().expect("an upstream starts");
    let call = Call::chat("d-20", 1024, false);
    let one_at_a_time = Mode::Open {
        per_second: 1000,
        connections: 1,
    };
    let outcome = measure(&upstream, &call, one_at_a_time, 20);
    assert_eq!(outcome.completed(), 20);
    // Twenty requests of 20 ms, due within 20 ms, one after another: the last waits for all others.
    assert!(outcome.latency.max() >= Duration::from_millis(380));
    assert!(outcome.latency.percentile(50.0) >= Duration::from_millis(180));
}

#[test]
fn an_open_loop_keeps_its_rate() {
    let upstream = Upstream::start().expect("an upstream starts");
    let call = Call::chat("m-1k", 1024, false);
    let mode = Mode::Open {
        per_second: 200,
        connections: 64,
    };
    let outcome = measure(&upstream, &call, mode, 500);
    assert_eq!(outcome.completed(), 100);
    assert!(outcome.elapsed >= Duration::from_millis(490));
}

#[test]
fn a_stream_is_measured_event_by_event() {
    let upstream = Upstream::start().expect("an upstream starts");
    let call = Call::chat("s-10-i20", 1024, true);
    let outcome = measure(&upstream, &call, closed(1), 1);
    assert_eq!(outcome.completed(), 1, "{:?}", outcome.errors);
    // The role, ten chunks, the finish and the mark.
    assert_eq!(outcome.events, 13);
    assert!(outcome.first_event.max() < Duration::from_millis(100));
    let gap = outcome.gaps.percentile(50.0);
    assert!((10..60).contains(&gap.as_millis()), "{gap:?}");
    assert!(outcome.latency.max() >= Duration::from_millis(180));
}

#[test]
fn failures_are_counted_by_reason_and_not_timed() {
    let upstream = Upstream::start().expect("an upstream starts");
    for (model, reason) in [
        ("f-503", "HTTP 503"),
        ("f-eof-2", "the stream ended without [DONE]"),
    ] {
        let outcome = measure(&upstream, &Call::chat(model, 0, true), closed(1), 20);
        assert_eq!(outcome.completed(), 0, "{model}");
        assert!(outcome.errors.contains_key(reason), "{:?}", outcome.errors);
        assert!(outcome.latency.is_empty());
    }
    let outcome = measure(&upstream, &Call::chat("f-cut-2", 0, true), closed(1), 20);
    let broken = outcome
        .errors
        .keys()
        .all(|e| e.starts_with("the answer broke off"));
    assert!(broken && outcome.failed() > 0, "{:?}", outcome.errors);
}
