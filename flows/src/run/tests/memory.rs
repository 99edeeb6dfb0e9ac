use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::world::{Draw, alone};
use crate::graph::{OnError, Retry};
use crate::node::NodeErrorKind;
use crate::run::{Options, RunEnd};

fn completed(end: RunEnd) -> Value {
    match end {
        RunEnd::Completed(value) => value,
        other => panic!("not completed: {other:?}"),
    }
}

fn returning(draw: Draw, from: &str) -> Draw {
    draw.node("give", "output.return", json!({}))
        .link(from, "give.value")
}

#[tokio::test]
async fn a_chain_hands_values_on_and_returns_the_last() {
    let world = alone().await;
    let draw = Draw::new()
        .node(
            "a",
            "data.probe",
            json!({"value": "{{ input.name | upper }}"}),
        )
        .then("start.out", "a.in")
        .node(
            "b",
            "data.probe",
            json!({"value": "{{ nodes.a.output.value }}!"}),
        )
        .then("a.out", "b.in");
    let end = world.run(draw, json!({"name": "ada"})).await;
    assert_eq!(completed(end), json!({"value": "ADA!"}));
}

#[tokio::test]
async fn a_merge_waits_for_live_branches_and_ignores_dead_ones() {
    let world = alone().await;
    for (score, wanted) in [
        (9, json!(["high", "always"])),
        (1, json!(["low", "always"])),
    ] {
        let draw = Draw::new()
            .node("if", "logic.if", json!({"conditions": [{"left": "{{ input.score }}", "operator": "greater", "right": "5"}]}))
            .then("start.out", "if.in");
        let draw = if crate::nodes::ALL.iter().any(|n| n.about().id == "logic.if") {
            draw
        } else {
            return;
        };
        let ports = crate::node::Registry::default();
        let node = ports.get("logic.if").expect("exists");
        let outputs: Vec<String> = node
            .ports(&draw.0.nodes[1].settings)
            .outputs
            .iter()
            .filter(|port| port.kind.is_control())
            .map(|port| port.name.clone())
            .collect();
        let draw = draw
            .node("high", "data.probe", json!({"value": "high"}))
            .then(&format!("if.{}", outputs[0]), "high.in")
            .node("low", "data.probe", json!({"value": "low"}))
            .then(&format!("if.{}", outputs[1]), "low.in")
            .node(
                "slow",
                "data.probe",
                json!({"value": "always", "wait_ms": 30}),
            )
            .then("start.out", "slow.in")
            .node("m", "logic.merge", json!({}))
            .link("high.value", "m.values")
            .link("low.value", "m.values")
            .link("slow.value", "m.values");
        let end = world
            .run(returning(draw, "m.result"), json!({"score": score}))
            .await;
        assert_eq!(completed(end), wanted);
    }
}

fn map(items: Value, parallel: u32, wait: &str) -> Draw {
    let draw = Draw::new()
        .node(
            "each",
            "logic.loop",
            json!({"items": items, "parallel": parallel, "on_item_error": "null"}),
        )
        .then("start.out", "each.in")
        .node(
            "p",
            "data.probe",
            json!({"value": "{{ item }}", "wait_ms": wait}),
        )
        .inside("each")
        .then("each.each", "p.in")
        .link("p.value", "each.result");
    returning(draw, "each.results")
}

#[tokio::test]
async fn a_parallel_map_keeps_order_and_count_whatever_the_waits() {
    let world = alone().await;
    for seed in 0..40_u64 {
        let count = (seed * 7) % 30;
        let items: Vec<u64> = (0..count)
            .map(|n| (n * 2_654_435_761 + seed) % 100)
            .collect();
        let parallel = 1 + u32::try_from(seed % 12).expect("small");
        let draw = map(json!(items), parallel, "{{ item % 7 }}");
        let end = world.run(draw, json!({})).await;
        assert_eq!(completed(end), json!(items), "seed {seed}");
    }
}

