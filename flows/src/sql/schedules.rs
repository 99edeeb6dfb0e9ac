//! Schedules under watch and the times that were taken. The scheduler sees to those of all
//! organizations at once; only reading for callers is confined to one.

use store::{Db, Micros, OrgId, Result, Tx, on_reader, on_tx, on_writer, row};

use crate::ids::{ProjectId, RunId, WorkflowId};

row! {
    /// A flow that is on.
    #[derive(Debug, Clone)]
    pub(crate) struct ActiveFlow {
        pub(crate) org_id: OrgId,
        pub(crate) id: WorkflowId,
        pub(crate) project_id: ProjectId,
        pub(crate) live_version: i64,
        pub(crate) updated_at: Micros,
    }

    /// A schedule under watch.
    #[derive(Debug, Clone)]
    pub(crate) struct Watch {
        pub(crate) org_id: OrgId,
        pub(crate) workflow_id: WorkflowId,
        pub(crate) node_id: String,
        pub(crate) fingerprint: String,
        pub(crate) seen_until: Micros,
    }

    /// A time that was taken.
    #[derive(Debug, Clone)]
    pub(crate) struct Tick {
        pub(crate) org_id: OrgId,
        pub(crate) workflow_id: WorkflowId,
        pub(crate) node_id: String,
        pub(crate) scheduled_at: Micros,
        pub(crate) run_id: RunId,
        pub(crate) claimed_at: Micros,
        pub(crate) done_at: Option<Micros>,
        pub(crate) error: Option<String>,
    }
}

/// All flows that are on, of all organizations.
pub(crate) async fn active(db: &Db) -> Result<Vec<ActiveFlow>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, id, project_id, live_version, updated_at FROM workflows
         WHERE is_active AND NOT is_archived AND live_version IS NOT NULL ORDER BY id",
    ).fetch_all(c).await)
}

/// All schedules under watch, of all organizations.
pub(crate) async fn watches(db: &Db) -> Result<Vec<Watch>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, workflow_id, node_id, fingerprint, seen_until FROM schedule_watches",
    ).fetch_all(c).await)
}

/// Begins to watch a schedule, anew when it was another one.
pub(crate) async fn watch(db: &Db, watch: &Watch) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "INSERT INTO schedule_watches (org_id, workflow_id, node_id, fingerprint, seen_until)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, workflow_id, node_id) DO UPDATE
             SET fingerprint = excluded.fingerprint, seen_until = excluded.seen_until
             WHERE schedule_watches.fingerprint <> excluded.fingerprint",
    )
    .bind(watch.org_id)
    .bind(watch.workflow_id)
    .bind(&watch.node_id)
    .bind(&watch.fingerprint)
    .bind(watch.seen_until))?;
    Ok(())
}

/// Stops watching: the flow was switched off, or has this schedule no longer.
pub(crate) async fn unwatch(db: &Db, watch: &Watch) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "DELETE FROM schedule_watches
         WHERE org_id = $1 AND workflow_id = $2 AND node_id = $3 AND seen_until = $4",
    )
    .bind(watch.org_id)
    .bind(watch.workflow_id)
    .bind(&watch.node_id)
    .bind(watch.seen_until))?;
    Ok(())
}

/// Moves a watch on to `until`, if nobody else has; whether it did.
pub(crate) async fn advance(tx: &mut Tx, watch: &Watch, until: Micros) -> Result<bool> {
    let rows = on_tx!(tx, execute => sqlx::query(
        "UPDATE schedule_watches SET seen_until = $6
         WHERE org_id = $1 AND workflow_id = $2 AND node_id = $3 AND fingerprint = $4
             AND seen_until = $5",
    )
    .bind(watch.org_id)
    .bind(watch.workflow_id)
    .bind(&watch.node_id)
    .bind(&watch.fingerprint)
    .bind(watch.seen_until)
    .bind(until))?;
    Ok(rows == 1)
}

/// Takes a time; whether nobody has taken it before.
pub(crate) async fn take(tx: &mut Tx, tick: &Tick) -> Result<bool> {
    let rows = on_tx!(tx, execute => sqlx::query(
        "INSERT INTO schedule_ticks (org_id, workflow_id, node_id, scheduled_at, run_id, claimed_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (org_id, workflow_id, node_id, scheduled_at) DO NOTHING",
    )
    .bind(tick.org_id)
    .bind(tick.workflow_id)
    .bind(&tick.node_id)
    .bind(tick.scheduled_at)
    .bind(tick.run_id)
    .bind(tick.claimed_at))?;
    Ok(rows == 1)
}

/// Times whose claim is as old as `before` and that have no run, earliest first; at most 100.
pub(crate) async fn stale(db: &Db, before: Micros) -> Result<Vec<Tick>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, workflow_id, node_id, scheduled_at, run_id, claimed_at, done_at, error
         FROM schedule_ticks WHERE done_at IS NULL AND claimed_at <= $1
         ORDER BY scheduled_at LIMIT 100",
    ).bind(before).fetch_all(c).await)
}

/// Takes over a time whose claim is stale; whether nobody else has meanwhile.
pub(crate) async fn take_over(db: &Db, tick: &Tick, now: Micros) -> Result<bool> {
    let rows = on_writer!(db, execute => sqlx::query(
        "UPDATE schedule_ticks SET claimed_at = $6
         WHERE org_id = $1 AND workflow_id = $2 AND node_id = $3 AND scheduled_at = $4
             AND claimed_at = $5 AND done_at IS NULL",
    )
    .bind(tick.org_id)
    .bind(tick.workflow_id)
    .bind(&tick.node_id)
    .bind(tick.scheduled_at)
    .bind(tick.claimed_at)
    .bind(now))?;
    Ok(rows == 1)
}

/// The run was begun, or (with the reason) cannot be.
pub(crate) async fn finish(db: &Db, tick: &Tick, now: Micros, error: Option<&str>) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "UPDATE schedule_ticks SET done_at = $5, error = $6
         WHERE org_id = $1 AND workflow_id = $2 AND node_id = $3 AND scheduled_at = $4
             AND done_at IS NULL",
    )
    .bind(tick.org_id)
    .bind(tick.workflow_id)
    .bind(&tick.node_id)
    .bind(tick.scheduled_at)
    .bind(now)
    .bind(error))?;
    Ok(())
}

/// Forgets times that were done with before this; gives how many.
pub(crate) async fn forget(db: &Db, before: Micros) -> Result<u64> {
    on_writer!(db, execute => sqlx::query("DELETE FROM schedule_ticks WHERE done_at < $1")
        .bind(before))
}

/// The last time of each schedule of a flow.
pub(crate) async fn last(db: &Db, org: OrgId, workflow: WorkflowId) -> Result<Vec<Tick>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, workflow_id, node_id, scheduled_at, run_id, claimed_at, done_at, error
         FROM schedule_ticks t WHERE org_id = $1 AND workflow_id = $2 AND scheduled_at = (
             SELECT max(scheduled_at) FROM schedule_ticks o WHERE o.org_id = t.org_id
                 AND o.workflow_id = t.workflow_id AND o.node_id = t.node_id)",
    ).bind(org).bind(workflow).fetch_all(c).await)
}
