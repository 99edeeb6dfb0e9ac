use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson};
use accounts::{Page, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::query::{Asked, PageQuery, Pair};
use crate::Flows;
use crate::diff::Diff;
use crate::ids::WorkflowId;
use crate::sql::versions::{Version, VersionSummary};
use crate::sql::workflows::Workflow;
use crate::versions::{PublishWorkflow, Side};
use crate::workflows::SavedWorkflow;

/// Which version shall be live.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"version": 2}))]
pub(super) struct Rollback {
    /// Its number.
    pub version: i64,
}

/// To which state a version's graph is restored.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"revision": 3}))]
pub(super) struct RestoreVersion {
    /// The revision of the draft that is replaced.
    pub revision: i64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DiffQuery {
    /// `draft`, `live` or a version's number; `live` when absent.
    #[serde(default = "live")]
    from: String,
    /// `draft`, `live` or a version's number; `draft` when absent.
    #[serde(default = "draft")]
    to: String,
}

fn live() -> String {
    "live".to_owned()
}

fn draft() -> String {
    "draft".to_owned()
}

/// Makes an immutable version of the draft and makes it live.
///
/// A draft with errors is refused with 422 and the report in `details`. One that may touch more than the
/// live version (a new host, secret, model, …) is refused with 409 `permissions_grew` and the list of what
/// is new in `details.added`, until it is published with `accept_permissions`. A first version is not
/// refused.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/publish", tag = "Workflows", operation_id = "publish_workflow",
    params(("id" = String, Path, description = "The id")), request_body = PublishWorkflow, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:publish"))),
    responses((status = 201, body = Version), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn publish(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
    StrictJson(wanted): StrictJson<PublishWorkflow>,
) -> Result<(StatusCode, Json<Version>), ApiError> {
    member.require(Permission::FlowsPublish)?;
    let made = flows.publish_workflow(&member.actor(), id, wanted).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Takes a flow off: no version of it is live. Its versions stay.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/unpublish", tag = "Workflows", operation_id = "unpublish_workflow",
    params(("id" = String, Path, description = "The id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:publish"))),
    responses((status = 200, body = Workflow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn unpublish(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
) -> Result<Json<Workflow>, ApiError> {
    member.require(Permission::FlowsPublish)?;
    Ok(Json(
        flows.set_live_version(&member.actor(), id, None).await?,
    ))
}

/// Makes another version the live one. The draft stays.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/rollback", tag = "Workflows", operation_id = "rollback_workflow",
    params(("id" = String, Path, description = "The id")), request_body = Rollback, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:publish"))),
    responses((status = 200, body = Workflow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn rollback(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
    StrictJson(wanted): StrictJson<Rollback>,
) -> Result<Json<Workflow>, ApiError> {
    member.require(Permission::FlowsPublish)?;
    let live = Some(wanted.version);
    Ok(Json(
        flows.set_live_version(&member.actor(), id, live).await?,
    ))
}

/// Lists published versions, newest first, without their graphs.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/versions", tag = "Workflows", operation_id = "list_workflow_versions",
    params(("id" = String, Path, description = "The id"), PageQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<VersionSummary>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Page<VersionSummary>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let page = query.page()?;
    Ok(Json(flows.list_versions(member.org_id(), id, page).await?))
}

/// Shows a version as it was published.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/versions/{number}", tag = "Workflows", operation_id = "get_workflow_version",
    params(("id" = String, Path, description = "The id"), ("number" = i64, Path, description = "The version's number")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Version), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(flows): State<Flows>,
    member: Member,
    Pair(id, number): Pair<WorkflowId, i64>,
) -> Result<Json<Version>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(Json(flows.get_version(member.org_id(), id, number).await?))
}

/// Puts a version's graph into the draft.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/versions/{number}/restore", tag = "Workflows", operation_id = "restore_workflow_version",
    params(("id" = String, Path, description = "The id"), ("number" = i64, Path, description = "The version's number")), request_body = RestoreVersion, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 200, body = SavedWorkflow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn restore(
    State(flows): State<Flows>,
    member: Member,
    Pair(id, number): Pair<WorkflowId, i64>,
    StrictJson(wanted): StrictJson<RestoreVersion>,
) -> Result<Json<SavedWorkflow>, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    let actor = member.actor();
    let saved = flows
        .restore_version(&actor, id, number, wanted.revision)
        .await?;
    Ok(Json(saved))
}

/// Compares two states of a flow in everything: nodes with all settings, edges, variables, secrets by
/// name, and what it may touch.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/diff", tag = "Workflows", operation_id = "diff_workflow",
    params(("id" = String, Path, description = "The id"), DiffQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Diff), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn diff(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
    Asked(query): Asked<DiffQuery>,
) -> Result<Json<Diff>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let side = |text: &str| text.parse::<Side>().map_err(ApiError::invalid);
    let (from, to) = (side(&query.from)?, side(&query.to)?);
    Ok(Json(flows.compare(member.org_id(), id, from, to).await?))
}
