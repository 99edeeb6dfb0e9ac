use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use flows::deploy::Deployments;
use flows::graph::{Edge, EdgeKind, End, Graph, Node};
use flows::node::Registry;
use flows::run::{Engine, EngineConfig, EngineParts};
use flows::testing::World;
use serde_json::{Value, json};
use store::testing::for_each_db;
use tower::ServiceExt as _;

pub(crate) async fn in_each_world<T: Future<Output = ()>>(test: impl Fn(World) -> T) {
    for_each_db(|db| async { test(World::new(db).await).await }).await;
}

/// What every instance has of its own.
pub(crate) fn deployments(world: &World) -> Deployments {
    let engine = Engine::new(EngineParts {
        db: world.flows.db().clone(),
        services: Arc::clone(&world.services),
        registry: Registry::default(),
        catalogue: Arc::new(world.flows.clone()),
        config: EngineConfig::default(),
    });
    Deployments::new(world.flows.clone(), engine)
}

/// A client with a key.
pub(crate) struct Client {
    app: Router,
    key: String,
}

impl Client {
    pub(crate) fn new(world: &World, key: &str) -> Self {
        Self {
            app: flows::http::router(world.flows.clone()).into(),
            key: key.to_owned(),
        }
    }

    pub(crate) async fn raw(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> (StatusCode, HeaderMap, String) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", &self.key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).expect("valid");
        let response = self.app.clone().oneshot(request).await.expect("infallible");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("whole");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        (status, headers, text)
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (status, _, text) = self.raw(method, path, &[], body).await;
        let value = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).expect("JSON")
        };
        (status, value)
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::PUT, path, body).await
    }
}

pub(crate) fn node(id: &str, kind: &str, settings: Value) -> Node {
    let mut node = Node::new(id, kind);
    node.settings = settings.as_object().cloned().unwrap_or_default();
    node
}

/// An edge `a.out -> b.in`; control where it ends at `in`.
pub(crate) fn edge(from: &str, to: &str) -> Edge {
    let end = |text: &str| {
        let (node, port) = text.split_once('.').expect("node.port");
        End::new(node, port)
    };
    let kind = if to.ends_with(".in") {
        EdgeKind::Control
    } else {
        EdgeKind::Data
    };
    Edge {
        id: format!("{from}-{to}").as_str().into(),
        from: end(from),
        to: end(to),
        kind,
    }
}

/// Trigger, template, return: valid, with a variable and a secret if asked.
pub(crate) fn greeting(template: &str) -> Graph {
    Graph {
        nodes: vec![
            node(
                "start",
                "input.manual",
                json!({"fields": [{"name": "who", "required": true}]}),
            ),
            node("text", "data.template", json!({"template": template})),
            node("done", "output.return", json!({})),
        ],
        edges: vec![
            edge("start.out", "text.in"),
            edge("text.text", "done.value"),
        ],
        ..Graph::default()
    }
}
