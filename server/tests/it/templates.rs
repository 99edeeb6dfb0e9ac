//! Every template, from the gallery to its outcome, with the built-in model and its own sample.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::hub::{Hub, PATIENCE};
use crate::site::{Site, at_each_site};

/// A template and what comes of it.
struct Case {
    slug: &'static str,
    trigger: &'static str,
    /// In place of the sample, where that would need a file.
    input: Option<Value>,
    /// Outputs of nodes that leave this machine, or that need a model with eyes or ears.
    pins: Value,
    /// The button of the one approval on the way.
    button: Option<(&'static str, &'static str)>,
    /// Words of the outcome.
    expected: &'static [&'static str],
}

impl Case {
    fn new(slug: &'static str, trigger: &'static str, expected: &'static [&'static str]) -> Self {
        Self {
            slug,
            trigger,
            input: None,
            pins: json!({}),
            button: None,
            expected,
        }
    }

    fn pin(mut self, node: &str, output: Value) -> Self {
        self.pins[node] = output;
        self
    }

    fn input(mut self, input: Value) -> Self {
        self.input = Some(input);
        self
    }

    fn press(mut self, node: &'static str, button: &'static str) -> Self {
        self.button = Some((node, button));
        self
    }
}

fn cases() -> Vec<Case> {
    let read = "# Invoice\n\nSupplier: Tea & More\nNumber: 2026-17\nCurrency: EUR\n";
    let said =
        "Ada asks Grace to order new kettles until Friday. We decided to ship within two days.";
    let page = "<html><head><title>Delivery</title></head><body><main><h1>Delivery</h1><p>We deliver \
        within two days, to every door in the country, and tell you by mail when the parcel \
        leaves us.</p></main></body></html>";
    let a_file =
        json!({"$file": "none", "name": "a.txt", "media_type": "text/plain", "size_bytes": 1});
    let start = |field: &str| json!({field: a_file, "names": null, "recipients": null, "categories": "product, other"});
    vec![
        Case::new("support-chatbot", "chat", &["thirty days"]).pin("tell", json!({})),
        Case::new("document-qa", "chat", &["delivery time is two days"]),
        Case::new("email-processor", "webhook", &["sent"])
            .pin("send", json!({"message_id": "1"}))
            .press("approve", "send"),
        Case::new(
            "content-generator",
            "form",
            &["Three ways to answer customers faster"],
        ),
        Case::new("lead-scorer", "form", &["Tea & More", "River Bank"]),
        Case::new(
            "guarded-chat",
            "chat",
            &["[email]", "the order is on its way"],
        ),
        Case::new("model-comparison", "form", &["winner"]),
        Case::new("error-watch", "error", &["535 unknown"]).pin("tell", json!({})),
        Case::new("ticket-triage", "webhook", &["kettle caught fire"]).pin("alarm", json!({})),
        Case::new(
            "translation-pipeline",
            "form",
            &["Our tea is shipped within two days"],
        ),
        Case::new(
            "social-media-scheduler",
            "schedule",
            &["tea", "\"published\":true"],
        )
        .pin("publish", json!({"status": 200}))
        .press("approve", "publish"),
        Case::new(
            "website-to-knowledge",
            "schedule",
            &["\"pages\":2", "\"failed\":[]"],
        )
        .pin("fetch", json!({"body": page, "status": 200, "headers": {}})),
        Case::new("data-extractor", "form", &["Tea & More", "2026-17"])
            .input(json!({}))
            .pin("start", start("file"))
            .pin("read", json!({"text": read, "pages": [], "warnings": []})),
        Case::new("meeting-summarizer", "form", &["kettles"])
            .input(json!({}))
            .pin("start", start("recording"))
            .pin("write", json!({"text": said}))
            .pin("mail", json!({})),
        Case::new("image-analyzer", "form", &["a cup of tea"])
            .input(json!({}))
            .pin("start", start("image"))
            .pin(
                "look",
                json!({"text": "", "json": {"description": "a cup of tea"}}),
            ),
    ]
}

