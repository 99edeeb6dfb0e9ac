use flows::graph::Graph;
use flows::testing::World;
use flows::{
    CreateProject, CreateWorkflow, ErrorKind, PublishWorkflow, SavedWorkflow, Side, UpdateWorkflow,
};
use serde_json::json;

use crate::support::{greeting, in_each_world};

async fn made(world: &World, name: &str, graph: Graph) -> SavedWorkflow {
    let project = CreateProject {
        name: "P".to_owned(),
        description: String::new(),
    };
    let project = world
        .flows
        .create_project(&world.actor, project)
        .await
        .expect("made");
    let wanted = CreateWorkflow {
        project_id: project.id,
        name: name.to_owned(),
        slug: None,
        description: String::new(),
        graph,
    };
    world
        .flows
        .create_workflow(&world.actor, wanted)
        .await
        .expect("made")
}

fn save(revision: i64, graph: Graph) -> UpdateWorkflow {
    UpdateWorkflow {
        revision: Some(revision),
        graph: Some(graph),
        ..UpdateWorkflow::default()
    }
}

#[tokio::test]
async fn a_stale_save_changes_nothing_and_shows_both_states() {
    in_each_world(|world| async move {
        let flow = made(&world, "Greet", greeting("one")).await.workflow;
        let first = save(flow.revision, greeting("two"));
        let saved = world
            .flows
            .update_workflow(&world.actor, flow.id, first)
            .await
            .expect("saved");
        assert_eq!(saved.workflow.revision, flow.revision + 1);
        let late = save(flow.revision, greeting("three"));
        let error = world
            .flows
            .update_workflow(&world.actor, flow.id, late)
            .await;
        let error = error.expect_err("stale");
        assert_eq!(error.kind, ErrorKind::Stale);
        let details = error.details.expect("both states");
        let template = |side: &str| {
            let nodes = details[side]["graph"]["nodes"]
                .as_array()
                .expect("nodes")
                .clone();
            let node = nodes
                .into_iter()
                .find(|node| node["id"] == "text")
                .expect("there");
            node["settings"]["template"].clone()
        };
        assert_eq!(
            (template("current"), template("yours")),
            (json!("two"), json!("three"))
        );
        let stored = world
            .flows
            .get_workflow(world.actor.org_id(), flow.id)
            .await
            .expect("there");
        assert_eq!(stored.graph.0, saved.workflow.graph.0);
    })
    .await;
}

#[tokio::test]
async fn of_saves_at_the_same_moment_one_wins() {
    in_each_world(|world| async move {
        let flow = made(&world, "Greet", greeting("one")).await.workflow;
        let all = (0..8).map(|n| {
            let update = save(flow.revision, greeting(&format!("text {n}")));
            world.flows.update_workflow(&world.actor, flow.id, update)
        });
        let results = futures_util::future::join_all(all).await;
        let won = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(won, 1);
        for error in results.into_iter().filter_map(Result::err) {
            assert_eq!(error.kind, ErrorKind::Stale, "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_draft_is_saved_but_not_published() {
    in_each_world(|world| async move {
        let saved = made(&world, "Greet", greeting("{{ vars.nope }}")).await;
        assert!(!saved.report.is_valid);
        let id = saved.workflow.id;
        let error = world
            .flows
            .publish_workflow(&world.actor, id, PublishWorkflow::default())
            .await;
        let error = error.expect_err("has errors");
        assert_eq!(error.kind, ErrorKind::InvalidWorkflow);
        assert_eq!(
            error.details.expect("a report")["problems"][0]["code"],
            "unknown_variable"
        );
        let flow = world
            .flows
            .get_workflow(world.actor.org_id(), id)
            .await
            .expect("there");
        assert_eq!((flow.live_version, flow.latest_version), (None, 0));
    })
    .await;
}

#[tokio::test]
async fn versions_stay_as_they_were_published_and_can_be_gone_back_to() {
    in_each_world(|world| async move {
        let org = world.actor.org_id();
        let flow = made(&world, "Greet", greeting("one")).await.workflow;
        let publish = |notes: &str| PublishWorkflow {
            notes: notes.to_owned(),
            ..PublishWorkflow::default()
        };
        let one = world
            .flows
            .publish_workflow(&world.actor, flow.id, publish("first"))
            .await;
        let one = one.expect("published");
        let now = world.flows.get_workflow(org, flow.id).await.expect("there");
        assert_eq!(now.revision, now.published_revision);
        let draft = save(now.revision, greeting("two {{ input.who }}"));
        world
            .flows
            .update_workflow(&world.actor, flow.id, draft)
            .await
            .expect("saved");
        let live = world.flows.live_version(org, flow.id).await.expect("live");
        assert_eq!((live.number, &live.graph), (1, &one.graph));

        let diff = world
            .flows
            .compare(org, flow.id, Side::Live, Side::Draft)
            .await
            .expect("compared");
        assert!(!diff.is_same);
        assert_eq!(diff.nodes.changed.len(), 1);
        let change = &diff.nodes.changed[0].changes[0];
        assert_eq!(change.path, "settings.template");
        assert_eq!(
            (&change.from, &change.to),
            (&json!("one"), &json!("two {{ input.who }}"))
        );

        let two = world
            .flows
            .publish_workflow(&world.actor, flow.id, publish("second"))
            .await;
        assert_eq!(two.expect("published").number, 2);
        let back = world
            .flows
            .set_live_version(&world.actor, flow.id, Some(1))
            .await
            .expect("back");
        assert_eq!((back.live_version, back.latest_version), (Some(1), 2));
        assert_eq!(
            world
                .flows
                .live_version(org, flow.id)
                .await
                .expect("live")
                .graph,
            one.graph
        );

        let restored = world
            .flows
            .restore_version(&world.actor, flow.id, 1, back.revision)
            .await;
        assert_eq!(restored.expect("restored").workflow.graph, one.graph);
        let off = world
            .flows
            .set_live_version(&world.actor, flow.id, None)
            .await
            .expect("off");
        assert_eq!(off.live_version, None);
        let error = world
            .flows
            .live_version(org, flow.id)
            .await
            .expect_err("off");
        assert_eq!(error.kind, ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn slugs_are_made_of_names_and_are_unique() {
    in_each_world(|world| async move {
        let first = made(&world, "Blog posts!", greeting("")).await.workflow;
        assert_eq!(first.slug, "blog-posts");
        let copy =
            world
                .flows
                .duplicate_workflow(&world.actor, first.id, Some("Blog posts".into()));
        let copy = copy.await.expect("copied").workflow;
        assert_eq!(copy.slug, "blog-posts-2");
        let update = UpdateWorkflow {
            revision: Some(copy.revision),
            slug: Some("blog-posts".to_owned()),
            ..UpdateWorkflow::default()
        };
        let error = world
            .flows
            .update_workflow(&world.actor, copy.id, update)
            .await;
        assert_eq!(error.expect_err("taken").kind, ErrorKind::Conflict);
    })
    .await;
}
