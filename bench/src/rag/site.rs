//! A program with a collection.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api;
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
            loop {
                let now = self.get(job).await?;
                match now["state"].as_str() {
                    Some("done") => break,
                    Some("queued" | "running") => {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    _ => bail!("a document was not read: {now}"),
                }
            }
        }
        Ok(())
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
