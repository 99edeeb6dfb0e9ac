//! The RAG hub as its users see it: from an upload to a found answer, with the program's own workers.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::site::{Answer, Site, at_each_site};

const BOUNDARY: &str = "a-boundary";
/// Longest wait for a job; a machine may be slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// A site whose hub works, with the owner's token and a collection.
struct Hub<'a> {
    site: &'a Site,
    token: String,
    collection: String,
    workers: JoinHandle<()>,
}

impl Drop for Hub<'_> {
    fn drop(&mut self) {
        self.workers.abort();
    }
}

impl<'a> Hub<'a> {
    async fn open(site: &'a Site, collection: Value) -> Self {
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

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/collections/{}{rest}", self.collection)
    }

    async fn get(&self, rest: &str) -> Answer {
        self.site.get(&self.path(rest), &self.token).await
    }

    async fn post(&self, rest: &str, body: Value) -> Answer {
        self.site.post(&self.path(rest), &self.token, body).await
    }

    async fn send(&self, method: Method, rest: &str, body: Option<Value>) -> Answer {
        let path = self.path(rest);
        let token = Some(self.token.as_str());
        self.site
            .send(&method, &path, token, &[], body.as_ref())
            .await
    }

    /// Uploads a file with these fields beside it.
    async fn upload(&self, name: &str, bytes: &[u8], fields: &[(&str, &str)]) -> Answer {
        let request = Request::post(self.path("/documents"))
            .header("host", "ai.test")
            .header("authorization", format!("Bearer {}", self.token))
            .header(
                "content-type",
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .body(Body::from(form(name, bytes, fields)))
            .expect("valid");
        self.site.exchange(request).await
    }

    /// Uploads a file and waits for what becomes of it.
    async fn ingest(&self, name: &str, bytes: &[u8], fields: &[(&str, &str)]) -> Value {
        let accepted = self.upload(name, bytes, fields).await;
        assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.text);
        self.settled(&accepted.json()).await
    }

    /// The document of an accepted upload, once its job has ended.
    async fn settled(&self, accepted: &Value) -> Value {
        self.ended(accepted["job"]["id"].as_str().expect("a job"))
            .await;
        let id = accepted["document"]["id"].as_str().expect("an id");
        self.get(&format!("/documents/{id}")).await.json()
    }

