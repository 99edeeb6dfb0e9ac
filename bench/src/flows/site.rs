//! A program with published flows.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api;
use crate::child::Child;
use crate::gateway_config::gateway_config;
use crate::load::Target;
use crate::probe::Probe;
use crate::upstream::Upstream;

/// Where runs are stored.
#[derive(Debug, Clone, Copy)]
pub(super) enum Storage<'a> {
    /// SQLite on the disk of temporary files.
    Sqlite,
    /// SQLite in a folder of a file system that is in memory.
    Memory(&'a Path),
    /// An empty PostgreSQL database.
    Postgres(&'a str),
}

/// A running program; gone when dropped.
pub(super) struct Site {
    child: Child,
    key: String,
    project: String,
    _upstream: Upstream,
    _home: TempDir,
}

impl Site {
    pub(super) async fn start(
        binary: &Path,
        storage: Storage<'_>,
        core: Option<u32>,
    ) -> Result<Self> {
        let upstream = Upstream::start()?;
        let home = match storage {
            Storage::Memory(folder) => tempfile::tempdir_in(folder)?,
            Storage::Sqlite | Storage::Postgres(_) => tempfile::tempdir()?,
        };
        let mut config = "[server]\napi_requests_per_minute = 0\n".to_owned();
        if let Storage::Postgres(url) = storage {
            config += &format!("[database]\nurl = {url:?}\n");
        }
        config += &gateway_config(&upstream.url());
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
        let key = child.ready.api_key.clone();
        let key = key.context("no first key: the database is not empty")?;
        let mut site = Self {
            child,
            key,
            project: String::new(),
            _upstream: upstream,
            _home: home,
        };
        let wanted = json!({"name": "Bench"});
        let project = site.post("/api/v1/projects", &wanted).await?;
        site.project = text(&project, "/id")?;
        Ok(site)
    }

    /// Publishes a flow; itself, as the API shows it.
    pub(super) async fn publish(&self, name: &str, graph: &Value) -> Result<Value> {
        let wanted = json!({"project_id": self.project, "name": name, "graph": graph});
        let made = self.post("/api/v1/workflows", &wanted).await?;
        let flow = made.get("workflow").unwrap_or(&made).clone();
        let id = text(&flow, "/id")?;
        let path = format!("/api/v1/workflows/{id}/publish");
        let published = self.post(&path, &json!({"notes": ""})).await;
        published.with_context(|| format!("{name}: {made}"))?;
        Ok(flow)
    }

    /// Publishes a flow and sees whether it runs to its end; the path that runs it.
    pub(super) async fn runnable(&self, name: &str, graph: &Value) -> Result<String> {
        let id = text(&self.publish(name, graph).await?, "/id")?;
        let path = format!("/api/v1/workflows/{id}/execute");
        let run = self.post(&path, &json!({"input": {}})).await?;
        ensure!(run["status"] == "completed", "{name} does not run: {run}");
        Ok(path)
    }

    /// Publishes a flow; its id, and the path of its webhook.
    pub(super) async fn webhook(&self, graph: &Value) -> Result<(String, String)> {
        let id = text(&self.publish("Hook", graph).await?, "/id")?;
        let path = format!("/api/v1/workflows/{id}/deployment");
        let path = text(&self.get(&path).await?, "/webhook/path")?;
        Ok((id, path))
    }

    /// Runs of a flow that are stored.
    pub(super) async fn stored(&self, id: &str) -> Result<usize> {
        let (mut count, mut cursor) = (0, String::new());
        loop {
            let path = format!("/api/v1/workflows/{id}/executions?limit=100{cursor}");
            let page = self.get(&path).await?;
            count += page["data"].as_array().map_or(0, Vec::len);
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(count),
            }
        }
    }

    pub(super) fn target(&self) -> Result<Target> {
        Target::new(&self.child.ready.url, Some(&self.key))
    }

    /// Resident memory, in bytes.
    pub(super) fn memory(&self) -> Result<u64> {
        let probe = Probe::new(self.child.pid());
        probe.rss().context("the program is gone")
    }

    async fn get(&self, path: &str) -> Result<Value> {
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
}

pub(super) fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    let found = found.with_context(|| format!("no {pointer} in {value}"))?;
    Ok(found.to_owned())
}
