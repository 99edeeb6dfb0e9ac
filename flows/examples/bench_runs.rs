//! Steps and runs per second, in memory and stored: `cargo run --release -p flows --example bench_runs`.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flows::graph::{Edge, EdgeKind, End, Graph, Node};
use flows::ids::{ProjectId, RunId, WorkflowId};
use flows::node::{Registry, RunInfo};
use flows::run::{
    Catalogue, Compiled, Engine, EngineConfig, EngineParts, Hub, MemoryRun, Options, Runnable,
    Start, execute,
};
use flows::testing::World;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use store::testing::TempDir;
use store::{Db, DbConfig};
use tokio_util::sync::CancellationToken;

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A trigger and `steps` nodes behind each other.
fn chain(trigger: &str, steps: usize) -> Graph {
    let mut graph = Graph::default();
    graph.nodes.push(Node::new("start", trigger));
    let mut before = "start".to_owned();
    for number in 0..steps {
        let id = format!("n{number}");
        let mut node = Node::new(id.as_str(), "data.set_variable");
        let settings = json!({"variables": [{"name": "x", "value": "{{ input.body.n }}"}]});
        if let Value::Object(settings) = settings {
            node.settings = settings;
        }
        graph.nodes.push(node);
        graph.edges.push(Edge {
            id: format!("e{number}").into(),
            from: End::new(before.as_str(), "out"),
            to: End::new(id.as_str(), "in"),
            kind: EdgeKind::Control,
        });
        before = id;
    }
    graph
}

async fn in_memory(world: &World, steps: usize, runs: u32) {
    let registry = Registry::default();
    let compiled = Compiled::new(chain("input.webhook", steps), &registry).expect("sound");
    let compiled = Arc::new(compiled);
    let began = Instant::now();
    for _ in 0..runs {
        execute(MemoryRun {
            services: Arc::clone(&world.services),
            principal: Arc::clone(&world.principal),
            info: RunInfo {
                run_id: RunId::new(),
                org_id: world.principal.org_id(),
                project_id: ProjectId::new(),
                workflow_id: WorkflowId::new(),
                version: None,
                trigger: "webhook".to_owned(),
                started_at: flows::testing::BEGIN,
                depth: 0,
            },
            compiled: Arc::clone(&compiled),
            catalogue: Arc::new(world.flows.clone()) as Arc<dyn Catalogue>,
            registry: registry.clone(),
            input: json!({"body": {"n": 1}}),
            options: Options::default(),
            hub: Hub::default(),
            cancel: CancellationToken::new(),
        })
        .await;
    }
    report(
        &format!("in memory, {steps} steps"),
        runs,
        steps + 1,
        began.elapsed(),
    );
}

async fn stored(world: &World, engine: &Engine, steps: usize, runs: u32, at_once: usize) {
    let flow = Runnable {
        project_id: ProjectId::new(),
        workflow_id: WorkflowId::new(),
        version: Some(1),
        graph: Arc::new(chain("input.webhook", steps)),
    };
    let began = Instant::now();
    futures_util::stream::iter(0..runs)
        .for_each_concurrent(at_once, |n| {
            let start = Start {
                flow: flow.clone(),
                input: json!({"body": {"n": n}}),
                trigger: "webhook".to_owned(),
                options: Options::default(),
                depth: 0,
            };
            async move {
                let started = engine.start(&world.principal, start).await.expect("starts");
                match started.end {
                    Some(end) => {
                        end.await.expect("ends");
                    }
                    None => {
                        let most = Duration::from_secs(60);
                        let org = world.principal.org_id();
                        engine.wait(org, started.id, most).await.expect("ends");
                    }
                }
            }
        })
        .await;
    let what = format!("stored, {steps} steps, {at_once} at once");
    report(&what, runs, steps + 1, began.elapsed());
}

fn report(what: &str, runs: u32, steps: usize, took: Duration) {
    let seconds = took.as_secs_f64();
    let runs = f64::from(runs);
    say(&format!(
        "{what}: {:.0} runs/s, {:.0} steps/s, {:.3} ms a step",
        runs / seconds,
        runs * steps as f64 / seconds,
        seconds * 1_000.0 / (runs * steps as f64),
    ));
}

#[tokio::main]
async fn main() {
    let dir = TempDir::new();
    let db = Db::connect(&DbConfig::embedded(dir.path()))
        .await
        .expect("opens");
    db.migrate().await.expect("migrates");
    let world = World::new(db.clone()).await;
    let engine = Engine::new(EngineParts {
        db,
        services: Arc::clone(&world.services),
        registry: Registry::default(),
        catalogue: Arc::new(world.flows.clone()),
        config: EngineConfig::default(),
    });
    let working = CancellationToken::new();
    let (worker, stop) = (engine.clone(), working.clone());
    #[expect(clippy::disallowed_methods, reason = "ends with the program")]
    tokio::spawn(async move { worker.work(stop).await });
    in_memory(&world, 2, 3_000).await;
    in_memory(&world, 40, 300).await;
    stored(&world, &engine, 2, 500, 1).await;
    stored(&world, &engine, 2, 10_000, 64).await;
    stored(&world, &engine, 40, 500, 16).await;
    working.cancel();
}