#[tokio::test]
async fn every_template_runs_with_the_built_in_model_from_the_gallery_to_its_outcome() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let resting = CancellationToken::new();
        let engine = site.app.engine.clone();
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let runs = tokio::spawn({
            let resting = resting.clone();
            async move { engine.work(resting).await }
        });
        let text =
            b"# Returns\n\nYou can return something, such as a pullover, within thirty days.\n\n\
            # Delivery\n\nThe delivery time is two days, these documents say.\n";
        hub.ingest("help.md", text, &[]).await;
        for (provider, name, secret) in [
            ("slack", "support", "https://hooks.slack.com/services/x"),
            ("smtp", "main", "smtp://u:p@mail.example.org"),
            (
                "webhook",
                "publisher",
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            ),
        ] {
            let body = json!({"provider": provider, "name": name, "secret": secret});
            let stored = site.post("/api/v1/credentials", &hub.token, body).await;
            assert_eq!(stored.status, StatusCode::CREATED, "{}", stored.text);
        }
        let project = json!({"name": "Gallery"});
        let project = site
            .post("/api/v1/projects", &hub.token, project)
            .await
            .json();
        let listed = site.get("/api/v1/templates", &hub.token).await.json();
        let cases = cases();
        let listed = listed
            .as_array()
            .or(listed["data"].as_array())
            .expect("templates");
        assert_eq!(listed.len(), cases.len(), "each template has its case");
        for case in &cases {
            let run = run(&site, &hub, case, &project["id"]).await;
            let text = run.to_string();
            assert_eq!(run["status"], "completed", "{}: {text}", case.slug);
            let outcome = run["output"].to_string();
            for words in case.expected {
                assert!(outcome.contains(words), "{}: {outcome}", case.slug);
            }
        }
        resting.cancel();
        runs.await.expect("ends");
    })
    .await;
}

/// Makes a flow of a template and runs its draft to the end.
async fn run(site: &Site, hub: &Hub<'_>, case: &Case, project: &Value) -> Value {
    let path = format!("/api/v1/templates/{}", case.slug);
    let template = site.get(&path, &hub.token).await.json();
    let mapped = |kind: &str, ours: &str| -> Value {
        let needed = template["requires"][kind].as_array().into_iter().flatten();
        needed
            .filter_map(|one| Some((one["name"].as_str()?.to_owned(), json!(ours))))
            .collect()
    };
    let wanted = json!({"project_id": project, "mapping": {
        "models": mapped("models", "builtin/extract"),
        "collections": mapped("collections", "handbook"),
    }});
    let made = site.post(&format!("{path}/use"), &hub.token, wanted).await;
    assert_eq!(
        made.status,
        StatusCode::CREATED,
        "{}: {}",
        case.slug,
        made.text
    );
    let made = made.json();
    let report = &made["workflow"]["report"];
    assert_eq!(report["is_valid"], true, "{}: {report}", case.slug);
    let id = made["workflow"]["id"].as_str().expect("an id");
    let sample = template["sample_input"].clone();
    let order = json!({
        "draft": true, "trigger": case.trigger, "mode": "async",
        "input": case.input.clone().unwrap_or(sample),
        "options": {"pins": case.pins},
    });
    let path = format!("/api/v1/workflows/{id}/execute");
    let begun = site.post(&path, &hub.token, order).await;
    assert!(begun.status.is_success(), "{}: {}", case.slug, begun.text);
    let path = format!(
        "/api/v1/executions/{}",
        begun.json()["id"].as_str().expect("a run")
    );
    let mut pressed = false;
    let since = Instant::now();
    loop {
        let run = site.get(&path, &hub.token).await.json();
        match (run["status"].as_str(), case.button) {
            (Some("waiting"), Some((node, button))) if !pressed => {
                let answer = json!({"node": node, "button": button});
                let given = site
                    .post(&format!("{path}/answer"), &hub.token, answer)
                    .await;
                assert!(given.status.is_success(), "{}: {}", case.slug, given.text);
                pressed = true;
            }
            (Some("queued" | "running" | "waiting"), _) => {}
            _ => return run,
        }
        assert!(since.elapsed() < PATIENCE, "{}: {run}", case.slug);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
