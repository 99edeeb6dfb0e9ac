use store::{Db, Result, Tx, on_reader, on_tx};

use crate::index::Place;
use crate::library::{Case, Run};
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

pub(crate) async fn list_cases(db: &Db, at: Place) -> Result<Vec<Case>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, question, expected, note, created_at
         FROM evaluation_cases WHERE org_id = $1 AND collection_id = $2 ORDER BY id",
    ).bind(at.org).bind(at.collection).fetch_all(c).await)
}

pub(crate) async fn delete_case(tx: &mut Tx, at: Place, id: CaseId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM evaluation_cases WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection))
}

pub(crate) async fn insert_run(tx: &mut Tx, run: &Run) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO evaluation_runs (id, org_id, collection_id, name, settings, metrics, results,
             created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(run.id)
    .bind(run.org_id)
    .bind(run.collection_id)
    .bind(&run.name)
    .bind(&run.settings)
    .bind(&run.metrics)
    .bind(&run.results)
    .bind(run.created_at))?;
    Ok(())
}

pub(crate) async fn get_run(db: &Db, at: Place, id: RunId) -> Result<Option<Run>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, name, settings, metrics, results, created_at
         FROM evaluation_runs WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

pub(crate) async fn list_runs(db: &Db, at: Place, before: RunId, rows: i64) -> Result<Vec<Run>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, name, settings, metrics, results, created_at
         FROM evaluation_runs WHERE org_id = $1 AND collection_id = $2 AND id < $3
         ORDER BY id DESC LIMIT $4",
    ).bind(at.org).bind(at.collection).bind(before).bind(rows).fetch_all(c).await)
}