#[tokio::test]
async fn nested_loops_run_each_item_of_each_list_once() {
    let world = alone().await;
    let draw = Draw::new()
        .node(
            "outer",
            "logic.loop",
            json!({"items": "{{ input.rows }}", "parallel": 3}),
        )
        .then("start.out", "outer.in")
        .node(
            "inner",
            "logic.loop",
            json!({"items": "{{ item }}", "parallel": 2}),
        )
        .inside("outer")
        .then("outer.each", "inner.in")
        .node("p", "data.probe", json!({"value": "{{ item * 10 }}"}))
        .inside("inner")
        .then("inner.each", "p.in")
        .link("p.value", "inner.result")
        .link("inner.results", "outer.result");
    let end = world
        .run(
            returning(draw, "outer.results"),
            json!({"rows": [[1, 2, 3], [], [4]]}),
        )
        .await;
    assert_eq!(completed(end), json!([[10, 20, 30], [], [40]]));
}

#[tokio::test]
async fn a_while_loop_ends_when_its_condition_no_longer_holds() {
    let world = alone().await;
    let draw = Draw::new()
        .node("w", "logic.while", json!({"condition": "index < 4"}))
        .then("start.out", "w.in")
        .node("p", "data.probe", json!({"value": "{{ index }}"}))
        .inside("w")
        .then("w.round", "p.in")
        .link("p.value", "w.result");
    let end = world.run(returning(draw, "w.results"), json!({})).await;
    assert_eq!(completed(end), json!([0, 1, 2, 3]));
}

