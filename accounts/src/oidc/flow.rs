//! The way to a provider and back.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::{UserId, in_tx};
use subtle::ConstantTimeEq as _;

use super::provider::{Exchange, Provider};
use crate::mfa::Proof;
use crate::one_time_token::{NewToken, TokenPurpose, random_text};
use crate::sessions::Client;
use crate::throttle::{Action, Attempt};
use crate::{Accounts, Error, Login, Result, Secret, SignedIn};

/// How long a person has at the provider.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10 * 60);
const MAX_RETURN_TO: usize = 2_000;

/// A way to a provider.
#[derive(Debug)]
pub(crate) struct Started {
    /// Where the browser goes.
    pub(crate) url: String,
    /// What the browser keeps in a cookie, by which it is known when it comes back.
    pub(crate) browser: Secret,
}

/// What a provider gives a browser on its way back; RFC 6749 §4.1.2, RFC 9207.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    pub(crate) code: Option<Secret>,
    pub(crate) state: Option<Secret>,
    pub(crate) iss: Option<String>,
    pub(crate) error: Option<String>,
}

/// Where a browser is after its way back.
#[derive(Debug)]
pub(crate) enum Destination {
    /// Signed in, or asked for a second factor, and then on to this page.
    Login(Login, String),
    /// The account is linked; on to this page.
    Linked(String),
}

/// A way that ended badly.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: Error,
    /// The page from which a person who is signed in began to link an account.
    pub(crate) page: Option<String>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, page: None }
    }
}

/// A way out as it was begun.
struct Begun {
    /// Who links an account; nobody in a login.
    link: Option<UserId>,
    return_to: String,
}

