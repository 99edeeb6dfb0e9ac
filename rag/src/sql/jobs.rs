use store::{Db, Micros, Result, Tx, on_reader, on_tx};
use uuid::Uuid;

use crate::index::Place;
use crate::library::{Job, JobKind, JobState, Progress};
use crate::{DocumentId, JobId, SourceId};

pub(crate) async fn insert(tx: &mut Tx, job: &Job) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO ingestion_jobs (id, org_id, collection_id, document_id, source_id, kind, payload, state,
             stage, pages_done, pages_total, chunks_done, chunks_total, cost_nano_usd, attempts,
             error, cancel_requested, progressed_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             $19, $20)",
    )
    .bind(job.id)
    .bind(job.org_id)
    .bind(job.collection_id)
    .bind(job.document_id)
    .bind(job.source_id)
    .bind(job.kind)
    .bind(&job.payload)
    .bind(job.state)
    .bind(&job.stage)
    .bind(job.pages_done)
    .bind(job.pages_total)
    .bind(job.chunks_done)
    .bind(job.chunks_total)
    .bind(job.cost_nano_usd)
    .bind(job.attempts)
    .bind(&job.error)
    .bind(job.cancel_requested)
    .bind(job.progressed_at)
    .bind(job.created_at)
    .bind(job.updated_at))?;
    Ok(())
}

/// One job of a document at a time: one that another worker left behind is ended before the next begins.
/// The conditions on state and lease are checked again by the update, so on PostgreSQL two workers that
/// find the same job cannot both get it; that they do not get two jobs of one document is the work of a
/// unique index, whose refusal is an error here.
pub(crate) async fn claim(
    tx: &mut Tx,
    worker: Uuid,
    now: Micros,
    until: Micros,
) -> Result<Option<Job>> {
    on_tx!(tx, c => sqlx::query_as(
        "UPDATE ingestion_jobs SET state = 'running', lease_owner = $1, lease_until = $3,
             attempts = attempts + 1, progressed_at = $2, updated_at = $2
         WHERE id = (SELECT j.id FROM ingestion_jobs j
                 WHERE (j.state = 'queued' OR (j.state = 'running' AND j.lease_until < $2))
                     AND NOT EXISTS (SELECT 1 FROM ingestion_jobs o
                         WHERE o.document_id = j.document_id AND o.id <> j.id
                             AND o.state = 'running')
                 ORDER BY j.id LIMIT 1)
           AND (state = 'queued' OR (state = 'running' AND lease_until < $2))
         RETURNING id, org_id, collection_id, document_id, source_id, kind, payload, state, stage, pages_done,
             pages_total, chunks_done, chunks_total, cost_nano_usd, attempts, error,
             cancel_requested, progressed_at, created_at, updated_at",
    ).bind(worker).bind(now).bind(until).fetch_optional(c).await)
}

/// Whether the job shall end; `None` when it is not this worker's.
pub(crate) async fn progress(
    tx: &mut Tx,
    worker: Uuid,
    id: JobId,
    progress: &Progress,
    now: Micros,
    until: Micros,
) -> Result<Option<bool>> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    on_tx!(tx, c => sqlx::query_scalar(
        "UPDATE ingestion_jobs SET stage = $3,
             pages_done = CASE WHEN pages_done > $4 THEN pages_done ELSE $4 END,
             pages_total = COALESCE($5, pages_total),
             chunks_done = CASE WHEN chunks_done > $6 THEN chunks_done ELSE $6 END,
             chunks_total = COALESCE($7, chunks_total),
             cost_nano_usd = $8, progressed_at = $9, updated_at = $9, lease_until = $10
         WHERE id = $1 AND lease_owner = $2 AND state = 'running' RETURNING cancel_requested",
    )
    .bind(id)
    .bind(worker)
    .bind(&progress.stage)
    .bind(number(progress.pages_done))
    .bind(progress.pages_total.map(number))
    .bind(number(progress.chunks_done))
    .bind(progress.chunks_total.map(number))
    .bind(progress.cost_nano_usd)
    .bind(now)
    .bind(until)
    .fetch_optional(c).await)
}

pub(crate) async fn finish(
    tx: &mut Tx,
    worker: Uuid,
    id: JobId,
    state: JobState,
    error: Option<&str>,
    now: Micros,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE ingestion_jobs SET state = $3, error = $4, lease_owner = NULL, lease_until = NULL,
             progressed_at = $5, updated_at = $5
         WHERE id = $1 AND lease_owner = $2 AND state = 'running'",
    ).bind(id).bind(worker).bind(state).bind(error).bind(now))
}

