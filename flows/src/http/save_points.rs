use accounts::Page;
use accounts::http::{Admin, ApiError, ErrorBody, Id, StrictJson};
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
pub(super) struct CreateSavePoint {
    /// For people.
    pub name: String,
}

/// Lists a project's save points, newest first.
#[utoipa::path(
    get, path = "/api/v1/projects/{id}/save-points", tag = "Projects", operation_id = "list_save_points",
    params(("id" = String, Path, description = "The id"), PageQuery), security(("api_key" = [])),
    responses((status = 200, body = Page<SavePoint>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(flows): State<Flows>,
    admin: Admin,
    Id(id): Id<ProjectId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Page<SavePoint>>, ApiError> {
    let page = query.page()?;
    Ok(Json(
        flows.list_save_points(admin.0.org_id(), id, page).await?,
    ))
}

/// Keeps the state of a project: drafts and variables, without secrets.
#[utoipa::path(
    post, path = "/api/v1/projects/{id}/save-points", tag = "Projects", operation_id = "create_save_point",
    params(("id" = String, Path, description = "The id")), request_body = CreateSavePoint, security(("api_key" = [])),
    responses((status = 201, body = SavePoint), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(flows): State<Flows>,
    admin: Admin,
    Id(id): Id<ProjectId>,
    StrictJson(wanted): StrictJson<CreateSavePoint>,
) -> Result<(StatusCode, Json<SavePoint>), ApiError> {
    let made = flows
        .create_save_point(&admin.actor(), id, &wanted.name)
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Brings drafts and variables back to a save point.
///
/// The state before is kept as another save point, which is the answer. Flows made since then and
/// published versions stay.
#[utoipa::path(
    post, path = "/api/v1/projects/{id}/save-points/{save_point_id}/restore", tag = "Projects", operation_id = "restore_save_point",
    params(("id" = String, Path, description = "The id"), ("save_point_id" = String, Path, description = "The save point's id")), security(("api_key" = [])),
    responses((status = 200, body = SavePoint), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn restore(
    State(flows): State<Flows>,
    admin: Admin,
    Pair(id, point): Pair<ProjectId, SavePointId>,
) -> Result<Json<SavePoint>, ApiError> {
    Ok(Json(
        flows.restore_save_point(&admin.actor(), id, point).await?,
    ))
}

/// Deletes a save point.
#[utoipa::path(
    delete, path = "/api/v1/projects/{id}/save-points/{save_point_id}", tag = "Projects", operation_id = "delete_save_point",
    params(("id" = String, Path, description = "The id"), ("save_point_id" = String, Path, description = "The save point's id")), security(("api_key" = [])),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(flows): State<Flows>,
    admin: Admin,
    Pair(id, point): Pair<ProjectId, SavePointId>,
) -> Result<StatusCode, ApiError> {
    flows.delete_save_point(&admin.actor(), id, point).await?;
    Ok(StatusCode::NO_CONTENT)
}
