use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use flows::deploy::{Deployments, FlowModels};
use flows::graph::Graph;
use flows::node::Registry;
use flows::run::{Engine, EngineConfig, EngineParts};
use flows::templates::{Template, UseTemplate};
use flows::testing::World;
use flows::{PublishWorkflow, UpdateWorkflow};
use serde_json::{Value, json};
use store::testing::for_each_db;
use tower::ServiceExt as _;

use crate::standin::{Standin, world_with};
use crate::support::{edge, node};

/// A world whose flows are deployed, and its `/v1` and `/api/v1`.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) app: Router,
    pub(crate) deployments: Deployments,
    _work: tokio_util::sync::DropGuard,
}

impl Site {
    #[expect(clippy::disallowed_methods, reason = "ends with the guard")]
    pub(crate) fn new(world: World) -> Self {
        let engine = Engine::new(EngineParts {
            db: world.flows.db().clone(),
            services: Arc::clone(&world.services),
            registry: Registry::default(),
            catalogue: Arc::new(world.flows.clone()),
            config: EngineConfig::default(),
        });
        let stop = tokio_util::sync::CancellationToken::new();
        tokio::spawn({
            let (engine, stop) = (engine.clone(), stop.clone());
            async move { engine.work(stop).await }
        });
        let deployments = Deployments::new(world.flows.clone(), engine.clone());
        let gateway = &world.services.gateway;
        gateway.register_local(Arc::new(FlowModels(deployments.clone())));
        let app = Router::from(gateway::http::router(gateway.clone()))
            .merge(Router::from(flows::deploy::http::router(
                deployments.clone(),
            )))
            .merge(flows::deploy::webhook::router(deployments.clone()))
            .merge(flows::deploy::page::router(deployments.clone()))
            .merge(Router::from(flows::run::http::router(engine)))
            .merge(Router::from(flows::http::gallery(
                world.flows.clone(),
                gateway.clone(),
                None,
            )));
        Self {
            world,
            app,
            deployments,
            _work: stop.drop_guard(),
        }
    }

    /// A project of this name; its id.
    pub(crate) async fn project(&self, name: &str) -> flows::ids::ProjectId {
        let project = serde_json::from_value(json!({"name": name})).expect("a project");
        let (flows, actor) = (&self.world.flows, &self.world.actor);
        flows.create_project(actor, project).await.expect("made").id
    }

    /// Makes a flow of a template and runs its draft with the sample; the run.
    pub(crate) async fn run(&self, wanted: UseTemplate, template: &Template) -> Value {
        let flows = &self.world.flows;
        let slug = template.summary(flows.registry()).slug;
        let gateway = &self.world.services.gateway;
        let caller = flows::templates::Caller::new(&self.world.principal);
        let used = flows
            .use_template(gateway, None, &caller, &slug, wanted)
            .await;
        let used = used.expect("made");
        let path = format!("/api/v1/workflows/{}/execute", used.workflow.workflow.id);
        let triggers = template.summary(flows.registry()).triggers;
        let trigger = triggers[0].trim_start_matches("input.");
        let body = json!({"input": template.sample_input(), "draft": true, "trigger": trigger});
        self.json("POST", &path, &body).await.1
    }

    pub(crate) async fn publish(&self, name: &str, graph: Graph) -> flows::Workflow {
        let (flows, actor) = (&self.world.flows, &self.world.actor);
        let project = self.project(name).await;
        let flow = json!({"project_id": project, "name": name, "graph": graph});
        let flow = serde_json::from_value(flow).expect("a flow");
        let saved = flows.create_workflow(actor, flow).await.expect("made");
        assert!(saved.report.is_valid, "{:?}", saved.report);
        let id = saved.workflow.id;
        let published = flows
            .publish_workflow(actor, id, PublishWorkflow::default())
            .await;
        published.expect("published");
        flows.get_workflow(actor.org_id(), id).await.expect("there")
    }

