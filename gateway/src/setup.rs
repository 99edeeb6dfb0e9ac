//! From the configuration to a snapshot of vendors and models.

use std::collections::BTreeMap;
use std::sync::Arc;

use accounts::{Principal, Secret};
use futures_util::future::BoxFuture;
use outbound::Client;
use providers::chat::ChatRequest;
use providers::provider::{ModelFacts, Settings};
use providers::{Error, Operation, Provider, builtin, registry};

use crate::call::CallContext;
use crate::catalogue::Catalogue;
use crate::config::{GatewayConfig, ProviderConfig};
use crate::local::{ChunkStream, LocalModel, LocalModels};
use crate::route::keys::KeyRing;
use crate::route::pattern::Pattern;
use crate::route::table::HealthBook;
use crate::route::{Table, Vendor};

/// `api_key = "vault"`: no key in the configuration, only organizations' own.
const VAULT: &str = "vault";

/// Builds the snapshot.
///
/// # Errors
/// A sentence that names the section and what is wrong with it.
pub(crate) fn table(
    config: &GatewayConfig,
    client: &Client,
    health: &HealthBook,
    local_prefixes: &[String],
) -> Result<Table, String> {
    let mut vendors = BTreeMap::new();
    for (id, section) in &config.providers {
        let vendor =
            vendor(id, section, config, client).map_err(|why| format!("providers.{id}: {why}"))?;
        if local_prefixes.contains(id) {
            return Err(format!(
                "providers.{id}: this name belongs to models inside the program"
            ));
        }
        vendors.insert(id.clone(), Arc::new(vendor));
    }
    for provider in registry::all() {
        let info = provider.info();
        if vendors.contains_key(info.id) || info.base_url.is_empty() || info.key_optional {
            continue;
        }
        let from_env = config.gateway.providers_from_environment && env(info.key_env).is_some();
        let section = ProviderConfig {
            api_key: (!from_env).then(|| VAULT.to_owned()),
            ..ProviderConfig::default()
        };
        let mut vendor = vendor(info.id, &section, config, client)
            .map_err(|why| format!("the variable {}: {why}", info.key_env))?;
        vendor.configured = from_env;
        vendors.insert(info.id.to_owned(), Arc::new(vendor));
    }
    let catalogue =
        Catalogue::with_overrides(config.catalogue.clone()).map_err(|e| e.to_string())?;
    Table::new(
        config,
        vendors,
        Arc::new(catalogue),
        health.clone(),
        local_prefixes,
    )
}

/// Checks a configuration without starting anything.
///
/// # Errors
/// As the start of the gateway would give.
pub fn check(config: &GatewayConfig) -> Result<(), String> {
    let client = Client::trusted(&outbound::Settings::default());
    let health = crate::route::table::health_book();
    table(config, &client, &health, &[builtin_prefix()]).map(drop)
}

fn builtin_prefix() -> String {
    "builtin".to_owned()
}

fn vendor(
    id: &str,
    section: &ProviderConfig,
    config: &GatewayConfig,
    client: &Client,
) -> Result<Vendor, String> {
    let kind = section.kind.as_deref().unwrap_or(id);
    let provider = registry::find(kind).ok_or_else(|| unknown_kind(kind))?;
    let info = provider.info();
    let base_url = section
        .base_url
        .clone()
        .unwrap_or_else(|| info.base_url.to_owned());
    if base_url.is_empty() {
        return Err(format!(
            "`base_url` is missing; {} has none of its own",
            info.title
        ));
    }
    let parsed: http::Uri = base_url
        .parse()
        .map_err(|e| format!("`base_url` is not a URL: {e}"))?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none() {
        return Err(format!(
            "`base_url` must begin with http:// or https://, not `{base_url}`"
        ));
    }
    let keys = keys(section, provider.as_ref())?;
    let from_vault = section.api_key.as_deref() == Some(VAULT);
    if keys.is_empty() && !info.key_optional && !from_vault {
        return Err(format!(
            "no API key; set `api_key = \"env:{}\"`, a file (`file:/path`), `vault` (each \
             organization's own credential) or the variable {}",
            or_dash(info.key_env),
            or_dash(info.key_env)
        ));
    }
    Ok(Vendor {
        id: id.to_owned(),
        base_url: base_url.trim_end_matches('/').to_owned(),
        settings: Settings {
            api_version: section.api_version.clone(),
            deployment_urls: section.deployment_urls,
            organization: section.organization.clone(),
            project: section.project.clone(),
            headers: section.headers.clone().into_iter().collect(),
        },
        keys: Arc::new(KeyRing::new(keys)),
        configured: true,
        client: client.clone(),
        models: section.models.iter().map(|m| Pattern::new(m)).collect(),
        timeouts: section.timeouts.unwrap_or(config.gateway.timeouts),
        retry: section.retry.unwrap_or(config.gateway.retry),
        provider,
    })
}

