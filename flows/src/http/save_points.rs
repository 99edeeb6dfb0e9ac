use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson};
use accounts::{Page, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::query::{Asked, PageQuery, Pair};
use crate::Flows;
use crate::ids::{ProjectId, SavePointId};
use crate::sql::save_points::SavePoint;

/// A save point to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Before the move"}))]
pub(super) struct CreateSavePoint {
    /// For people.
    pub name: String,
}

/// Lists a project's save points, newest first.
#[utoipa::path(
    get, path = "/api/v1/projects/{id}/save-points", tag = "Projects", operation_id = "list_save_points",
    params(("id" = String, Path, description = "The id"), PageQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<SavePoint>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Page<SavePoint>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let page = query.page()?;
    Ok(Json(
        flows.list_save_points(member.org_id(), id, page).await?,
    ))
}

/// Keeps the state of a project: drafts and variables, without secrets.
#[utoipa::path(
    post, path = "/api/v1/projects/{id}/save-points", tag = "Projects", operation_id = "create_save_point",
    params(("id" = String, Path, description = "The id")), request_body = CreateSavePoint, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 201, body = SavePoint), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
    StrictJson(wanted): StrictJson<CreateSavePoint>,
) -> Result<(StatusCode, Json<SavePoint>), ApiError> {
    member.require(Permission::ProjectsWrite)?;
    let made = flows
        .create_save_point(&member.actor(), id, &wanted.name)
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Brings drafts and variables back to a save point.
///
/// The state before is kept as another save point, which is the answer. Flows made since then and
/// published versions stay.
#[utoipa::path(
    post, path = "/api/v1/projects/{id}/save-points/{save_point_id}/restore", tag = "Projects", operation_id = "restore_save_point",
    params(("id" = String, Path, description = "The id"), ("save_point_id" = String, Path, description = "The save point's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 200, body = SavePoint), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn restore(
    State(flows): State<Flows>,
    member: Member,
    Pair(id, point): Pair<ProjectId, SavePointId>,
) -> Result<Json<SavePoint>, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    Ok(Json(
        flows.restore_save_point(&member.actor(), id, point).await?,
    ))
}

/// Deletes a save point.
#[utoipa::path(
    delete, path = "/api/v1/projects/{id}/save-points/{save_point_id}", tag = "Projects", operation_id = "delete_save_point",
    params(("id" = String, Path, description = "The id"), ("save_point_id" = String, Path, description = "The save point's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(flows): State<Flows>,
    member: Member,
    Pair(id, point): Pair<ProjectId, SavePointId>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    flows.delete_save_point(&member.actor(), id, point).await?;
    Ok(StatusCode::NO_CONTENT)
}
