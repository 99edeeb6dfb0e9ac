//! The configuration: one TOML file, then the environment over it, then the command line.
//!
//! Unknown keys are errors that name the nearest known one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use accounts::{PlanConfig, Plans, Registration, Secret, Security, SmtpConfig};
use anyhow::{Context, Result, anyhow};
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use gateway::config::{Defaults, GatewayConfig, ModelConfig, ProviderConfig};
use outbound::Network;
use rag::RagConfig;
use sandbox::SandboxConfig;
use serde::Deserialize;

use crate::admin::Setting;

/// Everything that can be configured.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The HTTP server.
    pub server: ServerConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// Logs and traces.
    pub telemetry: TelemetryConfig,
    /// People.
    pub accounts: AccountsSection,
    /// Other ways to sign in.
    pub auth: AuthSection,
    /// Mail.
    pub email: EmailConfig,
    /// Workers for users' code and uploaded files.
    pub sandbox: SandboxConfig,
    /// Connections to addresses that organizations entered.
    pub outbound: OutboundConfig,
    /// Documents.
    pub rag: RagConfig,
    /// Defaults of model calls.
    pub gateway: Defaults,
    /// Vendors.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// Aliases and virtual models.
    pub models: BTreeMap<String, ModelConfig>,
    /// Who pays what.
    pub billing: BillingConfig,
    /// Plans, in place of the built-in ones of the same word or beside them.
    pub plans: BTreeMap<String, PlanConfig>,
    /// Corrections to the model catalogue.
    pub catalogue: BTreeMap<String, gateway::catalogue::Override>,
    /// What is set, and where; for people to see.
    #[serde(skip)]
    pub set: Vec<Setting>,
}

/// The HTTP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port; port 0 picks a free one.
    pub listen: String,
    /// Where people reach this server, such as `https://ai.example.org`, when a proxy stands before
    /// it: for links in mails, and to tell its own pages from others'.
    pub public_url: Option<String>,
    /// Proxies whose `x-forwarded-for` is believed, as addresses or ranges such as `10.0.0.0/8`.
    pub trusted_proxies: Vec<String>,
    /// Web pages of other origins that may call this server from a browser, such as
    /// `https://app.example.org`. They use keys or bearer tokens; cookies are for our own pages.
    pub cors_origins: Vec<String>,
    /// Requests of an organization to `/api/v1` in any minute, where its plan says nothing else; 0 for
    /// any number.
    pub api_requests_per_minute: u32,
    /// Directory of the database, the journal and the master key.
    pub data_dir: PathBuf,
    /// Longest time for a request's head, in milliseconds.
    pub header_timeout_ms: u64,
    /// Largest request head, in bytes.
    pub max_header_bytes: usize,
    /// A client that takes nothing for this long is cut off, in milliseconds.
    pub write_timeout_ms: u64,
    /// Time that open calls get to finish at shutdown, in milliseconds.
    pub shutdown_grace_ms: u64,
    /// Serve `/metrics` to anyone who can reach the port.
    pub metrics: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            api_requests_per_minute: 12_000,
            data_dir: PathBuf::from("data"),
            header_timeout_ms: 15_000,
            max_header_bytes: 65_536,
            write_timeout_ms: 120_000,
            shutdown_grace_ms: 60_000,
            metrics: true,
        }
    }
}

/// Who pays what.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BillingConfig {
    /// The word of the plan that new organizations get; `unlimited` when absent.
    pub default_plan: Option<String>,
}

/// The database.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgres://user:password@host/database`; SQLite in the data directory when absent.
    pub url: Option<String>,
}

/// People.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountsSection {
    /// Who may make an account.
    pub registration: Registration,
}

/// Other ways to sign in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthSection {
    /// Providers whose accounts sign people in, by name.
    pub oidc: BTreeMap<String, accounts::ProviderConfig>,
}

