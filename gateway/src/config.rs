//! The gateway's part of the configuration file. Unknown keys are errors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Everything the gateway reads from the configuration file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// Defaults of calls: timeouts, retries, hang-up policy, cache.
    pub gateway: Defaults,
    /// Vendors, by the word that model names begin with.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// Aliases and virtual models, by the name clients use.
    pub models: BTreeMap<String, ModelConfig>,
    /// Corrections and additions to the model catalogue, by `provider/model`.
    pub catalogue: BTreeMap<String, crate::catalogue::Override>,
    /// How addresses are reached that organizations entered.
    #[serde(skip)]
    pub outbound: outbound::Settings,
}

/// Defaults of all calls.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Defaults {
    /// Use vendors whose conventional key variable (`OPENAI_API_KEY`, …) is set, without a section.
    pub providers_from_environment: bool,
    /// What happens when the client hangs up in the middle of a stream.
    pub on_disconnect: OnDisconnect,
    /// Longest time a hung-up stream is read on under `drain`, in milliseconds.
    pub drain_max_ms: u64,
    /// Largest request body in bytes; larger ones get 413.
    pub max_body_bytes: usize,
    /// Largest upload (audio) in bytes.
    pub max_upload_bytes: usize,
    /// Timeouts.
    pub timeouts: Timeouts,
    /// Retries.
    pub retry: Retry,
    /// Circuit breaker.
    pub breaker: Breaker,
    /// Exact cache.
    pub cache: CacheConfig,
    /// Whether webhooks of organizations may be in private networks. Leave it off where organizations
    /// do not trust each other: whoever enters an address makes this server call it.
    pub allow_private_webhooks: bool,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            providers_from_environment: true,
            on_disconnect: OnDisconnect::Cancel,
            drain_max_ms: 120_000,
            max_body_bytes: 32 * 1024 * 1024,
            max_upload_bytes: 200 * 1024 * 1024,
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            breaker: Breaker::default(),
            cache: CacheConfig::default(),
            allow_private_webhooks: false,
        }
    }
}

/// What happens when the client hangs up in the middle of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnDisconnect {
    /// Cancel the vendor's work at once; bill what was delivered.
    Cancel,
    /// Read on to the vendor's usage report (up to `drain_max_ms`); bill that.
    Drain,
}

/// Timeouts in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ModelTimeouts)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Resolving and connecting.
    pub connect_ms: u64,
    /// From the request to the answer's head. A non-streamed answer's head comes with its end.
    pub headers_ms: u64,
    /// From the request to a stream's first event.
    pub first_token_ms: u64,
    /// Between two pieces of a body.
    pub stall_ms: u64,
    /// From the request to the end of the answer, one attempt.
    pub total_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect_ms: 10_000,
            headers_ms: 600_000,
            first_token_ms: 120_000,
            stall_ms: 120_000,
            total_ms: 1_800_000,
        }
    }
}

/// Retries of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ModelRetry)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// Further tries after the first on the same group of targets.
    pub max_retries: u32,
    /// First pause in milliseconds; doubles each time, with jitter.
    pub backoff_ms: u64,
    /// Longest pause in milliseconds.
    pub backoff_max_ms: u64,
    /// A vendor's `retry-after` is honoured up to this many milliseconds; beyond, the target counts
    /// as failed and the next one is tried.
    pub retry_after_max_ms: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_retries: 2,
            backoff_ms: 500,
            backoff_max_ms: 8_000,
            retry_after_max_ms: 20_000,
        }
    }
}

/// Circuit breaker of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Breaker {
    /// Failures in a row that open it; 0 switches it off.
    pub failures: u32,
    /// First time it stays open, in milliseconds; doubles with each further failure.
    pub open_ms: u64,
    /// Longest time it stays open.
    pub open_max_ms: u64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            failures: 5,
            open_ms: 5_000,
            open_max_ms: 300_000,
        }
    }
}

/// Exact cache of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// On for all calls; a call can switch it on or off for itself by `x-nab-cache-control`.
    pub enabled: bool,
    /// How long an answer is served, in seconds.
    pub ttl_s: u64,
    /// Memory for cached answers, in bytes.
    pub max_bytes: u64,
    /// Largest single answer kept, in bytes.
    pub max_entry_bytes: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            ttl_s: 3600,
            max_bytes: 64 * 1024 * 1024,
            max_entry_bytes: 2 * 1024 * 1024,
        }
    }
}

