//! A program with a collection.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::counts::Counts;
use crate::api::{self, Content};
use crate::child::Child;
use crate::load::{Call, Target};
use crate::probe::Probe;

/// A running program on an empty SQLite database; gone when dropped.
pub(super) struct Site {
    child: Child,
    key: String,
    home: TempDir,
}

impl Site {
    /// Starts it with a configuration.
    pub(super) fn start(binary: &Path, config: &str, core: Option<u32>) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let file = home.path().join("bench.toml");
        std::fs::write(&file, config)?;
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--json",
            "--data-dir",
            &path(&home.path().join("data")),
            "--config",
            &path(&file),
        ];
        let log = home.path().join("log");
        let child = Child::start(binary, &arguments.map(str::to_owned), core, &log)?;
        let key = child.ready.api_key.clone().context("no first key")?;
        Ok(Self { child, key, home })
    }

    pub(super) fn target(&self) -> Result<Target> {
        Target::new(&self.child.ready.url, Some(&self.key))
    }

    pub(super) fn probe(&self) -> Probe {
        Probe::new(self.child.pid())
    }

    /// Bytes of everything in the data directory.
    pub(super) fn disk_bytes(&self) -> u64 {
        folder_bytes(&self.home.path().join("data"))
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        self.send(&Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(&Method::POST, path, Some(body)).await
    }

    async fn send(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let url = &self.child.ready.url;
        let answer = api::exchange(url, method, path, Some(&self.key), body).await;
        answer.with_context(|| self.child.log())
    }

    /// Everything of a list, page by page.
    pub(super) async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.get(&format!("{path}?limit=100{cursor}")).await?;
            if let Some(Value::Array(entries)) = page.get_mut("data").map(Value::take) {
                all.extend(entries);
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(all),
            }
        }
    }

    /// Hands a file in as a document; the path of the job that reads it.
    pub(super) async fn upload(&self, collection: &str, file: &Path) -> Result<String> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let content = Content::file(&name, &std::fs::read(file)?);
        let (url, path) = (&self.child.ready.url, format!("{collection}/documents"));
        let answer = api::send(url, &Method::POST, &path, Some(&self.key), content).await;
        let accepted = answer.with_context(|| self.child.log())?;
        let accepted: Value = serde_json::from_slice(&accepted)?;
        let job = accepted["job"]["id"].as_str();
        let job = job.with_context(|| format!("no job in {accepted}"))?;
        Ok(format!("{collection}/jobs/{job}"))
    }

    /// What the program counts, as Prometheus reads it.
    pub(super) async fn metrics(&self) -> Result<Counts> {
        let url = &self.child.ready.url;
        let text = api::send(url, &Method::GET, "/metrics", None, Content::default()).await?;
        Ok(Counts::read(&String::from_utf8_lossy(&text)))
    }

    /// Makes a collection; its path.
    pub(super) async fn collection(&self, name: &str, settings: &Value) -> Result<String> {
        let wanted = json!({"name": name, "settings": settings});
        let made = self.post("/api/v1/collections", &wanted).await?;
        let id = made["id"].as_str().context("no id")?;
        Ok(format!("/api/v1/collections/{id}"))
    }

    /// Hands a text in as a document; the path of the job that reads it.
    pub(super) async fn add(&self, collection: &str, document: &Value) -> Result<String> {
        let path = format!("{collection}/documents/text");
        let accepted = self.post(&path, document).await?;
        let job = accepted["job"]["id"].as_str();
        let job = job.with_context(|| format!("no job in {accepted}"))?;
        Ok(format!("{collection}/jobs/{job}"))
    }

    /// Waits until all jobs are done.
    pub(super) async fn done(&self, jobs: &[String]) -> Result<()> {
        for job in jobs {
            let end = self.end(job).await?;
            ensure!(end["state"] == "done", "a document was not read: {end}");
        }
        Ok(())
    }

    /// Waits until all jobs have ended; how many failed.
    pub(super) async fn ended(&self, jobs: &[String]) -> Result<usize> {
        let mut failed = 0;
        for job in jobs {
            failed += usize::from(self.end(job).await?["state"] != "done");
        }
        Ok(failed)
    }

    async fn end(&self, job: &str) -> Result<Value> {
        loop {
            let now = self.get(job).await?;
            if !matches!(now["state"].as_str(), Some("queued" | "running")) {
                return Ok(now);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Chunks of a collection that can be found.
    pub(super) async fn chunks(&self, collection: &str) -> Result<u64> {
        let now = self.get(collection).await?;
        now["chunk_count"].as_u64().context("no count of chunks")
    }
}

/// A search of a collection.
pub(super) fn search(collection: &str, body: &Value) -> Result<Call> {
    Call::post(&format!("{collection}/search"), body)
}

fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => folder_bytes(&entry.path()),
            _ => entry.metadata().map_or(0, |found| found.len()),
        })
        .sum()
}
