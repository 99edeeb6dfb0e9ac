use store::{Db, Json, Micros, OrgId, Result, Tx, on_reader, on_tx};

use crate::index::Place;
use crate::library::{
    Batch, ChunkingSettings, Collection, FileLink, Status, StoreFile, StoreRecord, Window,
};
use crate::{BatchId, CollectionId, DocumentId, FileId, JobId};

pub(crate) async fn list(db: &Db, org: OrgId, window: &Window) -> Result<Vec<Collection>> {
    on_reader!(db, c => {
        let mut q = sqlx::QueryBuilder::new(
            "SELECT id, org_id, name, slug, description, settings, analyzer, space_id,
                 shadow_space_id, state, generation, created_at, updated_at
             FROM collections WHERE state <> 'deleting' AND org_id = ",
        );
        q.push_bind(org);
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

pub(crate) async fn record(db: &Db, at: Place) -> Result<Option<StoreRecord>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT made_here, metadata, expires_days, last_active_at, expires_at, expired
         FROM vector_stores WHERE collection_id = $1 AND org_id = $2",
    ).bind(at.collection).bind(at.org).fetch_optional(c).await)
}

pub(crate) async fn put(tx: &mut Tx, at: Place, record: &StoreRecord) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO vector_stores (collection_id, org_id, made_here, metadata, expires_days,
             last_active_at, expires_at, expired)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (collection_id) DO UPDATE SET metadata = excluded.metadata,
             expires_days = excluded.expires_days, last_active_at = excluded.last_active_at,
             expires_at = excluded.expires_at",
    )
    .bind(at.collection)
    .bind(at.org)
    .bind(record.made_here)
    .bind(&record.metadata)
    .bind(record.expires_days)
    .bind(record.last_active_at)
    .bind(record.expires_at)
    .bind(record.expired))
}

/// Notes that a store was used, unless that was noted after `noted` already.
pub(crate) async fn touch(tx: &mut Tx, at: Place, now: Micros, noted: Micros) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE vector_stores SET last_active_at = $3, expires_at = $3 + expires_days * 86400000000
         WHERE collection_id = $1 AND org_id = $2 AND last_active_at < $4 AND NOT expired",
    ).bind(at.collection).bind(at.org).bind(now).bind(noted))
}

/// Stores whose time is over and that still have their documents, of all organizations.
pub(crate) async fn due(db: &Db, now: Micros) -> Result<Vec<(OrgId, CollectionId)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, collection_id FROM vector_stores
         WHERE expires_at IS NOT NULL AND expires_at <= $1 AND NOT expired
         ORDER BY expires_at LIMIT 100",
    ).bind(now).fetch_all(c).await)
}

pub(crate) async fn set_expired(tx: &mut Tx, at: Place, now: Micros) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE vector_stores SET expired = TRUE
         WHERE collection_id = $1 AND org_id = $2 AND expires_at <= $3",
    ).bind(at.collection).bind(at.org).bind(now))
}

pub(crate) async fn link(
    tx: &mut Tx,
    at: Place,
    document: DocumentId,
    link: &FileLink,
) -> Result<u64> {
    let chunking = link.chunking.clone().map(Json);
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO vector_store_files (document_id, org_id, collection_id, file_id, chunking,
             batch_id)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(document)
    .bind(at.org)
    .bind(at.collection)
    .bind(link.file)
    .bind(&chunking)
    .bind(link.batch))
}

/// Says with which batch a document came last.
pub(crate) async fn set_batch(
    tx: &mut Tx,
    at: Place,
    document: DocumentId,
    batch: BatchId,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE vector_store_files SET batch_id = $4
         WHERE document_id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(document).bind(at.org).bind(at.collection).bind(batch))
}

/// How a document is cut, where it says so itself.
pub(crate) async fn chunking(
    db: &Db,
    at: Place,
    document: DocumentId,
) -> Result<Option<Json<ChunkingSettings>>> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT chunking FROM vector_store_files
         WHERE document_id = $1 AND org_id = $2 AND chunking IS NOT NULL",
    ).bind(document).bind(at.org).fetch_optional(c).await)
}

