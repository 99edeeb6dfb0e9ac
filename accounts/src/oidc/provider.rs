//! The configured providers, with what is remembered of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use outbound::{Client, Settings};
use serde::Deserialize;
use store::Micros;
use tokio::sync::Mutex;

use super::claims::{Claims, Expected, UserInfo};
use super::config::{ProviderConfig, ProviderKind};
use super::discovery::Discovery;
use super::fetch::{self, Credentials};
use super::jwk::JwkSet;
use super::jwt::{self, Unsigned};
use super::{Profile, github, not_believed, unreachable};
use crate::{Error, Registration, Result, Secret, check};

/// How long documents and keys are believed without asking again.
const FRESH: Duration = Duration::from_secs(3_600);
/// An older document is better than none while the provider does not answer.
const STALE: Duration = Duration::from_secs(86_400);
/// Tokens with made-up keys must not make us ask all the time.
const KEYS_AGAIN: Duration = Duration::from_secs(60);

/// All configured providers.
#[derive(Debug, Default)]
pub(crate) struct Providers {
    all: BTreeMap<String, Provider>,
    client: Option<Client>,
}

/// One provider.
#[derive(Debug)]
pub(crate) struct Provider {
    /// Its name in the configuration and in our addresses.
    pub(crate) name: String,
    pub(crate) kind: ProviderKind,
    /// For people.
    pub(crate) title: String,
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) client_secret: Option<Secret>,
    pub(super) scopes: Vec<String>,
    pub(super) domains: Vec<String>,
    pub(super) registration: Option<Registration>,
    pub(super) email_is_verified: bool,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    discovery: Option<(Arc<Discovery>, Micros)>,
    keys: Option<(Arc<JwkSet>, Micros)>,
}

/// A code that came back, and what it was asked with.
#[derive(Debug)]
pub(super) struct Exchange<'a> {
    pub(super) code: &'a Secret,
    pub(super) redirect_uri: &'a str,
    pub(super) verifier: &'a Secret,
    pub(super) nonce: &'a str,
    pub(super) now: Micros,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Option<Secret>,
    access_token: Option<Secret>,
}

/// RFC 6749 §5.2.
#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl Providers {
    /// # Errors
    /// `Invalid` with the name of the setting that is wrong.
    pub(crate) fn new(config: &BTreeMap<String, ProviderConfig>) -> Result<Self> {
        let all = config
            .iter()
            .map(|(name, config)| Ok((name.clone(), Provider::new(name, config)?)))
            .collect::<Result<BTreeMap<_, _>>>()?;
        let client = (!all.is_empty()).then(|| Client::trusted(&Settings::default()));
        Ok(Self { all, client })
    }

    /// All, by name.
    pub(crate) fn list(&self) -> impl Iterator<Item = &Provider> {
        self.all.values()
    }

    /// A provider and what asks it.
    pub(super) fn get(&self, name: &str) -> Result<(&Provider, &Client)> {
        let found = self.all.get(name).zip(self.client.as_ref());
        found.ok_or_else(|| Error::not_found("provider", name))
    }
}

impl Provider {
    fn new(name: &str, config: &ProviderConfig) -> Result<Self> {
        check::slug(name).map_err(|_| {
            Error::invalid(format!(
                "`auth.oidc.{name}`: a provider's name has 1 to 64 characters of a-z, 0-9 and -"
            ))
        })?;
        let kind = config.kind_of(name);
        if config.client_id.is_empty() {
            return Err(Error::invalid(format!(
                "`auth.oidc.{name}.client_id` is empty"
            )));
        }
        let usual: &[&str] = match kind {
            ProviderKind::GitHub => &["read:user", "user:email"],
            ProviderKind::Oidc | ProviderKind::Google => &["openid", "email", "profile"],
        };
        let usual = || usual.iter().map(|scope| (*scope).to_owned()).collect();
        let scopes: Vec<String> = config.scopes.clone().unwrap_or_else(usual);
        if kind != ProviderKind::GitHub && !scopes.iter().any(|scope| scope == "openid") {
            return Err(Error::invalid(format!(
                "`auth.oidc.{name}.scopes` must hold `openid`"
            )));
        }
        let title = config.title.clone().unwrap_or_else(|| match kind {
            ProviderKind::Google => "Google".to_owned(),
            ProviderKind::GitHub => "GitHub".to_owned(),
            ProviderKind::Oidc => name.to_owned(),
        });
        let domains = config.domains.iter().map(|domain| domain.to_lowercase());
        Ok(Self {
            issuer: config.issuer_of(name)?,
            name: name.to_owned(),
            kind,
            title,
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            scopes,
            domains: domains.collect(),
            registration: config.registration,
            email_is_verified: config.email_is_verified,
            memory: Mutex::default(),
        })
    }

    /// Where a browser is sent to ask.
    pub(super) async fn authorize_at(&self, client: &Client, now: Micros) -> Result<String> {
        match self.kind {
            ProviderKind::GitHub => Ok(github::authorize_at(&self.issuer)),
            ProviderKind::Oidc | ProviderKind::Google => {
                let found = self.discovery(client, now).await?;
                Ok(found.authorization_endpoint.clone())
            }
        }
    }

