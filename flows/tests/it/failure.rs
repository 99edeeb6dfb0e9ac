//! Flows that listen for failures of others, on both databases.

use std::sync::Arc;
use std::time::Duration;

use accounts::Actor;
use flows::PublishWorkflow;
use flows::deploy::FailureWatch;
use flows::graph::Graph;
use flows::ids::{ProjectId, RunId, WorkflowId};
use flows::run::{Engine, EngineConfig, EngineParts, Options, RunEnd, Runnable, Start};
use flows::testing::World;
use serde_json::{Value, json};
use store::testing::for_each_db;
use store::{Db, on_reader, on_writer};

use crate::support::{deployments, edge, node};

/// Longer than an instance holds a failure.
const LEASE: Duration = Duration::from_secs(31);

fn engine(world: &World) -> Engine {
    Engine::new(EngineParts {
        db: world.flows.db().clone(),
        services: Arc::clone(&world.services),
        registry: flows::node::Registry::default(),
        catalogue: Arc::new(world.flows.clone()),
        config: EngineConfig::default(),
    })
}

fn failing() -> Graph {
    Graph {
        nodes: vec![
            node("begin", "input.manual", json!({})),
            node("halt", "logic.stop", json!({"message": "No paper left"})),
        ],
        edges: vec![edge("begin.out", "halt.in")],
        ..Graph::default()
    }
}

fn listening(settings: Value) -> Graph {
    Graph {
        nodes: vec![
            node("ear", "input.error", settings),
            node("end", "output.return", json!({})),
        ],
        edges: vec![edge("ear.message", "end.value")],
        ..Graph::default()
    }
}

async fn project(world: &World, name: &str) -> ProjectId {
    let project = serde_json::from_value(json!({"name": name})).expect("a project");
    let actor = Actor::from(&*world.principal);
    let made = world.flows.create_project(&actor, project).await;
    made.expect("made").id
}

async fn publish(world: &World, project: ProjectId, name: &str, graph: Graph) -> WorkflowId {
    let (flows, actor) = (&world.flows, Actor::from(&*world.principal));
    let flow = json!({"project_id": project, "name": name, "slug": name, "graph": graph});
    let flow = serde_json::from_value(flow).expect("a flow");
    let saved = flows.create_workflow(&actor, flow).await.expect("made");
    assert!(saved.report.is_valid, "{:?}", saved.report);
    let id = saved.workflow.id;
    let published = flows.publish_workflow(&actor, id, PublishWorkflow::default());
    published.await.expect("published");
    id
}

/// Runs a flow, published or as a draft, until it fails.
async fn fail(world: &World, project: ProjectId, flow: WorkflowId, version: Option<u32>) -> RunId {
    let start = Start {
        flow: Runnable {
            project_id: project,
            workflow_id: flow,
            version,
            graph: Arc::new(failing()),
        },
        input: json!({}),
        trigger: "manual".to_owned(),
        options: Options::default(),
        depth: 0,
    };
    let started = engine(world).start(&world.principal, start).await;
    let started = started.expect("started");
    let end = started.end.expect("room").await.expect("an end");
    assert!(matches!(end, RunEnd::Failed { .. }), "{end:?}");
    started.id
}

