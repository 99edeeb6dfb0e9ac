//! The program is killed while it reads a document, and goes on at its next start.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use outbound::OutBody;
use serde_json::{Value, json};
use store::testing::TempDir;

use crate::hub::{BOUNDARY, PATIENCE, Vendor, form};
use crate::rag_jobs::sections;

/// The program in a process of its own.
struct Running {
    child: Child,
    url: String,
    client: outbound::Client,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts it; gives the first API key where this is the first start.
    fn start(dir: &Path, settings: &str) -> (Self, Option<String>) {
        let config = dir.join("nocode-ai.toml");
        std::fs::write(&config, settings).expect("written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_nocode-ai"))
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--config"])
            .arg(&config)
            .arg("--data-dir")
            .arg(dir.join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("has an output");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("says where it is");
        let said: Value = serde_json::from_str(&line).expect("JSON");
        let running = Self {
            child,
            url: said["url"].as_str().expect("an address").to_owned(),
            client: outbound::Client::trusted(&outbound::Settings::default()),
        };
        (running, said["api_key"].as_str().map(str::to_owned))
    }

    async fn send(&self, method: &str, path: &str, key: &str, kind: &str, body: Vec<u8>) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", kind)
            .body(OutBody::full(Bytes::from(body)))
            .expect("valid");
        let response = self.client.send(request).await.expect("answers");
        let body = response.into_body().collect().await.expect("whole");
        serde_json::from_slice(&body.to_bytes()).expect("JSON")
    }

    async fn get(&self, path: &str, key: &str) -> Value {
        self.send("GET", path, key, "", Vec::new()).await
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Value {
        let body = body.to_string().into_bytes();
        self.send("POST", path, key, "application/json", body).await
    }
}

#[tokio::test]
async fn a_killed_program_goes_on_and_embeds_nothing_twice() {
    let vendor = Vendor::start().await;
    vendor.delay(Duration::from_millis(400));
    let dir = TempDir::new();
    let (mut running, key) = Running::start(dir.path(), &vendor.settings());
    let key = key.expect("the first start makes a key");
    let wanted = json!({"name": "Handbook", "settings": {
        "embedding": {"model": "openai/text-embedding-3-small"},
        "chunking": {"max_tokens": 100, "overlap_tokens": 0},
    }});
    let collection = running.post("/api/v1/collections", &key, &wanted).await;
    let path = format!(
        "/api/v1/collections/{}",
        collection["id"].as_str().expect("an id")
    );
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let file = form("long.md", sections(300).as_bytes(), &[]);
    let accepted = running
        .send("POST", &format!("{path}/documents"), &key, &kind, file)
        .await;
    let job = format!(
        "{path}/jobs/{}",
        accepted["job"]["id"].as_str().expect("a job")
    );
    let began = Instant::now();
    while running.get(&job, &key).await["chunks_done"].as_i64() < Some(64) {
        assert!(
            began.elapsed() < PATIENCE,
            "{}",
            running.get(&job, &key).await
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    running.child.kill().expect("is killed");
    running.child.wait().expect("is gone");
    drop(running);

    let (running, none) = Running::start(dir.path(), &vendor.settings());
    assert_eq!(none, None, "the same database");
    let began = Instant::now();
    let ended = loop {
        let now = running.get(&job, &key).await;
        if now["state"] != "running" {
            break now;
        }
        assert!(began.elapsed() < PATIENCE, "{now}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(
        (&ended["state"], &ended["attempts"]),
        (&json!("done"), &json!(2)),
        "{ended}"
    );
    let chunks = ended["chunks_total"].as_u64().expect("a number");
    assert!(chunks > 150, "{ended}");
    // The length of the vectors, and the call that was under way, are asked for twice at most.
    assert_eq!(vendor.different(), chunks + 1);
    assert!(
        vendor.texts() <= chunks + 2 + 64,
        "{} for {chunks}",
        vendor.texts()
    );
    let search = json!({"queries": ["word299x5"]});
    let answer = running.post(&format!("{path}/search"), &key, &search).await;
    let text = answer["hits"][0]["chunk"]["text"].as_str().expect("a hit");
    assert!(text.contains("word299x5"), "{text}");
}

#[tokio::test]
async fn a_sync_that_is_killed_twice_ends_with_each_file_once() {
    const FILES: usize = 40;
    let vendor = Vendor::start().await;
    vendor.delay(Duration::from_millis(100));
    let dir = TempDir::new();
    let folder = dir.path().join("shared");
    std::fs::create_dir_all(&folder).expect("made");
    for number in 0..FILES {
        let text =
            format!("# Rule {number}\n\nRule number {number} has the word wonder{number}x.\n");
        std::fs::write(folder.join(format!("{number:02}.md")), text).expect("written");
    }
    let roots = json!([folder.to_string_lossy()]);
    let settings = format!("[rag]\nsync_roots = {roots}\n{}", vendor.settings());
    let (mut running, key) = Running::start(dir.path(), &settings);
    let key = key.expect("the first start makes a key");
    let wanted = json!({"name": "Rules", "settings": {
        "embedding": {"model": "openai/text-embedding-3-small"},
    }});
    let collection = running.post("/api/v1/collections", &key, &wanted).await;
    let path = format!(
        "/api/v1/collections/{}",
        collection["id"].as_str().expect("an id")
    );
    let source = json!({
        "name": "Shared",
        "location": {"type": "folder", "path": folder.to_string_lossy()},
    });
    let source = running
        .post(&format!("{path}/sources"), &key, &source)
        .await;
    let source = source["id"].as_str().unwrap_or_else(|| panic!("{source}"));
    let job = running
        .post(&format!("{path}/sources/{source}/sync"), &key, &json!({}))
        .await;
    let job = format!("{path}/jobs/{}", job["id"].as_str().expect("a job"));
    let documents = format!("{path}/documents?limit=200");
    for kills in 1..=2 {
        let began = Instant::now();
        loop {
            let found = running.get(&documents, &key).await;
            let found = found["data"].as_array().expect("documents").len();
            if found >= kills * 12 {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "{found} after {kills} kills");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        running.child.kill().expect("is killed");
        running.child.wait().expect("is gone");
        running = Running::start(dir.path(), &settings).0;
    }
    let began = Instant::now();
    let rows = loop {
        let state = running.get(&job, &key).await["state"].clone();
        let rows = running.get(&documents, &key).await["data"].clone();
        let rows = rows.as_array().expect("documents").clone();
        let ready = rows.iter().filter(|row| row["status"] == "ready").count();
        if state != "running" && ready >= FILES {
            break rows;
        }
        assert!(began.elapsed() < PATIENCE, "{state}, {ready} of {rows:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let mut names: Vec<_> = rows.iter().map(|row| row["name"].to_string()).collect();
    names.sort();
    names.dedup();
    assert_eq!((rows.len(), names.len()), (FILES, FILES), "each file once");
    let search = json!({"queries": ["wonder39x"]});
    let answer = running.post(&format!("{path}/search"), &key, &search).await;
    let text = answer["hits"][0]["chunk"]["text"].as_str().expect("a hit");
    assert!(text.contains("wonder39x"), "{text}");
}
