use accounts::http::{ApiError, ErrorBody, Id, Member};
use accounts::{Page, PageRequest, Permission};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Serialize;
use serde_json::Value;
use store::Micros;
use utoipa::ToSchema;

use super::{broken, not_found};
use crate::graph::NodeId;
use crate::ids::{RunId, WorkflowId};
use crate::node::{NodeError, Wait};
use crate::run::sql::lists::{self, RunFilter};
use crate::run::step::{Detail, Step};
use crate::run::{Engine, LogLine, RunInfoRow, StepState};

/// What a node did in a run.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct StepInfo {
    /// The node.
    pub node: NodeId,
    /// Where in loops: `each:3/inner:0`; empty outside.
    pub iteration: String,
    /// How far it has come.
    pub status: StepState,
    /// Place in the order of the run's events.
    pub seq: i64,
    /// Attempts made.
    pub attempts: i64,
    /// What it got, by port; secrets masked.
    #[schema(value_type = Object)]
    pub input: Value,
    /// What it gave, by port; secrets masked.
    #[schema(value_type = Object)]
    pub output: Value,
    /// Why it failed.
    pub error: Option<NodeError>,
    /// What it waits for.
    pub wait: Option<Wait>,
    /// The run it called.
    pub called_run_id: Option<RunId>,
    /// What it wrote.
    pub logs: Vec<LogLine>,
    /// Tokens of its model calls.
    pub tokens: i64,
    /// What they cost, in nano-dollars.
    pub nano_usd: i64,
    /// When it began.
    pub started_at: Micros,
    /// When it came to this state.
    pub ended_at: Option<Micros>,
}

impl From<Step> for StepInfo {
    fn from(step: Step) -> Self {
        let status = step.detail.state();
        let (mut error, mut wait, mut called_run_id) = (None, None, None);
        match step.detail {
            Detail::Failed { error: why, .. } => error = Some(why),
            Detail::Waiting { suspend, .. } => wait = Some(suspend.wait),
            Detail::Calling { child, .. } => called_run_id = Some(child),
            Detail::Done { .. } | Detail::Contained { .. } => {}
        }
        Self {
            node: step.node,
            iteration: step.iteration,
            status,
            seq: step.seq,
            attempts: step.attempt,
            input: Value::Object(step.input),
            output: Value::Object(step.output),
            error,
            wait,
            called_run_id,
            logs: step.logs,
            tokens: step.tokens,
            nano_usd: step.nano_usd,
            started_at: step.started_at,
            ended_at: step.ended_at,
        }
    }
}

/// A run with what its nodes did.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Execution {
    /// The run.
    #[serde(flatten)]
    pub run: RunInfoRow,
    /// Its nodes' work, in order; nodes that were passed over have none.
    pub node_runs: Vec<StepInfo>,
}

/// Log lines of one node's work.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct NodeLog {
    /// The node.
    pub node: NodeId,
    /// Where in loops.
    pub iteration: String,
    /// The line.
    #[serde(flatten)]
    pub line: LogLine,
}

/// A question that waits for a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct PendingApproval {
    /// The run.
    pub execution_id: RunId,
    /// Its flow.
    pub workflow_id: WorkflowId,
    /// The node that asks.
    pub node: NodeId,
    /// Where in loops.
    pub iteration: String,
    /// What is asked.
    pub approval: crate::node::Approval,
    /// Since when.
    pub asked_at: Micros,
}

async fn page(
    engine: &Engine,
    member: &Member,
    filter: RunFilter,
) -> Result<Json<Page<RunInfoRow>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let request = PageRequest::new(filter.limit, filter.cursor.as_deref())?;
    let below = Some(RunId::from_uuid(request.below()));
    let rows = lists::list_runs(engine.db(), member.org_id(), &filter, below, request.rows());
    let rows = rows.await.map_err(broken)?;
    let rows: Vec<RunInfoRow> = rows.into_iter().map(RunInfoRow::from).collect();
    Ok(Json(request.page(rows, |row| row.id.uuid())))
}

