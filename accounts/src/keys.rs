//! Changes to API keys.

use store::{Json, KeyId, Micros, OrgId, Tx, UserId, in_tx};

use crate::accounts::Change;
use crate::api_key::{self, ApiKey, CreateKey, NewKey, UpdateKey};
use crate::sql::revisions::Counter;
use crate::{Accounts, Actor, Error, Page, PageRequest, Result, check, sql};

impl Accounts {
    /// Makes a key. The answer is the only time the key itself is seen.
    ///
    /// # Errors
    /// `Invalid` for a wrong field, `NotFound` for a team or user that is not the organization's.
    pub async fn create_key(&self, actor: &Actor, wanted: CreateKey) -> Result<NewKey> {
        let new = self.prepare_key(actor.org_id(), wanted)?;
        in_tx!(self.db(), tx: Error => self.insert_key(tx, actor, &new).await)?;
        self.refresh().await;
        Ok(new)
    }

    /// Keys of an organization, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_keys(&self, org: OrgId, page: PageRequest) -> Result<Page<ApiKey>> {
        let rows = sql::keys::list(self.db(), org, page).await?;
        Ok(page.page(rows, |key| key.id.uuid()))
    }

    /// One key.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's.
    pub async fn get_key(&self, org: OrgId, id: KeyId) -> Result<ApiKey> {
        let key = sql::keys::get(self.db(), org, id).await?;
        key.ok_or_else(|| Error::not_found("API key", id))
    }

    /// Changes a key; effective at once here, within a second in other processes.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`; `Conflict` when a revoked key shall be revived.
    pub async fn update_key(&self, actor: &Actor, id: KeyId, update: UpdateKey) -> Result<ApiKey> {
        let org = actor.org_id();
        let after = in_tx!(self.db(), tx: Error => {
            let revision = sql::revisions::bump(tx, Counter::Keys).await?;
            let before = sql::keys::get_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("API key", id))?;
            let after = apply(before.clone(), update, self.now())?;
            self.check_owner(tx, &after).await?;
            sql::keys::update(tx, &after, revision).await?;
            let action = match (before.revoked_at, after.revoked_at) {
                (None, Some(_)) => "key.revoke",
                _ => "key.update",
            };
            self.audit(tx, actor, Change {
                action,
                target: id.to_string(),
                before: Some(&before),
                after: Some(&after),
            }).await?;
            Ok(after)
        })?;
        self.refresh().await;
        Ok(after)
    }

    /// Revokes a key for good; its record stays. Revoking twice changes nothing.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn revoke_key(&self, actor: &Actor, id: KeyId) -> Result<ApiKey> {
        let update = UpdateKey {
            revoked: Some(true),
            ..UpdateKey::default()
        };
        self.update_key(actor, id, update).await
    }

    /// Removes a key with its limits and budgets. Usage that was recorded under it stays.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_key(&self, actor: &Actor, id: KeyId) -> Result<()> {
        let org = actor.org_id();
        let deleted: Result<()> = in_tx!(self.db(), tx: Error => {
            sql::revisions::bump(tx, Counter::KeysAll).await?;
            let before = sql::keys::get_in(tx, org, id).await?;
            let before = before.ok_or_else(|| Error::not_found("API key", id))?;
            self.delete_rules_of(tx, org, id.uuid()).await?;
            sql::keys::delete(tx, org, id).await?;
            self.audit(tx, actor, Change {
                action: "key.delete",
                target: id.to_string(),
                before: Some(&before),
                after: None,
            }).await
        });
        deleted?;
        self.refresh().await;
        Ok(())
    }

    /// Checks the wishes and makes the key, without storing it.
    pub(crate) fn prepare_key(&self, org: OrgId, wanted: CreateKey) -> Result<NewKey> {
        let key = api_key::generate();
        let now = self.now();
        if wanted.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::invalid("`expires_at` must lie in the future"));
        }
        let record = ApiKey {
            id: KeyId::new(),
            org_id: org,
            user_id: wanted.user_id,
            team_id: wanted.team_id,
            name: wanted.name,
            prefix: api_key::shown_prefix(key.expose()).to_owned(),
            last_four: api_key::last_four(key.expose()).to_owned(),
            admin: wanted.admin,
            models: Json(wanted.models),
            endpoints: Json(wanted.endpoints),
            metadata: Json(wanted.metadata),
            tags: Json(wanted.tags),
            expires_at: wanted.expires_at,
            revoked_at: None,
            last_used_at: None,
            created_at: now,
            updated_at: now,
        };
        Ok(NewKey {
            record: checked(record)?,
            key,
        })
    }

    pub(crate) async fn insert_key(&self, tx: &mut Tx, actor: &Actor, new: &NewKey) -> Result<()> {
        let revision = sql::revisions::bump(tx, Counter::Keys).await?;
        self.check_owner(tx, &new.record).await?;
        let hash = api_key::hash(new.key.expose());
        sql::keys::insert(tx, &new.record, &hash, revision).await?;
        let change = Change {
            action: "key.create",
            target: new.record.id.to_string(),
            before: None,
            after: Some(&new.record),
        };
        self.audit(tx, actor, change).await
    }

    /// A key's team and user must be its organization's.
    async fn check_owner(&self, tx: &mut Tx, key: &ApiKey) -> Result<()> {
        if let Some(team) = key.team_id {
            let found = sql::teams::get_team_in(tx, key.org_id, team).await?;
            found.ok_or_else(|| Error::not_found("team", team))?;
        }
        if let Some(user) = key.user_id.filter(|_| key.revoked_at.is_none()) {
            self.check_member(tx, key.org_id, user).await?;
        }
        Ok(())
    }

    pub(crate) async fn check_member(&self, tx: &mut Tx, org: OrgId, user: UserId) -> Result<()> {
        let found = sql::members::get_in(tx, org, user).await?;
        found
            .map(|_| ())
            .ok_or_else(|| Error::not_found("user", user))
    }
}

/// The key with the wished changes.
fn apply(mut key: ApiKey, update: UpdateKey, now: Micros) -> Result<ApiKey> {
    if let Some(name) = update.name {
        key.name = name;
    }
    if let Some(user_id) = update.user_id {
        key.user_id = user_id;
    }
    if let Some(team_id) = update.team_id {
        key.team_id = team_id;
    }
    if let Some(admin) = update.admin {
        key.admin = admin;
    }
    if let Some(models) = update.models {
        key.models = Json(models);
    }
    if let Some(endpoints) = update.endpoints {
        key.endpoints = Json(endpoints);
    }
    if let Some(metadata) = update.metadata {
        key.metadata = Json(metadata);
    }
    if let Some(tags) = update.tags {
        key.tags = Json(tags);
    }
    if let Some(expires_at) = update.expires_at {
        key.expires_at = expires_at;
    }
    match update.revoked {
        Some(true) => key.revoked_at = key.revoked_at.or(Some(now)),
        Some(false) if key.revoked_at.is_some() => {
            return Err(Error::conflict(
                "a revoked key stays revoked; make a new one",
            ));
        }
        Some(false) | None => {}
    }
    key.updated_at = now;
    checked(key)
}

fn checked(mut key: ApiKey) -> Result<ApiKey> {
    key.name = check::name("name", &key.name)?;
    check::words("models", &key.models)?;
    check::words("endpoints", &key.endpoints)?;
    check::words("tags", &key.tags)?;
    check::metadata(&key.metadata)?;
    Ok(key)
}
