use std::sync::Arc;

use flows::expression::{Scope, evaluate};
use flows::graph::Graph;
use flows::mask::Masker;
use flows::testing::World;
use flows::transfer::{Document, ImportRequest, Mapping};
use flows::{CreateProject, CreateWorkflow, Project, PutSecret, PutVariable, UpdateWorkflow};
use serde_json::json;

use crate::support::{greeting, in_each_world, node};

const CANARY: &str = "canary-3b1f8e";

async fn project(world: &World, name: &str) -> Project {
    let wanted = CreateProject {
        name: name.to_owned(),
        description: String::new(),
    };
    world
        .flows
        .create_project(&world.actor, wanted)
        .await
        .expect("made")
}

async fn flow(world: &World, project: &Project, name: &str, graph: Graph) -> flows::Workflow {
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
        .workflow
}

async fn with_secret(world: &World) -> Project {
    let made = project(world, "Shop").await;
    let secret = PutSecret {
        value: accounts::Secret::new(CANARY),
        description: "of the shop".to_owned(),
    };
    world
        .flows
        .put_secret(&world.actor, made.id, "token", secret)
        .await
        .expect("kept");
    let variable = PutVariable {
        kind: "number".parse().expect("a type"),
        value: json!("7"),
        description: String::new(),
    };
    let variable = world
        .flows
        .put_variable(&world.actor, made.id, "page", variable)
        .await;
    assert_eq!(variable.expect("kept").value.0, json!(7));
    made
}

/// A flow that reads a secret and calls another one.
fn caller() -> Graph {
    let mut graph = greeting("{{ secrets.token }} {{ vars.page }}");
    graph.nodes.push(node(
        "call",
        "logic.call_flow",
        json!({"workflow": "greet"}),
    ));
    graph.nodes.push(node(
        "ask",
        "logic.approval",
        json!({"message": "ok?", "channels": [{"by": "email", "to": ["a@b.c"], "credential": "smtp/old"}]}),
    ));
    graph.normalize();
    graph
}