impl Accounts {
    /// Sends a browser to a provider to sign in.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for `return_to`, `Unavailable` (`provider_unavailable`), `TooMany`.
    pub(crate) async fn begin_provider_login(
        &self,
        name: &str,
        return_to: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<Started> {
        let attempt = Attempt::to_begin(address);
        self.count_attempt(Action::Begin, &attempt).await?;
        self.begin_way(name, return_to, None).await
    }

    /// Sends a browser to a provider to link the account there to the person who is signed in.
    ///
    /// # Errors
    /// As [`begin_provider_login`](Self::begin_provider_login) and
    /// [`prove_person`](Self::prove_person).
    pub(crate) async fn begin_link(
        &self,
        by: &SignedIn,
        name: &str,
        return_to: Option<&str>,
        proof: &Proof,
    ) -> Result<Started> {
        self.inner.oidc.get(name)?;
        let user = self.prove_person(by, proof).await?;
        self.begin_way(name, return_to, Some(user.id)).await
    }

    async fn begin_way(
        &self,
        name: &str,
        return_to: Option<&str>,
        link: Option<UserId>,
    ) -> Result<Started> {
        let (provider, client) = self.inner.oidc.get(name)?;
        let return_to = check_page(return_to.unwrap_or("/"))?;
        let endpoint = provider.authorize_at(client, self.now()).await?;
        let browser = Secret::new(random_text());
        let data = Map::from_iter([
            ("provider".to_owned(), Value::from(name)),
            (
                "browser".to_owned(),
                Value::from(derived("browser", &browser)),
            ),
            ("return_to".to_owned(), Value::from(return_to)),
        ]);
        let token = NewToken {
            user_id: link,
            data,
            ..NewToken::new(TokenPurpose::ProviderLogin, PATIENCE)
        };
        let state: Secret = in_tx!(self.db(), tx: Error => self.issue_token(tx, token).await)?;
        let url = self.way_to(provider, &endpoint, &state, &browser);
        Ok(Started { url, browser })
    }

    fn way_to(
        &self,
        provider: &Provider,
        endpoint: &str,
        state: &Secret,
        browser: &Secret,
    ) -> String {
        let verifier = derived("verifier", browser);
        let challenge = digest(&SHA256, verifier.as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &provider.client_id)
            .append_pair("redirect_uri", &self.redirect_uri(&provider.name))
            .append_pair("scope", &provider.scopes.join(" "))
            .append_pair("state", state.expose())
            .append_pair("nonce", &derived("nonce", browser))
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        format!("{endpoint}{joint}{query}")
    }

    /// Each provider answers at an address of its own, so that none can answer for another.
    fn redirect_uri(&self, provider: &str) -> String {
        format!("{}/api/v1/auth/oidc/{provider}/callback", self.base_url())
    }

    /// Takes a browser that came back from a provider.
    pub(crate) async fn finish_way(
        &self,
        name: &str,
        browser: Option<&str>,
        answer: &Answer,
        client: &Client,
    ) -> Result<Destination, Failed> {
        let browser = browser.map(Secret::new);
        let begun = self.take_way(name, browser.as_ref(), answer).await?;
        let page = begun.link.map(|_| begun.return_to.clone());
        let arrived = self.arrive(name, browser.as_ref(), answer, begun, client);
        arrived.await.map_err(|error| Failed { error, page })
    }

    /// Uses the state up, whatever follows.
    async fn take_way(
        &self,
        name: &str,
        browser: Option<&Secret>,
        answer: &Answer,
    ) -> Result<Begun> {
        let unknown = || {
            Error::invalid("this way to the provider is too old, or began in another browser")
                .with_code("invalid_state")
        };
        let state = answer.state.as_ref().ok_or_else(unknown)?;
        let purpose = TokenPurpose::ProviderLogin;
        let token = in_tx!(self.db(), tx: Error => self.take_token(tx, purpose, state).await);
        let token = token.map_err(|error| match error.kind {
            crate::ErrorKind::Invalid => unknown(),
            _ => error,
        })?;
        let word = |field: &str| token.data.get(field).and_then(Value::as_str);
        let known = browser.map(|browser| derived("browser", browser));
        let known = known.as_deref().unwrap_or_default().as_bytes();
        let same = word("browser").is_some_and(|wanted| wanted.as_bytes().ct_eq(known).into());
        if !same || word("provider") != Some(name) {
            return Err(unknown());
        }
        Ok(Begun {
            return_to: word("return_to").unwrap_or("/").to_owned(),
            link: token.user_id,
        })
    }

    async fn arrive(
        &self,
        name: &str,
        browser: Option<&Secret>,
        answer: &Answer,
        begun: Begun,
        client: &Client,
    ) -> Result<Destination> {
        let (provider, http) = self.inner.oidc.get(name)?;
        let now = self.now();
        provider
            .check_issuer(http, answer.iss.as_deref(), now)
            .await?;
        let refused = || {
            let why = answer.error.as_deref().unwrap_or("no code");
            let why: String = why.chars().take(100).collect();
            Error::unauthorized(
                "provider_refused",
                format!("the provider let nobody in: {why}"),
            )
        };
        let code = answer.code.as_ref().filter(|_| answer.error.is_none());
        let (code, browser) = code.zip(browser).ok_or_else(refused)?;
        let asked = Exchange {
            code,
            redirect_uri: &self.redirect_uri(name),
            verifier: &Secret::new(derived("verifier", browser)),
            nonce: &derived("nonce", browser),
            now,
        };
        let profile = provider.profile(http, &asked).await?;
        match begun.link {
            Some(user) => {
                self.link_identity(user, provider, &profile).await?;
                Ok(Destination::Linked(begun.return_to))
            }
            None => {
                let login = self.sign_in_by(provider, &profile, client).await?;
                Ok(Destination::Login(login, begun.return_to))
            }
        }
    }
}

/// One of the values that only the browser's secret gives.
fn derived(what: &str, browser: &Secret) -> String {
    let text = format!("nocode-ai {what} {}", browser.expose());
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

/// A page of ours, and of nobody else: browsers take `//host` and `/\host` for other sites.
fn check_page(page: &str) -> Result<String> {
    let is_ours = page.starts_with('/') && !page[1..].starts_with(['/', '\\']);
    let is_plain = page.len() <= MAX_RETURN_TO && page.bytes().all(|b| b.is_ascii_graphic());
    if is_ours && is_plain {
        return Ok(page.to_owned());
    }
    Err(Error::invalid(
        "`return_to` must be a page of this server, such as /keys",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for page in ["/", "/keys", "/runs?state=failed#last", "/a//b"] {
            assert!(check_page(page).is_ok(), "{page}");
        }
        for page in [
            "",
            "keys",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a b",
            "/a\r\nset-cookie: x",
        ] {
            assert!(check_page(page).is_err(), "{page}");
        }
        assert!(check_page(&format!("/{}", "x".repeat(MAX_RETURN_TO))).is_err());
    }

    #[test]
    fn what_is_derived_differs_by_purpose_and_browser() {
        let (one, two) = (Secret::new("a"), Secret::new("b"));
        assert_ne!(derived("nonce", &one), derived("verifier", &one));
        assert_ne!(derived("nonce", &one), derived("nonce", &two));
        // RFC 7636 §4.1: 43 characters at least.
        assert_eq!(derived("verifier", &one).len(), 43);
    }
}
