use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use store::testing::for_each_db;
use tokio_util::sync::CancellationToken;

use super::world::{Draw, FINISHED, World};
use crate::node::{Answer, Cause};
use crate::run::http::Watch;
use crate::run::{Engine, Options, RunEnd, Runnable, Start};

const LONG: Duration = Duration::from_secs(60);

fn start(flow: &Runnable, input: Value) -> Start {
    Start {
        flow: flow.clone(),
        input,
        trigger: "manual".to_owned(),
        options: Options::default(),
        depth: 0,
    }
}

/// Works until the guard is dropped, in tasks of its own runtime, which dies with it: a kill.
struct Process {
    runtime: Option<tokio::runtime::Runtime>,
}

impl Process {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        Self {
            runtime: Some(runtime.expect("a runtime")),
        }
    }

    fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) {
        self.runtime.as_ref().expect("alive").spawn(work);
    }

    fn kill(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn working(engine: &Engine) -> tokio_util::sync::DropGuard {
    let stop = CancellationToken::new();
    let (engine, until) = (engine.clone(), stop.clone());
    #[expect(clippy::disallowed_methods, reason = "ends with the guard")]
    tokio::spawn(async move { engine.work(until).await });
    stop.drop_guard()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_stored_with_its_steps_before_it_is_answered() {
    for_each_db(async |db| {
        let world = World::new(db).await;
        let engine = world.engine();
        let draw = Draw::new()
            .node("a", "data.probe", json!({"value": "{{ input.n + 1 }}"}))
            .then("start.out", "a.in");
        let flow = world.publish("plain", draw);
        let started = engine
            .start(&world.who, start(&flow, json!({"n": 1})))
            .await;
        let started = started.expect("it starts");
        let end = started.end.expect("there is room").await.expect("it ends");
        assert_eq!(end, RunEnd::Completed(json!({"value": 2})));
        let org = world.who.org_id();
        let row = engine
            .row(org, started.id)
            .await
            .expect("read")
            .expect("there");
        assert_eq!((row.state.as_str(), row.steps), ("completed", 2));
        let steps = engine.steps(started.id).await.expect("read");
        let seqs: Vec<i64> = steps.iter().map(|step| step.seq).collect();
        assert!(seqs.is_sorted() && steps.len() == 2, "{seqs:?}");
        let foreign = engine.row(store::OrgId::new(), started.id).await;
        assert!(foreign.expect("read").is_none());
    })
    .await;
}

fn approval() -> Draw {
    Draw::new()
        .node("before", "data.probe", json!({"value": 1}))
        .then("start.out", "before.in")
        .node("ask", "logic.approval", json!({"message": "Well?"}))
        .then("before.out", "ask.in")
        .node(
            "after",
            "data.probe",
            json!({"value": "{{ nodes.ask.output.answer.by }}"}),
        )
        .link("ask.value", "after.value")
        .node(
            "give",
            "output.return",
            json!({"value": "{{ nodes.ask.output.answer.by }}"}),
        )
        .then("after.out", "give.in")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_holds_nothing_and_is_resumed_once_under_many_clicks() {
    for_each_db(async |db| {
        let world = World::new(db).await;
        let engine = world.engine();
        let _working = working(&engine);
        let draw = approval();
        let buttons = crate::node::Registry::default();
        let ports = buttons.get("logic.approval").expect("exists");
        let button = ports.ports(&serde_json::Map::new()).outputs[0].name.clone();
        let flow = world.publish("ask", draw);
        let started = engine.start(&world.who, start(&flow, json!({}))).await;
        let started = started.expect("it starts");
        let end = started.end.expect("there is room").await.expect("it parks");
        assert!(matches!(end, RunEnd::Waiting(Some(_))), "{end:?}");
        let org = world.who.org_id();
        let click = |by: usize| {
            let (engine, button) = (engine.clone(), button.clone());
            async move {
                let cause = Cause::Answered(Answer {
                    button,
                    fields: serde_json::Map::new(),
                    by: format!("click {by}"),
                    at: store::Micros(0),
                });
                let node = "ask".into();
                engine.answer(org, started.id, &node, "", cause).await
            }
        };
        let clicks = futures_util::future::join_all((0..8).map(click)).await;
        let first = clicks
            .iter()
            .filter(|c| *c.as_ref().expect("answered"))
            .count();
        assert_eq!(first, 1, "only the first click counts");
        let end = engine.wait(org, started.id, LONG).await.expect("read");
        assert!(matches!(end, Some(RunEnd::Completed(_))), "{end:?}");
        for node in ["before", "after"] {
            let key = format!("{}:{node}:", started.id);
            assert_eq!(FINISHED.lock().get(&key), Some(&1), "{node}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_stop_is_not_lost_while_a_run_begins_to_wait() {
    for_each_db(async |db| {
        let world = World::new(db).await;
        let engine = world.engine();
        let _working = working(&engine);
        let org = world.who.org_id();
        let flow = world.publish("ask", approval());
        for late in 0..40 {
            let started = engine.start(&world.who, start(&flow, json!({}))).await;
            let run = started.expect("it starts").id;
            tokio::time::sleep(Duration::from_micros(late * 150)).await;
            assert!(engine.stop(org, run).await.expect("asked"));
            let patience = Duration::from_secs(10);
            let end = engine.wait(org, run, patience).await.expect("read");
            assert_eq!(
                end,
                Some(RunEnd::Cancelled),
                "stopped after {late} * 150 us"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn who_comes_late_learns_that_a_run_waits() {
    for_each_db(async |db| {
        let world = World::new(db).await;
        let engine = world.engine();
        let _working = working(&engine);
        let flow = world.publish("ask", approval());
        let started = engine.start(&world.who, start(&flow, json!({}))).await;
        let started = started.expect("it starts");
        started.end.expect("there is room").await.expect("it parks");
        let mut watch = Watch::new(engine.clone(), world.who.org_id(), started.id, 0);
        let mut kinds = Vec::new();
        while !kinds.contains(&"execution:waiting".to_owned()) {
            let next = tokio::time::timeout(LONG, watch.next()).await;
            let event = next.expect("it is told").expect("the run is there");
            let event = serde_json::to_value(&*event).expect("plain");
            kinds.push(event["type"].as_str().expect("a word").to_owned());
        }
        assert_eq!(kinds.first().map(String::as_str), Some("execution:started"));
        let silence = tokio::time::timeout(Duration::from_secs(2), watch.next()).await;
        assert!(silence.is_err(), "told again: {silence:?}");
    })
    .await;
}

fn busy_flow() -> Draw {
    Draw::new()
        .node(
            "each",
            "logic.loop",
            json!({"items": [1, 2, 3, 4, 5], "parallel": 2}),
        )
        .then("start.out", "each.in")
        .node(
            "x",
            "data.probe",
            json!({"value": "{{ item }}", "wait_ms": 4}),
        )
        .inside("each")
        .then("each.each", "x.in")
        .node("y", "data.probe", json!({"wait_ms": 2}))
        .inside("each")
        .link("x.value", "y.value")
        .link("y.value", "each.result")
        .node("side", "data.probe", json!({"value": "s", "wait_ms": 9}))
        .then("start.out", "side.in")
        .node("m", "logic.merge", json!({}))
        .link("each.results", "m.values")
        .link("side.value", "m.values")
        .node("last", "data.probe", json!({}))
        .link("m.result", "last.value")
        .node("give", "output.return", json!({}))
        .link("last.value", "give.value")
}

#[tokio::test(flavor = "multi_thread")]
async fn after_kills_at_any_point_each_stored_node_has_run_once_and_none_is_lost() {
    for_each_db(async |db| {
        let world = World::new(db.clone()).await;
        let flow = world.publish("busy", busy_flow());
        let org = world.who.org_id();
        let rounds: u64 = match db.dialect() {
            store::Dialect::Sqlite => 16,
            store::Dialect::Postgres => 5,
        };
        for seed in 0..rounds {
            let doomed = Process::new();
            let own = store::testing::second_handle(&db).await;
            let other = World {
                db: own.clone(),
                who: Arc::clone(&world.who),
                services: Arc::clone(&world.services),
                shelf: Arc::clone(&world.shelf),
                dirs: Vec::new(),
            };
            let (sender, started) = tokio::sync::oneshot::channel();
            let wanted = start(&flow, json!({}));
            doomed.spawn(async move {
                let engine = other.engine();
                let begun = engine.start(&other.who, wanted).await.expect("it starts");
                let _ = sender.send(begun.id);
                engine.work(CancellationToken::new()).await;
            });
            let id = started.await.expect("it was taken in");
            tokio::time::sleep(Duration::from_millis(seed * 3)).await;
            doomed.kill();
            // What was stored at the moment of the kill must not be run again.
            tokio::time::sleep(Duration::from_millis(20)).await;
            let survivor = world.engine();
            let stored = survivor.steps(id).await.expect("read");
            let before: HashMap<String, u32> = FINISHED.lock().clone();
            let _working = working(&survivor);
            let end = survivor.wait(org, id, LONG).await.expect("read");
            assert_eq!(
                end,
                Some(RunEnd::Completed(json!([[1, 2, 3, 4, 5], "s"]))),
                "seed {seed}"
            );
            let finished = FINISHED.lock().clone();
            for step in stored
                .iter()
                .filter(|s| s.detail.state() == crate::run::StepState::Done)
            {
                let key = format!("{id}:{}:{}", step.node, step.iteration);
                assert_eq!(
                    before.get(&key),
                    finished.get(&key),
                    "seed {seed}: {key} ran again"
                );
            }
            let mine = |key: &&String| key.starts_with(&id.to_string());
            assert_eq!(finished.keys().filter(mine).count(), 12, "seed {seed}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_share_a_queue_without_a_double_run() {
    for_each_db(async |db| {
        let world = World::new(db.clone()).await;
        let draw = Draw::new()
            .node("a", "data.probe", json!({"value": 1, "wait_ms": 1}))
            .then("start.out", "a.in");
        let flow = world.publish("short", draw);
        let engines: Vec<Engine> = (0..3).map(|_| world.steady_engine()).collect();
        let mut ids = Vec::new();
        // Forks are always queued, so that any worker may take them.
        let first = engines[0].start(&world.who, start(&flow, json!({}))).await;
        let first = first.expect("it starts");
        first.end.expect("there is room").await.expect("it ends");
        for _ in 0..40 {
            let forked = engines[0]
                .fork(&world.who, first.id, &"start".into(), None)
                .await;
            ids.push(forked.expect("stored").expect("the node exists"));
        }
        let _working: Vec<_> = engines.iter().map(working).collect();
        for id in ids {
            let end = engines[1]
                .wait(world.who.org_id(), id, LONG)
                .await
                .expect("read");
            assert!(matches!(end, Some(RunEnd::Completed(_))), "{end:?}");
            let key = format!("{id}:a:");
            assert_eq!(FINISHED.lock().get(&key), Some(&1));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_stop_pause_go_on_and_are_retried_from_the_failed_node() {
    for_each_db(async |db| {
        let world = World::new(db).await;
        let engine = world.steady_engine();
        let _working = working(&engine);
        let org = world.who.org_id();
        let slow = Draw::new()
            .node("a", "data.probe", json!({"value": 1, "wait_ms": 60_000}))
            .then("start.out", "a.in");
        let slow = world.publish("slow", slow);
        let run = engine
            .start(&world.who, start(&slow, json!({})))
            .await
            .expect("starts");
        let began = std::time::Instant::now();
        assert!(engine.stop(org, run.id).await.expect("asked"));
        let end = engine.wait(org, run.id, LONG).await.expect("read");
        assert_eq!(end, Some(RunEnd::Cancelled));
        assert!(began.elapsed() < Duration::from_secs(1));
        assert!(
            !engine
                .stop(store::OrgId::new(), run.id)
                .await
                .expect("asked")
        );

        let two = Draw::new()
            .node("a", "data.probe", json!({"value": 1, "wait_ms": 1500}))
            .then("start.out", "a.in")
            .node("b", "data.probe", json!({"value": 2, "fail": 1}))
            .then("a.out", "b.in");
        let two = world.publish("two", two);
        let run = engine
            .start(&world.who, start(&two, json!({})))
            .await
            .expect("starts");
        engine.pause(org, run.id).await.expect("asked");
        let end = run.end.expect("there is room").await.expect("it pauses");
        assert_eq!(end, RunEnd::Paused);
        assert!(engine.resume(org, run.id).await.expect("asked"));
        let end = engine.wait(org, run.id, LONG).await.expect("read");
        assert!(matches!(end, Some(RunEnd::Failed { .. })), "{end:?}");
        assert!(engine.retry(org, run.id).await.expect("asked"));
        let end = engine.wait(org, run.id, LONG).await.expect("read");
        assert_eq!(end, Some(RunEnd::Completed(json!({"value": 2}))));
        assert_eq!(FINISHED.lock().get(&format!("{}:a:", run.id)), Some(&1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_run_calls_another_and_a_short_wait_passes() {
    for_each_db(async |db| {
        let world = World::new(db).await;
        let engine = world.engine();
        let _working = working(&engine);
        let inner = Draw::default()
            .node("in", "input.sub_flow", json!({}))
            .node(
                "d",
                "logic.delay",
                json!({"amount": 0.05, "unit": "seconds"}),
            )
            .then("in.out", "d.in")
            .node(
                "give",
                "output.return",
                json!({"value": "{{ input.n * 2 }}"}),
            )
            .then("d.out", "give.in");
        world.publish("inner", inner);
        let outer = Draw::new()
            .node(
                "c",
                "logic.call_flow",
                json!({"workflow": "inner", "input": {"n": 4}}),
            )
            .then("start.out", "c.in")
            .node("give", "output.return", json!({}))
            .link("c.result", "give.value");
        let outer = world.publish("outer", outer);
        let run = engine
            .start(&world.who, start(&outer, json!({})))
            .await
            .expect("starts");
        let end = engine
            .wait(world.who.org_id(), run.id, LONG)
            .await
            .expect("read");
        assert_eq!(end, Some(RunEnd::Completed(json!(8))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_runs_are_forgotten_when_their_time_is_over_and_others_are_kept() {
    for_each_db(async |db| {
        let world = World::new(db.clone()).await;
        let engine = world.engine();
        let draw = Draw::new()
            .node("a", "data.probe", json!({"value": 1}))
            .then("start.out", "a.in");
        let flow = world.publish("old", draw);
        let org = world.who.org_id();
        let mut ids = Vec::new();
        for _ in 0..2 {
            let run = engine
                .start(&world.who, start(&flow, json!({})))
                .await
                .expect("starts");
            run.end.expect("there is room").await.expect("it ends");
            ids.push(run.id);
        }
        store::on_writer!(db, execute => sqlx::query("UPDATE runs SET ended_at = 1 WHERE id = $1")
            .bind(ids[0]))
        .expect("aged");
        assert_eq!(engine.forget_old().await.expect("swept"), 1);
        assert!(engine.row(org, ids[0]).await.expect("read").is_none());
        assert!(engine.steps(ids[0]).await.expect("read").is_empty());
        assert!(engine.row(org, ids[1]).await.expect("read").is_some());
    })
    .await;
}
