//! Who works on which run.

use store::{Db, Dialect, Micros, OrgId, Result, Tx, in_tx, on_reader, on_tx, on_writer};

use super::{RunRow, run_columns};
use crate::ids::RunId;

/// Takes runs that are due: of each organization in turn, no more than it may run at once.
pub(in crate::run) async fn claim(
    db: &Db,
    worker: &str,
    now: Micros,
    lease: Micros,
    per_org: i64,
    most: i64,
) -> Result<Vec<RunRow>> {
    macro_rules! claim {
        ($lock:literal) => {
            concat!(
                "UPDATE runs SET state = 'running', fence = fence + 1, worker = $1, due_at = $2,
                     wake = 0, started_at = COALESCE(started_at, $3)
                 WHERE id IN (SELECT id FROM runs WHERE due_at <= $3 AND id IN (
                     SELECT id FROM (
                         SELECT r.id, r.due_at,
                             row_number() OVER (PARTITION BY r.org_id ORDER BY r.due_at) AS turn,
                             (SELECT count(*) FROM runs o WHERE o.due_at > $3 AND o.org_id = r.org_id
                                  AND o.state = 'running') AS busy
                         FROM runs r WHERE r.due_at <= $3) ranked
                     WHERE turn + busy <= $4 ORDER BY turn, due_at LIMIT $5) ",
                $lock,
                ") RETURNING ",
                run_columns!()
            )
        };
    }
    in_tx!(db, tx => {
        let sql = match tx.dialect() {
            Dialect::Sqlite => claim!(""),
            Dialect::Postgres => claim!("FOR UPDATE SKIP LOCKED"),
        };
        on_tx!(tx, c => sqlx::query_as(sql)
            .bind(worker)
            .bind(lease)
            .bind(now)
            .bind(per_org)
            .bind(most)
            .fetch_all(c).await)
    })
}

/// Renews the leases of this worker's runs; gives those that are to be stopped or paused.
pub(in crate::run) async fn renew(
    db: &Db,
    worker: &str,
    lease: Micros,
    renewable: Micros,
) -> Result<Vec<(RunId, i64)>> {
    on_writer!(db, execute => sqlx::query(
        "UPDATE runs SET due_at = $1 WHERE due_at IS NOT NULL AND due_at < $2
             AND state = 'running' AND worker = $3",
    )
    .bind(lease)
    .bind(renewable)
    .bind(worker))?;
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, cancel FROM runs WHERE due_at IS NOT NULL AND worker = $1 AND cancel > 0
             AND state = 'running'",
    )
    .bind(worker)
    .fetch_all(c).await)
}

/// When the next run is due.
pub(in crate::run) async fn next_due(db: &Db) -> Result<Option<Micros>> {
    let (due,): (Option<Micros>,) = on_reader!(db, c => sqlx::query_as(
        "SELECT min(due_at) FROM runs WHERE due_at IS NOT NULL",
    )
    .fetch_one(c).await)?;
    Ok(due)
}

/// Something a run waits for has come: it is due at once, or as soon as it waits.
pub(in crate::run) async fn wake_run(tx: &mut Tx, run: RunId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE runs SET wake = 1, due_at = CASE WHEN state = 'waiting' THEN 0 ELSE due_at END
         WHERE id = $1",
    )
    .bind(run))?;
    Ok(())
}

/// Asks for a stop (1) or a pause (2). What nobody works on ends at once.
pub(in crate::run) async fn request(
    tx: &mut Tx,
    org: OrgId,
    run: RunId,
    wish: i64,
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE runs SET cancel = $1 WHERE id = $2 AND org_id = $3 AND state = 'running'",
    )
    .bind(wish)
    .bind(run)
    .bind(org))?;
    let state = if wish == 1 { "cancelled" } else { "paused" };
    on_tx!(tx, execute => sqlx::query(
        "UPDATE runs SET state = $1, fence = fence + 1, due_at = NULL,
             ended_at = CASE WHEN $1 = 'cancelled' THEN $2 ELSE ended_at END
         WHERE id = $3 AND org_id = $4 AND (state IN ('queued', 'waiting')
             OR (state = 'paused' AND $1 = 'cancelled'))",
    )
    .bind(state)
    .bind(now)
    .bind(run)
    .bind(org))?;
    if wish == 1 {
        // Who waits for it looks again.
        on_tx!(tx, execute => sqlx::query(
            "UPDATE runs SET wake = 1, due_at = CASE WHEN state = 'waiting' THEN 0 ELSE due_at END
             WHERE id = (SELECT parent_run_id FROM runs WHERE id = $1 AND org_id = $2)",
        )
        .bind(run)
        .bind(org))?;
    }
    Ok(())
}

/// Lets a run go on: one that is paused, or with `ended` one that has failed or was stopped.
pub(in crate::run) async fn requeue(
    tx: &mut Tx,
    org: OrgId,
    run: RunId,
    ended: bool,
    now: Micros,
) -> Result<bool> {
    let states = if ended {
        ["failed", "cancelled"]
    } else {
        ["paused", "paused"]
    };
    let rows = on_tx!(tx, execute => sqlx::query(
        "UPDATE runs SET state = 'queued', cancel = 0, due_at = $1, fence = fence + 1, error = NULL,
             ended_at = NULL
         WHERE id = $2 AND org_id = $3 AND state IN ($4, $5)",
    )
    .bind(now)
    .bind(run)
    .bind(org)
    .bind(states[0])
    .bind(states[1]))?;
    Ok(rows == 1)
}

/// Runs that this run has called and that are not over, all the way down.
pub(in crate::run) async fn live_children(db: &Db, org: OrgId, run: RunId) -> Result<Vec<RunId>> {
    let rows: Vec<(RunId,)> = on_reader!(db, c => sqlx::query_as(
        "SELECT id FROM runs WHERE parent_run_id = $1 AND org_id = $2
             AND state IN ('queued', 'running', 'waiting', 'paused')",
    )
    .bind(run)
    .bind(org)
    .fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Deletes runs that ended before this time, at most `most`; gives how many.
pub(in crate::run) async fn delete_ended(
    db: &Db,
    org: OrgId,
    before: Micros,
    most: i64,
) -> Result<u64> {
    on_writer!(db, execute => sqlx::query(
        "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE org_id = $1 AND ended_at < $2
             AND state IN ('completed', 'failed', 'cancelled') ORDER BY id LIMIT $3)",
    )
    .bind(org)
    .bind(before)
    .bind(most))
}

/// Deletes graphs that no run has any more.
pub(in crate::run) async fn delete_graphs(db: &Db, org: OrgId, before: Micros) -> Result<u64> {
    on_writer!(db, execute => sqlx::query(
        "DELETE FROM run_graphs WHERE org_id = $1 AND created_at < $2 AND hash NOT IN
             (SELECT graph_hash FROM runs WHERE org_id = $1)",
    )
    .bind(org)
    .bind(before))
}