impl AuthSection {
    /// The providers with their secrets.
    ///
    /// # Errors
    /// Which secret cannot be read.
    pub fn providers(&self) -> Result<BTreeMap<String, accounts::ProviderConfig>> {
        let mut all = self.oidc.clone();
        for (name, provider) in &mut all {
            if let Some(secret) = &mut provider.client_secret {
                *secret = gateway::Secrets::read(secret.expose())
                    .map_err(|why| anyhow!("`auth.oidc.{name}.client_secret`: {why}"))?;
            }
        }
        Ok(all)
    }
}

/// Connections to addresses that organizations entered: web requests, databases and mail servers of
/// flows, webhooks, sources of documents.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundConfig {
    /// Private addresses and ranges that may be reached, such as `10.1.2.0/24`.
    pub allowed_networks: Vec<Range>,
}

/// An address, or a range of them.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct Range(pub Network);

impl TryFrom<String> for Range {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

/// Mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailConfig {
    /// Name of the SMTP server; without one, mails stay in the outbox.
    pub host: Option<String>,
    /// Its port; 587, 465 or 25 by `security` when absent.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub security: Security,
    /// The account at the SMTP server.
    pub username: Option<String>,
    /// Its password: `env:NAME`, `file:/path`, or the password itself.
    pub password: Option<Secret>,
    /// The sender, such as `NoCode AI <ai@example.org>`.
    pub from: Option<String>,
    /// Write links of mails into the log when there is no SMTP server.
    pub log_links: bool,
}

impl Default for EmailConfig {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            security: Security::Starttls,
            username: None,
            password: None,
            from: None,
            log_links: false,
        }
    }
}

impl Config {
    /// All plans, built-in and configured.
    ///
    /// # Errors
    /// Which plan is wrong.
    pub fn plans(&self) -> Result<Plans> {
        Plans::new(self.plans.clone(), self.billing.default_plan.clone())
            .map_err(|why| anyhow!(why))
    }
}

impl EmailConfig {
    /// The SMTP server, if one is named.
    ///
    /// # Errors
    /// Which setting is missing or cannot be read.
    pub fn smtp(&self) -> Result<Option<SmtpConfig>> {
        let Some(host) = self.host.clone() else {
            return Ok(None);
        };
        let from = self.from.clone();
        Ok(Some(SmtpConfig {
            host,
            port: self.port,
            security: self.security,
            username: self.username.clone(),
            password: self.password.as_ref().map(read_password).transpose()?,
            from: from.context("`email.host` is set, but `email.from` is not: say who sends")?,
        }))
    }
}

fn read_password(text: &Secret) -> Result<Secret> {
    gateway::Secrets::read(text.expose()).map_err(|why| anyhow!("`email.password`: {why}"))
}

/// Logs and traces.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,gateway=debug`.
    pub log: String,
    /// Form of the log.
    pub format: LogFormat,
    /// OTLP over HTTP (`http://127.0.0.1:4318/v1/traces`); no traces when absent.
    pub otlp_endpoint: Option<String>,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            log: "info".to_owned(),
            format: LogFormat::Pretty,
            otlp_endpoint: None,
        }
    }
}

/// Form of the log, which goes to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads the file (if any) and the environment.
    ///
    /// Environment variables are `NOCODE_AI_` and the key's path joined by `__`:
    /// `NOCODE_AI_GATEWAY__RETRY__MAX_RETRIES=0`.
    ///
    /// # Errors
    /// A message that names the file, the key and what is wrong with it.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read the configuration {}", file.display()))?;
            figment = figment.merge(Toml::string(&text));
        }
        Self::from_figment(figment).with_context(|| match file {
            Some(file) => format!("the configuration {} is wrong", file.display()),
            None => "the configuration in the environment is wrong".to_owned(),
        })
    }

    /// Reads a configuration text, without the environment.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str) -> Result<Self> {
        Self::extract(&Figment::new().merge(Toml::string(text)))
    }

    fn from_figment(figment: Figment) -> Result<Self> {
        // Only paths are settings; `NOCODE_AI_CONFIG`, `NOCODE_AI_MASTER_KEY` and the like are not.
        let env = Env::prefixed("NOCODE_AI_")
            .filter(|key| key.as_str().contains("__"))
            .split("__");
        Self::extract(&figment.merge(env))
    }

    fn extract(figment: &Figment) -> Result<Self> {
        let mut config: Self = figment.extract().map_err(explain)?;
        config.set = Setting::all(figment);
        Ok(config)
    }

    /// The gateway's part.
    pub fn gateway(&self) -> GatewayConfig {
        GatewayConfig {
            gateway: self.gateway.clone(),
            providers: self.providers.clone(),
            models: self.models.clone(),
            catalogue: self.catalogue.clone(),
            outbound: self.outbound(),
        }
    }

    /// How addresses are reached that organizations entered.
    pub fn outbound(&self) -> outbound::Settings {
        outbound::Settings {
            allowed_networks: self.outbound.allowed_networks.iter().map(|n| n.0).collect(),
            ..outbound::Settings::default()
        }
    }
}

