use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson};
use accounts::{Page, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::query::{Asked, ListQuery};
use crate::Flows;
use crate::ids::ProjectId;
use crate::projects::{CreateProject, UpdateProject};
use crate::sql::projects::Project;
use crate::transfer::{Document, ImportReport, ImportRequest};

/// A copy to be made.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"name": "Support, second try"}))]
pub(super) struct Duplicate {
    /// The copy's name; the old one with "(copy)" when absent.
    pub name: Option<String>,
}

/// A copied project.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct DuplicatedProject {
    /// The copy.
    pub project: Project,
    /// What was copied, and what is missing.
    pub import: ImportReport,
}

/// In which form a project is exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// JSON.
    #[default]
    Json,
    /// YAML.
    Yaml,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// `json` or `yaml`.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

const TEXT: (HeaderName, &str) = (header::CONTENT_TYPE, "application/yaml");

/// Lists projects, newest first.
#[utoipa::path(
    get, path = "/api/v1/projects", tag = "Projects", operation_id = "list_projects",
    params(ListQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<Project>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(flows): State<Flows>,
    member: Member,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<Page<Project>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let page = query.page()?;
    let found = flows
        .list_projects(member.org_id(), query.search(), query.archived, page)
        .await?;
    Ok(Json(found))
}

/// Makes a project.
#[utoipa::path(
    post, path = "/api/v1/projects", tag = "Projects", operation_id = "create_project",
    request_body = CreateProject, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 201, body = Project), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(flows): State<Flows>,
    member: Member,
    StrictJson(wanted): StrictJson<CreateProject>,
) -> Result<(StatusCode, Json<Project>), ApiError> {
    member.require(Permission::ProjectsWrite)?;
    let made = flows.create_project(&member.actor(), wanted).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Shows a project.
#[utoipa::path(
    get, path = "/api/v1/projects/{id}", tag = "Projects", operation_id = "get_project",
    params(("id" = String, Path, description = "The id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Project), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
) -> Result<Json<Project>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(Json(flows.get_project(member.org_id(), id).await?))
}

/// Changes a project; absent fields stay.
#[utoipa::path(
    put, path = "/api/v1/projects/{id}", tag = "Projects", operation_id = "update_project",
    params(("id" = String, Path, description = "The id")), request_body = UpdateProject, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 200, body = Project), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
    StrictJson(update): StrictJson<UpdateProject>,
) -> Result<Json<Project>, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    Ok(Json(
        flows.update_project(&member.actor(), id, update).await?,
    ))
}

/// Deletes a project with its flows, versions, variables and secrets.
#[utoipa::path(
    delete, path = "/api/v1/projects/{id}", tag = "Projects", operation_id = "delete_project",
    params(("id" = String, Path, description = "The id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    flows.delete_project(&member.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Copies a project with its flows' drafts and its variables.
///
/// Secrets are not copied; the answer names those that are missing.
#[utoipa::path(
    post, path = "/api/v1/projects/{id}/duplicate", tag = "Projects", operation_id = "duplicate_project",
    params(("id" = String, Path, description = "The id")), request_body = Duplicate, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 201, body = DuplicatedProject), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn duplicate(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
    StrictJson(wanted): StrictJson<Duplicate>,
) -> Result<(StatusCode, Json<DuplicatedProject>), ApiError> {
    member.require(Permission::ProjectsWrite)?;
    let (project, import) = flows
        .duplicate_project(&member.actor(), id, wanted.name)
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(DuplicatedProject { project, import }),
    ))
}

/// Puts a project aside.
#[utoipa::path(
    post, path = "/api/v1/projects/{id}/archive", tag = "Projects", operation_id = "archive_project",
    params(("id" = String, Path, description = "The id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 200, body = Project), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn archive(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
) -> Result<Json<Project>, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    let update = UpdateProject {
        is_archived: Some(true),
        ..UpdateProject::default()
    };
    Ok(Json(
        flows.update_project(&member.actor(), id, update).await?,
    ))
}

/// Takes a project out again.
#[utoipa::path(
    post, path = "/api/v1/projects/{id}/unarchive", tag = "Projects", operation_id = "unarchive_project",
    params(("id" = String, Path, description = "The id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 200, body = Project), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn unarchive(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
) -> Result<Json<Project>, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    let update = UpdateProject {
        is_archived: Some(false),
        ..UpdateProject::default()
    };
    Ok(Json(
        flows.update_project(&member.actor(), id, update).await?,
    ))
}

/// Gives a project as one document, JSON or YAML.
///
/// It is sorted and holds no ids, times or secrets: the same project is the same text. Credentials,
/// collections and flows stand in it by name, and `requires` lists them.
#[utoipa::path(
    post, path = "/api/v1/projects/{id}/export", tag = "Projects", operation_id = "export_project",
    params(("id" = String, Path, description = "The id"), ExportQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Document), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn export(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
    Asked(query): Asked<ExportQuery>,
) -> Result<Response, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let document = flows.export_project(member.org_id(), id).await?;
    Ok(match query.format {
        Format::Json => Json(document).into_response(),
        Format::Yaml => ([TEXT], document.to_yaml()?).into_response(),
    })
}

/// Adds a document's flows and variables to a project.
///
/// With `dry_run` nothing changes and the answer says what would: which names the organization lacks
/// (give others in `mapping`), which slugs are taken, what is wrong with each flow.
#[utoipa::path(
    post, path = "/api/v1/projects/{id}/import", tag = "Projects", operation_id = "import_project",
    params(("id" = String, Path, description = "The id")), request_body = ImportRequest, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 200, body = ImportReport), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn import(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<ProjectId>,
    StrictJson(request): StrictJson<ImportRequest>,
) -> Result<Json<ImportReport>, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    Ok(Json(
        flows.import_project(&member.actor(), id, request).await?,
    ))
}