/// Lists executions, newest first.
#[utoipa::path(
    get, path = "/api/v1/executions", tag = "Executions", operation_id = "list_executions",
    params(RunFilter), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<RunInfoRow>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(engine): State<Engine>,
    member: Member,
    Query(filter): Query<RunFilter>,
) -> Result<Json<Page<RunInfoRow>>, ApiError> {
    page(&engine, &member, filter).await
}

/// Lists executions of one flow, newest first.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/executions", tag = "Executions", operation_id = "list_workflow_executions",
    params(("id" = WorkflowId, Path, description = "The flow's id"), RunFilter),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<RunInfoRow>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_of_workflow(
    State(engine): State<Engine>,
    member: Member,
    Path(id): Path<String>,
    Query(mut filter): Query<RunFilter>,
) -> Result<Json<Page<RunInfoRow>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let id: WorkflowId = id
        .parse()
        .map_err(|error: store::ParseIdError| ApiError::invalid(error.to_string()))?;
    filter.workflow_id = Some(id);
    let wanted = crate::run::Wanted::Draft(id);
    let known = engine.catalogue().find(member.org_id(), &wanted).await;
    if known.map_err(super::refused)?.is_none() {
        return Err(ApiError::not_found(format!("flow {id} does not exist")));
    }
    page(&engine, &member, filter).await
}

/// Shows an execution with what each node got, gave, wrote and cost.
#[utoipa::path(
    get, path = "/api/v1/executions/{id}", tag = "Executions", operation_id = "get_execution",
    params(("id" = RunId, Path, description = "The execution's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Execution), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(engine): State<Engine>,
    member: Member,
    Id(id): Id<RunId>,
) -> Result<Json<Execution>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let row = engine.row(member.org_id(), id).await.map_err(broken)?;
    let row = row.ok_or_else(|| not_found(id))?;
    let steps = engine.steps(id).await.map_err(broken)?;
    Ok(Json(Execution {
        run: row.into(),
        node_runs: steps.into_iter().map(StepInfo::from).collect(),
    }))
}

/// Shows what the nodes of an execution wrote, in order of time.
#[utoipa::path(
    get, path = "/api/v1/executions/{id}/logs", tag = "Executions", operation_id = "get_execution_logs",
    params(("id" = RunId, Path, description = "The execution's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Vec<NodeLog>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn logs(
    State(engine): State<Engine>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Json<Vec<NodeLog>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let id: RunId = id
        .parse()
        .map_err(|error: store::ParseIdError| ApiError::invalid(error.to_string()))?;
    let row = engine.row(member.org_id(), id).await.map_err(broken)?;
    row.ok_or_else(|| not_found(id))?;
    let steps = engine.steps(id).await.map_err(broken)?;
    let mut lines: Vec<NodeLog> = steps
        .into_iter()
        .flat_map(|step| {
            let (node, iteration) = (step.node, step.iteration);
            step.logs.into_iter().map(move |line| NodeLog {
                node: node.clone(),
                iteration: iteration.clone(),
                line,
            })
        })
        .collect();
    lines.sort_by_key(|log| log.line.at);
    Ok(Json(lines))
}

/// Lists questions that wait for a person.
#[utoipa::path(
    get, path = "/api/v1/approvals", tag = "Executions", operation_id = "list_approvals",
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Vec<PendingApproval>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn approvals(
    State(engine): State<Engine>,
    member: Member,
) -> Result<Json<Vec<PendingApproval>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let waiting = lists::waiting(engine.db(), member.org_id())
        .await
        .map_err(broken)?;
    let questions = waiting.into_iter().filter_map(|step| {
        let Detail::Waiting {
            suspend,
            cause: None,
        } = step.detail.0
        else {
            return None;
        };
        let Wait::Approval(approval) = suspend.wait else {
            return None;
        };
        Some(PendingApproval {
            execution_id: step.run_id,
            workflow_id: step.workflow_id,
            node: NodeId::from(step.node),
            iteration: step.iteration,
            approval: *approval,
            asked_at: step.started_at,
        })
    });
    Ok(Json(questions.collect()))
}