/// All problems at once, each with its key's path and the nearest known word.
fn explain(errors: figment::Error) -> anyhow::Error {
    let lines: Vec<String> = errors.into_iter().map(|error| line(&error)).collect();
    anyhow!("{}", lines.join("\n"))
}

fn line(error: &figment::Error) -> String {
    use figment::error::Kind;
    let path = error.path.join(".");
    match &error.kind {
        Kind::UnknownField(found, known) => {
            let full = if path.is_empty() {
                found.clone()
            } else {
                format!("{path}.{found}")
            };
            let full = if path.ends_with(found.as_str()) {
                path
            } else {
                full
            };
            match nearest(found, known) {
                Some(word) => format!("unknown key `{full}`; did you mean `{word}`?"),
                None => format!("unknown key `{full}`; known here: {}", known.join(", ")),
            }
        }
        kind if path.is_empty() => kind.to_string(),
        kind => format!("`{path}`: {kind}"),
    }
}

fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(found, word), *word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 3)
        .min()
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        Config::parse(text).expect_err("is wrong").to_string()
    }

    #[test]
    fn unknown_keys_name_the_nearest_known_one() {
        assert_eq!(
            problem("[server]\nlisten_on = 1\n"),
            "unknown key `server.listen_on`; did you mean `listen`?"
        );
        assert!(problem("[gatway]\n").contains("did you mean `gateway`?"));
        assert!(problem("[gateway.retry]\nmax_retry = 1\n").contains("`max_retries`"));
        assert!(
            problem("[providers.x]\nbudget = 1\n").contains("unknown key `providers.x.budget`")
        );
    }

    #[test]
    fn wrong_types_name_their_key() {
        let message = problem("[gateway.timeouts]\ntotal_ms = \"soon\"\n");
        assert!(
            message.starts_with("`gateway.timeouts.total_ms`:"),
            "{message}"
        );
    }

    #[test]
    fn allowed_networks_are_ranges() {
        let config = Config::parse("[outbound]\nallowed_networks = [\"10.1.0.0/16\", \"::1\"]\n");
        let allowed = config.expect("is fine").outbound().allowed_networks;
        assert!(allowed[0].contains([10, 1, 2, 3].into()));
        let message = problem("[outbound]\nallowed_networks = [\"intranet\"]\n");
        assert!(
            message.contains("`intranet` is no address or range"),
            "{message}"
        );
    }

    #[test]
    fn a_mail_server_needs_a_sender() {
        let smtp = |text: &str| Config::parse(text).expect("is fine").email.smtp();
        assert!(smtp("").expect("none").is_none());
        let error = smtp("[email]\nhost = \"h\"\n").expect_err("no sender");
        assert!(error.to_string().contains("`email.from`"), "{error}");
        let whole = smtp("[email]\nhost = \"h\"\nfrom = \"a@x.org\"\n").expect("fine");
        assert_eq!(whole.expect("configured").security, Security::Starttls);
    }

    #[test]
    fn everything_has_a_default() {
        let config = Config::parse("").expect("is fine");
        assert_eq!(config.server.listen, "127.0.0.1:8080");
    }
}
