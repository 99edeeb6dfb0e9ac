//! Where an organization is told of alerts, signed so that the receiver knows who speaks.
//!
//! The form is that of Standard Webhooks (<https://www.standardwebhooks.com>, read 2026-11-22), for
//! which receivers find libraries in their languages: the headers `webhook-id`, `webhook-timestamp`
//! and `webhook-signature`, the last being `v1,` and the base64 of an HMAC-SHA256 over
//! `<id>.<timestamp>.<body>`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::Rng as _;
use serde::Deserialize;
use sha2::Sha256;
use store::{OrgId, in_tx};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::accounts::Change;
use crate::sql::revisions::Counter;
use crate::sql::webhooks::Webhook;
use crate::vault::WEBHOOK;
use crate::{Accounts, Actor, Error, ErrorKind, Result, Secret, sql};

/// What every signing secret begins with.
const PREFIX: &str = "whsec_";
const MAX_URL: usize = 2_000;

/// Where to be told.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://hooks.example.org/nocode-ai"}))]
pub struct PutWebhook {
    /// An `https` (or `http`) address in the public internet.
    pub url: String,
}

/// A webhook with what signs its messages.
#[derive(Debug, Clone)]
pub struct SigningWebhook {
    /// Where it is.
    pub url: String,
    secret: Secret,
}

impl SigningWebhook {
    /// The header `webhook-signature` of a message.
    pub fn signature(&self, id: &str, timestamp_s: i64, body: &str) -> String {
        sign_webhook(&self.secret, id, timestamp_s, body)
    }
}

/// The header `webhook-signature` of a message under a secret of the form `whsec_…`.
pub fn sign_webhook(secret: &Secret, id: &str, timestamp_s: i64, body: &str) -> String {
    let text = secret.expose();
    let key = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text));
    let key = Zeroizing::new(key.unwrap_or_default());
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
    mac.update(format!("{id}.{timestamp_s}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

impl Accounts {
    /// Sets the organization's webhook and makes a new signing secret for it: the only time it is
    /// seen.
    ///
    /// # Errors
    /// `Invalid` for an address that is none; `Unavailable` as for credentials.
    pub async fn put_webhook(
        &self,
        actor: &Actor,
        wanted: PutWebhook,
    ) -> Result<(Webhook, Secret)> {
        let (org, now) = (actor.org_id(), self.now());
        let url = check_url(&wanted.url)?;
        let mut bytes = Zeroizing::new([0_u8; 32]);
        rand::rng().fill_bytes(bytes.as_mut_slice());
        let secret = Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes.as_slice())));
        self.inner.vault.reload(self.db()).await?;
        let webhook: Result<Webhook> = in_tx!(self.db(), tx: Error => {
            let keyring = self.inner.vault.lock(tx).await?;
            sql::revisions::bump(tx, Counter::Credentials).await?;
            let before = sql::webhooks::get_in(tx, org).await?;
            let webhook = Webhook {
                org_id: org,
                url,
                created_at: before.as_ref().map_or(now, |before| before.created_at),
                updated_at: now,
            };
            let plain = secret.expose().as_bytes();
            let sealed = keyring.seal_for(WEBHOOK, org.uuid(), plain)?;
            sql::webhooks::put(tx, &webhook, &sealed).await?;
            self.audit(tx, actor, Change {
                action: "webhook.put",
                target: org.to_string(),
                before: before.as_ref(),
                after: Some(&webhook),
            }).await?;
            Ok(webhook)
        });
        Ok((webhook?, secret))
    }

    /// The organization's webhook, without its secret.
    ///
    /// # Errors
    /// `NotFound` when it has none.
    pub async fn get_webhook(&self, org: OrgId) -> Result<Webhook> {
        let webhook = sql::webhooks::get(self.db(), org).await?;
        webhook.ok_or_else(|| Error::new(ErrorKind::NotFound, "the organization has no webhook"))
    }

    /// Removes the organization's webhook.
    ///
    /// # Errors
    /// `NotFound` when it has none.
    pub async fn delete_webhook(&self, actor: &Actor) -> Result<()> {
        let org = actor.org_id();
        in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Credentials).await?;
            let before = sql::webhooks::get_in(tx, org).await?;
            let before = before.ok_or_else(|| {
                Error::new(ErrorKind::NotFound, "the organization has no webhook")
            })?;
            sql::webhooks::delete(tx, org).await?;
            self.audit(tx, actor, Change {
                action: "webhook.delete",
                target: org.to_string(),
                before: Some(&before),
                after: None,
            }).await
        })
    }

    /// The organization's webhook with what signs its messages; `None` when it has none.
    ///
    /// # Errors
    /// `Vault` when the secret cannot be decrypted.
    pub async fn signing_webhook(&self, org: OrgId) -> Result<Option<SigningWebhook>> {
        let Some(sealed) = sql::webhooks::sealed(self.db(), org).await? else {
            return Ok(None);
        };
        let plain = self
            .inner
            .vault
            .open_for(self.db(), WEBHOOK, org.uuid(), &sealed.encrypted_data)
            .await?;
        let secret = String::from_utf8(plain)
            .map(Secret::new)
            .map_err(|_| Error::new(ErrorKind::Vault, "a webhook's secret is damaged"))?;
        Ok(Some(SigningWebhook {
            url: sealed.url,
            secret,
        }))
    }
}

/// Only the form: whether the address is public is judged when it is connected to.
fn check_url(text: &str) -> Result<String> {
    let wrong =
        || Error::invalid("`url` must be an address such as https://hooks.example.org/alerts");
    let text = text.trim();
    let url: http::Uri = text.parse().map_err(|_| wrong())?;
    let scheme = url.scheme_str().unwrap_or_default();
    let authority = url.authority().ok_or_else(wrong)?;
    let named = matches!(scheme, "https" | "http") && !authority.host().is_empty();
    // A password in the address would be stored and shown in clear.
    if !named || authority.as_str().contains('@') || text.len() > MAX_URL {
        return Err(wrong());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_standard() {
        // The example of the specification's reference libraries.
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = "{\"test\": 2432232314}";
        let signature = sign_webhook(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn addresses_are_checked_for_form() {
        for good in ["https://a.example/x?y=1", "http://a.example:8080"] {
            assert!(check_url(good).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "a.example",
            "/x",
            "ftp://a.example",
            "https://user:pw@a.example",
            "https://",
        ] {
            assert!(check_url(wrong).is_err(), "{wrong}");
        }
    }
}
