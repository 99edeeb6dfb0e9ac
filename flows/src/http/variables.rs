use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::query::Pair;
use crate::Flows;
use crate::ids::ProjectId;
use crate::sql::variables::{ProjectSecret, ProjectVariable};
use crate::variables::{PutSecret, PutVariable};

/// Lists a project's variables, by name.
#[utoipa::path(
    get, path = "/api/v1/projects/{id}/variables", tag = "Projects", operation_id = "list_project_variables",
    params(("id" = String, Path, description = "The id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Vec<ProjectVariable>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
) -> Result<Json<Vec<ProjectVariable>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(Json(flows.list_variables(member.org_id(), id).await?))
}

/// Makes or replaces a variable, `vars.<name>` in all flows of the project.
#[utoipa::path(
    put, path = "/api/v1/projects/{id}/variables/{name}", tag = "Projects", operation_id = "put_project_variable",
    params(("id" = String, Path, description = "The id"), ("name" = String, Path, description = "The name")), request_body = PutVariable, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 200, body = ProjectVariable), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn put(
    State(flows): State<Flows>,
    member: Member,
    Pair(id, name): Pair<ProjectId, String>,
    StrictJson(wanted): StrictJson<PutVariable>,
) -> Result<Json<ProjectVariable>, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    Ok(Json(
        flows
            .put_variable(&member.actor(), id, &name, wanted)
            .await?,
    ))
}

/// Deletes a variable.
#[utoipa::path(
    delete, path = "/api/v1/projects/{id}/variables/{name}", tag = "Projects", operation_id = "delete_project_variable",
    params(("id" = String, Path, description = "The id"), ("name" = String, Path, description = "The name")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(flows): State<Flows>,
    member: Member,
    Pair(id, name): Pair<ProjectId, String>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    flows.delete_variable(&member.actor(), id, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists a project's secrets, without their values.
#[utoipa::path(
    get, path = "/api/v1/projects/{id}/secrets", tag = "Projects", operation_id = "list_project_secrets",
    params(("id" = String, Path, description = "The id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Vec<ProjectSecret>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_secrets(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
) -> Result<Json<Vec<ProjectSecret>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(Json(flows.list_secrets(member.org_id(), id).await?))
}

/// Makes or replaces a secret, `secrets.<name>` in all flows of the project.
///
/// The value is stored encrypted; it cannot be read back.
#[utoipa::path(
    put, path = "/api/v1/projects/{id}/secrets/{name}", tag = "Projects", operation_id = "put_project_secret",
    params(("id" = String, Path, description = "The id"), ("name" = String, Path, description = "The name")), request_body = PutSecret, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 200, body = ProjectSecret), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn put_secret(
    State(flows): State<Flows>,
    member: Member,
    Pair(id, name): Pair<ProjectId, String>,
    StrictJson(wanted): StrictJson<PutSecret>,
) -> Result<Json<ProjectSecret>, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    Ok(Json(
        flows.put_secret(&member.actor(), id, &name, wanted).await?,
    ))
}

/// Deletes a secret.
#[utoipa::path(
    delete, path = "/api/v1/projects/{id}/secrets/{name}", tag = "Projects", operation_id = "delete_project_secret",
    params(("id" = String, Path, description = "The id"), ("name" = String, Path, description = "The name")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete_secret(
    State(flows): State<Flows>,
    member: Member,
    Pair(id, name): Pair<ProjectId, String>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    flows.delete_secret(&member.actor(), id, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
