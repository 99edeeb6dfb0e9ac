//! Jobs of the RAG hub: what is embedded when, what ends them, what moves a whole collection.

use std::time::{Duration, Instant};

use axum::http::Method;
use serde_json::{Value, json};

use crate::hub::{Hub, Vendor, form};
use crate::site::at_each_site;

const SMALL: &str = "openai/text-embedding-3-small";
const LARGE: &str = "openai/text-embedding-3-large";

/// A text of so many chunks of some eighty tokens.
pub(crate) fn sections(count: usize) -> String {
    let section = |at: usize| {
        let words: Vec<String> = (0..18).map(|word| format!("word{at}x{word}")).collect();
        format!("# Section {at}\n\n{}\n\n", words.join(" "))
    };
    (0..count).map(section).collect()
}

fn collection() -> Value {
    let chunking = json!({"strategy": "structure", "max_tokens": 200, "overlap_tokens": 0});
    json!({"name": "Handbook", "settings": {"embedding": {"model": SMALL}, "chunking": chunking}})
}

async fn model(hub: &Hub<'_>) -> Value {
    hub.get("").await.json()["active_embedding"]["model"].clone()
}

#[tokio::test]
async fn only_chunks_that_changed_are_embedded_again() {
    let vendor = Vendor::start().await;
    at_each_site(&vendor.settings(), async |site| {
        let hub = Hub::open(&site, collection()).await;
        let before = vendor.texts();
        let document = hub.ingest("a.md", sections(30).as_bytes(), &[]).await;
        assert_eq!(document["status"], "ready", "{document}");
        let chunks = document["chunk_count"].as_u64().expect("a number");
        assert!(chunks >= 15, "{document}");
        // One more tells how long its vectors are.
        assert_eq!(vendor.texts() - before, chunks + 1);
        assert_eq!(model(&hub).await, SMALL);
        assert_eq!(hub.find("word7x3").await[0], "a.md");

        let before = vendor.texts();
        let id = document["id"].as_str().expect("an id");
        let path = format!("/documents/{id}/content");
        let same = hub.send_form(
            Method::PUT,
            &path,
            form("a.md", sections(30).as_bytes(), &[]),
        );
        assert_eq!(same.await.json()["job"], Value::Null, "nothing to do");
        let changed = sections(30).replace("word7x3", "albatross");
        let put = hub
            .send_form(Method::PUT, &path, form("a.md", changed.as_bytes(), &[]))
            .await;
        let document = hub.settled(&put.json()).await;
        assert_eq!(document["status"], "ready", "{document}");
        assert_eq!(document["revision"], 2);
        assert_eq!(vendor.texts() - before, 1);
        assert_eq!(hub.find("albatross").await[0], "a.md");

        // Its usage is that of who added it.
        site.app.gateway.flush().await;
        let usage = site.get("/api/v1/usage?group_by=model", &hub.token).await;
        assert!(
            usage.text.contains("text-embedding-3-small"),
            "{}",
            usage.text
        );
    })
    .await;
}

#[tokio::test]
async fn another_model_is_prepared_while_the_old_one_answers() {
    let vendor = Vendor::start().await;
    at_each_site(&vendor.settings(), async |site| {
        let hub = Hub::open(&site, collection()).await;
        hub.ingest("a.md", sections(20).as_bytes(), &[]).await;
        vendor.delay(Duration::from_millis(700));
        let patch = json!({"settings": {"embedding": {"model": LARGE}}});
        let patched = hub.send(Method::PATCH, "", Some(patch)).await.json();
        let job = patched["jobs"][0]["id"].as_str().expect("a job").to_owned();
        assert_eq!(
            patched["settings"]["chunking"]["max_tokens"], 200,
            "the rest stays"
        );
        assert_eq!(model(&hub).await, SMALL);
        assert_eq!(hub.find("word7x3").await[0], "a.md", "the old one answers");
        let ended = hub.ended(&job).await;
        assert_eq!(ended["state"], "done", "{ended}");
        vendor.delay(Duration::ZERO);
        assert_eq!(model(&hub).await, LARGE);
        let answer = hub
            .post("/search", json!({"queries": ["word7x3"], "mode": "dense"}))
            .await;
        assert_eq!(
            answer.json()["hits"][0]["document_name"],
            "a.md",
            "{}",
            answer.text
        );

        // Back to text alone.
        let patch = json!({"settings": {"embedding": {"model": "none"}}});
        let patched = hub.send(Method::PATCH, "", Some(patch)).await.json();
        hub.ended(patched["jobs"][0]["id"].as_str().expect("a job"))
            .await;
        assert_eq!(model(&hub).await, Value::Null);
        assert_eq!(hub.find("word7x3").await, ["a.md"]);
    })
    .await;
}

#[tokio::test]
async fn all_documents_are_cut_again_without_being_parsed_again() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let first = hub.ingest("a.md", sections(20).as_bytes(), &[]).await;
        let patch = json!({"settings": {"chunking": {"max_tokens": 100, "overlap_tokens": 0}}});
        hub.send(Method::PATCH, "", Some(patch)).await;
        let job = hub.post("/jobs", json!({"kind": "rechunk"})).await.json();
        hub.ended(job["id"].as_str().expect("a job")).await;
        let jobs = hub.get("/jobs").await.json();
        for job in jobs["data"].as_array().expect("jobs") {
            hub.ended(job["id"].as_str().expect("an id")).await;
        }
        let id = first["id"].as_str().expect("an id");
        let document = hub.get(&format!("/documents/{id}")).await.json();
        let count = |document: &Value| document["chunk_count"].as_i64().expect("a number");
        assert!(count(&document) > count(&first), "{document}");
        let preview = json!({"document_id": id, "chunking": {"max_tokens": 4000}});
        let preview = hub.post("/chunk-preview", preview).await;
        assert!(
            preview.json()["total"].as_i64() < Some(count(&first)),
            "{}",
            preview.text
        );
    })
    .await;
}

