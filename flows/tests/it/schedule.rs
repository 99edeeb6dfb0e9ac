//! Runs at times of a calendar, on both databases.

use std::sync::Arc;
use std::time::Duration;

use accounts::Actor;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use flows::deploy::Scheduler;
use flows::graph::Graph;
use flows::ids::WorkflowId;
use flows::testing::World;
use flows::{Flows, PublishWorkflow, UpdateWorkflow};
use serde_json::{Value, json};
use store::testing::{for_each_db, second_handle};
use store::{Db, on_reader, on_writer};
use tower::ServiceExt as _;

use crate::support::{deployments, edge, node};

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

fn graph(settings: Value) -> Graph {
    Graph {
        nodes: vec![
            node("clock", "input.schedule", settings),
            node("end", "output.return", json!({})),
        ],
        edges: vec![edge("clock.scheduled_at", "end.value")],
        ..Graph::default()
    }
}

/// A flow that is on, in the name of the world's key.
async fn publish(world: &World, graph: Graph) -> WorkflowId {
    let (flows, actor) = (&world.flows, Actor::from(&*world.principal));
    let project = serde_json::from_value(json!({"name": "Times"})).expect("a project");
    let project = flows.create_project(&actor, project).await.expect("made");
    let flow = json!({"project_id": project.id, "name": "Reminder", "graph": graph});
    let flow = serde_json::from_value(flow).expect("a flow");
    let saved = flows.create_workflow(&actor, flow).await.expect("made");
    assert!(saved.report.is_valid, "{:?}", saved.report);
    let id = saved.workflow.id;
    let published = flows.publish_workflow(&actor, id, PublishWorkflow::default());
    published.await.expect("published");
    id
}

async fn switch(flows: &Flows, actor: &Actor, id: WorkflowId, on: bool) {
    let flow = flows.get_workflow(actor.org_id(), id).await.expect("there");
    let update = json!({"revision": flow.revision, "is_active": on});
    let update: UpdateWorkflow = serde_json::from_value(update).expect("an update");
    flows
        .update_workflow(actor, id, update)
        .await
        .expect("saved");
}

/// The times that runs began for, in order of their beginning.
async fn begun(db: &Db, flow: WorkflowId) -> Vec<String> {
    let rows: Result<Vec<(String,)>, store::Error> = on_reader!(db, c => sqlx::query_as(
        "SELECT input FROM runs WHERE workflow_id = $1 AND trigger_kind = 'schedule' ORDER BY id",
    ).bind(flow).fetch_all(c).await);
    let rows = rows.expect("runs are read").into_iter();
    rows.map(|(input,)| {
        let input: Value = serde_json::from_str(&input).expect("JSON");
        input["scheduled_at"].as_str().expect("a time").to_owned()
    })
    .collect()
}