/// What runs of a flow began with.
async fn told(db: &Db, flow: WorkflowId) -> Vec<Value> {
    let rows: Result<Vec<(String,)>, store::Error> = on_reader!(db, c => sqlx::query_as(
        "SELECT input FROM runs WHERE workflow_id = $1 AND trigger_kind = 'error' ORDER BY id",
    ).bind(flow).fetch_all(c).await);
    let rows = rows.expect("runs are read").into_iter();
    rows.map(|(input,)| serde_json::from_str(&input).expect("JSON"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_published_flow_that_fails_begins_one_run_of_each_that_listens_over_many_instances() {
    for_each_db(|db| async move {
        let world = World::new(db.clone()).await;
        let here = project(&world, "Here").await;
        let there = project(&world, "There").await;
        let paper = publish(&world, here, "paper", failing()).await;
        let all = publish(&world, here, "all", listening(json!({}))).await;
        let named = listening(json!({"workflows": ["paper"]}));
        let named = publish(&world, here, "named", named).await;
        publish(&world, here, "ink", failing()).await;
        let other = listening(json!({"workflows": ["ink"]}));
        let other = publish(&world, here, "other", other).await;
        let far = publish(&world, there, "far", listening(json!({}))).await;

        let run = fail(&world, here, paper, Some(1)).await;
        let instances: Vec<_> = (0..3)
            .map(|_| FailureWatch::new(deployments(&world)))
            .collect();
        let looks = instances.iter().map(FailureWatch::pass);
        let looks = futures_util::future::join_all(looks).await;
        let count: usize = looks.into_iter().map(|look| look.expect("it looks")).sum();
        assert_eq!(count, 1, "one instance tells a failure");
        let got = told(&db, all).await;
        assert_eq!(got.len(), 1, "{got:?}");
        assert_eq!(got[0]["workflow"], "paper");
        assert_eq!(got[0]["run_id"], json!(run));
        assert_eq!(got[0]["node"], "halt");
        assert_eq!(got[0]["error"]["message"], "No paper left");
        assert_eq!(told(&db, named).await.len(), 1);
        for deaf in [other, far, paper] {
            assert!(told(&db, deaf).await.is_empty());
        }
        assert_eq!(instances[0].pass().await.expect("it looks"), 0);
    })
    .await;
}

#[tokio::test]
async fn drafts_that_fail_and_listeners_that_fail_begin_nothing() {
    for_each_db(|db| async move {
        let world = World::new(db.clone()).await;
        let here = project(&world, "Here").await;
        let paper = publish(&world, here, "paper", failing()).await;
        let mut graph = listening(json!({}));
        graph.nodes[1] = node("end", "logic.stop", json!({"message": "Nobody reads this"}));
        graph.edges = vec![edge("ear.out", "end.in")];
        let first = publish(&world, here, "first", graph.clone()).await;
        let second = publish(&world, here, "second", graph).await;
        let watch = FailureWatch::new(deployments(&world));

        fail(&world, here, paper, None).await;
        assert_eq!(
            watch.pass().await.expect("it looks"),
            0,
            "a draft is its author's"
        );

        fail(&world, here, paper, Some(1)).await;
        assert_eq!(watch.pass().await.expect("it looks"), 1);
        for listener in [first, second] {
            assert_eq!(told(&db, listener).await.len(), 1);
        }
        // Both listeners fail at once; neither tells the other.
        let failed = async || {
            let rows: Result<Vec<(i64,)>, store::Error> = on_reader!(db, c => sqlx::query_as(
                "SELECT count(*) FROM runs WHERE trigger_kind = 'error' AND state = 'failed'",
            ).fetch_all(c).await);
            rows.expect("counted")[0].0
        };
        while failed().await < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(watch.pass().await.expect("it looks"), 0);
        assert_eq!(told(&db, first).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_an_instance_took_and_did_not_tell_another_one_tells_without_repeating() {
    for_each_db(|db| async move {
        let world = World::new(db.clone()).await;
        let here = project(&world, "Here").await;
        let paper = publish(&world, here, "paper", failing()).await;
        let all = publish(&world, here, "all", listening(json!({}))).await;
        fail(&world, here, paper, Some(1)).await;
        // Taken by an instance that then died.
        on_writer!(db, execute => sqlx::query(
            "UPDATE runs SET report_at = report_at + 30000000 WHERE report_at IS NOT NULL",
        ))
        .expect("changed");
        let watch = FailureWatch::new(deployments(&world));
        assert_eq!(watch.pass().await.expect("it looks"), 0);
        assert!(told(&db, all).await.is_empty());
        world.clock.advance(LEASE);
        assert_eq!(watch.pass().await.expect("it looks"), 1);
        assert_eq!(told(&db, all).await.len(), 1);
        // One that died after the listener's run had begun, before it noted that.
        on_writer!(db, execute => sqlx::query(
            "UPDATE runs SET report_at = ended_at WHERE state = 'failed' AND trigger_kind = 'manual'",
        ))
        .expect("changed");
        assert_eq!(watch.pass().await.expect("it looks"), 1);
        assert_eq!(told(&db, all).await.len(), 1, "the run is there already");
    })
    .await;
}
