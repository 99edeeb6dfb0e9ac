//! The RAG hub as its users see it: from an upload to a found answer, with the program's own workers.

use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::hub::Hub;
use crate::site::at_each_site;

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

#[tokio::test]
async fn a_file_that_wants_too_much_memory_fails_alone() {
    let settings = "[rag]\nparse_memory_bytes = 16000000\n";
    at_each_site(settings, async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let long = "no line ends here ".repeat(2_000_000);
        let document = hub.ingest("long.txt", long.as_bytes(), &[]).await;
        assert_eq!(document["status"], "failed", "{document}");
        let error = document["error"].as_str().expect("a reason");
        assert!(error.contains("memory"), "{error}");
        let fine = hub.ingest("Handbook.md", HANDBOOK.as_bytes(), &[]).await;
        assert_eq!(fine["status"], "ready", "{fine}");
    })
    .await;
}

#[tokio::test]
async fn real_files_are_read_found_and_unlocked() {
    let Some(folder) = shared("documents") else {
        return;
    };
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Library"})).await;
        for (file, words) in [
            ("crazyones-pdfa.pdf", "the crazy ones the misfits"),
            ("multicolumn.pdf", "two-column document"),
            ("habibi.pdf", "habibi"),
            ("pdflatex-4-pages.pdf", "printed text without a meaning"),
        ] {
            let bytes = std::fs::read(folder.join(file)).expect("is there");
            // Its name says nothing of what it is.
            let document = hub.ingest(&format!("{file}.txt"), &bytes, &[]).await;
            assert_eq!(document["status"], "ready", "{document}");
            assert_eq!(document["content_type"], "application/pdf");
            let found = hub.find(words).await;
            assert!(found.contains(&format!("{file}.txt")), "{file}: {found:?}");
        }
        let bytes = std::fs::read(folder.join("libreoffice-writer-password.pdf"));
        let locked = hub
            .ingest("locked.pdf", &bytes.expect("is there"), &[])
            .await;
        assert_eq!(locked["status"], "failed", "{locked}");
        assert!(
            locked["error"]
                .as_str()
                .is_some_and(|e| e.contains("password")),
            "{locked}"
        );
        let id = locked["id"].as_str().expect("an id");
        let again = json!({"password": "openpassword"});
        let job = hub
            .post(&format!("/documents/{id}/reprocess"), again)
            .await
            .json();
        hub.ended(job["id"].as_str().expect("a job")).await;
        let document = hub.get(&format!("/documents/{id}")).await.json();
        assert_eq!(
            (&document["status"], &document["error"]),
            (&json!("ready"), &Value::Null)
        );
        let chunks = hub.get(&format!("/documents/{id}/chunks")).await.json();
        assert_eq!(chunks["data"][0]["boxes"][0]["page"], 1, "{chunks}");
    })
    .await;
}

/// A folder of the shared data; `None`, and a word to the reader, where there is none.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn shared(name: &str) -> Option<std::path::PathBuf> {
    let root = std::env::var_os("SHARED_DATA").map_or_else(
        || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        std::path::PathBuf::from,
    );
    let folder = root.join(name);
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent", folder.display());
        return None;
    }
    Some(folder)
}
