use store::{Db, Json, Micros, Result, Tx, on_reader, on_tx};

use crate::index::Place;
use crate::library::{CollectionSource, KnownFile, SourceFile, SyncCounts};
use crate::{DocumentId, JobId, SourceFileId, SourceId};

pub(crate) async fn insert(tx: &mut Tx, s: &CollectionSource) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO collection_sources (id, org_id, collection_id, name, location, credential_id,
             include, exclude, delete_missing, interval_minutes, next_sync_at, acts_for, counts,
             created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(s.id)
    .bind(s.org_id)
    .bind(s.collection_id)
    .bind(&s.name)
    .bind(&s.location)
    .bind(s.credential_id)
    .bind(&s.include)
    .bind(&s.exclude)
    .bind(s.delete_missing)
    .bind(s.interval_minutes)
    .bind(s.next_sync_at)
    .bind(&s.acts_for)
    .bind(s.counts)
    .bind(s.created_at)
    .bind(s.updated_at))?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, s: &CollectionSource) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE collection_sources SET name = $4, location = $5, credential_id = $6, include = $7,
             exclude = $8, delete_missing = $9, interval_minutes = $10, next_sync_at = $11,
             acts_for = $12, updated_at = $13
         WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    )
    .bind(s.id)
    .bind(s.org_id)
    .bind(s.collection_id)
    .bind(&s.name)
    .bind(&s.location)
    .bind(s.credential_id)
    .bind(&s.include)
    .bind(&s.exclude)
    .bind(s.delete_missing)
    .bind(s.interval_minutes)
    .bind(s.next_sync_at)
    .bind(&s.acts_for)
    .bind(s.updated_at))
}

pub(crate) async fn get(db: &Db, at: Place, id: SourceId) -> Result<Option<CollectionSource>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, name, location, credential_id, include, exclude,
             delete_missing, interval_minutes, next_sync_at, acts_for, counts, created_at, updated_at
         FROM collection_sources WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

pub(crate) async fn get_in(
    tx: &mut Tx,
    at: Place,
    id: SourceId,
) -> Result<Option<CollectionSource>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, name, location, credential_id, include, exclude,
             delete_missing, interval_minutes, next_sync_at, acts_for, counts, created_at, updated_at
         FROM collection_sources WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

pub(crate) async fn list(
    db: &Db,
    at: Place,
    before: SourceId,
    rows: i64,
) -> Result<Vec<CollectionSource>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, name, location, credential_id, include, exclude,
             delete_missing, interval_minutes, next_sync_at, acts_for, counts, created_at, updated_at
         FROM collection_sources WHERE org_id = $1 AND collection_id = $2 AND id < $3
         ORDER BY id DESC LIMIT $4",
    ).bind(at.org).bind(at.collection).bind(before).bind(rows).fetch_all(c).await)
}

pub(crate) async fn delete(tx: &mut Tx, at: Place, id: SourceId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM collection_sources WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection))
}

/// Sources of all organizations whose next sync is due.
pub(crate) async fn due(db: &Db, now: Micros, rows: i64) -> Result<Vec<CollectionSource>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, name, location, credential_id, include, exclude,
             delete_missing, interval_minutes, next_sync_at, acts_for, counts, created_at, updated_at
         FROM collection_sources WHERE next_sync_at <= $1 ORDER BY next_sync_at LIMIT $2",
    ).bind(now).bind(rows).fetch_all(c).await)
}

/// Sets when the next sync is due, unless somebody else did so before. Gives 0 then.
pub(crate) async fn postpone(
    tx: &mut Tx,
    source: &CollectionSource,
    next: Option<Micros>,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE collection_sources SET next_sync_at = $3
         WHERE id = $1 AND org_id = $2 AND next_sync_at = $4",
    ).bind(source.id).bind(source.org_id).bind(next).bind(source.next_sync_at))
}

pub(crate) async fn set_counts(
    tx: &mut Tx,
    at: Place,
    id: SourceId,
    counts: &Json<SyncCounts>,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE collection_sources SET counts = $4
         WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).bind(counts))
}

