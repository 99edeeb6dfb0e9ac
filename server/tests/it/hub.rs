//! A site whose RAG hub works, and an embedding model of a vendor that counts what it is asked.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Request, StatusCode};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::site::{Answer, Site};

pub(crate) const BOUNDARY: &str = "a-boundary";
/// Longest wait for a job; a machine may be slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A site whose hub works, with the owner's token and a collection.
pub(crate) struct Hub<'a> {
    pub(crate) site: &'a Site,
    pub(crate) token: String,
    pub(crate) collection: String,
    pub(crate) workers: JoinHandle<()>,
}

impl Drop for Hub<'_> {
    fn drop(&mut self) {
        self.workers.abort();
    }
}

impl<'a> Hub<'a> {
    pub(crate) async fn open(site: &'a Site, collection: Value) -> Self {
        let token = site.set_up().await;
        let made = site.post("/api/v1/collections", &token, collection).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        #[expect(clippy::disallowed_methods, reason = "ends with the hub")]
        let workers = tokio::spawn(site.app.rag.clone().run(std::future::pending()));
        Self {
            site,
            token,
            collection: made.json()["id"].as_str().expect("an id").to_owned(),
            workers,
        }
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/collections/{}{rest}", self.collection)
    }

    pub(crate) async fn get(&self, rest: &str) -> Answer {
        self.site.get(&self.path(rest), &self.token).await
    }

    pub(crate) async fn post(&self, rest: &str, body: Value) -> Answer {
        self.site.post(&self.path(rest), &self.token, body).await
    }

    pub(crate) async fn send(&self, method: Method, rest: &str, body: Option<Value>) -> Answer {
        let path = self.path(rest);
        let token = Some(self.token.as_str());
        self.site
            .send(&method, &path, token, &[], body.as_ref())
            .await
    }

    /// Uploads a file with these fields beside it.
    pub(crate) async fn upload(&self, name: &str, bytes: &[u8], fields: &[(&str, &str)]) -> Answer {
        self.send_form(Method::POST, "/documents", form(name, bytes, fields))
            .await
    }

    /// Sends a form.
    pub(crate) async fn send_form(&self, method: Method, rest: &str, form: Vec<u8>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(self.path(rest))
            .header("host", "ai.test")
            .header("authorization", format!("Bearer {}", self.token))
            .header(
                "content-type",
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .body(Body::from(form))
            .expect("valid");
        self.site.exchange(request).await
    }

    /// Uploads a file and waits for what becomes of it.
    pub(crate) async fn ingest(&self, name: &str, bytes: &[u8], fields: &[(&str, &str)]) -> Value {
        let accepted = self.upload(name, bytes, fields).await;
        assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.text);
        self.settled(&accepted.json()).await
    }

    /// The document of an accepted upload, once its job has ended.
    pub(crate) async fn settled(&self, accepted: &Value) -> Value {
        self.ended(accepted["job"]["id"].as_str().expect("a job"))
            .await;
        let id = accepted["document"]["id"].as_str().expect("an id");
        self.get(&format!("/documents/{id}")).await.json()
    }

    /// A job, once it has ended.
    pub(crate) async fn ended(&self, job: &str) -> Value {
        let began = Instant::now();
        loop {
            let answer = self.get(&format!("/jobs/{job}")).await.json();
            let state = answer["state"].as_str().unwrap_or_default().to_owned();
            if !["queued", "running"].contains(&state.as_str()) {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "{answer}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Names of the documents that a question finds, best first.
    pub(crate) async fn find(&self, question: &str) -> Vec<String> {
        let answer = self.post("/search", json!({"queries": [question]})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let hits = answer.json()["hits"].clone();
        let hits = hits.as_array().expect("hits").iter();
        hits.map(|hit| hit["document_name"].as_str().expect("a name").to_owned())
            .collect()
    }
}

pub(crate) fn form(name: &str, bytes: &[u8], fields: &[(&str, &str)]) -> Vec<u8> {
    let mut form = Vec::new();
    for (field, value) in fields {
        form.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            )
            .as_bytes(),
        );
    }
    form.extend_from_slice(
        format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             content-type: application/octet-stream\r\n\r\n"
        )
        .as_bytes(),
    );
    form.extend_from_slice(bytes);
    form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    form
}

/// A vendor with two embedding models, `small` (32 dimensions) and `large` (48), and a page.
#[derive(Default)]
pub(crate) struct Vendor {
    url: String,
    seen: Arc<Seen>,
    server: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Seen {
    /// Texts embedded in all.
    texts: AtomicU64,
    different: parking_lot::Mutex<HashSet<String>>,
    delay_ms: AtomicU64,
}

impl Drop for Vendor {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
        }
    }
}

impl Vendor {
    pub(crate) async fn start() -> Self {
        let seen = Arc::new(Seen::default());
        let router = Router::new()
            .route("/v1/embeddings", post(embed))
            .route(
                "/page",
                get(|| async { ([("content-type", "text/html")], PAGE) }),
            )
            .route(
                "/moved",
                get(|| async { (StatusCode::FOUND, [("location", "page")]) }),
            )
            .with_state(Arc::clone(&seen));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        #[expect(clippy::disallowed_methods, reason = "ends with the vendor")]
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            url,
            seen,
            server: Some(server),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Settings under which the gateway calls it.
    pub(crate) fn settings(&self) -> String {
        format!(
            "[providers.openai]\nbase_url = \"{}/v1\"\napi_key = \"sk-test\"\n",
            self.url
        )
    }

    /// Lets each call take this long.
    pub(crate) fn delay(&self, delay: Duration) {
        let delay = u64::try_from(delay.as_millis()).expect("short");
        self.seen.delay_ms.store(delay, Ordering::SeqCst);
    }

    /// Texts embedded so far.
    pub(crate) fn texts(&self) -> u64 {
        self.seen.texts.load(Ordering::SeqCst)
    }

    /// Different ones of them.
    pub(crate) fn different(&self) -> u64 {
        self.seen.different.lock().len() as u64
    }
}

const PAGE: &str = "<html><head><title>Opening hours</title></head><body><main><h1>Opening hours</h1>\
                    <p>The canteen opens at eleven.</p></main></body></html>";

async fn embed(State(seen): State<Arc<Seen>>, body: String) -> axum::Json<Value> {
    let asked: Value = serde_json::from_str(&body).expect("JSON");
    let texts: Vec<String> = match &asked["input"] {
        Value::String(text) => vec![text.clone()],
        many => serde_json::from_value(many.clone()).expect("texts"),
    };
    let delay = seen.delay_ms.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(delay)).await;
    seen.texts.fetch_add(texts.len() as u64, Ordering::SeqCst);
    seen.different.lock().extend(texts.iter().cloned());
    let length = match asked["model"].as_str() {
        Some("text-embedding-3-large") => 48,
        _ => 32,
    };
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| json!({"object": "embedding", "index": index, "embedding": vector(text, length)}))
        .collect();
    axum::Json(json!({
        "object": "list", "model": asked["model"], "data": data,
        "usage": {"prompt_tokens": 5, "total_tokens": 5},
    }))
}

/// Texts with common words point the same way.
fn vector(text: &str, length: usize) -> Vec<f32> {
    let mut vector = vec![0.01; length];
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
        let hash = word
            .bytes()
            .fold(17usize, |h, b| h.wrapping_mul(31) ^ usize::from(b));
        vector[hash % length] += 1.0;
    }
    vector
}
