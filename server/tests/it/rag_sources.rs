//! Folders and buckets that a collection is kept in step with.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use store::testing::TempDir;
use store::{Clock as _, SystemClock};

use crate::bucket::{Bucket, SECRET};
use crate::hub::{Hub, PATIENCE, Vendor};
use crate::site::at_each_site;

const SOURCES: &str = "/sources";

impl Hub<'_> {
    /// Makes a source; gives its path.
    async fn add_source(&self, source: Value) -> String {
        let made = self.post(SOURCES, source).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        format!("{SOURCES}/{}", made.json()["id"].as_str().expect("an id"))
    }

    /// Syncs, waits until all documents were read, and gives the job and what was found.
    async fn sync(&self, source: &str) -> (Value, Value) {
        let job = self.post(&format!("{source}/sync"), json!({})).await;
        assert_eq!(job.status, StatusCode::ACCEPTED, "{}", job.text);
        let job = self.ended(job.json()["id"].as_str().expect("an id")).await;
        let began = Instant::now();
        loop {
            let documents = self.get("/documents?limit=100").await.json();
            let documents = documents["data"].as_array().expect("documents").clone();
            let is_open =
                |d: &Value| matches!(d["status"].as_str(), Some("pending" | "processing"));
            if !documents.iter().any(is_open) {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "{documents:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        (job, self.get(source).await.json()["counts"].clone())
    }

    /// Names of all documents, sorted.
    async fn names(&self) -> Vec<String> {
        let documents = self.get("/documents?limit=100").await.json();
        let documents = documents["data"].as_array().expect("documents").iter();
        let mut names: Vec<String> = documents
            .map(|d| d["name"].as_str().expect("a name").to_owned())
            .collect();
        names.sort();
        names
    }
}

fn counts(listed: u64, [added, changed, unchanged, removed, failed]: [u64; 5]) -> Value {
    json!({"listed": listed, "added": added, "changed": changed, "unchanged": unchanged,
        "removed": removed, "failed": failed})
}

#[tokio::test]
async fn a_bucket_is_followed_and_only_what_changed_is_read_and_embedded() {
    let vendor = Vendor::start().await;
    at_each_site(&vendor.settings(), async |site| {
        let bucket = Bucket::start().await;
        bucket.put("docs/a.md", "Everybody has thirty days of leave.");
        bucket.put("docs/b ü+&.md", "Trains are booked in second class.");
        bucket.put("docs/sub/", "");
        bucket.put("docs/sub/c.md", "The canteen opens at eleven.");
        bucket.put("docs/skip.tmp", "nothing");
        bucket.put("other/d.md", "not below the prefix");
        let settings = json!({"embedding": {"model": "openai/text-embedding-3-small"}});
        let hub = Hub::open(&site, json!({"name": "Handbook", "settings": settings})).await;
        let source = hub.add_source(bucket.source()).await;
        let (job, found) = hub.sync(&source).await;
        assert_eq!(job["state"], "done", "{job}");
        assert_eq!(
            (&job["pages_done"], &job["pages_total"]),
            (&json!(3), &json!(3))
        );
        assert_eq!(found, counts(3, [3, 0, 0, 0, 0]));
        assert!(bucket.lists() >= 3, "it goes on where a page ends");
        assert_eq!(hub.names().await, ["a.md", "b ü+&.md", "c.md"]);
        assert_eq!(hub.find("canteen").await[0], "c.md");

        let (gets, texts) = (bucket.gets(), vendor.texts());
        let (_, found) = hub.sync(&source).await;
        assert_eq!(found, counts(3, [0, 0, 3, 0, 0]));
        assert_eq!(
            (bucket.gets(), vendor.texts()),
            (gets, texts),
            "nothing is read again"
        );

        // One changed, one new, one gone; one has another tag and the same bytes.
        bucket.put("docs/a.md", "Everybody has thirty-one days of vacation.");
        bucket.put("docs/d.md", "Parking is free.");
        bucket.remove("docs/sub/c.md");
        bucket.put_tagged(
            "docs/b ü+&.md",
            "Trains are booked in second class.",
            "other",
        );
        let (_, found) = hub.sync(&source).await;
        assert_eq!(found, counts(3, [1, 1, 1, 1, 0]));
        assert_eq!(bucket.gets(), gets + 3);
        assert_eq!(
            vendor.texts(),
            texts + 2,
            "what stayed is not embedded again"
        );
        assert_eq!(hub.names().await, ["a.md", "b ü+&.md", "d.md"]);
        assert_eq!(hub.find("vacation").await[0], "a.md");
        assert!(!hub.find("canteen").await.contains(&"c.md".to_owned()));

        // An empty list deletes nothing.
        bucket.clear();
        let (job, _) = hub.sync(&source).await;
        assert_eq!(job["state"], "failed", "{job}");
        let why = job["error"].as_str().expect("why");
        assert!(why.contains("nothing was deleted"), "{why}");
        assert_eq!(hub.names().await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn files_that_cannot_be_read_are_kept_with_their_reason_and_tried_again() {
    at_each_site("[rag]\nmax_file_bytes = 1000\n", async |site| {
        let bucket = Bucket::start().await;
        bucket.put("docs/a.md", "Thirty days of leave.");
        bucket.put("docs/b.md", "Second class.");
        bucket.put("docs/huge.md", &"long ".repeat(300));
        bucket.forbid("docs/b.md", true);
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let source = hub.add_source(bucket.source()).await;
        let (job, found) = hub.sync(&source).await;
        assert_eq!(
            (&job["state"], found),
            (&json!("done"), counts(3, [1, 0, 0, 0, 2]))
        );
        let files = hub.get(&format!("{source}/files?failed=true")).await.json();
        let mut failed: Vec<(String, String)> = files["data"]
            .as_array()
            .expect("files")
            .iter()
            .map(|file| {
                let text = |name: &str| file[name].as_str().expect("a text").to_owned();
                (text("path"), text("error"))
            })
            .collect();
        failed.sort();
        assert_eq!(failed.len(), 2, "{files}");
        assert_eq!((&*failed[0].0, &*failed[1].0), ("b.md", "huge.md"));
        assert!(failed[0].1.contains("AccessDenied"), "{failed:?}");
        assert!(failed[1].1.contains("rag.max_file_bytes"), "{failed:?}");

        bucket.forbid("docs/b.md", false);
        let (_, found) = hub.sync(&source).await;
        assert_eq!(found, counts(3, [1, 0, 1, 0, 1]));
        assert_eq!(hub.names().await, ["a.md", "b.md"]);
    })
    .await;
}

#[tokio::test]
async fn a_buckets_secret_goes_in_and_never_out_and_serves_no_other_address() {
    at_each_site("", async |site| {
        let bucket = Bucket::start().await;
        bucket.put("docs/a.md", "Thirty days of leave.");
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let trial = hub.post("/sources/test", bucket.source()).await;
        assert_eq!(trial.status, StatusCode::OK, "{}", trial.text);
        assert_eq!(trial.json()["examples"], json!(["a.md"]));
        let mut wrong = bucket.source();
        wrong["secret_access_key"] = json!("another");
        let trial = hub.post("/sources/test", wrong).await;
        assert_eq!(trial.status, StatusCode::BAD_REQUEST);
        assert!(
            trial.text.contains("SignatureDoesNotMatch"),
            "{}",
            trial.text
        );

        let path = hub.add_source(bucket.source()).await;
        let shown = hub.get(&path).await;
        assert_eq!(shown.json()["has_secret"], true, "{}", shown.text);
        assert!(!shown.text.contains(SECRET), "{}", shown.text);
        // What is stored serves an edit, for the same service and key only.
        let mut edit = bucket.source();
        edit.as_object_mut()
            .expect("object")
            .remove("secret_access_key");
        edit["name"] = json!("Renamed");
        let id = path.rsplit('/').next().expect("an id");
        let tested = format!("/sources/test?source_id={id}");
        assert_eq!(hub.post(&tested, edit.clone()).await.status, StatusCode::OK);
        let put = hub.send(Method::PUT, &path, Some(edit.clone())).await;
        assert_eq!(put.json()["name"], "Renamed", "{}", put.text);
        edit["location"]["endpoint"] = json!("http://127.0.0.1:1");
        for answer in [
            hub.send(Method::PUT, &path, Some(edit.clone())).await,
            hub.post(&tested, edit.clone()).await,
            hub.post(SOURCES, edit).await,
        ] {
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
            assert!(answer.text.contains("secret_access_key"), "{}", answer.text);
        }
        let (job, _) = hub.sync(&path).await;
        assert_eq!(job["state"], "done", "{job}");

        let credentials = async || {
            let list = site.get("/api/v1/credentials", &hub.token).await.json();
            list["data"].as_array().expect("a list").len()
        };
        assert_eq!(credentials().await, 1);
        let gone = hub.send(Method::DELETE, &path, None).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
        assert_eq!(credentials().await, 0);
        assert_eq!(hub.names().await, ["a.md"], "documents stay");
        // They go with their collection too.
        hub.add_source(bucket.source()).await;
        let gone = hub.send(Method::DELETE, "", None).await;
        assert!(gone.status.is_success(), "{}", gone.text);
        assert_eq!(credentials().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_folder_is_followed_below_what_the_operator_allows_and_nowhere_else() {
    let root = TempDir::new();
    let settings = format!(
        "[rag]\nsync_roots = [\"{}/{{org_id}}\"]\n",
        root.path().display()
    );
    at_each_site(&settings, async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let org = site.get("/api/v1/auth/me", &hub.token).await.json();
        let org = org["current"]["id"].as_str().expect("an id").to_owned();
        let (ours, theirs) = (root.path().join(&org), root.path().join("other"));
        fs::create_dir_all(ours.join("docs/sub")).expect("made");
        fs::create_dir_all(&theirs).expect("made");
        fs::write(theirs.join("secret.md"), "the secret of others").expect("written");
        fs::write(ours.join("docs/a.md"), "Thirty days of leave.").expect("written");
        fs::write(ours.join("docs/sub/b.md"), "Second class.").expect("written");
        symlink(theirs.join("secret.md"), ours.join("docs/link.md")).expect("linked");
        symlink(&theirs, ours.join("docs/others")).expect("linked");
        let folder = |path: String| {
            json!({"name": "Share", "location": {"type": "folder", "path": path},
                "delete_missing": false, "interval_minutes": 5})
        };
        let place = ours.join("docs").display().to_string();
        for path in [
            theirs.display().to_string(),
            root.path().display().to_string(),
            format!("{place}/../../other"),
            format!("{place}/others"),
            "/etc".to_owned(),
            "docs".to_owned(),
        ] {
            let refused = hub.post(SOURCES, folder(path.clone())).await;
            assert_eq!(
                refused.status,
                StatusCode::BAD_REQUEST,
                "{path}: {}",
                refused.text
            );
        }
        let source = hub.add_source(folder(place.clone())).await;
        let (job, found) = hub.sync(&source).await;
        assert_eq!(job["state"], "done", "{job}");
        assert_eq!(found, counts(4, [2, 0, 0, 0, 2]), "both links lead out");
        assert_eq!(hub.names().await, ["a.md", "b.md"]);
        assert!(hub.find("others").await.is_empty());

        // Files that are gone keep their documents, as the source says; a sync is due after 5 minutes.
        fs::remove_file(ours.join("docs/sub/b.md")).expect("removed");
        fs::write(ours.join("docs/a.md"), "Thirty-one days of vacation.").expect("written");
        let library = site.app.rag.library();
        let now = SystemClock.now();
        assert_eq!(library.queue_due_syncs(now).await.expect("looks"), 0);
        let later = now.plus(Duration::from_secs(301));
        assert_eq!(library.queue_due_syncs(later).await.expect("looks"), 1);
        assert_eq!(
            library.queue_due_syncs(later).await.expect("looks"),
            0,
            "once"
        );
        let job = hub.get(&source).await.json()["last_job"]["id"].clone();
        let job = hub.ended(job.as_str().expect("an id")).await;
        assert_eq!(job["state"], "done", "{job}");
        assert_eq!(
            hub.get(&source).await.json()["counts"],
            counts(3, [0, 1, 0, 0, 2])
        );
        let (_, found) = hub.sync(&source).await;
        assert_eq!(found, counts(3, [0, 0, 1, 0, 2]));
        assert_eq!(hub.names().await, ["a.md", "b.md"]);
        assert_eq!(hub.find("vacation").await, ["a.md"]);
    })
    .await;
}

#[tokio::test]
async fn folders_are_refused_where_the_operator_allows_none() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let folder = json!({"name": "Etc", "location": {"type": "folder", "path": "/etc"}});
        let refused = hub.post(SOURCES, folder).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
        assert_eq!(refused.code(), "not_configured");
        assert!(refused.text.contains("rag.sync_roots"), "{}", refused.text);
    })
    .await;
}
