//! Routes of organizations on both databases: what they lead to, who sees them, what is refused.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use accounts::{Actor, CreateKey, Principal};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use providers::{DialectId, Operation};
use serde_json::{Value, json};
use store::on_writer;
use store::testing::for_each_db;
use tower::ServiceExt as _;

use crate::call::{Call, CallContext, Caller};
use crate::testing::World;
use crate::{Code, Gateway, GatewayConfig, Reply};

async fn in_each_world<T: Future<Output = ()>>(test: impl Fn(World) -> T) {
    for_each_db(|db| async { test(World::new(db).await).await }).await;
}

/// A caller of an organization, and an admin key.
async fn caller(world: &World, actor: &Actor) -> (Arc<Principal>, String) {
    let wanted = CreateKey {
        name: "admin".to_owned(),
        admin: true,
        ..CreateKey::default()
    };
    let key = world
        .accounts
        .create_key(actor, wanted)
        .await
        .expect("made");
    let key = key.key.expose().to_owned();
    let who = world.accounts.authenticate(&key).await.expect("good");
    (who, key)
}

async fn stranger(world: &World) -> (Arc<Principal>, String) {
    let org = world.accounts.create_organization("Other", "other").await;
    caller(world, &Actor::command_line(org.expect("made").id)).await
}

struct Client {
    app: Router,
    key: String,
}

impl Client {
    fn new(gateway: &Gateway, key: &str) -> Self {
        Self {
            app: crate::http::router(gateway.clone()).into(),
            key: key.to_owned(),
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        tag: Option<&str>,
        body: Value,
    ) -> (StatusCode, HeaderMap, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .header("x-api-key", &self.key);
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        let request = request.body(body).expect("valid");
        let response = self.app.clone().oneshot(request).await.expect("infallible");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await;
        let body = serde_json::from_slice(&bytes.expect("whole")).unwrap_or_default();
        (status, headers, body)
    }

    async fn make(&self, name: &str, definition: Value) -> Value {
        let wanted = json!({"name": name, "definition": definition});
        let path = "/api/v1/models/routes";
        let (status, _, body) = self.send(Method::POST, path, None, wanted).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body
    }
}

async fn ask(gateway: &Gateway, who: &Arc<Principal>, model: &str) -> Result<Reply, crate::Error> {
    let body = json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]});
    let context = CallContext::internal(Caller::Http, gateway.now_us());
    let body = Bytes::from(body.to_string());
    let operation = Operation::Chat(DialectId::Chat);
    let call = Call::read("/v1/chat/completions", operation, body, context)?;
    gateway.call(who, call).await
}

