use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson};
use accounts::{Page, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::projects::Duplicate;
use super::query::{Asked, ListQuery};
use crate::Flows;
use crate::graph::Graph;
use crate::ids::WorkflowId;
use crate::permissions::WorkflowPermission;
use crate::sql::workflows::WorkflowSummary;
use crate::validate::Report;
use crate::workflows::{CreateWorkflow, SavedWorkflow, UpdateWorkflow};

/// A graph to be judged.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({}))]
pub(super) struct ValidateWorkflow {
    /// The graph; the stored draft when absent.
    pub graph: Option<Graph>,
}

/// The revision as an entity tag: `"7"`.
pub(super) fn tag(revision: i64) -> String {
    format!("\"{revision}\"")
}

fn tagged(saved: SavedWorkflow, status: StatusCode) -> Response {
    let value = HeaderValue::from_str(&tag(saved.workflow.revision));
    let mut response = (status, Json(saved)).into_response();
    if let Ok(value) = value {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// The revision that `If-Match` names.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let number = text.trim_start_matches("W/").trim_matches('"').parse();
    number.map(Some).map_err(|_| {
        ApiError::invalid(
            "`If-Match` must be the `ETag` that the flow was read with, such as \"7\"",
        )
    })
}

/// Lists flows, newest first, without their graphs.
#[utoipa::path(
    get, path = "/api/v1/workflows", tag = "Workflows", operation_id = "list_workflows",
    params(ListQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<WorkflowSummary>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(flows): State<Flows>,
    member: Member,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<Page<WorkflowSummary>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let page = query.page()?;
    let search = query.search();
    let found = flows.list_workflows(
        member.org_id(),
        query.project_id,
        search,
        query.archived,
        page,
    );
    Ok(Json(found.await?))
}

/// Makes a flow.
#[utoipa::path(
    post, path = "/api/v1/workflows", tag = "Workflows", operation_id = "create_workflow",
    request_body = CreateWorkflow, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 201, body = SavedWorkflow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(flows): State<Flows>,
    member: Member,
    StrictJson(wanted): StrictJson<CreateWorkflow>,
) -> Result<Response, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    let made = flows.create_workflow(&member.actor(), wanted).await?;
    Ok(tagged(made, StatusCode::CREATED))
}

/// Shows a flow with its draft and what is wrong with it.
///
/// `ETag` is its revision; with `If-None-Match` an unchanged flow is answered with 304.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}", tag = "Workflows", operation_id = "get_workflow",
    params(("id" = String, Path, description = "The id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = SavedWorkflow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let flow = flows.get_workflow(member.org_id(), id).await?;
    let seen = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    if seen.is_some_and(|seen| seen.trim_start_matches("W/") == tag(flow.revision)) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    Ok(tagged(flows.with_report(flow).await?, StatusCode::OK))
}

/// Saves a flow; absent fields stay.
///
/// `revision` (or `If-Match`) says which state the changes were made to. When the flow has another one
/// by now, nothing is changed, and the answer is 409 with `details.current` and `details.yours`. A wrong
/// graph is saved all the same: `report` says what is wrong with it.
#[utoipa::path(
    put, path = "/api/v1/workflows/{id}", tag = "Workflows", operation_id = "update_workflow",
    params(("id" = String, Path, description = "The id")), request_body = UpdateWorkflow, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 200, body = SavedWorkflow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
    headers: HeaderMap,
    StrictJson(mut update): StrictJson<UpdateWorkflow>,
) -> Result<Response, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    if let Some(revision) = if_match(&headers)? {
        update.revision = Some(revision);
    }
    let saved = flows.update_workflow(&member.actor(), id, update).await?;
    Ok(tagged(saved, StatusCode::OK))
}

/// Deletes a flow with its versions.
#[utoipa::path(
    delete, path = "/api/v1/workflows/{id}", tag = "Workflows", operation_id = "delete_workflow",
    params(("id" = String, Path, description = "The id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    flows.delete_workflow(&member.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Copies a flow's draft.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/duplicate", tag = "Workflows", operation_id = "duplicate_workflow",
    params(("id" = String, Path, description = "The id")), request_body = Duplicate, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 201, body = SavedWorkflow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn duplicate(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
    StrictJson(wanted): StrictJson<Duplicate>,
) -> Result<Response, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    let copy = flows
        .duplicate_workflow(&member.actor(), id, wanted.name)
        .await?;
    Ok(tagged(copy, StatusCode::CREATED))
}

/// Judges a graph as the draft of this flow, without saving it.
///
/// The same is done when a flow is saved and when it is published.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/validate", tag = "Workflows", operation_id = "validate_workflow",
    params(("id" = String, Path, description = "The id")), request_body = ValidateWorkflow, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Report), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn validate(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
    StrictJson(wanted): StrictJson<ValidateWorkflow>,
) -> Result<Json<Report>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(Json(
        flows
            .validate_workflow(member.org_id(), id, wanted.graph)
            .await?,
    ))
}

/// Shows what the draft may touch: hosts, secrets, credentials, models, collections, code.
///
/// `is_new` marks what the live version may not (while the flow is off: its latest version).
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/permissions", tag = "Workflows", operation_id = "get_workflow_permissions",
    params(("id" = String, Path, description = "The id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Vec<WorkflowPermission>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn permissions(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
) -> Result<Json<Vec<WorkflowPermission>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(Json(flows.permissions(member.org_id(), id).await?))
}
