//! Lists of runs.

use serde::Deserialize;
use store::{Conditions, Db, Json, Micros, OrgId, Result, on_reader, row};
use utoipa::IntoParams;

use super::RunRow;
use crate::ids::{RunId, WorkflowId};
use crate::run::step::Detail;

/// Which runs a list has.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RunFilter {
    /// Only runs of this flow.
    #[param(value_type = Option<String>)]
    pub workflow_id: Option<WorkflowId>,
    /// `queued`, `running`, `waiting`, `paused`, `completed`, `failed` or `cancelled`.
    pub status: Option<String>,
    /// `manual`, `webhook`, `schedule`, `api`, …
    pub trigger: Option<String>,
    /// Words that input, output or error hold, as they are written there.
    pub search: Option<String>,
    /// Begun at this time or later.
    #[param(value_type = Option<String>)]
    pub from: Option<Micros>,
    /// Begun before this time.
    #[param(value_type = Option<String>)]
    pub to: Option<Micros>,
    /// Cost at least this, in nano-dollars.
    pub min_nano_usd: Option<i64>,
    /// Rows on the page, 1 to 500; 50 when absent.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Runs of an organization, newest first, behind `below`.
pub(in crate::run) async fn list_runs(
    db: &Db,
    org: OrgId,
    filter: &RunFilter,
    below: Option<RunId>,
    rows: i64,
) -> Result<Vec<RunRow>> {
    let pattern = filter.search.as_ref().map(|text| {
        let text = text.to_lowercase().replace('\\', "\\\\");
        format!("%{}%", text.replace('%', "\\%").replace('_', "\\_"))
    });
    on_reader!(db, c => {
        let mut query = sqlx::QueryBuilder::new(concat!("SELECT ", super::run_columns!(), " FROM runs"));
        let mut and = Conditions::new();
        and.next(&mut query).push("org_id = ").push_bind(org);
        if let Some(workflow) = filter.workflow_id {
            and.next(&mut query).push("workflow_id = ").push_bind(workflow);
        }
        if let Some(state) = &filter.status {
            and.next(&mut query).push("state = ").push_bind(state);
        }
        if let Some(trigger) = &filter.trigger {
            and.next(&mut query).push("trigger_kind = ").push_bind(trigger);
        }
        if let Some(from) = filter.from {
            and.next(&mut query).push("created_at >= ").push_bind(from);
        }
        if let Some(to) = filter.to {
            and.next(&mut query).push("created_at < ").push_bind(to);
        }
        if let Some(least) = filter.min_nano_usd {
            and.next(&mut query).push("nano_usd >= ").push_bind(least);
        }
        if let Some(pattern) = &pattern {
            and.next(&mut query)
                .push("lower(input || COALESCE(output, '') || COALESCE(error, '')) LIKE ")
                .push_bind(pattern)
                .push(" ESCAPE '\\'");
        }
        if let Some(below) = below {
            and.next(&mut query).push("id < ").push_bind(below);
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(rows);
        query.build_query_as().fetch_all(c).await
    })
}

row! {
    /// A step that waits, with its run.
    #[derive(Debug)]
    pub(in crate::run) struct WaitingStep {
        pub(in crate::run) run_id: RunId,
        pub(in crate::run) workflow_id: WorkflowId,
        pub(in crate::run) node: String,
        pub(in crate::run) iteration: String,
        pub(in crate::run) detail: Json<Detail>,
        pub(in crate::run) started_at: Micros,
    }
}

/// Steps of an organization that wait, oldest first, 500 at most.
pub(in crate::run) async fn waiting(db: &Db, org: OrgId) -> Result<Vec<WaitingStep>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT s.run_id, r.workflow_id, s.node, s.iteration, s.detail, s.started_at
         FROM run_steps s JOIN runs r ON r.id = s.run_id
         WHERE s.state = 'waiting' AND r.org_id = $1 AND r.state IN ('running', 'waiting', 'paused')
         ORDER BY s.started_at LIMIT 500",
    )
    .bind(org)
    .fetch_all(c).await)
}