async fn answers(gateway: &Gateway, who: &Arc<Principal>, model: &str) -> (String, String) {
    let reply = ask(gateway, who, model).await.expect("answered");
    let header = |name: &str| {
        let value = reply
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    (header("x-nab-model"), header("x-nab-attempts"))
}

async fn code(gateway: &Gateway, who: &Arc<Principal>, model: &str) -> Code {
    match ask(gateway, who, model).await {
        Ok(_) => panic!("`{model}` answered"),
        Err(error) => error.code,
    }
}

#[tokio::test]
async fn an_alias_leads_where_it_is_told_and_belongs_to_its_organization() {
    in_each_world(|world| async move {
        let gateway = &world.gateway;
        let (who, key) = caller(&world, &world.actor).await;
        let (other, other_key) = stranger(&world).await;
        let client = Client::new(gateway, &key);
        assert_eq!(code(gateway, &who, "support").await, Code::ModelNotFound);

        let route = client
            .make("support", json!({"targets": ["builtin/echo"]}))
            .await;
        let target = json!([{"model": "builtin/echo", "weight": 1, "group": 0}]);
        assert_eq!(
            route["definition"]["targets"], target,
            "as it is understood"
        );
        assert_eq!(
            answers(gateway, &who, "support").await,
            ("builtin/echo".into(), "1".into())
        );
        assert_eq!(code(gateway, &other, "support").await, Code::ModelNotFound);

        let listed = async |key: &str| {
            let client = Client::new(gateway, key);
            let (_, _, models) = client
                .send(Method::GET, "/v1/models", None, Value::Null)
                .await;
            let models = models["data"].as_array().cloned().unwrap_or_default();
            models.iter().any(|model| model["id"] == "support")
        };
        assert!(listed(&key).await);
        assert!(!listed(&other_key).await);

        let path = format!(
            "/api/v1/models/routes/{}",
            route["id"].as_str().expect("an id")
        );
        let change = json!({"definition": {"targets": ["builtin/extract"]}});
        let (status, _, _) = client.send(Method::PATCH, &path, None, change).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(answers(gateway, &who, "support").await.0, "builtin/extract");
        let (status, _, _) = client.send(Method::DELETE, &path, None, Value::Null).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(code(gateway, &who, "support").await, Code::ModelNotFound);
    })
    .await;
}

#[tokio::test]
async fn a_fallback_is_used_when_the_first_target_fails_and_the_test_says_which_answered() {
    in_each_world(|world| async move {
        let (who, key) = caller(&world, &world.actor).await;
        let client = Client::new(&world.gateway, &key);
        let targets = json!(["builtin/fault-500", "builtin/echo"]);
        let definition = json!({"targets": targets, "retry": {"max_retries": 0}});
        client.make("robust", definition).await;
        let answered = answers(&world.gateway, &who, "robust").await;
        assert_eq!(answered, ("builtin/echo".into(), "2".into()));
        let test = json!({"model": "robust"});
        let (_, _, test) = client
            .send(Method::POST, "/api/v1/models/test", None, test)
            .await;
        assert_eq!(test["ok"], true, "{test}");
        assert_eq!(test["target"], "builtin/echo");
        let test = json!({"model": "nowhere"});
        let (_, _, test) = client
            .send(Method::POST, "/api/v1/models/test", None, test)
            .await;
        assert_eq!(test["verdict"], "model_unavailable", "{test}");
    })
    .await;
}

#[tokio::test]
async fn targets_share_calls_by_weight_and_a_weight_of_nothing_gets_none() {
    in_each_world(|world| async move {
        let (who, key) = caller(&world, &world.actor).await;
        let client = Client::new(&world.gateway, &key);
        let targets = json!([
            {"model": "builtin/echo", "weight": 0, "group": 0},
            {"model": "builtin/extract", "weight": 5, "group": 0},
        ]);
        client.make("shared", json!({"targets": targets})).await;
        for _ in 0..20 {
            assert_eq!(
                answers(&world.gateway, &who, "shared").await.0,
                "builtin/extract"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_star_stands_for_the_rest_of_the_name_and_an_own_route_goes_before_others() {
    in_each_world(|world| async move {
        let (who, key) = caller(&world, &world.actor).await;
        let (other, _) = stranger(&world).await;
        let client = Client::new(&world.gateway, &key);
        client
            .make("mine/*", json!({"targets": ["builtin/*"]}))
            .await;
        client
            .make("mine/echo", json!({"targets": ["builtin/extract"]}))
            .await;
        let gateway = &world.gateway;
        assert_eq!(
            answers(gateway, &who, "mine/extract").await.0,
            "builtin/extract"
        );
        assert_eq!(
            answers(gateway, &who, "mine/echo").await.0,
            "builtin/extract"
        );
        assert_eq!(code(gateway, &who, "mine/none").await, Code::ModelNotFound);

        client
            .make("gpt-4o", json!({"targets": ["builtin/echo"]}))
            .await;
        assert_eq!(answers(gateway, &who, "gpt-4o").await.0, "builtin/echo");
        assert_ne!(code(gateway, &other, "gpt-4o").await, Code::InvalidRequest);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_a_route_is_refused_with_what_is_wrong() {
    in_each_world(|world| async move {
        let (_, key) = caller(&world, &world.actor).await;
        let client = Client::new(&world.gateway, &key);
        client
            .make("taken", json!({"targets": ["builtin/echo"]}))
            .await;
        let echo = json!({"targets": ["builtin/echo"]});
        for (name, definition, status, word) in [
            ("", echo.clone(), 400, "`name` must have"),
            ("two words", echo.clone(), 400, "must not hold spaces"),
            ("a*b*", echo.clone(), 400, "one `*`"),
            (
                "builtin/mine",
                echo.clone(),
                400,
                "belong to models inside the program",
            ),
            ("taken", echo, 409, "there is a route `taken` already"),
            ("x", json!({"targets": []}), 400, "name at least one model"),
            ("x", json!({"targets": ["echo"]}), 400, "`provider/model`"),
            (
                "x",
                json!({"targets": ["nobody/gpt"]}),
                400,
                "names provider `nobody`",
            ),
            (
                "x",
                json!({"targets": ["builtin/none"]}),
                400,
                "`builtin/none` does not exist",
            ),
            ("x", json!({"targets": ["taken"]}), 400, "is a route itself"),
            (
                "x",
                json!({"targets": ["builtin/echo"], "retry": {"max_retries": 99}}),
                400,
                "retry.max_retries",
            ),
            (
                "x",
                json!({"targets": ["builtin/echo"], "timeouts": {"total_ms": 0}}),
                400,
                "timeouts.total_ms",
            ),
            (
                "x",
                json!({"targets": [{"model": "builtin/echo", "weight": 2_000_000}]}),
                400,
                "`weight` must be",
            ),
            (
                "x",
                json!({"targets": [{"model": "builtin/echo", "weight": 0}]}),
                400,
                "nobody would be called",
            ),
            (
                "x",
                json!({"targets": ["builtin/echo"], "colour": 1}),
                400,
                "colour",
            ),
        ] {
            let wanted = json!({"name": name, "definition": definition});
            let path = "/api/v1/models/routes";
            let (got, _, body) = client.send(Method::POST, path, None, wanted).await;
            assert_eq!(got.as_u16(), status, "{word}: {body}");
            let message = body["error"]["message"].as_str().unwrap_or_default();
            assert!(message.contains(word), "{word}: {message}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_two_who_edit_a_route_the_second_is_told() {
    in_each_world(|world| async move {
        let (_, key) = caller(&world, &world.actor).await;
        let client = Client::new(&world.gateway, &key);
        let route = client
            .make("one", json!({"targets": ["builtin/echo"]}))
            .await;
        let path = format!(
            "/api/v1/models/routes/{}",
            route["id"].as_str().expect("an id")
        );
        let (_, headers, _) = client.send(Method::GET, &path, None, Value::Null).await;
        let tag = headers["etag"].to_str().expect("text").to_owned();
        let rename = |name: &str| json!({"name": name});
        let (status, _, _) = client
            .send(Method::PATCH, &path, Some(&tag), rename("two"))
            .await;
        assert_eq!(status, StatusCode::OK);
        let (status, _, body) = client
            .send(Method::PATCH, &path, Some(&tag), rename("three"))
            .await;
        assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{body}");
        let (status, _, _) = client
            .send(Method::DELETE, &path, Some(&tag), Value::Null)
            .await;
        assert_eq!(status, StatusCode::PRECONDITION_FAILED);
        let (_, _, list) = client
            .send(Method::GET, "/api/v1/models/routes", None, Value::Null)
            .await;
        assert_eq!(list["data"][0]["name"], "two");
    })
    .await;
}

#[tokio::test]
async fn a_change_reaches_other_processes_and_is_there_after_a_start() {
    in_each_world(|world| async move {
        let (who, key) = caller(&world, &world.actor).await;
        let client = Client::new(&world.gateway, &key);
        client
            .make("early", json!({"targets": ["builtin/echo"]}))
            .await;
        let other = world.other_process(GatewayConfig::default()).await;
        assert_eq!(
            answers(&other, &who, "early").await.0,
            "builtin/echo",
            "read at the start"
        );

        #[expect(clippy::disallowed_methods, reason = "ends with the test")]
        tokio::spawn(other.accounts().clone().watch(std::future::pending()));
        client
            .make("late", json!({"targets": ["builtin/extract"]}))
            .await;
        let follow = async {
            while ask(&other, &who, "late").await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let followed = tokio::time::timeout(Duration::from_secs(10), follow).await;
        followed.expect("the other process follows");
        assert_eq!(answers(&other, &who, "early").await.0, "builtin/echo");
    })
    .await;
}

#[tokio::test]
async fn a_target_that_is_gone_leaves_the_others_and_a_restored_database_counts() {
    in_each_world(|world| async move {
        let (who, key) = caller(&world, &world.actor).await;
        let client = Client::new(&world.gateway, &key);
        let route = client.make("left", json!({"targets": ["builtin/echo"]})).await;
        let id = route["id"].as_str().expect("an id");
        // What deleting a flow or a provider of the configuration leads to.
        let gone = json!({"targets": ["gone/model", "builtin/extract"],
            "context_window_fallbacks": ["flow/gone"]});
        let (db, gone) = (world.gateway.db(), gone.to_string());
        on_writer!(db, execute => sqlx::query("UPDATE model_routes SET definition = $1").bind(&gone))
            .expect("changed");
        let other = world.other_process(GatewayConfig::default()).await;
        assert_eq!(answers(&other, &who, "left").await.0, "builtin/extract");

        // A backup from before the route: its counter is lower than what was seen.
        #[expect(clippy::disallowed_methods, reason = "ends with the test")]
        tokio::spawn(other.accounts().clone().watch(std::future::pending()));
        let path = format!("/api/v1/models/routes/{id}");
        let renamed = json!({"name": "left-now", "definition": {"targets": ["builtin/echo"]}});
        client.send(Method::PATCH, &path, None, renamed).await;
        let until = async |wanted: Option<&str>| {
            let follow = async {
                while answers_if_there(&other, &who, "left-now").await.as_deref() != wanted {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            let followed = tokio::time::timeout(Duration::from_secs(10), follow).await;
            followed.expect("the other process follows");
        };
        until(Some("builtin/echo")).await;
        for statement in [
            "DELETE FROM model_routes",
            "DELETE FROM model_route_revisions",
            "UPDATE revisions SET value = 0 WHERE name = 'model_routes'",
        ] {
            on_writer!(db, execute => sqlx::query(statement)).expect("changed");
        }
        until(None).await;
    })
    .await;
}

async fn answers_if_there(gateway: &Gateway, who: &Arc<Principal>, model: &str) -> Option<String> {
    ask(gateway, who, model).await.ok()?;
    Some(answers(gateway, who, model).await.0)
}

#[tokio::test]
async fn routes_are_in_the_organizations_export() {
    in_each_world(|world| async move {
        let (_, key) = caller(&world, &world.actor).await;
        let client = Client::new(&world.gateway, &key);
        client
            .make("kept", json!({"targets": ["builtin/echo"]}))
            .await;
        let export = world.accounts.export_organization(world.org.id).await;
        let pieces: Vec<String> = export.expect("begun").try_collect().await.expect("whole");
        let export: Value = serde_json::from_str(&pieces.concat()).expect("JSON");
        assert_eq!(export["model_routes"][0]["name"], "kept", "{export}");
    })
    .await;
}

#[tokio::test]
async fn health_tells_which_targets_cool_down_and_which_lead_nowhere() {
    in_each_world(|world| async move {
        let (who, key) = caller(&world, &world.actor).await;
        let client = Client::new(&world.gateway, &key);
        let targets = json!(["builtin/fault-500", "builtin/echo", "openai/gpt-4o"]);
        let definition = json!({"targets": targets, "retry": {"max_retries": 0}});
        client.make("robust", definition).await;
        let state = async |target: &str| {
            let (_, _, body) = client
                .send(Method::GET, "/api/v1/models/health", None, Value::Null)
                .await;
            let data = body["data"].as_array().cloned().unwrap_or_default();
            let found = data.into_iter().find(|one| one["target"] == target);
            found.unwrap_or_else(|| panic!("no {target}"))
        };
        assert_eq!(state("builtin/fault-500").await["state"], "ready");
        assert_eq!(state("openai/gpt-4o").await["state"], "no_key");
        for _ in 0..10 {
            answers(&world.gateway, &who, "robust").await;
        }
        let failed = state("builtin/fault-500").await;
        assert_eq!(failed["state"], "cooling_down", "{failed}");
        assert!(
            failed["until"].is_string() && failed["failures"].as_u64() > Some(1),
            "{failed}"
        );
        assert!(state("builtin/echo").await["latency_ms"].is_u64());
    })
    .await;
}