    /// A job, once it has ended.
    async fn ended(&self, job: &str) -> Value {
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
    async fn find(&self, question: &str) -> Vec<String> {
        let answer = self.post("/search", json!({"queries": [question]})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let hits = answer.json()["hits"].clone();
        let hits = hits.as_array().expect("hits").iter();
        hits.map(|hit| hit["document_name"].as_str().expect("a name").to_owned())
            .collect()
    }
}

fn form(name: &str, bytes: &[u8], fields: &[(&str, &str)]) -> Vec<u8> {
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

const HANDBOOK: &str = "# Leave\n\nEverybody has thirty days of leave a year.\n\n# Travel\n\nTrains \
                        are booked in second class; planes only above eight hundred kilometres.\n";

#[tokio::test]
async fn an_uploaded_file_is_found_without_any_key_or_network() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let began = Instant::now();
        let fields = [
            ("attributes", r#"{"year": 2026}"#),
            ("tags", r#"["staff"]"#),
        ];
        let accepted = hub
            .upload("Handbook.md", HANDBOOK.as_bytes(), &fields)
            .await;
        assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.text);
        assert!(began.elapsed() < Duration::from_secs(5), "answered at once");
        let document = hub.settled(&accepted.json()).await;
        assert_eq!(document["status"], "ready", "{document}");
        assert_eq!(document["content_type"], "text/markdown");
        assert_eq!(document["attributes"]["year"].as_f64(), Some(2026.0));
        assert_eq!(hub.find("days of leave").await, ["Handbook.md"]);
        let shown = hub.get("").await.json();
        assert_eq!(
            (&shown["document_count"], &shown["active_embedding"]),
            (&json!(1), &Value::Null)
        );

        // Its parts: the original, a page, chunks.
        let id = document["id"].as_str().expect("an id");
        let original = hub.get(&format!("/documents/{id}/content")).await;
        assert_eq!(original.text, HANDBOOK);
        let page = hub.get(&format!("/documents/{id}/pages/1")).await.json();
        assert!(
            page["text"].as_str().expect("text").contains("thirty days"),
            "{page}"
        );
        let chunks = hub.get(&format!("/documents/{id}/chunks")).await.json();
        assert_eq!(
            chunks["data"].as_array().expect("chunks").len() as i64,
            document["chunk_count"]
        );

        // The same bytes again.
        let again = hub
            .upload(
                "Copy.md",
                HANDBOOK.as_bytes(),
                &[("skip_duplicates", "true")],
            )
            .await;
        assert_eq!(
            (again.status, &again.json()["document"]["id"]),
            (StatusCode::OK, &json!(id))
        );

        // Deleted without a trace.
        let receipt = hub
            .send(Method::DELETE, &format!("/documents/{id}"), None)
            .await
            .json();
        assert_eq!(receipt["documents"], 1, "{receipt}");
        assert!(hub.find("days of leave").await.is_empty());
        assert_eq!(
            hub.get(&format!("/documents/{id}")).await.status,
            StatusCode::NOT_FOUND
        );
        let left = site.app.rag.blobs().keys(i64::MAX).await.expect("listed");
        assert!(left.is_empty(), "{left:?}");
    })
    .await;
}

#[tokio::test]
async fn files_that_cannot_be_read_fail_alone_and_say_why() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let fine = hub.ingest("Handbook.md", HANDBOOK.as_bytes(), &[]).await;
        assert_eq!(fine["status"], "ready", "{fine}");
        for (name, bytes, why) in [
            ("cut.pdf", &b"%PDF-1.7\n1 0 obj"[..], "damaged"),
            ("blank.txt", b"  \n \n", "no text"),
            ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no text"),
        ] {
            let document = hub.ingest(name, bytes, &[]).await;
            assert_eq!(document["status"], "failed", "{document}");
            let error = document["error"].as_str().expect("a reason");
            assert!(error.contains(why), "{name}: {error}");
        }
        assert_eq!(hub.find("days of leave").await, ["Handbook.md"]);
        for (fields, why) in [
            (&[("attributes", "[1]")][..], "`attributes`"),
            (&[("tag", "x")], "`tag`"),
        ] {
            let refused = hub.upload("a.txt", b"text", fields).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
            assert!(refused.text.contains(why), "{}", refused.text);
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_refused_and_leaves_nothing() {
    at_each_site("[rag]\nmax_file_bytes = 1000\n", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let refused = hub.upload("big.txt", &[b'a'; 2000], &[]).await;
        assert_eq!(
            refused.status,
            StatusCode::PAYLOAD_TOO_LARGE,
            "{}",
            refused.text
        );
        assert_eq!(refused.code(), "body_too_large");
        let left = site.app.rag.blobs().keys(i64::MAX).await.expect("listed");
        assert!(left.is_empty(), "{left:?}");
        let listed = hub.get("/documents").await.json();
        assert_eq!(listed["data"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_job_that_waits_is_cancelled_at_once() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        // Nobody works: the job waits.
        hub.workers.abort();
        let accepted = hub.upload("a.txt", b"some text", &[]).await.json();
        let job = accepted["job"]["id"].as_str().expect("a job");
        let cancelled = hub.post(&format!("/jobs/{job}/cancel"), json!({})).await;
        assert_eq!(cancelled.json()["state"], "cancelled", "{}", cancelled.text);
        let id = accepted["document"]["id"].as_str().expect("an id");
        let document = hub.get(&format!("/documents/{id}")).await.json();
        assert_eq!(document["status"], "cancelled");
        let again = hub.post(&format!("/jobs/{job}/cancel"), json!({})).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    })
    .await;
}