#[tokio::test]
async fn secrets_reach_runs_and_nothing_else() {
    in_each_world(|world| async move {
        let org = world.actor.org_id();
        let made = with_secret(&world).await;
        flow(&world, &made, "Greet", greeting("hi")).await;
        let caller = flow(&world, &made, "Caller", caller()).await;
        let document = world
            .flows
            .export_project(org, made.id)
            .await
            .expect("exported");
        let listed = world
            .flows
            .list_secrets(org, made.id)
            .await
            .expect("listed");
        let credentials = world
            .flows
            .accounts()
            .list_credentials(org, accounts::PageRequest::first())
            .await
            .expect("listed");
        assert!(
            credentials.data.is_empty(),
            "secrets of projects are no credentials to be listed"
        );
        let permissions = world.flows.capabilities(&caller.graph);
        assert!(permissions.contains(&flows::node::Capability::Secret {
            name: "token".into()
        }));
        let audit = world
            .flows
            .accounts()
            .list_audit(
                org,
                &accounts::AuditFilter::default(),
                accounts::PageRequest::first(),
            )
            .await;
        for shown in [
            serde_json::to_string(&document).expect("JSON"),
            document.to_yaml().expect("YAML"),
            serde_json::to_string(&listed).expect("JSON"),
            serde_json::to_string(&audit.expect("listed")).expect("JSON"),
            format!("{listed:?} {document:?}"),
        ] {
            assert!(!shown.contains(CANARY), "{shown}");
        }
        let masker = Arc::new(Masker::default());
        let secrets = world
            .flows
            .secrets_for_run(org, made.id, Arc::clone(&masker))
            .await;
        let scope = Scope {
            secrets: Arc::new(secrets.expect("open")),
            ..Scope::default()
        };
        assert!(!format!("{scope:?} {:?}", scope.secrets).contains(CANARY));
        let given = evaluate("Bearer {{ secrets.token }}", &scope).expect("there");
        assert_eq!(given.value, json!(format!("Bearer {CANARY}")));
        assert_eq!(given.masked, json!("Bearer ***"));
        assert_eq!(masker.text(&format!("sent {CANARY}")), "sent ***");
        world
            .flows
            .delete_secret(&world.actor, made.id, "token")
            .await
            .expect("gone");
        assert!(
            world
                .flows
                .list_secrets(org, made.id)
                .await
                .expect("listed")
                .is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn an_exported_project_is_the_same_text_after_its_way_through_json_or_yaml() {
    in_each_world(|world| async move {
        let org = world.actor.org_id();
        let made = with_secret(&world).await;
        flow(
            &world,
            &made,
            "Greet",
            greeting("yes: no # 1.0 ~ null\n  - a\n"),
        )
        .await;
        flow(&world, &made, "Caller", caller()).await;
        let document = world
            .flows
            .export_project(org, made.id)
            .await
            .expect("exported");
        assert!(document.requires.credentials.contains("smtp/old"));
        assert!(document.requires.secrets.contains("token"));
        assert!(
            document.requires.workflows.is_empty(),
            "the called flow is in the document"
        );
        let request = |yaml: Option<String>| ImportRequest {
            document: yaml
                .is_none()
                .then(|| serde_json::to_value(&document).expect("JSON")),
            yaml,
            mapping: Mapping::default(),
            dry_run: false,
        };
        let yaml = document.to_yaml().expect("YAML");
        assert_eq!(
            Document::read(&request(Some(yaml.clone()))).expect("read"),
            document
        );
        for request in [request(None), request(Some(yaml))] {
            let (actor, _) = (world.actor.clone(), ());
            let target = project(&world, "Copy").await;
            let report = world
                .flows
                .import_project(&actor, target.id, request)
                .await
                .expect("in");
            assert_eq!(report.missing.credentials, ["smtp/old".to_owned()].into());
            assert_eq!(report.missing.secrets, ["token".to_owned()].into());
            // Slugs were taken, so calls follow to the new ones.
            let called = report
                .workflows
                .iter()
                .find(|f| f.from == "greet")
                .expect("there");
            assert_ne!(called.slug, "greet");
            let caller = report
                .workflows
                .iter()
                .find(|f| f.from == "caller")
                .expect("there");
            let caller = world
                .flows
                .get_workflow(org, caller.id.expect("made"))
                .await;
            let caller = caller.expect("there");
            let call = caller.graph.node("call").expect("there");
            assert_eq!(call.settings["workflow"], json!(called.slug));
        }
    })
    .await;
}

#[tokio::test]
async fn an_import_maps_names_and_a_dry_run_changes_nothing() {
    in_each_world(|world| async move {
        let org = world.actor.org_id();
        let made = with_secret(&world).await;
        flow(&world, &made, "Caller", caller()).await;
        let document = world
            .flows
            .export_project(org, made.id)
            .await
            .expect("exported");
        let credential = accounts::CreateCredential {
            provider: "smtp".to_owned(),
            name: "new".to_owned(),
            kind: "smtp".to_owned(),
            secret: accounts::Secret::new("{}"),
        };
        world
            .flows
            .accounts()
            .create_credential(&world.actor, credential)
            .await
            .expect("made");
        let target = project(&world, "Other").await;
        let request = |dry_run| ImportRequest {
            document: serde_json::to_value(&document).ok(),
            yaml: None,
            mapping: Mapping {
                credentials: [("smtp/old".to_owned(), "smtp/new".to_owned())].into(),
                ..Mapping::default()
            },
            dry_run,
        };
        let report = world
            .flows
            .import_project(&world.actor, target.id, request(true))
            .await;
        let report = report.expect("judged");
        assert!(report.missing.credentials.is_empty(), "{report:?}");
        assert_eq!(report.missing.workflows, ["greet".to_owned()].into());
        let list = |archived| {
            world.flows.list_workflows(
                org,
                Some(target.id),
                None,
                archived,
                accounts::PageRequest::first(),
            )
        };
        assert!(list(false).await.expect("listed").data.is_empty());
        let report = world
            .flows
            .import_project(&world.actor, target.id, request(false))
            .await;
        let id = report.expect("in").workflows[0].id.expect("made");
        let caller = world.flows.get_workflow(org, id).await.expect("there");
        let ask = caller.graph.node("ask").expect("there");
        assert_eq!(ask.settings["channels"][0]["credential"], "smtp/new");
        let wrong = ImportRequest {
            document: Some(json!({"format": "nocode-ai/project", "version": 1, "project": {}})),
            ..ImportRequest::default()
        };
        let error = world
            .flows
            .import_project(&world.actor, target.id, wrong)
            .await;
        assert!(
            error.expect_err("wrong").message.contains("project"),
            "names the place"
        );
    })
    .await;
}

#[tokio::test]
async fn a_save_point_brings_drafts_back_and_keeps_the_state_before() {
    in_each_world(|world| async move {
        let org = world.actor.org_id();
        let made = project(&world, "Shop").await;
        let greet = flow(&world, &made, "Greet", greeting("one")).await;
        let point = world
            .flows
            .create_save_point(&world.actor, made.id, "good")
            .await
            .expect("kept");
        let update = UpdateWorkflow {
            revision: Some(greet.revision),
            graph: Some(greeting("two")),
            ..UpdateWorkflow::default()
        };
        world
            .flows
            .update_workflow(&world.actor, greet.id, update)
            .await
            .expect("saved");
        let before = world
            .flows
            .restore_save_point(&world.actor, made.id, point.id)
            .await;
        let before = before.expect("restored");
        let now = world
            .flows
            .get_workflow(org, greet.id)
            .await
            .expect("there");
        assert_eq!(now.graph.0, greet.graph.0);
        world
            .flows
            .restore_save_point(&world.actor, made.id, before.id)
            .await
            .expect("restored");
        let now = world
            .flows
            .get_workflow(org, greet.id)
            .await
            .expect("there");
        assert_eq!(
            now.graph.node("text").expect("there").settings["template"],
            "two"
        );
        world
            .flows
            .delete_project(&world.actor, made.id)
            .await
            .expect("gone");
        assert!(world.flows.get_workflow(org, greet.id).await.is_err());
    })
    .await;
}