#[tokio::test]
async fn a_running_job_ends_within_two_seconds_of_its_cancellation() {
    let vendor = Vendor::start().await;
    at_each_site(&vendor.settings(), async |site| {
        vendor.delay(Duration::ZERO);
        let hub = Hub::open(&site, collection()).await;
        hub.ingest("a.md", b"# One\n\nFirst words.", &[]).await;
        vendor.delay(Duration::from_secs(60));
        let accepted = hub
            .upload("b.md", sections(20).as_bytes(), &[])
            .await
            .json();
        let job = accepted["job"]["id"].as_str().expect("a job");
        let began = Instant::now();
        while hub.get(&format!("/jobs/{job}")).await.json()["stage"] != "embed" {
            assert!(began.elapsed() < Duration::from_secs(60), "it never began");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let began = Instant::now();
        hub.post(&format!("/jobs/{job}/cancel"), json!({})).await;
        let ended = hub.ended(job).await;
        assert_eq!(ended["state"], "cancelled", "{ended}");
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "{:?}",
            began.elapsed()
        );
        let id = accepted["document"]["id"].as_str().expect("an id");
        let document = hub.get(&format!("/documents/{id}")).await.json();
        assert_eq!(
            (&document["status"], &document["chunk_count"]),
            (&json!("cancelled"), &json!(0))
        );
        let events = hub.get(&format!("/events?job_id={job}")).await;
        assert!(events.text.contains("event: job"), "{}", events.text);
        assert!(
            events.text.contains("\"state\":\"cancelled\""),
            "{}",
            events.text
        );
    })
    .await;
}

#[tokio::test]
async fn a_job_that_gets_nowhere_is_failed() {
    let vendor = Vendor::start().await;
    let settings = format!("{}[rag]\nstall_ms = 1500\n", vendor.settings());
    at_each_site(&settings, async |site| {
        let hub = Hub::open(&site, collection()).await;
        vendor.delay(Duration::from_secs(60));
        let document = hub.ingest("b.md", sections(20).as_bytes(), &[]).await;
        assert_eq!(document["status"], "failed", "{document}");
        let error = document["error"].as_str().expect("a reason");
        assert!(error.starts_with("no progress for 1 s"), "{error}");
        vendor.delay(Duration::ZERO);
    })
    .await;
}

#[tokio::test]
async fn a_page_is_fetched_through_redirects_and_a_missing_one_says_so() {
    let vendor = Vendor::start().await;
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Web"})).await;
        let url = format!("{}/moved", vendor.url());
        let accepted = hub.post("/documents/url", json!({"url": url})).await.json();
        let document = hub.settled(&accepted).await;
        assert_eq!(document["status"], "ready", "{document}");
        assert_eq!(
            (&document["source"], &document["content_type"]),
            (&json!(url), &json!("text/html"))
        );
        assert_eq!(hub.find("canteen").await, ["moved"]);
        let gone = json!({"url": format!("{}/gone.pdf", vendor.url()), "name": "Gone"});
        let document = hub
            .settled(&hub.post("/documents/url", gone).await.json())
            .await;
        let error = document["error"].as_str().expect("a reason");
        assert!(error.contains("404"), "{error}");
        let wrong = hub
            .post("/documents/url", json!({"url": "file:///etc/passwd"}))
            .await;
        assert_eq!(wrong.status, 400, "{}", wrong.text);
    })
    .await;
}

#[tokio::test]
async fn chunks_are_edited_added_and_disabled_by_hand() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let text = json!({"name": "a.md", "text": "# Leave\n\nThirty days a year."});
        let document = hub
            .settled(&hub.post("/documents/text", text).await.json())
            .await;
        let id = document["id"].as_str().expect("an id");
        let added = json!({"text": "Ask three weeks before.", "headings": ["Leave"]});
        let added = hub.post(&format!("/documents/{id}/chunks"), added).await;
        assert_eq!(added.status, 201, "{}", added.text);
        assert_eq!(hub.find("three weeks before").await[0], "a.md");
        let chunk = added.json()["id"].as_str().expect("an id").to_owned();
        let path = format!("/chunks/{chunk}");
        let edited = json!({"text": "Ask the walrus."});
        let edited = hub.send(Method::PATCH, &path, Some(edited)).await;
        assert_eq!(edited.json()["edited"], true, "{}", edited.text);
        assert_eq!(hub.find("walrus").await, ["a.md"]);
        hub.send(Method::PATCH, &path, Some(json!({"enabled": false})))
            .await;
        assert!(hub.find("walrus").await.is_empty());
        let listed = hub
            .get(&format!("/documents/{id}/chunks?limit=1"))
            .await
            .json();
        assert_eq!(listed["next_cursor"], "1", "{listed}");
        let patch = json!({"tags": ["new"], "attributes": {"owner": "hr"}});
        let patched = hub
            .send(Method::PATCH, &format!("/documents/{id}"), Some(patch))
            .await;
        assert_eq!(patched.json()["tags"], json!(["new"]), "{}", patched.text);
        let filter = json!({"type": "eq", "key": "owner", "value": "hr"});
        let found = hub
            .post("/search", json!({"queries": ["leave"], "filter": filter}))
            .await;
        assert_eq!(
            found.json()["hits"].as_array().map(Vec::len),
            Some(1),
            "{}",
            found.text
        );
    })
    .await;
}
