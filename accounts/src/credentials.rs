//! Changes to stored provider secrets. They go in and are used; they never come out of the API.

use serde::Deserialize;
use store::{CredentialId, OrgId, in_tx};
use utoipa::ToSchema;

use crate::accounts::Change;
use crate::sql::credentials::{Credential, Sealed};
use crate::sql::revisions::Counter;
use crate::{Accounts, Actor, Error, Page, PageRequest, Result, Secret, check, sql};

const MAX_SECRET: usize = 64 * 1024;

/// A provider's secret to be stored.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"provider": "openai", "name": "main", "secret": "sk-…"}))]
pub struct CreateCredential {
    /// Whose secret it is, such as `openai`.
    pub provider: String,
    /// For people; unique in organization and provider.
    pub name: String,
    /// What the secret is.
    #[serde(rename = "type", default = "api_key")]
    pub kind: String,
    /// The secret; JSON text where a provider needs several fields.
    pub secret: Secret,
}

fn api_key() -> String {
    "api_key".to_owned()
}

/// What shall change about a credential; absent fields stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"name": "main 2"}))]
pub struct UpdateCredential {
    /// For people.
    pub name: Option<String>,
    /// Replaces the secret.
    pub secret: Option<Secret>,
    /// Whether it may be used.
    pub is_active: Option<bool>,
}

impl Accounts {
    /// Stores a provider's secret, encrypted.
    ///
    /// # Errors
    /// `Invalid`; `Conflict` when the name is taken; `Unavailable` after a rotation of the master key
    /// that this process has not followed.
    pub async fn create_credential(
        &self,
        actor: &Actor,
        wanted: CreateCredential,
    ) -> Result<Credential> {
        let now = self.now();
        check_secret(&wanted.secret)?;
        let mut credential = Credential {
            id: CredentialId::new(),
            org_id: actor.org_id(),
            provider: check::name("provider", &wanted.provider)?,
            name: check::name("name", &wanted.name)?,
            kind: check::name("type", &wanted.kind)?,
            key_version: 0,
            is_active: true,
            created_by: actor.user_id(),
            created_at: now,
            updated_at: now,
        };
        self.inner.vault.reload(self.db()).await?;
        let created = in_tx!(self.db(), tx: Error => {
            let keyring = self.inner.vault.lock(tx).await?;
            sql::revisions::bump(tx, Counter::Credentials).await?;
            credential.key_version = keyring.version;
            let sealed = keyring.seal(credential.org_id, credential.id, &wanted.secret)?;
            sql::credentials::insert(tx, &credential, &sealed).await.map_err(taken)?;
            self.audit(tx, actor, Change {
                action: "credential.create",
                target: credential.id.to_string(),
                before: None,
                after: Some(&credential),
            }).await?;
            Ok(credential)
        })?;
        self.refresh().await;
        Ok(created)
    }

    /// Credentials of an organization, newest first, without their secrets.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_credentials(
        &self,
        org: OrgId,
        page: PageRequest,
    ) -> Result<Page<Credential>> {
        let rows = sql::credentials::list(self.db(), org, page).await?;
        Ok(page.page(rows, |credential| credential.id.uuid()))
    }

    /// One credential, without its secret.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's.
    pub async fn get_credential(&self, org: OrgId, id: CredentialId) -> Result<Credential> {
        let credential = sql::credentials::get(self.db(), org, id).await?;
        credential.ok_or_else(|| Error::not_found("credential", id))
    }

    /// Changes a credential.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`, `Conflict`, `Unavailable` as for creating.
    pub async fn update_credential(
        &self,
        actor: &Actor,
        id: CredentialId,
        update: UpdateCredential,
    ) -> Result<Credential> {
        if let Some(secret) = &update.secret {
            check_secret(secret)?;
        }
        let (org, now) = (actor.org_id(), self.now());
        self.inner.vault.reload(self.db()).await?;
        let after = in_tx!(self.db(), tx: Error => {
            let keyring = self.inner.vault.lock(tx).await?;
            sql::revisions::bump(tx, Counter::Credentials).await?;
            let before = sql::credentials::get_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("credential", id))?;
            let mut after = Credential { updated_at: now, ..before.clone() };
            if let Some(name) = &update.name {
                after.name = check::name("name", name)?;
            }
            if let Some(is_active) = update.is_active {
                after.is_active = is_active;
            }
            sql::credentials::update(tx, &after).await.map_err(taken)?;
            if let Some(secret) = &update.secret {
                after.key_version = keyring.version;
                let sealed = keyring.seal(org, id, secret)?;
                sql::credentials::reseal(tx, org, id, &sealed, keyring.version).await?;
            }
            self.audit(tx, actor, Change {
                action: if update.secret.is_some() { "credential.replace" } else { "credential.update" },
                target: id.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok(after)
        })?;
        self.refresh().await;
        Ok(after)
    }

    /// Removes a credential.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_credential(&self, actor: &Actor, id: CredentialId) -> Result<()> {
        let org = actor.org_id();
        let deleted: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::Credentials).await?;
            let before = sql::credentials::get_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("credential", id))?;
            sql::credentials::delete(tx, org, id).await?;
            self.audit(tx, actor, Change {
                action: "credential.delete",
                target: id.to_string(),
                before: Some(&before),
                after: None,
            }).await
        });
        deleted?;
        self.refresh().await;
        Ok(())
    }

    /// The secret of an active credential, for calling the provider. Reads the database: keep the
    /// answer until [`changes`](Self::changes) reports other credentials.
    ///
    /// # Errors
    /// `NotFound`, also when it is switched off; `Vault` when it cannot be decrypted.
    pub async fn credential_secret(&self, org: OrgId, id: CredentialId) -> Result<Secret> {
        let sealed = sql::credentials::sealed(self.db(), org, id).await?;
        self.open_secret(sealed.ok_or_else(|| Error::not_found("credential", id))?)
            .await
    }

    /// [`credential_secret`](Self::credential_secret) by provider and name.
    ///
    /// # Errors
    /// The same.
    pub async fn credential_secret_by_name(
        &self,
        org: OrgId,
        provider: &str,
        name: &str,
    ) -> Result<Secret> {
        let sealed = sql::credentials::sealed_by_name(self.db(), org, provider, name).await?;
        let sealed = sealed
            .ok_or_else(|| Error::not_found("credential", format_args!("{provider}/{name}")))?;
        self.open_secret(sealed).await
    }

    async fn open_secret(&self, sealed: Sealed) -> Result<Secret> {
        self.inner.vault.open_secret(self.db(), &sealed).await
    }
}

fn check_secret(secret: &Secret) -> Result<()> {
    let length = secret.expose().len();
    if length == 0 || length > MAX_SECRET {
        return Err(Error::invalid(format!(
            "`secret` must have 1 to {MAX_SECRET} bytes"
        )));
    }
    Ok(())
}

fn taken(error: store::Error) -> Error {
    Error::from(error).explain_conflict(|| {
        "there is a credential of this name for this provider already".to_owned()
    })
}