/// One vendor account.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderConfig {
    /// Wire format or compatible vendor; the section's name when absent.
    pub kind: Option<String>,
    /// Base URL; the vendor's own when absent.
    pub base_url: Option<String>,
    /// One key: `env:NAME`, `file:/path`, or the key itself.
    pub api_key: Option<String>,
    /// Several keys, rotated on 429.
    pub api_keys: Vec<String>,
    /// Azure's `api-version`, Anthropic's `anthropic-version`.
    pub api_version: Option<String>,
    /// Azure: `/openai/deployments/{model}/…` URLs.
    pub deployment_urls: bool,
    /// `OpenAI-Organization`.
    pub organization: Option<String>,
    /// `OpenAI-Project`.
    pub project: Option<String>,
    /// Extra headers of every call.
    pub headers: BTreeMap<String, String>,
    /// Models offered, as patterns; all when empty.
    pub models: Vec<String>,
    /// Timeouts of this vendor.
    pub timeouts: Option<Timeouts>,
    /// Retries of this vendor's models when called directly.
    pub retry: Option<Retry>,
}

/// An alias or virtual model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Where calls go.
    pub targets: Vec<TargetConfig>,
    /// How one target of a group is picked.
    #[serde(default)]
    pub strategy: Strategy,
    /// Models to try when the prompt does not fit.
    #[serde(default)]
    pub context_window_fallbacks: Vec<String>,
    /// Models to try when the vendor's safety system refuses.
    #[serde(default)]
    pub content_policy_fallbacks: Vec<String>,
    /// Hang-up policy of this model.
    #[serde(default)]
    pub on_disconnect: Option<OnDisconnect>,
    /// Timeouts of this model.
    #[serde(default)]
    pub timeouts: Option<Timeouts>,
    /// Retries of this model.
    #[serde(default)]
    pub retry: Option<Retry>,
}

impl ModelConfig {
    /// Every model that it names: targets, then fallbacks.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        let targets = self.targets.iter().map(|target| match target {
            TargetConfig::Name(name) => name.as_str(),
            TargetConfig::Table(table) => table.model.as_str(),
        });
        targets
            .chain(self.context_window_fallbacks.iter().map(String::as_str))
            .chain(self.content_policy_fallbacks.iter().map(String::as_str))
    }

    /// Its targets with weight and group, whichever way they are written.
    pub fn tables(&self) -> Vec<TargetTable> {
        let mut tables: Vec<TargetTable> = Vec::with_capacity(self.targets.len());
        for target in &self.targets {
            let next = tables.iter().filter_map(|t| t.group).max();
            let next = next.map_or(0, |group| group.saturating_add(1));
            tables.push(match target {
                TargetConfig::Name(name) => TargetTable {
                    model: name.clone(),
                    weight: one(),
                    group: Some(next),
                },
                TargetConfig::Table(table) => TargetTable {
                    group: table.group.or(Some(next)),
                    ..table.clone()
                },
            });
        }
        tables
    }

    /// The same with all targets as tables and all groups named, as the API shows it.
    #[must_use]
    pub fn written_out(&self) -> Self {
        let targets = self.tables().into_iter().map(TargetConfig::Table);
        Self {
            targets: targets.collect(),
            ..self.clone()
        }
    }
}

/// A target of a virtual model: `"openai/gpt-4.1"`, or a table with weight and group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum TargetConfig {
    /// Only the model; each in its own group, in the order of the list.
    Name(String),
    /// Model with weight and group.
    Table(TargetTable),
}

/// A target with its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetTable {
    /// `provider/model`.
    pub model: String,
    /// Share within its group.
    #[serde(default = "one")]
    pub weight: u32,
    /// Groups are tried in ascending order; without a number a target follows the one before it in
    /// a new group.
    #[serde(default)]
    pub group: Option<u32>,
}

fn one() -> u32 {
    1
}

/// How one target of a group is picked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ModelStrategy)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// At random by weight.
    #[default]
    Weighted,
    /// The better of two random ones by decayed peak latency and open calls.
    LeastLatency,
    /// Always the same one for the same API key, by weight.
    Sticky,
}
