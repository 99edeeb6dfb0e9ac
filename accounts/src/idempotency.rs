//! Requests that may be sent twice and are carried out once.
//!
//! The answer is kept for a day, encrypted with the master key: it may hold what is shown once only,
//! such as a new API key.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use store::{Micros, OrgId, in_tx};
use uuid::Uuid;

use crate::sql::idempotency::{KeyOf, StoredRequest};
use crate::vault::IDEMPOTENCY;
use crate::{Accounts, Error, Result, sql};

/// How long an answer is repeated.
const KEPT: Duration = Duration::from_secs(86_400);
/// A request that has not ended by then has died with its process.
const LEASE: Duration = Duration::from_secs(300);

/// A request's claim on its idempotency key.
#[derive(Debug)]
pub(crate) struct Claim {
    key: KeyOf,
    locked_until: Micros,
}

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptAnswer {
    pub(crate) status: u16,
    /// Headers and body as [`http::idempotent`](crate::http) wrote them; `None` when the master key
    /// was changed since.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// What to do with a request that carries an idempotency key.
#[derive(Debug)]
pub(crate) enum Begun {
    /// Carry it out, then end the claim.
    Fresh(Claim),
    /// It was carried out: answer the same again.
    Done(KeptAnswer),
    /// It is being carried out.
    UnderWay,
    /// The key belongs to another request.
    Different,
}

impl Accounts {
    /// Claims an idempotency key for a request with this hash.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn begin_idempotent(
        &self,
        org: OrgId,
        caller: &str,
        key: &str,
        request_hash: &[u8; 32],
    ) -> Result<Begun> {
        let now = self.now();
        let key = KeyOf {
            org_id: org,
            caller: caller.to_owned(),
            key_hash: Sha256::digest(key.as_bytes()).into(),
        };
        let (until, end) = (now.plus(LEASE), now.plus(KEPT));
        let begun: Result<Result<Claim, StoredRequest>> = in_tx!(self.db(), tx: Error => {
            let fresh = Claim { key: key.clone(), locked_until: until };
            if sql::idempotency::begin(tx, &key, request_hash, until, end).await? {
                return Ok(Ok(fresh));
            }
            let Some(seen) = sql::idempotency::get_in(tx, &key).await? else {
                // Released between the two statements: the next attempt finds it free.
                return Err(Error::new(
                    crate::ErrorKind::Unavailable,
                    "an idempotency key changed hands at this moment",
                ));
            };
            let dead = seen.status.is_none() && seen.locked_until <= now;
            let free = seen.expires_at <= now || (dead && seen.request_hash == request_hash);
            if free
                && sql::idempotency::take_over(tx, &key, &seen, request_hash, until, end).await?
            {
                return Ok(Ok(fresh));
            }
            Ok(Err(seen))
        });
        let seen = match begun? {
            Ok(claim) => return Ok(Begun::Fresh(claim)),
            Err(seen) => seen,
        };
        if seen.request_hash != request_hash {
            return Ok(Begun::Different);
        }
        let Some(status) = seen.status.and_then(|status| u16::try_from(status).ok()) else {
            return Ok(Begun::UnderWay);
        };
        let sealed = seen.answer.unwrap_or_default();
        let opened = self
            .inner
            .vault
            .open_for(self.db(), IDEMPOTENCY, identity(&key), &sealed)
            .await;
        if let Err(error) = &opened {
            tracing::warn!(%error, "a kept answer cannot be read");
        }
        Ok(Begun::Done(KeptAnswer {
            status,
            bytes: opened.ok(),
        }))
    }

    /// Ends a claim: the answer is kept and repeated, or nothing is and the request may come again.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn end_idempotent(
        &self,
        claim: Claim,
        answer: Option<(u16, Vec<u8>)>,
    ) -> Result<()> {
        let Some((status, bytes)) = answer else {
            sql::idempotency::release(self.db(), &claim.key, claim.locked_until).await?;
            return Ok(());
        };
        let keyring = self.inner.vault.keyring();
        let sealed = keyring.seal_for(IDEMPOTENCY, identity(&claim.key), &bytes)?;
        let until = claim.locked_until;
        sql::idempotency::finish(self.db(), &claim.key, until, status, &sealed).await?;
        Ok(())
    }

    /// Forgets answers whose day is over. [`watch`](Self::watch) does this by itself.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sweep_idempotency(&self) -> Result<u64> {
        Ok(sql::idempotency::delete_expired(self.db(), self.now()).await?)
    }
}

/// What the encryption of an answer is bound to, so that a row copied elsewhere does not open.
fn identity(key: &KeyOf) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(key.org_id.uuid().as_bytes());
    hash.update(key.caller.as_bytes());
    hash.update(key.key_hash);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Uuid::from_bytes(bytes)
}
