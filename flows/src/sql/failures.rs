//! Failed runs of published flows that the flows listening for failures have not been told of. They are
//! looked for in all organizations at once.

use serde_json::Value;
use store::{Db, Json, Micros, OrgId, Result, on_reader, on_writer, row};

use super::schedules::ActiveFlow;
use crate::ids::{ProjectId, RunId, WorkflowId};

row! {
    /// A failed run that is to be told.
    #[derive(Debug, Clone)]
    pub(crate) struct FailedRun {
        pub(crate) id: RunId,
        pub(crate) org_id: OrgId,
        pub(crate) project_id: ProjectId,
        pub(crate) workflow_id: WorkflowId,
        pub(crate) error: Option<Json<Value>>,
        pub(crate) ended_at: Option<Micros>,
        pub(crate) report_at: Micros,
    }
}

/// The failed runs that are due, those that failed first before others.
pub(crate) async fn due(db: &Db, now: Micros, most: i64) -> Result<Vec<FailedRun>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, project_id, workflow_id, error, ended_at, report_at FROM runs
         WHERE report_at IS NOT NULL AND report_at <= $1 ORDER BY report_at, id LIMIT $2",
    ).bind(now).bind(most).fetch_all(c).await)
}

/// Takes a failed run until `until`, if nobody else has; whether it did.
pub(crate) async fn take(db: &Db, run: &FailedRun, until: Micros) -> Result<bool> {
    let rows = on_writer!(db, execute => sqlx::query(
        "UPDATE runs SET report_at = $1 WHERE org_id = $2 AND id = $3 AND report_at = $4",
    )
    .bind(until)
    .bind(run.org_id)
    .bind(run.id)
    .bind(run.report_at))?;
    Ok(rows == 1)
}

/// Everybody has been told.
pub(crate) async fn told(db: &Db, run: &FailedRun) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "UPDATE runs SET report_at = NULL WHERE org_id = $1 AND id = $2",
    ).bind(run.org_id).bind(run.id))?;
    Ok(())
}

/// The flows of a project that are on.
pub(crate) async fn active(db: &Db, org: OrgId, project: ProjectId) -> Result<Vec<ActiveFlow>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT org_id, id, project_id, live_version, updated_at FROM workflows
         WHERE org_id = $1 AND project_id = $2 AND is_active AND NOT is_archived
             AND live_version IS NOT NULL ORDER BY id",
    ).bind(org).bind(project).fetch_all(c).await)
}
