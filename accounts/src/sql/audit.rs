use serde::Serialize;
use serde_json::Value;
use store::{AuditId, Db, Json, Micros, OrgId, Result, Tx, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::PageRequest;

row! {
    /// A change that somebody made.
    #[derive(Debug, Clone, Serialize, ToSchema)]
    pub struct AuditEntry {
        /// Id.
        pub id: AuditId,
        /// In which organization.
        pub org_id: OrgId,
        /// `key:<id>`, `user:<id>`, `command_line` or `system`.
        pub actor: String,
        /// What was done, such as `key.create`.
        pub action: String,
        /// The id of what it was done to.
        pub target: String,
        /// What it was before; absent for creations. Secrets are never in it.
        #[schema(value_type = Option<serde_json::Value>)]
        pub before: Option<Json<Value>>,
        /// What it became; absent for deletions.
        #[schema(value_type = Option<serde_json::Value>)]
        pub after: Option<Json<Value>>,
        /// When.
        pub created_at: Micros,
    }
}

pub(crate) async fn insert(tx: &mut Tx, entry: &AuditEntry) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO audit_log (id, org_id, actor, action, target, before, after, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(entry.id)
    .bind(entry.org_id)
    .bind(&entry.actor)
    .bind(&entry.action)
    .bind(&entry.target)
    .bind(&entry.before)
    .bind(&entry.after)
    .bind(entry.created_at))?;
    Ok(())
}

pub(crate) async fn list(db: &Db, org: OrgId, page: PageRequest) -> Result<Vec<AuditEntry>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, actor, action, target, before, after, created_at FROM audit_log
         WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    )
    .bind(org)
    .bind(page.below())
    .bind(page.rows())
    .fetch_all(c)
    .await)
}
