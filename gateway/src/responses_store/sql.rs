//! Statements on `stored_responses`.

use store::{Db, OrgId, on_reader, on_writer};

use super::{KEPT_US, NewResponse};

store::row! {
    /// A row.
    pub(super) struct Row {
        pub(super) input_items: String,
        pub(super) response: String,
        pub(super) expires_at: i64,
    }
}

pub(super) async fn put(
    db: &Db,
    new: &NewResponse<'_>,
    items: &str,
    response: &str,
) -> store::Result<()> {
    on_writer!(db, c => sqlx::query(
        "INSERT INTO stored_responses \
         (id, org_id, key_id, created_at, expires_at, input_items, response) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (org_id, id) DO UPDATE SET expires_at = excluded.expires_at, \
         input_items = excluded.input_items, response = excluded.response",
    )
    .bind(new.id)
    .bind(new.org)
    .bind(new.key)
    .bind(new.now_us)
    .bind(new.now_us.saturating_add(KEPT_US))
    .bind(items)
    .bind(response)
    .execute(c)
    .await
    .map(|_| ()))
}

pub(super) async fn get(db: &Db, org: OrgId, id: &str) -> store::Result<Option<Row>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT input_items, response, expires_at FROM stored_responses \
         WHERE org_id = $1 AND id = $2",
    )
    .bind(org)
    .bind(id)
    .fetch_optional(c)
    .await)
}

pub(super) async fn delete(db: &Db, org: OrgId, id: &str) -> store::Result<bool> {
    on_writer!(db, c => sqlx::query("DELETE FROM stored_responses WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .execute(c)
        .await
        .map(|done| done.rows_affected() > 0))
}

pub(super) async fn delete_expired(db: &Db, now_us: i64) -> store::Result<u64> {
    on_writer!(db, c => sqlx::query("DELETE FROM stored_responses WHERE expires_at <= $1")
        .bind(now_us)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))
}