    async fn ask(&self, method: &str, path: &str, key: &str, body: &Value) -> (StatusCode, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("valid");
        let response = self.app.clone().oneshot(request).await.expect("infallible");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("whole");
        (status, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    pub(crate) async fn json(&self, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let (status, text) = self.ask(method, path, &self.world.key, body).await;
        (status, serde_json::from_str(&text).expect("JSON"))
    }
}

pub(crate) fn bot() -> Graph {
    Graph {
        nodes: vec![
            node("chat", "input.chat", json!({})),
            node(
                "write",
                "ai.text",
                json!({"model": "openai/gpt-4o-mini", "prompt": "{{ nodes.chat.output.message }}"}),
            ),
            node("end", "output.return", json!({})),
        ],
        edges: vec![
            edge("chat.out", "write.in"),
            edge("write.text", "end.value"),
        ],
        ..Graph::default()
    }
}

fn shouting() -> Graph {
    Graph {
        nodes: vec![
            node(
                "call",
                "input.api",
                json!({"fields": [{"name": "who", "type": "string", "required": true}]}),
            ),
            node(
                "text",
                "data.template",
                json!({"template": "HI {{ input.who | upper }}"}),
            ),
            node("end", "output.return", json!({})),
        ],
        edges: vec![edge("call.out", "text.in"), edge("text.text", "end.value")],
        ..Graph::default()
    }
}

fn chat(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "messages": [{"role": "user", "content": "Open today?"}]})
}