pub(crate) async fn cancel(tx: &mut Tx, at: Place, id: JobId, now: Micros) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE ingestion_jobs SET cancel_requested = TRUE, updated_at = $4,
             state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END
         WHERE id = $1 AND org_id = $2 AND collection_id = $3 AND state IN ('queued', 'running')",
    ).bind(id).bind(at.org).bind(at.collection).bind(now))
}

pub(crate) async fn get(db: &Db, at: Place, id: JobId) -> Result<Option<Job>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, document_id, source_id, kind, payload, state, stage, pages_done,
             pages_total, chunks_done, chunks_total, cost_nano_usd, attempts, error,
             cancel_requested, progressed_at, created_at, updated_at
         FROM ingestion_jobs WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

pub(crate) async fn list(db: &Db, at: Place, before: JobId, rows: i64) -> Result<Vec<Job>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, document_id, source_id, kind, payload, state, stage, pages_done,
             pages_total, chunks_done, chunks_total, cost_nano_usd, attempts, error,
             cancel_requested, progressed_at, created_at, updated_at
         FROM ingestion_jobs WHERE org_id = $1 AND collection_id = $2 AND id < $3
         ORDER BY id DESC LIMIT $4",
    ).bind(at.org).bind(at.collection).bind(before).bind(rows).fetch_all(c).await)
}

pub(crate) async fn delete_of_document(tx: &mut Tx, at: Place, id: DocumentId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM ingestion_jobs WHERE document_id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection))
}

/// Whether the job is this worker's. Also the lock that keeps it so until the transaction ends.
pub(crate) async fn hold(tx: &mut Tx, worker: Uuid, id: JobId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE ingestion_jobs SET attempts = attempts
         WHERE id = $1 AND lease_owner = $2 AND state = 'running'",
    ).bind(id).bind(worker))
}

/// Ends all leases.
pub(crate) async fn release(tx: &mut Tx) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE ingestion_jobs SET lease_until = 0 WHERE state = 'running'",
    ))
}

/// Jobs that were changed since `since`, oldest first.
pub(crate) async fn changed(
    db: &Db,
    at: Place,
    only: Option<JobId>,
    since: Micros,
) -> Result<Vec<Job>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, document_id, source_id, kind, payload, state, stage, pages_done,
             pages_total, chunks_done, chunks_total, cost_nano_usd, attempts, error,
             cancel_requested, progressed_at, created_at, updated_at
         FROM ingestion_jobs WHERE org_id = $1 AND collection_id = $2 AND updated_at >= $3
             AND id BETWEEN $4 AND $5
         ORDER BY updated_at, id LIMIT 500",
    )
    .bind(at.org)
    .bind(at.collection)
    .bind(since)
    .bind(only.unwrap_or(JobId::from_uuid(Uuid::nil())))
    .bind(only.unwrap_or(JobId::from_uuid(Uuid::max())))
    .fetch_all(c).await)
}

/// Asks all jobs of a kind to end.
pub(crate) async fn cancel_kind(tx: &mut Tx, at: Place, kind: JobKind, now: Micros) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE ingestion_jobs SET cancel_requested = TRUE, updated_at = $4,
             state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END
         WHERE kind = $1 AND org_id = $2 AND collection_id = $3 AND state IN ('queued', 'running')",
    ).bind(kind).bind(at.org).bind(at.collection).bind(now))
}

/// The newest job of a source.
pub(crate) async fn last_of_source(db: &Db, at: Place, id: SourceId) -> Result<Option<Job>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, document_id, source_id, kind, payload, state, stage, pages_done,
             pages_total, chunks_done, chunks_total, cost_nano_usd, attempts, error,
             cancel_requested, progressed_at, created_at, updated_at
         FROM ingestion_jobs WHERE source_id = $1 AND org_id = $2 AND collection_id = $3
         ORDER BY id DESC LIMIT 1",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

/// The job of a source that waits or runs.
pub(crate) async fn open_of_source(tx: &mut Tx, at: Place, id: SourceId) -> Result<Option<Job>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, document_id, source_id, kind, payload, state, stage, pages_done,
             pages_total, chunks_done, chunks_total, cost_nano_usd, attempts, error,
             cancel_requested, progressed_at, created_at, updated_at
         FROM ingestion_jobs WHERE source_id = $1 AND org_id = $2 AND collection_id = $3
             AND state IN ('queued', 'running')",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

/// Asks the job of a source to end.
pub(crate) async fn cancel_of_source(
    tx: &mut Tx,
    at: Place,
    id: SourceId,
    now: Micros,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE ingestion_jobs SET cancel_requested = TRUE, updated_at = $4,
             state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END
         WHERE source_id = $1 AND org_id = $2 AND collection_id = $3
             AND state IN ('queued', 'running')",
    ).bind(id).bind(at.org).bind(at.collection).bind(now))
}
