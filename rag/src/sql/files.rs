use store::{Db, Micros, OrgId, Result, Tx, on_reader, on_tx};

use crate::FileId;
use crate::library::{File, Window};

const COLUMNS: &str =
    "SELECT id, org_id, name, purpose, content_type, size_bytes, blob_key, expires_at, created_at
     FROM files";

pub(crate) async fn insert(tx: &mut Tx, file: &File) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO files (id, org_id, name, purpose, content_type, size_bytes, blob_key, expires_at,
             created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(file.id)
    .bind(file.org_id)
    .bind(&file.name)
    .bind(&file.purpose)
    .bind(&file.content_type)
    .bind(file.size_bytes)
    .bind(&file.blob_key)
    .bind(file.expires_at)
    .bind(file.created_at))?;
    Ok(())
}

pub(crate) async fn get(db: &Db, org: OrgId, id: FileId) -> Result<Option<File>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, name, purpose, content_type, size_bytes, blob_key, expires_at, created_at
         FROM files WHERE id = $1 AND org_id = $2",
    ).bind(id).bind(org).fetch_optional(c).await)
}

pub(crate) async fn list(
    db: &Db,
    org: OrgId,
    purpose: Option<&str>,
    now: Micros,
    window: &Window,
) -> Result<Vec<File>> {
    on_reader!(db, c => {
        let mut q = sqlx::QueryBuilder::new(COLUMNS);
        q.push(" WHERE org_id = ").push_bind(org);
        q.push(" AND (expires_at IS NULL OR expires_at > ").push_bind(now).push(")");
        if let Some(purpose) = purpose {
            q.push(" AND purpose = ").push_bind(purpose.to_owned());
        }
        q.push(" AND id > ").push_bind(window.above());
        q.push(" AND id < ").push_bind(window.below());
        q.push(match window.reads_ascending() {
            true => " ORDER BY id ASC LIMIT ",
            false => " ORDER BY id DESC LIMIT ",
        });
        q.push_bind(window.reads());
        q.build_query_as().fetch_all(c).await
    })
}

pub(crate) async fn delete(tx: &mut Tx, org: OrgId, id: FileId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM files WHERE id = $1 AND org_id = $2")
        .bind(id).bind(org))
}

/// Of all organizations.
pub(crate) async fn expired(db: &Db, now: Micros) -> Result<Vec<(OrgId, FileId)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, id FROM files WHERE expires_at IS NOT NULL AND expires_at <= $1
         ORDER BY expires_at LIMIT 100",
    ).bind(now).fetch_all(c).await)
}
