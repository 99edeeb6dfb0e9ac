//! SQL of runs and their steps.

pub(super) mod claims;
pub(super) mod lists;
pub(super) mod steps;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use store::{Db, Json, KeyId, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, row};

use super::commit::Save;
use super::shared::Options;
use crate::graph::Graph;
use crate::ids::{ProjectId, RunId, WorkflowId};

pub(super) use steps::{load_steps, put_steps};

/// A run to be stored.
#[derive(Debug, Clone)]
pub(super) struct NewRun {
    pub(super) id: RunId,
    pub(super) org_id: OrgId,
    pub(super) project_id: ProjectId,
    pub(super) workflow_id: WorkflowId,
    pub(super) version: Option<i64>,
    pub(super) graph: Arc<StoredGraph>,
    pub(super) trigger_kind: String,
    pub(super) state: &'static str,
    pub(super) input: Value,
    pub(super) fence: i64,
    pub(super) worker: Option<String>,
    pub(super) due_at: Option<Micros>,
    pub(super) parent_run_id: Option<RunId>,
    pub(super) forked_from: Option<RunId>,
    pub(super) depth: i64,
    pub(super) key_id: Option<KeyId>,
    pub(super) user_id: Option<UserId>,
    pub(super) options: Options,
    pub(super) created_at: Micros,
}

/// A graph with the hash it is stored under.
#[derive(Debug)]
pub(super) struct StoredGraph {
    pub(super) hash: String,
    pub(super) json: String,
}

row! {
    /// A run as it is stored.
    #[derive(Debug, Clone)]
    pub(crate) struct RunRow {
        pub(crate) id: RunId,
        pub(crate) org_id: OrgId,
        pub(crate) project_id: ProjectId,
        pub(crate) workflow_id: WorkflowId,
        pub(crate) version: Option<i64>,
        pub(crate) graph_hash: String,
        pub(crate) trigger_kind: String,
        pub(crate) state: String,
        pub(crate) input: Json<Value>,
        pub(crate) output: Option<Json<Value>>,
        pub(crate) error: Option<Json<Value>>,
        pub(crate) fence: i64,
        pub(crate) worker: Option<String>,
        pub(crate) due_at: Option<Micros>,
        pub(crate) cancel: i64,
        pub(crate) parent_run_id: Option<RunId>,
        pub(crate) forked_from: Option<RunId>,
        pub(crate) depth: i64,
        pub(crate) key_id: Option<KeyId>,
        pub(crate) user_id: Option<UserId>,
        pub(crate) options: Json<Options>,
        pub(crate) seq: i64,
        pub(crate) steps: i64,
        pub(crate) tokens: i64,
        pub(crate) nano_usd: i64,
        pub(crate) active_us: i64,
        pub(crate) created_at: Micros,
        pub(crate) started_at: Option<Micros>,
        pub(crate) ended_at: Option<Micros>,
    }
}

macro_rules! run_columns {
    () => {
        "id, org_id, project_id, workflow_id, version, graph_hash, trigger_kind, state, input, output, \
         error, fence, worker, due_at, cancel, parent_run_id, forked_from, depth, key_id, user_id, \
         options, seq, steps, tokens, nano_usd, active_us, created_at, started_at, ended_at"
    };
}
pub(super) use run_columns;

/// Runs in one statement; SQLite takes 32,766 binds.
const ROWS: usize = 500;

