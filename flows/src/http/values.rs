use accounts::http::{ApiError, ErrorBody, Id, Member, Paging};
use accounts::{Page, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::query::Pair;
use crate::Flows;
use crate::ids::ProjectId;
use crate::sql::values::StoredValue;

/// Lists what a project's flows keep between their runs, the newest key first.
#[utoipa::path(
    get, path = "/api/v1/projects/{id}/values", tag = "Projects", operation_id = "list_project_values",
    params(
        ("id" = String, Path, description = "The id"),
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 500; 50 when absent"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<StoredValue>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
    Paging(page): Paging,
) -> Result<Json<Page<StoredValue>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(Json(flows.list_values(member.org_id(), id, page).await?))
}

/// Deletes a value that flows keep.
#[utoipa::path(
    delete, path = "/api/v1/projects/{id}/values/{key}", tag = "Projects", operation_id = "delete_project_value",
    params(("id" = String, Path, description = "The id"), ("key" = String, Path, description = "The key")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(flows): State<Flows>,
    member: Member,
    Pair(id, key): Pair<ProjectId, String>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    flows.delete_value(&member.actor(), id, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