fn or_dash(name: &str) -> &str {
    if name.is_empty() { "MY_API_KEY" } else { name }
}

fn unknown_kind(kind: &str) -> String {
    let all = registry::all();
    let known: Vec<&str> = all.iter().map(|p| p.info().id).collect();
    format!(
        "`{kind}` is not a provider; set `kind` to one of {} (use `custom` for any \
         OpenAI-compatible server)",
        known.join(", ")
    )
}

fn keys(section: &ProviderConfig, provider: &dyn Provider) -> Result<Vec<Secret>, String> {
    if section.api_key.as_deref() == Some(VAULT) {
        return Ok(Vec::new());
    }
    let named: Vec<&String> = section.api_key.iter().chain(&section.api_keys).collect();
    if named.is_empty() {
        return Ok(env(provider.info().key_env)
            .map(Secret::new)
            .into_iter()
            .collect());
    }
    named.into_iter().map(|text| Secrets::read(text)).collect()
}

/// Reads secrets that a configuration names.
#[derive(Debug)]
pub struct Secrets;

impl Secrets {
    /// `env:NAME`, `file:/path`, or the secret itself.
    ///
    /// # Errors
    /// A sentence that names the variable or file, never the secret.
    pub fn read(text: &str) -> Result<Secret, String> {
        if let Some(name) = text.strip_prefix("env:") {
            return env(name)
                .map(Secret::new)
                .ok_or_else(|| format!("the environment variable {name} is not set"));
        }
        if let Some(path) = text.strip_prefix("file:") {
            let read = std::fs::read_to_string(path)
                .map_err(|e| format!("cannot read the key file {path}: {e}"))?;
            return Ok(Secret::new(read.trim()));
        }
        Ok(Secret::new(text))
    }
}

fn env(name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The built-in models as a family of local models.
pub(crate) struct Builtin;

struct BuiltinModel(&'static builtin::BuiltinModel, String);

impl LocalModels for Builtin {
    fn prefix(&self) -> &str {
        "builtin"
    }

    fn find(&self, _who: &Principal, id: &str) -> Option<Arc<dyn LocalModel>> {
        let full = format!("builtin/{id}");
        // Fault models take settings in their name: `fault-slow-2000` is a `fault-slow`.
        let model = builtin::models()
            .iter()
            .filter(|m| full == m.id || full.strip_prefix(m.id).is_some_and(|r| r.starts_with('-')))
            .max_by_key(|m| m.id.len())?;
        Some(Arc::new(BuiltinModel(model, id.to_owned())))
    }

    fn list<'a>(&'a self, _who: &'a Principal) -> BoxFuture<'a, Vec<String>> {
        let id = |m: &builtin::BuiltinModel| m.id.trim_start_matches("builtin/").to_owned();
        Box::pin(std::future::ready(
            builtin::models().iter().map(id).collect(),
        ))
    }
}

impl LocalModel for BuiltinModel {
    fn id(&self) -> &str {
        &self.1
    }

    fn serves(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Chat(_) | Operation::Completions)
    }

    fn facts(&self) -> ModelFacts {
        ModelFacts {
            context_window: Some(self.0.context_window),
            max_output_tokens: Some(self.0.max_output_tokens),
            reasoning: false,
            structured_output: true,
        }
    }

    fn chat<'a>(
        &'a self,
        _who: &'a Arc<Principal>,
        _context: &'a CallContext,
        request: ChatRequest,
    ) -> BoxFuture<'a, Result<ChunkStream, Error>> {
        Box::pin(async move { builtin::chat(&format!("builtin/{}", self.1), request).await })
    }
}
