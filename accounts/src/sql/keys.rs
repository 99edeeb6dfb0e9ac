use std::sync::Arc;

use serde_json::{Map, Value};
use store::{Db, Json, KeyId, Micros, OrgId, Result, TeamId, Tx, UserId, on_reader, on_tx, row};

use crate::api_key::{ApiKey, Hash};
use crate::principal::CallerFacts;
use crate::{PageRequest, Role};

row! {
    /// What is kept in memory of a key.
    pub(crate) struct LoadedKey {
        pub(crate) id: KeyId,
        org_id: OrgId,
        user_id: Option<UserId>,
        team_id: Option<TeamId>,
        name: String,
        key_hash: Vec<u8>,
        admin: bool,
        models: Json<Vec<String>>,
        endpoints: Json<Vec<String>>,
        metadata: Json<Map<String, Value>>,
        tags: Json<Vec<String>>,
        pub(crate) expires_at: Option<Micros>,
        pub(crate) revoked_at: Option<Micros>,
    }
}

impl LoadedKey {
    /// The hash; `None` for a damaged row, which then opens nothing.
    pub(crate) fn hash(&self) -> Option<Hash> {
        self.key_hash.as_slice().try_into().ok()
    }

    pub(crate) fn into_facts(self) -> Arc<CallerFacts> {
        Arc::new(CallerFacts {
            key_id: Some(self.id),
            org_id: self.org_id,
            user_id: self.user_id,
            team_id: self.team_id,
            name: self.name,
            role: self.admin.then_some(Role::Admin),
            instance_owner: false,
            models: self.models.0,
            endpoints: self.endpoints.0,
            tags: self.tags.0,
            metadata: self.metadata.0,
        })
    }
}

/// Keys changed after `revision`, of all organizations.
pub(crate) async fn load_since(db: &Db, revision: i64) -> Result<Vec<LoadedKey>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, user_id, team_id, name, key_hash, admin, models, endpoints, metadata,
             tags, expires_at, revoked_at
         FROM api_keys WHERE revision > $1",
    ).bind(revision).fetch_all(c).await)
}

pub(crate) async fn insert(tx: &mut Tx, key: &ApiKey, hash: &Hash, revision: i64) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO api_keys (id, org_id, user_id, team_id, name, key_hash, prefix, last_four,
             admin, models, endpoints, metadata, tags, expires_at, revision, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(key.id)
    .bind(key.org_id)
    .bind(key.user_id)
    .bind(key.team_id)
    .bind(&key.name)
    .bind(hash.as_slice())
    .bind(&key.prefix)
    .bind(&key.last_four)
    .bind(key.admin)
    .bind(&key.models)
    .bind(&key.endpoints)
    .bind(&key.metadata)
    .bind(&key.tags)
    .bind(key.expires_at)
    .bind(revision)
    .bind(key.created_at)
    .bind(key.updated_at))?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, key: &ApiKey, revision: i64) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE api_keys SET user_id = $3, team_id = $4, name = $5, admin = $6, models = $7,
             endpoints = $8, metadata = $9, tags = $10, expires_at = $11, revoked_at = $12,
             revision = $13, updated_at = $14
         WHERE id = $1 AND org_id = $2",
    )
    .bind(key.id)
    .bind(key.org_id)
    .bind(key.user_id)
    .bind(key.team_id)
    .bind(&key.name)
    .bind(key.admin)
    .bind(&key.models)
    .bind(&key.endpoints)
    .bind(&key.metadata)
    .bind(&key.tags)
    .bind(key.expires_at)
    .bind(key.revoked_at)
    .bind(revision)
    .bind(key.updated_at))?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Tx, org: OrgId, id: KeyId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM api_keys WHERE id = $1 AND org_id = $2")
        .bind(id)
        .bind(org))?;
    Ok(())
}

pub(crate) async fn get(db: &Db, org: OrgId, id: KeyId) -> Result<Option<ApiKey>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, user_id, team_id, name, prefix, last_four, admin, models, endpoints,
             metadata, tags, expires_at, revoked_at, last_used_at, created_at, updated_at
         FROM api_keys WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

/// The key as it is inside the transaction, which holds the lock on `revisions` by now.
pub(crate) async fn get_in(tx: &mut Tx, org: OrgId, id: KeyId) -> Result<Option<ApiKey>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, user_id, team_id, name, prefix, last_four, admin, models, endpoints,
             metadata, tags, expires_at, revoked_at, last_used_at, created_at, updated_at
         FROM api_keys WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn list(db: &Db, org: OrgId, page: PageRequest) -> Result<Vec<ApiKey>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, user_id, team_id, name, prefix, last_four, admin, models, endpoints,
             metadata, tags, expires_at, revoked_at, last_used_at, created_at, updated_at
         FROM api_keys WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    )
    .bind(org)
    .bind(page.below())
    .bind(page.rows())
    .fetch_all(c)
    .await)
}

/// Revokes all keys of a user in an organization and returns their number.
pub(crate) async fn revoke_of_user(
    tx: &mut Tx,
    org: OrgId,
    user: UserId,
    now: Micros,
    revision: i64,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE api_keys SET revoked_at = $3, updated_at = $3, revision = $4
         WHERE org_id = $1 AND user_id = $2 AND revoked_at IS NULL",
    )
    .bind(org)
    .bind(user)
    .bind(now)
    .bind(revision))
}

/// Writes when keys were last used, in one statement. Leaves `revision` alone: nothing is to be
/// loaded again for this.
pub(crate) async fn mark_used(tx: &mut Tx, used: &[(KeyId, Micros)]) -> Result<()> {
    on_tx!(tx, c => {
        let mut query = sqlx::QueryBuilder::new("UPDATE api_keys SET last_used_at = v.column2 FROM (");
        query.push_values(used, |mut row, (id, at)| {
            row.push_bind(*id).push_bind(*at);
        });
        // Both databases name the columns of VALUES column1, column2; SQLite takes no other names.
        query.push(
            ") AS v WHERE api_keys.id = v.column1
               AND (last_used_at IS NULL OR last_used_at < v.column2)",
        );
        query.build().execute(c).await.map(|_| ())
    })
}
