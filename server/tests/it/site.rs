//! The whole program's routes in this process, with people and records of two organizations.

use accounts::{Actor, Role};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use server::app::App;
use server::config::Config;
use server::openapi::{complete, frame};
use server::router::{Edge, api, build};
use store::testing::{TempDir, for_each_empty_db};
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "lupine-orbit-mackerel-41";

/// A running instance.
pub(crate) struct Site {
    pub(crate) app: App,
    pub(crate) document: Value,
    router: Router,
    _dir: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub(crate) fn code(&self) -> String {
        let code = self.json()["error"]["code"].clone();
        code.as_str().unwrap_or_default().to_owned()
    }
}

/// One operation of the document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) value: Value,
}

impl Operation {
    pub(crate) fn id(&self) -> &str {
        self.value["operationId"].as_str().unwrap_or_default()
    }

    pub(crate) fn permission(&self) -> Option<accounts::Permission> {
        let word = self.value["x-permission"].as_str()?;
        Some(word.parse().expect("a permission"))
    }
}

/// Runs `test` on a fresh instance on each database.
pub(crate) async fn at_each_site(settings: &str, test: impl AsyncFn(Site)) {
    for_each_empty_db(async |db| {
        let dir = TempDir::new();
        let mut config = Config::parse(settings).expect("settings");
        config.server.data_dir = dir.path().to_owned();
        config.database.url = db.config().url.clone();
        if config.database.url.is_none() {
            config.server.data_dir = db.config().data_dir.clone();
        }
        let mut app = App::build(&config).await.expect("builds");
        // The program is the test here, which is no worker.
        let program = sandbox::Program::new(env!("CARGO_BIN_EXE_nocode-ai"), ["worker"]);
        app.sandbox = sandbox::Pool::new(config.sandbox.clone(), program);
        app.rag = open_rag(&app, &config).await;
        app.accounts.first_start().await.expect("started");
        let edge = Edge {
            server: config.server.clone(),
            ..Edge::default()
        };
        let document = complete(api(&app).describe(frame()).expect("a document"));
        let router = build(&app, edge).expect("routes");
        test(Site {
            app: app.clone(),
            document: serde_json::to_value(document).expect("JSON"),
            router,
            _dir: dir,
        })
        .await;
        app.db.close().await;
    })
    .await;
}

/// The hub with the workers of the built program. It fetches from this machine too.
async fn open_rag(app: &App, config: &Config) -> rag::Rag {
    let parts = rag::Parts {
        gateway: app.gateway.clone(),
        clock: std::sync::Arc::new(store::SystemClock),
        parser: std::sync::Arc::new(app.sandbox.clone()),
        blobs: std::sync::Arc::new(rag::blob::FileStore::new(
            config.server.data_dir.join("blobs"),
        )),
        client: outbound::Client::trusted(&outbound::Settings::default()),
        models_dir: std::path::PathBuf::from("/nonexistent/models"),
        config: config.rag.clone(),
    };
    rag::Rag::open(parts).await.expect("opens")
}

impl Site {
    /// Every operation under `/api/v1`.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let paths = self.document["paths"].as_object().expect("paths");
        let ours = paths
            .iter()
            .filter(|(path, _)| path.starts_with("/api/v1/"));
        ours.flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods").iter();
            methods.filter_map(|(method, value)| {
                let method = method.to_uppercase().parse::<Method>().ok()?;
                value.get("operationId")?;
                Some(Operation {
                    method,
                    path: path.clone(),
                    value: value.clone(),
                })
            })
        })
        .collect()
    }

    /// What a `$ref` leads to.
    pub(crate) fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let pointer = reference.trim_start_matches('#');
                self.document.pointer(pointer).expect("a schema")
            }
            None => schema,
        }
    }

    /// The schema of an operation's JSON body.
    pub(crate) fn body_schema<'a>(&'a self, operation: &'a Operation) -> Option<&'a Value> {
        let content = &operation.value["requestBody"]["content"]["application/json"];
        content.get("schema").map(|schema| self.resolve(schema))
    }

    /// The example of an operation's JSON body.
    pub(crate) fn example(&self, operation: &Operation) -> Option<Value> {
        let content = &operation.value["requestBody"]["content"]["application/json"];
        let schema = self.body_schema(operation)?;
        schema.get("example").or(content.get("example")).cloned()
    }

    /// Sends a request; `token` is a bearer token.
    pub(crate) async fn send(
        &self,
        method: &Method,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "ai.test");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.exchange(request.body(body).expect("valid")).await
    }

    /// Sends a request as it is.
    pub(crate) async fn exchange(&self, mut request: Request<Body>) -> Answer {
        let address = accounts::http::PeerAddress([192, 0, 2, 1].into());
        request.extensions_mut().insert(address);
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("whole");
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(&Method::GET, path, Some(token), &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.send(&Method::POST, path, Some(token), &[], Some(&body))
            .await
    }

    /// The token of the instance's owner.
    pub(crate) async fn set_up(&self) -> String {
        let token = self.app.accounts.setup_token().await.expect("made");
        let token = token.expect("there is no owner yet");
        let body = json!({
            "token": token.expose(), "email": "root@example.org", "name": "Root", "password": PASSWORD,
        });
        let answer = self.post("/api/v1/setup", "", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    /// Somebody with a role in an organization: the token and the id.
    pub(crate) async fn person(&self, actor: &Actor, role: Role, name: &str) -> (String, String) {
        let email = format!("{name}@example.org");
        let added = self
            .app
            .accounts
            .add_member(actor, &email, name, role)
            .await;
        let id = added.expect("added").id.to_string();
        let link = self
            .app
            .accounts
            .make_reset_link(&email)
            .await
            .expect("made");
        let token = link
            .expose()
            .split_once("token=")
            .expect("a token")
            .1
            .to_owned();
        let body = json!({"token": token, "password": PASSWORD});
        let reset = self.post("/api/v1/auth/reset-password", "", body).await;
        assert_eq!(reset.status, StatusCode::NO_CONTENT, "{}", reset.text);
        let body = json!({"email": email, "password": PASSWORD});
        let login = self.post("/api/v1/auth/login", "", body).await;
        assert_eq!(login.status, StatusCode::OK, "{}", login.text);
        let token = login.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        (token, id)
    }

    /// An organization and somebody who acts for it.
    pub(crate) async fn organization(&self, name: &str) -> Actor {
        let made = self.app.accounts.create_organization(name, name).await;
        Actor::command_line(made.expect("made").id)
    }
}