#[tokio::test]
async fn try_takes_the_failed_branch_and_the_run_goes_on() {
    let world = alone().await;
    let draw = Draw::new()
        .node("t", "logic.try", json!({}))
        .then("start.out", "t.in")
        .node("bad", "data.probe", json!({"fail": 99}))
        .inside("t")
        .then("t.try", "bad.in")
        .node("other", "data.probe", json!({"wait_ms": 60_000}))
        .inside("t")
        .then("t.try", "other.in")
        .node(
            "after",
            "data.probe",
            json!({"value": "{{ nodes.t.output.error.message }}"}),
        )
        .then("t.failed", "after.in")
        .node("never", "data.probe", json!({"value": 1}))
        .then("t.succeeded", "never.in");
    let began = Instant::now();
    let end = world.run(returning(draw, "after.value"), json!({})).await;
    assert_eq!(completed(end), json!("told to fail"));
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn failures_are_retried_continued_branched_or_end_the_run() {
    let world = alone().await;
    let retry = |max| Retry {
        max,
        wait_ms: 1,
        ..Retry::default()
    };
    let failing = |fail: u32, max: u32, on_error: OnError| {
        Draw::new()
            .node("a", "data.probe", json!({"value": 7, "fail": fail}))
            .change(|node| {
                node.policy.retry = retry(max);
                node.policy.on_error = on_error;
            })
            .then("start.out", "a.in")
    };
    let end = world
        .run(
            returning(failing(2, 2, OnError::Stop), "a.value"),
            json!({}),
        )
        .await;
    assert_eq!(completed(end), json!(7));
    let end = world.run(failing(3, 2, OnError::Stop), json!({})).await;
    let RunEnd::Failed { error, node } = end else {
        panic!("it must fail");
    };
    assert_eq!(
        (error.kind, node),
        (NodeErrorKind::Upstream, Some("a".into()))
    );
    let output = json!({"value": "spare"})
        .as_object()
        .cloned()
        .expect("an object");
    let draw = returning(failing(9, 0, OnError::Continue { output }), "a.value");
    assert_eq!(completed(world.run(draw, json!({})).await), json!("spare"));
    let draw = failing(9, 0, OnError::Branch)
        .node(
            "b",
            "data.probe",
            json!({"value": "{{ nodes.a.error.kind }}"}),
        )
        .then("a.error", "b.in")
        .node("c", "data.probe", json!({}))
        .then("a.out", "c.in");
    assert_eq!(
        completed(world.run(draw, json!({})).await),
        json!({"value": "upstream"})
    );
}

#[tokio::test]
async fn a_panic_and_a_timeout_are_errors_of_the_node() {
    let world = alone().await;
    let draw = Draw::new()
        .node("a", "data.probe", json!({"panic": true}))
        .then("start.out", "a.in");
    let end = world.run(draw, json!({})).await;
    assert!(
        matches!(&end, RunEnd::Failed { error, .. } if error.kind == NodeErrorKind::Internal),
        "{end:?}"
    );
    let draw = Draw::new()
        .node("a", "data.probe", json!({"wait_ms": 60_000}))
        .change(|node| node.policy.timeout_ms = Some(30))
        .then("start.out", "a.in");
    let end = world.run(draw, json!({})).await;
    assert!(
        matches!(&end, RunEnd::Failed { error, .. } if error.kind == NodeErrorKind::Timeout),
        "{end:?}"
    );
}

#[tokio::test]
async fn a_stop_ends_everything_within_a_second() {
    let world = alone().await;
    let cancel = CancellationToken::new();
    let draw = map(json!([60_000, 60_000, 60_000]), 3, "{{ item }}");
    let stop = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancel.cancel();
        Instant::now()
    };
    let run = world.run_with(draw, json!({}), Options::default(), cancel.clone());
    let (end, stopped) = tokio::join!(run, stop);
    assert_eq!(end, RunEnd::Cancelled);
    assert!(stopped.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn limits_on_steps_and_payload_end_the_run() {
    let world = alone().await;
    let mut options = Options::default();
    options.limits.max_steps = 5;
    let draw = map(json!([1, 2, 3, 4, 5, 6, 7, 8]), 2, "0");
    let end = world
        .run_with(draw, json!({}), options, CancellationToken::new())
        .await;
    assert!(
        matches!(&end, RunEnd::Failed { error, .. } if error.kind == NodeErrorKind::Limit),
        "{end:?}"
    );
    let mut options = Options::default();
    options.limits.max_payload_bytes = 100;
    let draw = Draw::new()
        .node("a", "data.probe", json!({"value": "x".repeat(200)}))
        .then("start.out", "a.in");
    let end = world
        .run_with(draw, json!({}), options, CancellationToken::new())
        .await;
    assert!(
        matches!(&end, RunEnd::Failed { error, .. } if error.kind == NodeErrorKind::Limit),
        "{end:?}"
    );
}

#[tokio::test]
async fn a_called_flow_returns_and_a_flow_that_calls_itself_is_stopped() {
    let world = alone().await;
    let double = returning(
        Draw::default()
            .node("in", "input.sub_flow", json!({}))
            .node("p", "data.probe", json!({"value": "{{ input.n * 2 }}"}))
            .then("in.out", "p.in"),
        "p.value",
    );
    world.publish("double", double);
    let call = |slug: &str| {
        Draw::new()
            .node(
                "c",
                "logic.call_flow",
                json!({"workflow": slug, "input": {"n": 21}}),
            )
            .then("start.out", "c.in")
    };
    let end = world
        .run(returning(call("double"), "c.result"), json!({}))
        .await;
    assert_eq!(completed(end), json!(42));
    world.publish("again", call("again"));
    let end = world.run(call("again"), json!({})).await;
    assert!(
        matches!(&end, RunEnd::Failed { error, .. } if error.kind == NodeErrorKind::Limit),
        "{end:?}"
    );
}

#[tokio::test]
async fn pinned_nodes_do_not_run_and_a_target_ends_the_run() {
    let world = alone().await;
    let draw = Draw::new()
        .node("a", "data.probe", json!({"panic": true}))
        .then("start.out", "a.in")
        .node(
            "b",
            "data.probe",
            json!({"value": "{{ nodes.a.output.value + 1 }}"}),
        )
        .then("a.out", "b.in")
        .node("c", "data.probe", json!({"panic": true}))
        .then("b.out", "c.in");
    let mut options = Options {
        target: Some("b".into()),
        ..Options::default()
    };
    let pinned = json!({"value": 4}).as_object().cloned().expect("an object");
    options.pins.insert("a".into(), pinned);
    let again = options.clone();
    let graph = Draw(draw.0.clone());
    let end = world
        .run_with(draw, json!({}), options, CancellationToken::new())
        .await;
    assert_eq!(completed(end), json!({"value": 5}));
    let options = Options {
        is_alone: true,
        ..again
    };
    let end = world
        .run_with(graph, json!({}), options, CancellationToken::new())
        .await;
    assert_eq!(completed(end), json!({"value": 5}));
}
