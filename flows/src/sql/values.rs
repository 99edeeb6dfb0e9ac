//! What flows of a project keep between their runs.

use accounts::PageRequest;
use serde::Serialize;
use serde_json::Value;
use store::{Db, Json, Micros, OrgId, Result, Tx, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::ids::{ProjectId, ValueId};

row! {
    /// A value that the flows of a project keep between their runs.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct StoredValue {
        /// Id.
        pub id: ValueId,
        /// Key.
        pub key: String,
        /// The value.
        #[schema(value_type = Object)]
        pub value: Json<Value>,
        /// When it is forgotten; `null`: never.
        pub expires_at: Option<Micros>,
        /// When it was last changed.
        pub updated_at: Micros,
    }
}

/// A value that has not expired.
pub(crate) async fn get(
    tx: &mut Tx,
    org: OrgId,
    project: ProjectId,
    key: &str,
    now: Micros,
) -> Result<Option<StoredValue>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, key, value, expires_at, updated_at FROM project_values
         WHERE org_id = $1 AND project_id = $2 AND key = $3
             AND (expires_at IS NULL OR expires_at > $4)",
    )
    .bind(org)
    .bind(project)
    .bind(key)
    .bind(now)
    .fetch_optional(c).await)
}

pub(crate) async fn put(
    tx: &mut Tx,
    org: OrgId,
    project: ProjectId,
    value: &StoredValue,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO project_values (org_id, project_id, key, value, expires_at, updated_at, id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (project_id, key) DO UPDATE SET value = excluded.value,
             expires_at = excluded.expires_at, updated_at = excluded.updated_at",
    )
    .bind(org)
    .bind(project)
    .bind(&value.key)
    .bind(&value.value)
    .bind(value.expires_at)
    .bind(value.updated_at)
    .bind(value.id))?;
    Ok(())
}

/// Writes the value if there is none that has not expired; whether it did.
pub(crate) async fn put_new(
    tx: &mut Tx,
    org: OrgId,
    project: ProjectId,
    value: &StoredValue,
) -> Result<bool> {
    let rows = on_tx!(tx, execute => sqlx::query(
        "INSERT INTO project_values (org_id, project_id, key, value, expires_at, updated_at, id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (project_id, key) DO UPDATE SET value = excluded.value,
             expires_at = excluded.expires_at, updated_at = excluded.updated_at
             WHERE project_values.expires_at IS NOT NULL AND project_values.expires_at <= $6",
    )
    .bind(org)
    .bind(project)
    .bind(&value.key)
    .bind(&value.value)
    .bind(value.expires_at)
    .bind(value.updated_at)
    .bind(value.id))?;
    Ok(rows == 1)
}

/// Whether there was one that had not expired.
pub(crate) async fn delete(
    tx: &mut Tx,
    org: OrgId,
    project: ProjectId,
    key: &str,
    now: Micros,
) -> Result<bool> {
    let found = get(tx, org, project, key, now).await?.is_some();
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM project_values WHERE org_id = $1 AND project_id = $2 AND key = $3",
    ).bind(org).bind(project).bind(key))?;
    Ok(found)
}

/// Forgets what has expired; counts what is left.
pub(crate) async fn count(tx: &mut Tx, org: OrgId, project: ProjectId, now: Micros) -> Result<i64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM project_values
         WHERE org_id = $1 AND project_id = $2 AND expires_at IS NOT NULL AND expires_at <= $3",
    ).bind(org).bind(project).bind(now))?;
    let (count,): (i64,) = on_tx!(tx, c => sqlx::query_as(
        "SELECT count(*) FROM project_values WHERE org_id = $1 AND project_id = $2",
    ).bind(org).bind(project).fetch_one(c).await)?;
    Ok(count)
}

/// Values whose key begins with `prefix`, by key, `limit` at most.
pub(crate) async fn by_key(
    db: &Db,
    org: OrgId,
    project: ProjectId,
    now: Micros,
    prefix: &str,
    limit: i64,
) -> Result<Vec<StoredValue>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, key, value, expires_at, updated_at FROM project_values
         WHERE org_id = $1 AND project_id = $2 AND (expires_at IS NULL OR expires_at > $3)
             AND substr(key, 1, length($4)) = $4
         ORDER BY key LIMIT $5",
    )
    .bind(org)
    .bind(project)
    .bind(now)
    .bind(prefix)
    .bind(limit)
    .fetch_all(c).await)
}

/// A page of a project's values, those that were made last before others.
pub(crate) async fn page(
    db: &Db,
    org: OrgId,
    project: ProjectId,
    now: Micros,
    page: PageRequest,
) -> Result<Vec<StoredValue>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, key, value, expires_at, updated_at FROM project_values
         WHERE org_id = $1 AND project_id = $2 AND (expires_at IS NULL OR expires_at > $3)
             AND id < $4 ORDER BY id DESC LIMIT $5",
    )
    .bind(org)
    .bind(project)
    .bind(now)
    .bind(page.below())
    .bind(page.rows())
    .fetch_all(c).await)
}
