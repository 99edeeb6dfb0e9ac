use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Member, StrictJson};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{broken, not_found};
use crate::graph::NodeId;
use crate::ids::RunId;
use crate::node::{Answer, Cause};
use crate::run::{Engine, RunInfoRow};

fn parse(id: &str) -> Result<RunId, ApiError> {
    id.parse()
        .map_err(|error: store::ParseIdError| ApiError::invalid(error.to_string()))
}

async fn show(engine: &Engine, member: &Member, id: RunId) -> Result<Json<RunInfoRow>, ApiError> {
    let row = engine.row(member.org_id(), id).await.map_err(broken)?;
    Ok(Json(row.ok_or_else(|| not_found(id))?.into()))
}

fn conflict(message: &str) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "conflict", message)
}

/// Stops an execution and those it has called; nodes under way are cut off within a second.
#[utoipa::path(
    post, path = "/api/v1/executions/{id}/stop", tag = "Executions", operation_id = "stop_execution",
    params(("id" = RunId, Path, description = "The execution's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses((status = 200, body = RunInfoRow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn stop(
    State(engine): State<Engine>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Json<RunInfoRow>, ApiError> {
    member.require(Permission::FlowsRun)?;
    let id = parse(&id)?;
    if !engine.stop(member.org_id(), id).await.map_err(broken)? {
        return Err(not_found(id));
    }
    let second = std::time::Duration::from_secs(1);
    engine
        .wait(member.org_id(), id, second)
        .await
        .map_err(broken)?;
    show(&engine, &member, id).await
}

/// Pauses an execution: nodes under way end, no other begins.
#[utoipa::path(
    post, path = "/api/v1/executions/{id}/pause", tag = "Executions", operation_id = "pause_execution",
    params(("id" = RunId, Path, description = "The execution's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses((status = 200, body = RunInfoRow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn pause(
    State(engine): State<Engine>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Json<RunInfoRow>, ApiError> {
    member.require(Permission::FlowsRun)?;
    let id = parse(&id)?;
    if !engine.pause(member.org_id(), id).await.map_err(broken)? {
        return Err(not_found(id));
    }
    show(&engine, &member, id).await
}

/// Lets a paused execution go on.
#[utoipa::path(
    post, path = "/api/v1/executions/{id}/resume", tag = "Executions", operation_id = "resume_execution",
    params(("id" = RunId, Path, description = "The execution's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses((status = 200, body = RunInfoRow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn resume(
    State(engine): State<Engine>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Json<RunInfoRow>, ApiError> {
    member.require(Permission::FlowsRun)?;
    let id = parse(&id)?;
    let found = show(&engine, &member, id).await?;
    if !engine.resume(member.org_id(), id).await.map_err(broken)? {
        let message = format!(
            "only a paused execution can go on; this one is {}",
            found.status
        );
        return Err(conflict(&message));
    }
    show(&engine, &member, id).await
}

/// Lets a failed or stopped execution go on from where it failed; what is done stays done.
#[utoipa::path(
    post, path = "/api/v1/executions/{id}/retry", tag = "Executions", operation_id = "retry_execution",
    params(("id" = RunId, Path, description = "The execution's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses((status = 200, body = RunInfoRow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn retry(
    State(engine): State<Engine>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Json<RunInfoRow>, ApiError> {
    member.require(Permission::FlowsRun)?;
    let id = parse(&id)?;
    let found = show(&engine, &member, id).await?;
    if !engine.retry(member.org_id(), id).await.map_err(broken)? {
        let message = format!(
            "only a failed or stopped execution can be retried; this one is {}",
            found.status
        );
        return Err(conflict(&message));
    }
    show(&engine, &member, id).await
}

/// From where a new execution goes on.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"node": "extract", "input": {"text": "Another text"}}))]
pub(super) struct Fork {
    /// The node to run again, with everything behind it. Of a node inside of a loop the whole loop.
    pub node: NodeId,
    /// Its input by port, in place of what edges bring.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub input: Option<Map<String, Value>>,
}

/// Begins a new execution with all that an old one did before a node, and runs from there anew.
#[utoipa::path(
    post, path = "/api/v1/executions/{id}/fork", tag = "Executions", operation_id = "fork_execution",
    params(("id" = RunId, Path, description = "The execution's id")), request_body = Fork,
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses((status = 202, body = RunInfoRow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn fork(
    State(engine): State<Engine>,
    member: Member,
    Path(id): Path<String>,
    StrictJson(fork): StrictJson<Fork>,
) -> Result<(StatusCode, Json<RunInfoRow>), ApiError> {
    let who = member.require(Permission::FlowsRun)?;
    let id = parse(&id)?;
    let _ = show(&engine, &member, id).await?;
    let new = engine.fork(who, id, &fork.node, fork.input).await;
    let new = new.map_err(broken)?.ok_or_else(|| {
        ApiError::invalid(format!(
            "the graph of this execution has no node `{}`",
            fork.node
        ))
    })?;
    Ok((StatusCode::ACCEPTED, show(&engine, &member, new).await?))
}

/// A person's answer.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"node": "approval", "button": "approve"}))]
pub(super) struct GiveAnswer {
    /// The node that asks.
    pub node: NodeId,
    /// Where in loops; empty outside.
    #[serde(default)]
    pub iteration: String,
    /// The button's id.
    pub button: String,
    /// Fields of the form.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
}

/// What became of an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Answered {
    /// Whether this answer counts; not, when another came first or the time was over.
    pub is_accepted: bool,
}

/// Answers a question that an execution waits with. The first answer counts.
#[utoipa::path(
    post, path = "/api/v1/executions/{id}/answer", tag = "Executions", operation_id = "answer_execution",
    params(("id" = RunId, Path, description = "The execution's id")), request_body = GiveAnswer,
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses((status = 200, body = Answered), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn answer(
    State(engine): State<Engine>,
    member: Member,
    Path(id): Path<String>,
    StrictJson(given): StrictJson<GiveAnswer>,
) -> Result<Json<Answered>, ApiError> {
    let who = member.require(Permission::FlowsRun)?;
    let id = parse(&id)?;
    let _ = show(&engine, &member, id).await?;
    let asked = engine
        .question(member.org_id(), id, &given.node, &given.iteration)
        .await
        .map_err(broken)?;
    if let Some(approval) = asked {
        if !approval
            .buttons
            .iter()
            .any(|button| button.id == given.button)
        {
            return Err(ApiError::invalid(format!(
                "the question has no answer `{:.80}`",
                given.button
            )));
        }
        let name = who.key_name();
        let is_asked = |one: &String| one.eq_ignore_ascii_case(name);
        if !approval.assignees.is_empty() && !approval.assignees.iter().any(is_asked) {
            return Err(ApiError::forbidden("somebody else is asked"));
        }
    }
    let cause = Cause::Answered(Answer {
        button: given.button,
        fields: given.fields,
        by: who.key_name().to_owned(),
        at: engine.now(),
    });
    let answered = engine.answer(member.org_id(), id, &given.node, &given.iteration, cause);
    let is_accepted = answered.await.map_err(broken)?;
    Ok(Json(Answered { is_accepted }))
}