/// Stores runs and their graphs.
pub(super) async fn insert_runs(tx: &mut Tx, runs: &[&NewRun]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for run in runs {
        if !seen.insert((run.org_id, run.graph.hash.as_str())) {
            continue;
        }
        on_tx!(tx, execute => sqlx::query(
            "INSERT INTO run_graphs (org_id, hash, graph, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (org_id, hash) DO NOTHING",
        )
        .bind(run.org_id)
        .bind(&run.graph.hash)
        .bind(&run.graph.json)
        .bind(run.created_at))?;
    }
    for part in runs.chunks(ROWS) {
        on_tx!(tx, c => {
            let mut query = sqlx::QueryBuilder::new(
                "INSERT INTO runs (id, org_id, project_id, workflow_id, version, graph_hash,
                     trigger_kind, state, input, fence, worker, due_at, wake, cancel, parent_run_id,
                     forked_from, depth, key_id, user_id, options, seq, steps, tokens, nano_usd,
                     active_us, created_at, started_at) ",
            );
            query.push_values(part, |mut row, run| {
                row.push_bind(run.id)
                    .push_bind(run.org_id)
                    .push_bind(run.project_id)
                    .push_bind(run.workflow_id)
                    .push_bind(run.version)
                    .push_bind(&run.graph.hash)
                    .push_bind(&run.trigger_kind)
                    .push_bind(run.state)
                    .push_bind(Json(&run.input))
                    .push_bind(run.fence)
                    .push_bind(&run.worker)
                    .push_bind(run.due_at)
                    .push("0, 0")
                    .push_bind(run.parent_run_id)
                    .push_bind(run.forked_from)
                    .push_bind(run.depth)
                    .push_bind(run.key_id)
                    .push_bind(run.user_id)
                    .push_bind(Json(&run.options))
                    .push("0, 0, 0, 0, 0")
                    .push_bind(run.created_at)
                    .push_bind(run.worker.as_ref().map(|_| run.created_at));
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// Writes what a save says of the run itself, if its fence still holds.
pub(super) async fn touch_run(tx: &mut Tx, save: &Save) -> Result<bool> {
    let count = i64::try_from(save.steps.len()).unwrap_or(i64::MAX);
    let tokens: i64 = save.steps.iter().map(|step| step.tokens).sum();
    let nano_usd: i64 = save.steps.iter().map(|step| step.nano_usd).sum();
    let Some(change) = &save.change else {
        let rows = on_tx!(tx, execute => sqlx::query(
            "UPDATE runs SET steps = steps + $1, tokens = tokens + $2, nano_usd = nano_usd + $3
             WHERE id = $4 AND fence = $5 AND state = 'running'",
        )
        .bind(count)
        .bind(tokens)
        .bind(nano_usd)
        .bind(save.run)
        .bind(save.fence))?;
        return Ok(rows == 1);
    };
    let rows = on_tx!(tx, execute => sqlx::query(
        "UPDATE runs SET steps = steps + $1, tokens = tokens + $2, nano_usd = nano_usd + $3,
             state = $4,
             due_at = CASE WHEN (wake = 1 OR cancel > 0) AND $4 = 'waiting' THEN 0 ELSE $5 END,
             output = $6, error = $7, seq = $8, active_us = active_us + $9, ended_at = $10,
             report_at = CASE WHEN $4 = 'failed' AND version IS NOT NULL
                 AND parent_run_id IS NULL AND trigger_kind <> 'error' THEN $10 END,
             worker = NULL
         WHERE id = $11 AND fence = $12 AND state = 'running'",
    )
    .bind(count)
    .bind(tokens)
    .bind(nano_usd)
    .bind(change.state)
    .bind(change.due_at)
    .bind(change.output.as_ref().map(Json))
    .bind(change.error.as_ref().map(Json))
    .bind(change.seq)
    .bind(change.active_us)
    .bind(change.ended_at)
    .bind(save.run)
    .bind(save.fence))?;
    if rows == 1
        && change.ended_at.is_some()
        && let Some(parent) = save.parent
    {
        claims::wake_run(tx, parent).await?;
    }
    Ok(rows == 1)
}

/// The graph a run began with.
pub(super) async fn load_graph(db: &Db, org: OrgId, hash: &str) -> Result<Graph> {
    let found: Option<(Json<Graph>,)> = on_reader!(db, c => sqlx::query_as(
        "SELECT graph FROM run_graphs WHERE org_id = $1 AND hash = $2",
    )
    .bind(org)
    .bind(hash)
    .fetch_optional(c).await)?;
    found
        .map(|(graph,)| graph.0)
        .ok_or_else(|| store::Error::not_found("the graph of a run"))
}

/// One run of an organization.
pub(super) async fn load_run(db: &Db, org: OrgId, id: RunId) -> Result<Option<RunRow>> {
    on_reader!(db, c => sqlx::query_as(concat!(
        "SELECT ", run_columns!(), " FROM runs WHERE org_id = $1 AND id = $2",
    ))
    .bind(org)
    .bind(id)
    .fetch_optional(c).await)
}
