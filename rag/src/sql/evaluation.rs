use store::{Db, Json, Result, Tx, on_reader, on_tx};

use crate::index::Place;
use crate::library::{Case, Run, RunMetrics};
use crate::{CaseId, RunId};

pub(crate) async fn insert_case(tx: &mut Tx, case: &Case) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO evaluation_cases (id, org_id, collection_id, question, expected, note,
             created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(case.id)
    .bind(case.org_id)
    .bind(case.collection_id)
    .bind(&case.question)
    .bind(&case.expected)
    .bind(&case.note)
    .bind(case.created_at))?;
    Ok(())
}

pub(crate) async fn update_case(tx: &mut Tx, case: &Case) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE evaluation_cases SET question = $4, expected = $5, note = $6
         WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    )
    .bind(case.id)
    .bind(case.org_id)
    .bind(case.collection_id)
    .bind(&case.question)
    .bind(&case.expected)
    .bind(&case.note))
}

pub(crate) async fn count_cases(tx: &mut Tx, at: Place) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT COUNT(*) FROM evaluation_cases WHERE org_id = $1 AND collection_id = $2",
    ).bind(at.org).bind(at.collection).fetch_one(c).await)
}

pub(crate) async fn list_cases(db: &Db, at: Place) -> Result<Vec<Case>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, question, expected, note, created_at
         FROM evaluation_cases WHERE org_id = $1 AND collection_id = $2 ORDER BY id",
    ).bind(at.org).bind(at.collection).fetch_all(c).await)
}

pub(crate) async fn get_case(db: &Db, at: Place, id: CaseId) -> Result<Option<Case>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, question, expected, note, created_at
         FROM evaluation_cases WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

pub(crate) async fn delete_case(tx: &mut Tx, at: Place, id: CaseId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM evaluation_cases WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection))
}

pub(crate) async fn insert_run(tx: &mut Tx, run: &Run) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO evaluation_runs (id, org_id, collection_id, name, settings, metrics, results,
             case_count, job_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, '[]', $7, $8, $9)",
    )
    .bind(run.id)
    .bind(run.org_id)
    .bind(run.collection_id)
    .bind(&run.name)
    .bind(&run.settings)
    .bind(&run.metrics)
    .bind(run.case_count)
    .bind(run.job_id)
    .bind(run.created_at))?;
    Ok(())
}

pub(crate) async fn put_results(
    tx: &mut Tx,
    at: Place,
    id: RunId,
    metrics: &Json<RunMetrics>,
    results: &str,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE evaluation_runs SET metrics = $4, results = $5
         WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).bind(metrics).bind(results))
}

pub(crate) async fn get_run(db: &Db, at: Place, id: RunId) -> Result<Option<Run>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT r.id, r.org_id, r.collection_id, r.name, r.settings, r.metrics, r.case_count,
             r.job_id, COALESCE(j.state, 'done') AS state, j.error, r.created_at
         FROM evaluation_runs r LEFT JOIN ingestion_jobs j ON j.id = r.job_id
         WHERE r.id = $1 AND r.org_id = $2 AND r.collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

pub(crate) async fn get_results(db: &Db, at: Place, id: RunId) -> Result<Option<String>> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT results FROM evaluation_runs WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

pub(crate) async fn list_runs(db: &Db, at: Place, before: RunId, rows: i64) -> Result<Vec<Run>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT r.id, r.org_id, r.collection_id, r.name, r.settings, r.metrics, r.case_count,
             r.job_id, COALESCE(j.state, 'done') AS state, j.error, r.created_at
         FROM evaluation_runs r LEFT JOIN ingestion_jobs j ON j.id = r.job_id
         WHERE r.org_id = $1 AND r.collection_id = $2 AND r.id < $3
         ORDER BY r.id DESC LIMIT $4",
    ).bind(at.org).bind(at.collection).bind(before).bind(rows).fetch_all(c).await)
}

pub(crate) async fn delete_run(tx: &mut Tx, at: Place, id: RunId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM evaluation_runs WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection))
}