    /// Checks who says to have answered (RFC 9207): another provider's answer must not be taken to
    /// this one.
    pub(super) async fn check_issuer(
        &self,
        client: &Client,
        named: Option<&str>,
        now: Micros,
    ) -> Result<()> {
        if named.is_some_and(|named| named != self.issuer) {
            return Err(not_believed("another provider answered"));
        }
        let promised = match self.kind {
            ProviderKind::GitHub => false,
            ProviderKind::Oidc | ProviderKind::Google => {
                self.discovery(client, now).await?.names_issuer
            }
        };
        if promised && named.is_none() {
            return Err(not_believed("it does not say who answered"));
        }
        Ok(())
    }

    /// Exchanges a code for who came back.
    pub(super) async fn profile(&self, client: &Client, asked: &Exchange<'_>) -> Result<Profile> {
        let mut profile = match self.kind {
            ProviderKind::GitHub => github::profile(self, client, asked).await?,
            ProviderKind::Oidc | ProviderKind::Google => self.ask(client, asked).await?,
        };
        profile.email_is_verified |= self.email_is_verified;
        Ok(profile)
    }

    async fn ask(&self, client: &Client, asked: &Exchange<'_>) -> Result<Profile> {
        let discovery = self.discovery(client, asked.now).await?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", asked.code.expose()),
            ("redirect_uri", asked.redirect_uri),
            ("code_verifier", asked.verifier.expose()),
        ];
        let who = match &self.client_secret {
            Some(secret) if discovery.takes_basic() => Credentials::Basic(&self.client_id, secret),
            Some(secret) => {
                form.extend([
                    ("client_id", self.client_id.as_str()),
                    ("client_secret", secret.expose()),
                ]);
                Credentials::None
            }
            None => {
                form.push(("client_id", self.client_id.as_str()));
                Credentials::None
            }
        };
        let answer = fetch::post(client, &discovery.token_endpoint, who, &form).await?;
        if answer.status == http::StatusCode::BAD_REQUEST
            && let Ok(refused) = answer.json::<Refused>("the refusal")
        {
            return Err(not_believed(format!(
                "the code was refused ({})",
                refused.error
            )));
        }
        let tokens: Tokens = answer.successful("the token endpoint")?;
        let token = tokens
            .id_token
            .ok_or_else(|| unreachable("it gave no ID token"))?;
        let claims = self.claims(client, token.expose(), asked.now).await?;
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.client_id,
            nonce: asked.nonce,
            now: asked.now.0 / 1_000_000,
        };
        claims
            .check(&expected)
            .map_err(|why| not_believed(format!("the ID token does not count: {why}")))?;
        let mut profile = Profile {
            email_is_verified: claims.email_is_verified(),
            issuer: claims.iss,
            subject: claims.sub,
            email: claims.email,
            name: claims.name,
        };
        let lacks = profile.email.is_none() || profile.name.is_none();
        if let (true, Some(endpoint), Some(token)) =
            (lacks, &discovery.userinfo_endpoint, &tokens.access_token)
        {
            complete(&mut profile, client, endpoint, token).await?;
        }
        Ok(profile)
    }

    async fn claims(&self, client: &Client, token: &str, now: Micros) -> Result<Claims> {
        let keys = self.keys(client, now, FRESH).await?;
        let read = match jwt::read(token, &keys) {
            // The provider may have begun to use another key.
            Err(Unsigned::UnknownKey) => {
                let keys = self.keys(client, now, KEYS_AGAIN).await?;
                jwt::read(token, &keys)
            }
            other => other,
        };
        read.map_err(not_believed)
    }

    async fn discovery(&self, client: &Client, now: Micros) -> Result<Arc<Discovery>> {
        // Held while asking: all who wait share one question.
        let mut memory = self.memory.lock().await;
        if let Some((known, at)) = &memory.discovery
            && now.since(*at) < FRESH
        {
            return Ok(Arc::clone(known));
        }
        match (
            Discovery::fetch(client, &self.issuer).await,
            &memory.discovery,
        ) {
            (Ok(found), _) => {
                let found = Arc::new(found);
                memory.discovery = Some((Arc::clone(&found), now));
                Ok(found)
            }
            (Err(error), Some((known, at))) if now.since(*at) < STALE => {
                tracing::warn!(provider = %self.name, %error, "going on with what is known");
                Ok(Arc::clone(known))
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The provider's keys, asked for at most `age` ago.
    async fn keys(&self, client: &Client, now: Micros, age: Duration) -> Result<Arc<JwkSet>> {
        let url = self.discovery(client, now).await?.jwks_uri.clone();
        let mut memory = self.memory.lock().await;
        if let Some((known, at)) = &memory.keys
            && now.since(*at) < age
        {
            return Ok(Arc::clone(known));
        }
        let answer = fetch::get(client, &url, Credentials::None).await?;
        let found: Arc<JwkSet> = Arc::new(answer.successful("the provider's keys")?);
        memory.keys = Some((Arc::clone(&found), now));
        Ok(found)
    }
}

/// Asks for what the ID token leaves out. The answer must be about the same person (§5.3.2).
async fn complete(
    profile: &mut Profile,
    client: &Client,
    endpoint: &str,
    token: &Secret,
) -> Result<()> {
    let answer = fetch::get(client, endpoint, Credentials::Bearer(token)).await?;
    let info: UserInfo = answer.successful("the user's data")?;
    if info.sub != profile.subject {
        return Err(not_believed("the user's data is about somebody else"));
    }
    if profile.email.is_none() {
        profile.email_is_verified = info.email_is_verified();
        profile.email = info.email;
    }
    profile.name = profile.name.take().or(info.name);
    Ok(())
}
