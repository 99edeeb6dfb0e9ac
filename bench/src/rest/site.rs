//! A gateway with an owner, some records, and many sessions.

use std::path::Path;

use anyhow::{Context, Result};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api;
use crate::child::Child;
use crate::gateway_config::gateway_config;
use crate::upstream::Upstream;

/// The owner's password.
pub(super) const PASSWORD: &str = "correct horse battery staple";
/// Records of each kind.
const RECORDS: usize = 20;

/// The owner's address.
pub(super) fn owner_email() -> String {
    "owner@example.org".to_owned()
}

/// A running gateway on a SQLite database of its own; gone when dropped.
pub(super) struct Site {
    child: Child,
    key: String,
    _upstream: Upstream,
    _home: TempDir,
}

impl Site {
    /// Starts `binary`, makes the owner's account and some records of each kind.
    pub(super) async fn start(binary: &Path, core: Option<u32>) -> Result<Self> {
        let upstream = Upstream::start()?;
        let home = tempfile::tempdir()?;
        let config = home.path().join("gateway.toml");
        // No organization is held back, and each guesser has an address of its own.
        let server = "[server]\napi_requests_per_minute = 0\ntrusted_proxies = [\"127.0.0.1\"]\n";
        let text = format!("{server}\n{}", gateway_config(&upstream.url()));
        std::fs::write(&config, text)?;
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--json",
            "--data-dir",
            &path(&home.path().join("data")),
            "--config",
            &path(&config),
        ];
        let log = home.path().join("gateway.log");
        let child = Child::start(binary, &arguments.map(str::to_owned), core, &log)?;
        let key = child.ready.api_key.clone().context("no first key")?;
        let site = Self {
            child,
            key,
            _upstream: upstream,
            _home: home,
        };
        site.fill().await?;
        Ok(site)
    }

    /// `http://host:port`.
    pub(super) fn url(&self) -> &str {
        &self.child.ready.url
    }

    /// An admin's API key.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    async fn fill(&self) -> Result<()> {
        let setup = self.child.ready.setup_url.as_deref();
        let token = setup.and_then(|url| url.split(['=', '#']).next_back());
        let token = token.context("no link for the first owner")?;
        let owner = json!({
            "token": token, "email": owner_email(), "name": "Owner", "password": PASSWORD,
            "organization": "Measured Ltd",
        });
        self.send("/api/v1/setup", None, &owner).await?;
        for number in 0..RECORDS {
            let name = format!("Number {number}");
            let key = Some(self.key.as_str());
            for path in ["keys", "teams", "collections"] {
                let path = format!("/api/v1/{path}");
                self.send(&path, key, &json!({"name": name})).await?;
            }
            let project = self
                .send("/api/v1/projects", key, &json!({"name": name}))
                .await?;
            let flow = json!({"project_id": project["id"], "name": name, "graph": {
                "nodes": [{"id": "start", "type": "input.manual"}]}});
            self.send("/api/v1/workflows", key, &flow).await?;
        }
        Ok(())
    }

    /// Signs the owner in on so many devices.
    pub(super) async fn sessions(&self, count: usize) -> Result<Vec<String>> {
        let login = json!({"email": owner_email(), "password": PASSWORD, "transport": "bearer"});
        let mut tokens = Vec::with_capacity(count);
        for _ in 0..count {
            let answer = self.send("/api/v1/auth/login", None, &login).await?;
            let token = answer["access_token"].as_str();
            tokens.push(
                token
                    .with_context(|| format!("no token in {answer}"))?
                    .to_owned(),
            );
        }
        Ok(tokens)
    }

    async fn send(&self, path: &str, key: Option<&str>, body: &Value) -> Result<Value> {
        api::exchange(self.url(), &Method::POST, path, key, Some(body)).await
    }
}
