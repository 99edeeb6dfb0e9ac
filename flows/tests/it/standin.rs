//! Servers on loopback that play vendors and web services by script.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flows::node::Services;
use flows::testing::World;
use parking_lot::Mutex;
use serde_json::{Value, json};
use store::Db;

/// What arrived.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// An answer: status, headers, body.
pub(crate) type Given = (u16, Vec<(&'static str, String)>, String);

/// A server that answers from a list, in order.
#[derive(Clone, Default)]
pub(crate) struct Standin {
    answers: Arc<Mutex<VecDeque<Given>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    url: String,
}

impl Standin {
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("loopback is there");
        let address = listener.local_addr().expect("bound");
        let this = Self {
            url: format!("http://{address}"),
            ..Self::default()
        };
        let router = Router::new().fallback(answer).with_state(this.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) fn give(&self, status: u16, headers: &[(&'static str, &str)], body: &str) {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let given = (status, headers.collect(), body.to_owned());
        self.answers.lock().push_back(given);
    }

    pub(crate) fn give_json(&self, body: &Value) {
        self.give(
            200,
            &[("content-type", "application/json")],
            &body.to_string(),
        );
    }

    /// A model's turn.
    pub(crate) fn say(&self, text: &str) {
        self.turn(&json!({"role": "assistant", "content": text}), "stop");
    }

    /// A model's turn that calls a tool.
    pub(crate) fn call_tool(&self, name: &str, arguments: &Value) {
        let call = json!({"id": "call_1", "type": "function",
            "function": {"name": name, "arguments": arguments.to_string()}});
        let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
        self.turn(&message, "tool_calls");
    }

    fn turn(&self, message: &Value, reason: &str) {
        self.give_json(&json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
            "choices": [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
        }));
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().clone()
    }
}

async fn answer(State(standin): State<Standin>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("whole").to_vec();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body,
    };
    let streams = asked.json()["stream"] == true;
    standin.asked.lock().push(asked);
    let given = standin.answers.lock().pop_front();
    let Some((status, headers, body)) = given else {
        return (StatusCode::NOT_IMPLEMENTED, "nothing is scripted").into_response();
    };
    let whole: Value = serde_json::from_str(&body).unwrap_or_default();
    if streams && whole["object"] == "chat.completion" {
        let kind = [(header::CONTENT_TYPE, "text/event-stream")];
        return (kind, events(&whole)).into_response();
    }
    let mut response = (StatusCode::from_u16(status).expect("a status"), body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in headers {
        response
            .headers_mut()
            .append(name, value.parse().expect("a header"));
    }
    response
}

/// A whole answer as a vendor streams it: word by word, usage at the end.
fn events(whole: &Value) -> String {
    let mut text = String::new();
    let mut event = |choices: Value, usage: &Value| {
        let chunk = json!({"id": whole["id"], "object": "chat.completion.chunk", "created": 1,
            "model": whole["model"], "choices": choices, "usage": usage});
        text.push_str(&format!("data: {chunk}\n\n"));
    };
    let choice = &whole["choices"][0];
    let content = choice["message"]["content"].as_str().unwrap_or_default();
    for word in content.split_inclusive(' ') {
        let delta = json!({"role": "assistant", "content": word});
        event(
            json!([{"index": 0, "delta": delta, "finish_reason": null}]),
            &Value::Null,
        );
    }
    let calls = choice["message"]["tool_calls"]
        .as_array()
        .into_iter()
        .flatten();
    for (index, call) in calls.enumerate() {
        let mut call = call.clone();
        call["index"] = index.into();
        let delta = json!({"tool_calls": [call]});
        event(
            json!([{"index": 0, "delta": delta, "finish_reason": null}]),
            &Value::Null,
        );
    }
    let reason = &choice["finish_reason"];
    event(
        json!([{"index": 0, "delta": {}, "finish_reason": reason}]),
        &Value::Null,
    );
    event(json!([]), &whole["usage"]);
    text.push_str("data: [DONE]\n\n");
    text
}

/// A world whose vendor is a stand-in, and whose nodes may reach loopback and run code.
pub(crate) async fn world_with(db: Db, vendor: &Standin) -> World {
    let config = json!({"providers": {"openai": {
        "base_url": vendor.url("/v1"), "api_key": "sk-test",
        "retry": {"max_retries": 0},
    }}});
    let config = serde_json::from_value(config).expect("a configuration");
    let mut world = World::with(db, config).await;
    let mut handles = http::Extensions::new();
    let program = sandbox::Program::new(env!("CARGO_BIN_EXE_flows-test-worker"), [] as [&str; 0]);
    handles.insert(sandbox::Pool::new(
        sandbox::SandboxConfig::default(),
        program,
    ));
    world.services = Arc::new(Services {
        outbound: outbound::Client::trusted(&outbound::Settings::default()),
        handles,
        ..(*world.services).clone()
    });
    world
}