#[tokio::test]
async fn a_flow_answers_as_a_model_whole_and_streamed() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        let flow = site.publish("Opening hours", bot()).await;
        let model = format!("flow/{}", flow.slug);
        let (_, models) = site.json("GET", "/v1/models", &Value::Null).await;
        let ids: Vec<&str> = models["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|one| one["id"].as_str())
            .collect();
        assert!(ids.contains(&model.as_str()), "{ids:?}");

        vendor.say("Until six.");
        let (status, whole) = site
            .json("POST", "/v1/chat/completions", &chat(&model, false))
            .await;
        assert_eq!(status, StatusCode::OK, "{whole}");
        assert_eq!(whole["choices"][0]["message"]["content"], "Until six.");
        assert_eq!(whole["choices"][0]["finish_reason"], "stop");
        assert_eq!(whole["model"], model.as_str());
        let prompt = vendor.asked()[0].json();
        assert!(
            prompt["messages"].to_string().contains("Open today?"),
            "{prompt}"
        );

        vendor.say("Until six o'clock.");
        let (status, text) = site
            .ask(
                "POST",
                "/v1/chat/completions",
                &site.world.key,
                &chat(&model, true),
            )
            .await;
        assert_eq!(status, StatusCode::OK, "{text}");
        let pieces: Vec<String> = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
            .filter_map(|chunk| {
                chunk
                    .pointer("/choices/0/delta/content")?
                    .as_str()
                    .map(str::to_owned)
            })
            .collect();
        assert_eq!(pieces.concat(), "Until six o'clock.", "{text}");
        assert!(
            pieces.len() > 1,
            "it is passed on while it grows: {pieces:?}"
        );
        assert!(text.trim_end().ends_with("data: [DONE]"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_flow_that_fails_is_gone_or_off_says_so_and_is_nobody_elses() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        let flow = site.publish("Bot", bot()).await;
        vendor.give(400, &[], r#"{"error": {"message": "no such thing"}}"#);
        let (status, failed) = site
            .json("POST", "/v1/chat/completions", &chat("flow/bot", false))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{failed}");
        assert!(
            failed["error"]["message"]
                .as_str()
                .is_some_and(|m| m.contains("The flow failed")),
            "{failed}"
        );
        assert_eq!(vendor.asked().len(), 1, "a failed run is not tried again");

        let (_, strangers_key) = site.world.stranger().await;
        let (status, _) = site
            .ask(
                "POST",
                "/v1/chat/completions",
                &strangers_key,
                &chat("flow/bot", false),
            )
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, _) = site
            .ask("POST", "/api/v1/flows/bot/run", &strangers_key, &json!({}))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, missing) = site
            .json("POST", "/v1/chat/completions", &chat("flow/none", false))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{missing}");
        let (status, wrong) = site.json("POST", "/api/v1/flows/bot/run", &json!({})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            wrong["error"]["message"]
                .as_str()
                .is_some_and(|m| m.contains("API endpoint")),
            "{wrong}"
        );

        let off = UpdateWorkflow {
            revision: Some(flow.revision),
            is_active: Some(false),
            ..UpdateWorkflow::default()
        };
        let (flows, actor) = (&site.world.flows, &site.world.actor);
        flows
            .update_workflow(actor, flow.id, off)
            .await
            .expect("saved");
        let (status, _) = site
            .json("POST", "/v1/chat/completions", &chat("flow/bot", false))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_flow_is_called_as_an_endpoint_at_once_later_and_as_events() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        let flow = site.publish("Shout", shouting()).await;
        let path = "/api/v1/flows/shout/run";
        let (_, place) = site
            .json(
                "GET",
                &format!("/api/v1/workflows/{}/deployment", flow.id),
                &Value::Null,
            )
            .await;
        assert_eq!(place["endpoint"]["path"], path, "{place}");
        assert_eq!(
            place["endpoint"]["input_schema"]["required"],
            json!(["who"])
        );
        assert_eq!(
            (&place["model"], &place["version"]),
            (&Value::Null, &json!(1))
        );

        let (status, run) = site
            .json("POST", path, &json!({"input": {"who": "Ada"}}))
            .await;
        assert_eq!(
            (status, &run["output"]),
            (StatusCode::OK, &json!("HI ADA")),
            "{run}"
        );
        let (status, refused) = site.json("POST", path, &json!({"input": {}})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            refused["error"]["message"]
                .as_str()
                .is_some_and(|m| m.contains("`who` is missing")),
            "{refused}"
        );
        let (status, _) = site
            .json(
                "POST",
                path,
                &json!({"input": {"who": "Ada"}, "timeout_ms": 0}),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);

        let (status, begun) = site
            .json(
                "POST",
                path,
                &json!({"input": {"who": "Bo"}, "mode": "async"}),
            )
            .await;
        assert_eq!(status, StatusCode::ACCEPTED, "{begun}");
        let poll = format!(
            "/api/v1/flows/shout/runs/{}",
            begun["id"].as_str().expect("an id")
        );
        let mut seen = begun;
        for _ in 0..200 {
            if seen["status"] == "completed" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            seen = site.json("GET", &poll, &Value::Null).await.1;
        }
        assert_eq!(seen["output"], "HI BO", "{seen}");
        let elsewhere = poll.replace("/shout/", "/other/");
        assert_eq!(
            site.json("GET", &elsewhere, &Value::Null).await.0,
            StatusCode::NOT_FOUND
        );

        let streamed = json!({"input": {"who": "Cy"}, "mode": "stream"});
        let (status, text) = site.ask("POST", path, &site.world.key, &streamed).await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            text.contains("execution:completed") && text.contains("HI CY"),
            "{text}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_key_that_may_use_other_models_only_cannot_call_the_flow() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        site.publish("Shout", shouting()).await;
        let accounts = site.world.flows.accounts();
        let key = |models: &[&str]| accounts::CreateKey {
            name: "k".to_owned(),
            models: models.iter().map(|&m| m.to_owned()).collect(),
            ..accounts::CreateKey::default()
        };
        let body = json!({"input": {"who": "Ada"}});
        for (models, expected) in [
            (&["openai/*"][..], StatusCode::FORBIDDEN),
            (&["flow/*"][..], StatusCode::OK),
        ] {
            let made = accounts
                .create_key(&site.world.actor, key(models))
                .await
                .expect("made");
            let (status, text) = site
                .ask("POST", "/api/v1/flows/shout/run", made.key.expose(), &body)
                .await;
            assert_eq!(status, expected, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn flows_that_call_each_other_without_end_are_stopped() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        let mut endless = bot();
        endless.nodes[1].settings["model"] = json!("flow/echo");
        site.publish("Echo", endless).await;
        let (status, answer) = site
            .json("POST", "/v1/chat/completions", &chat("flow/echo", false))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        assert!(
            answer["error"]["message"]
                .as_str()
                .is_some_and(|m| m.contains("levels deep")),
            "{answer}"
        );
    })
    .await;
}
