use serde::Serialize;
use serde_json::Value;
use store::{AuditId, Conditions, Db, Json, Micros, OrgId, Result, Tx, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::{AuditFilter, PageRequest};

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

/// Entries that a filter lets through, newest first.
pub(crate) async fn list(
    db: &Db,
    org: OrgId,
    filter: &AuditFilter,
    page: PageRequest,
) -> Result<Vec<AuditEntry>> {
    on_reader!(db, c => {
        let mut q = sqlx::QueryBuilder::new(
            "SELECT id, org_id, actor, action, target, before, after, created_at FROM audit_log",
        );
        let mut and = Conditions::new();
        and.next(&mut q).push("org_id = ").push_bind(org);
        and.next(&mut q).push("id < ").push_bind(page.below());
        if let Some(actor) = &filter.actor {
            and.next(&mut q).push("actor = ").push_bind(actor.clone());
        }
        if let Some(action) = &filter.action {
            // `key.` asks for all that was done to keys: all that sorts between it and its successor.
            match action.strip_suffix('.') {
                Some(kind) => {
                    and.next(&mut q).push("action >= ").push_bind(action.clone());
                    and.next(&mut q).push("action < ").push_bind(format!("{kind}/"));
                }
                None => {
                    and.next(&mut q).push("action = ").push_bind(action.clone());
                }
            }
        }
        if let Some(target) = &filter.target {
            and.next(&mut q).push("target = ").push_bind(target.clone());
        }
        if let Some(from) = filter.from {
            and.next(&mut q).push("created_at >= ").push_bind(from);
        }
        if let Some(to) = filter.to {
            and.next(&mut q).push("created_at < ").push_bind(to);
        }
        q.push(" ORDER BY id DESC LIMIT ").push_bind(page.rows());
        q.build_query_as().fetch_all(c).await
    })
}