/// What is known of these paths.
pub(crate) async fn known(
    db: &Db,
    at: Place,
    id: SourceId,
    paths: &[&str],
) -> Result<Vec<KnownFile>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    on_reader!(db, c => {
        let mut q = sqlx::QueryBuilder::new(
            "SELECT id, path, fingerprint, document_id, error FROM source_files WHERE source_id = ",
        );
        q.push_bind(id).push(" AND org_id = ").push_bind(at.org).push(" AND path IN (");
        let mut list = q.separated(", ");
        for path in paths {
            list.push_bind((*path).to_owned());
        }
        q.push(")");
        q.build_query_as().fetch_all(c).await
    })
}

/// How many files of a source are in the collection.
pub(crate) async fn count(db: &Db, at: Place, id: SourceId) -> Result<i64> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT count(*) FROM source_files
         WHERE source_id = $1 AND org_id = $2 AND document_id IS NOT NULL",
    ).bind(id).bind(at.org).fetch_one(c).await)
}

/// Files that a job did not see, from above `after`.
pub(crate) async fn unseen(
    db: &Db,
    at: Place,
    id: SourceId,
    job: JobId,
    after: SourceFileId,
    rows: i64,
) -> Result<Vec<KnownFile>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, path, fingerprint, document_id, error FROM source_files
         WHERE source_id = $1 AND org_id = $2 AND (seen_by IS NULL OR seen_by <> $3) AND id > $4
         ORDER BY id LIMIT $5",
    ).bind(id).bind(at.org).bind(job).bind(after).bind(rows).fetch_all(c).await)
}

/// Notes that a job saw these files.
pub(crate) async fn see(tx: &mut Tx, at: Place, job: JobId, ids: &[SourceFileId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    on_tx!(tx, c => {
        let mut q = sqlx::QueryBuilder::new("UPDATE source_files SET seen_by = ");
        q.push_bind(job).push(" WHERE org_id = ").push_bind(at.org).push(" AND id IN (");
        let mut list = q.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        q.push(")");
        q.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// What became of a file.
pub(crate) struct Noted<'a> {
    pub(crate) source: SourceId,
    pub(crate) path: &'a str,
    pub(crate) fingerprint: &'a str,
    /// `None` leaves the document that is there.
    pub(crate) document: Option<DocumentId>,
    pub(crate) error: Option<&'a str>,
    pub(crate) job: JobId,
}

pub(crate) async fn note(tx: &mut Tx, at: Place, file: &Noted<'_>, now: Micros) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO source_files (id, org_id, collection_id, source_id, path, fingerprint,
             document_id, error, seen_by, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (source_id, path) DO UPDATE SET fingerprint = excluded.fingerprint,
             document_id = COALESCE(excluded.document_id, source_files.document_id),
             error = excluded.error, seen_by = excluded.seen_by, updated_at = excluded.updated_at",
    )
    .bind(SourceFileId::new())
    .bind(at.org)
    .bind(at.collection)
    .bind(file.source)
    .bind(file.path)
    .bind(file.fingerprint)
    .bind(file.document)
    .bind(file.error)
    .bind(file.job)
    .bind(now))?;
    Ok(())
}

pub(crate) async fn forget(tx: &mut Tx, at: Place, id: SourceFileId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM source_files WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection))
}

/// Files with what became of them, newest first; `failed` leaves out those that are well.
pub(crate) async fn files(
    db: &Db,
    at: Place,
    id: SourceId,
    failed: bool,
    before: SourceFileId,
    rows: i64,
) -> Result<Vec<SourceFile>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT f.id, f.path, f.document_id, d.status, COALESCE(f.error, d.error) AS error,
             f.updated_at
         FROM source_files f LEFT JOIN documents d ON d.id = f.document_id AND d.org_id = f.org_id
         WHERE f.source_id = $1 AND f.org_id = $2 AND f.collection_id = $3 AND f.id < $4
             AND ($5 = FALSE OR f.error IS NOT NULL OR d.status = 'failed')
         ORDER BY f.id DESC LIMIT $6",
    )
    .bind(id)
    .bind(at.org)
    .bind(at.collection)
    .bind(before)
    .bind(failed)
    .bind(rows)
    .fetch_all(c).await)
}