/// What is in a store, of one batch or all, in these states or any.
pub(crate) async fn files(
    db: &Db,
    at: Place,
    batch: Option<BatchId>,
    states: &[Status],
    window: &Window,
) -> Result<Vec<StoreFile>> {
    on_reader!(db, c => {
        let mut q = sqlx::QueryBuilder::new(
            "SELECT d.id AS document_id, f.file_id, d.name, d.size_bytes, d.status, d.error,
                 d.attributes, f.chunking, d.created_at
             FROM documents d LEFT JOIN vector_store_files f ON f.document_id = d.id
             WHERE d.status <> 'deleting' AND d.org_id = ",
        );
        q.push_bind(at.org);
        q.push(" AND d.collection_id = ").push_bind(at.collection);
        if let Some(batch) = batch {
            q.push(" AND f.batch_id = ").push_bind(batch);
        }
        if !states.is_empty() {
            q.push(" AND d.status IN (");
            let mut list = q.separated(", ");
            for state in states {
                list.push_bind(*state);
            }
            q.push(")");
        }
        q.push(" AND d.id > ").push_bind(window.above());
        q.push(" AND d.id < ").push_bind(window.below());
        q.push(match window.reads_ascending() {
            true => " ORDER BY d.id ASC LIMIT ",
            false => " ORDER BY d.id DESC LIMIT ",
        });
        q.push_bind(window.reads());
        q.build_query_as().fetch_all(c).await
    })
}

/// The document that was made of a file, or that is the file for clients.
pub(crate) async fn file(db: &Db, at: Place, file: FileId) -> Result<Option<StoreFile>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT d.id AS document_id, f.file_id, d.name, d.size_bytes, d.status, d.error,
             d.attributes, f.chunking, d.created_at
         FROM documents d LEFT JOIN vector_store_files f ON f.document_id = d.id
         WHERE d.status <> 'deleting' AND d.org_id = $1 AND d.collection_id = $2
             AND (f.file_id = $3 OR (f.file_id IS NULL AND d.id = $3))",
    ).bind(at.org).bind(at.collection).bind(file).fetch_optional(c).await)
}

/// Where documents were made of a file.
pub(crate) async fn uses(
    db: &Db,
    org: OrgId,
    file: FileId,
) -> Result<Vec<(CollectionId, DocumentId)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT collection_id, document_id FROM vector_store_files
         WHERE org_id = $1 AND file_id = $2",
    ).bind(org).bind(file).fetch_all(c).await)
}

/// How many documents are in which state, with the bytes of those that can be found.
pub(crate) async fn counts(
    db: &Db,
    at: Place,
    batch: Option<BatchId>,
) -> Result<Vec<(Status, i64, i64)>> {
    on_reader!(db, c => {
        let mut q = sqlx::QueryBuilder::new(
            "SELECT d.status, count(*), CAST(COALESCE(sum(d.size_bytes), 0) AS BIGINT)
             FROM documents d LEFT JOIN vector_store_files f ON f.document_id = d.id
             WHERE d.status <> 'deleting' AND d.org_id = ",
        );
        q.push_bind(at.org);
        q.push(" AND d.collection_id = ").push_bind(at.collection);
        if let Some(batch) = batch {
            q.push(" AND f.batch_id = ").push_bind(batch);
        }
        q.push(" GROUP BY d.status");
        q.build_query_as().fetch_all(c).await
    })
}

pub(crate) async fn insert_batch(tx: &mut Tx, at: Place, batch: &Batch) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO vector_store_batches (id, org_id, collection_id, cancelled, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(batch.id)
    .bind(at.org)
    .bind(at.collection)
    .bind(batch.cancelled)
    .bind(batch.created_at))
}

pub(crate) async fn batch(db: &Db, at: Place, id: BatchId) -> Result<Option<Batch>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, cancelled, created_at FROM vector_store_batches
         WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

pub(crate) async fn cancel_batch(tx: &mut Tx, at: Place, id: BatchId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE vector_store_batches SET cancelled = TRUE
         WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection))
}

/// Jobs of a batch that wait or run.
pub(crate) async fn jobs_of_batch(db: &Db, at: Place, id: BatchId) -> Result<Vec<JobId>> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT j.id FROM ingestion_jobs j
         JOIN vector_store_files f ON f.document_id = j.document_id
         WHERE f.batch_id = $1 AND j.org_id = $2 AND j.collection_id = $3
             AND j.state IN ('queued', 'running')",
    ).bind(id).bind(at.org).bind(at.collection).fetch_all(c).await)
}