#[tokio::test]
async fn a_published_schedule_begins_one_run_at_each_of_its_times() {
    for_each_db(|db| async move {
        let world = World::new(db.clone()).await;
        let scheduler = Scheduler::new(deployments(&world));
        let id = publish(
            &world,
            graph(json!({"times": ["0 9 * * *"], "timezone": "Europe/Berlin"})),
        )
        .await;
        let next = scheduler.pass().await.expect("it looks");
        assert_eq!(
            next.map(|next| next.to_string()).as_deref(),
            Some("2026-01-01T08:00:00Z")
        );
        assert!(
            begun(&db, id).await.is_empty(),
            "the past is not made up for"
        );
        world
            .clock
            .set("2026-01-01T08:00:01Z".parse().expect("a time"));
        for _ in 0..3 {
            scheduler.pass().await.expect("it looks");
        }
        assert_eq!(begun(&db, id).await, ["2026-01-01T08:00:00Z"]);
        world.clock.advance(DAY);
        scheduler.pass().await.expect("it looks");
        let both = ["2026-01-01T08:00:00Z", "2026-01-02T08:00:00Z"];
        assert_eq!(begun(&db, id).await, both);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_instances_begin_one_run_for_each_time() {
    for_each_db(|db| async move {
        let world = World::new(db.clone()).await;
        let id = publish(
            &world,
            graph(json!({"times": ["* * * * *"], "missed": "all"})),
        )
        .await;
        let mut instances = Vec::new();
        for _ in 0..3 {
            let other = Scheduler::new(deployments(&world));
            other.pass().await.expect("it looks");
            instances.push(Arc::new(other));
        }
        for _ in 0..10 {
            world.clock.advance(2 * MINUTE);
            let looks = instances.iter().map(|one| one.pass());
            for look in futures_util::future::join_all(looks).await {
                look.expect("it looks");
            }
        }
        let begun = begun(&db, id).await;
        let mut once = begun.clone();
        once.sort();
        once.dedup();
        assert_eq!((begun.len(), once.len()), (20, 20), "{begun:?}");
    })
    .await;
}

#[tokio::test]
async fn a_crash_between_claim_and_run_neither_loses_nor_doubles_a_time() {
    for_each_db(|db| async move {
        let world = World::new(db.clone()).await;
        let id = publish(&world, graph(json!({"times": ["0 9 * * *"]}))).await;
        let scheduler = Scheduler::new(deployments(&world));
        scheduler.pass().await.expect("it looks");
        world
            .clock
            .set("2026-01-01T09:00:00Z".parse().expect("a time"));
        scheduler.pass().await.expect("it looks");
        assert_eq!(begun(&db, id).await.len(), 1);
        // As if the instance had died with the claim made and before the run was there.
        let forget = "DELETE FROM runs WHERE workflow_id = $1";
        let reopen = "UPDATE schedule_ticks SET done_at = NULL WHERE workflow_id = $1";
        for statement in [forget, reopen] {
            on_writer!(db, execute => sqlx::query(statement).bind(id)).expect("changed");
        }
        let other = Scheduler::new(deployments(&world));
        other.pass().await.expect("it looks");
        assert!(begun(&db, id).await.is_empty(), "the claim still holds");
        world.clock.advance(MINUTE);
        other.pass().await.expect("it looks");
        assert_eq!(begun(&db, id).await, ["2026-01-01T09:00:00Z"]);
        // As if it had died with the run there and before it could say so.
        on_writer!(db, execute => sqlx::query(reopen).bind(id)).expect("changed");
        world.clock.advance(MINUTE);
        scheduler.pass().await.expect("it looks");
        assert_eq!(begun(&db, id).await.len(), 1, "the run is there already");
    })
    .await;
}

#[tokio::test]
async fn times_that_came_while_no_server_ran_follow_the_policy() {
    for_each_db(|db| async move {
        let world = World::new(db.clone()).await;
        let mut flows = Vec::new();
        for missed in ["skip", "once", "all"] {
            let settings = json!({"times": ["0 9 * * *"], "missed": missed});
            flows.push(publish(&world, graph(settings)).await);
        }
        let before = Scheduler::new(deployments(&world));
        before.pass().await.expect("it looks");
        drop(before);
        world
            .clock
            .set("2026-01-03T12:00:00Z".parse().expect("a time"));
        let after = Scheduler::new(deployments(&world));
        after.pass().await.expect("it looks");
        after.pass().await.expect("it looks");
        let [skip, once, all] = flows[..] else {
            panic!("three flows");
        };
        assert!(begun(&db, skip).await.is_empty());
        assert_eq!(begun(&db, once).await, ["2026-01-03T09:00:00Z"]);
        let each = [
            "2026-01-01T09:00:00Z",
            "2026-01-02T09:00:00Z",
            "2026-01-03T09:00:00Z",
        ];
        assert_eq!(begun(&db, all).await, each);
    })
    .await;
}

#[tokio::test]
async fn what_came_while_a_flow_was_off_is_not_made_up_for() {
    for_each_db(|db| async move {
        let world = World::new(db.clone()).await;
        let actor = Actor::from(&*world.principal);
        let id = publish(
            &world,
            graph(json!({"times": ["0 9 * * *"], "missed": "all"})),
        )
        .await;
        let scheduler = Scheduler::new(deployments(&world));
        scheduler.pass().await.expect("it looks");
        switch(&world.flows, &actor, id, false).await;
        scheduler.pass().await.expect("it looks");
        world
            .clock
            .set("2026-01-05T12:00:00Z".parse().expect("a time"));
        scheduler.pass().await.expect("it looks");
        switch(&world.flows, &actor, id, true).await;
        scheduler.pass().await.expect("it looks");
        assert!(begun(&db, id).await.is_empty());
        world
            .clock
            .set("2026-01-06T09:00:00Z".parse().expect("a time"));
        scheduler.pass().await.expect("it looks");
        assert_eq!(begun(&db, id).await, ["2026-01-06T09:00:00Z"]);
    })
    .await;
}

#[tokio::test]
async fn the_deployment_shows_coming_times_and_why_one_began_no_run() {
    for_each_db(|db| async move {
        let world = World::new(second_handle(&db).await).await;
        let deployments = deployments(&world);
        let scheduler = Scheduler::new(deployments.clone());
        let app = Router::from(flows::deploy::http::router(deployments));
        let settings = json!({"times": ["0 9 * * 1-5"], "timezone": "Europe/Berlin", "missed": "skip"});
        let id = publish(&world, graph(settings)).await;
        let path = format!("/api/v1/workflows/{id}/deployment");
        let (_, shown) = ask(&app, "GET", &path, &world.key, Value::Null).await;
        let next = ["2026-01-01T08:00:00Z", "2026-01-02T08:00:00Z", "2026-01-05T08:00:00Z",
            "2026-01-06T08:00:00Z", "2026-01-07T08:00:00Z"];
        let wanted = json!([{"node_id": "clock", "times": ["0 9 * * 1-5"], "timezone": "Europe/Berlin",
            "missed": "skip", "next": next, "last": null}]);
        assert_eq!(shown["schedules"], wanted);

        scheduler.pass().await.expect("it looks");
        // The version has a node that this program does not know.
        on_writer!(db, execute => sqlx::query(
            "UPDATE workflow_versions SET graph = replace(graph, 'output.return', 'output.gone')",
        ))
        .expect("changed");
        world.clock.set("2026-01-01T08:00:00Z".parse().expect("a time"));
        scheduler.pass().await.expect("it looks");
        assert!(begun(&db, id).await.is_empty());
        let (_, shown) = ask(&app, "GET", &path, &world.key, Value::Null).await;
        let last = &shown["schedules"][0]["last"];
        assert_eq!(last["scheduled_at"], "2026-01-01T08:00:00Z");
        assert_eq!(last["run_id"], Value::Null);
        assert!(last["error"].as_str().expect("a reason").contains("output.gone"));
    })
    .await;
}

#[tokio::test]
async fn a_preview_tells_times_and_names_the_wrong_field() {
    for_each_db(|db| async move {
        let world = World::new(db).await;
        let app = Router::from(flows::deploy::http::router(deployments(&world)));
        let path = "/api/v1/schedules/preview";
        let wanted = json!({"times": ["30 2 * * *"], "timezone": "Europe/Berlin", "count": 2});
        let (status, answer) = ask(&app, "POST", path, &world.key, wanted).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            answer,
            json!({"next": ["2026-01-01T01:30:00Z", "2026-01-02T01:30:00Z"]})
        );
        for (wanted, word) in [
            (json!({"times": ["0 25 * * *"]}), "the hour `25`"),
            (json!({"times": []}), "1 to 20"),
            (json!({"times": ["0 9 * * *"], "timezone": "Mars"}), "Mars"),
            (json!({"times": ["0 9 * * *"], "count": 21}), "count"),
        ] {
            let (status, answer) = ask(&app, "POST", path, &world.key, wanted).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert!(answer.to_string().contains(word), "{answer}");
        }
        let saved = world
            .flows
            .registry()
            .get("input.schedule")
            .expect("a type");
        let settings = json!({"times": ["0 9 * * *", "0 9 * foo *"]});
        let wrong = saved.check(settings.as_object().expect("an object"));
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].0 == "times" && wrong[0].1.contains("the month `foo`"));
    })
    .await;
}

async fn ask(
    app: &Router,
    method: &str,
    path: &str,
    key: &str,
    body: Value,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .expect("valid");
    let response = app.clone().oneshot(request).await.expect("infallible");
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX)
        .await
        .expect("whole");
    (status, serde_json::from_slice(&bytes).expect("JSON"))
}
