//! Templates that organizations keep, and what people think of all templates.

use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson};
use accounts::{Page, Permission};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::Gallery;
use super::templates::page;
use crate::ids::TemplateId;
use crate::templates::{
    Caller, CreateTemplate, NewTemplateVersion, RateTemplate, TemplateDetail, TemplateRating,
    TemplateVersion, UpdateTemplate,
};

/// Keeps a flow's draft as a template of the organization.
///
/// Credentials, collections and secrets stay names, which whoever uses the template connects. A flow in
/// which a secret stands in clear is refused, with the place. `is_published` shows the template to all
/// organizations of the instance; only the instance's owner may set it, and from then on only the
/// instance's owner may change the template.
#[utoipa::path(
    post, path = "/api/v1/templates", tag = "Templates", operation_id = "create_template",
    request_body = CreateTemplate, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("templates:write"))),
    responses((status = 201, body = TemplateDetail), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(gallery): State<Gallery>,
    member: Member,
    StrictJson(wanted): StrictJson<CreateTemplate>,
) -> Result<(StatusCode, Json<TemplateDetail>), ApiError> {
    let caller = Caller::new(member.require(Permission::TemplatesWrite)?);
    let id = gallery.flows.create_template(&caller, wanted).await?;
    let made = gallery
        .flows
        .template(&gallery.gateway, &caller, &id)
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Changes what is said of a template of the organization; absent fields stay.
#[utoipa::path(
    patch, path = "/api/v1/templates/{id}", tag = "Templates", operation_id = "update_template",
    params(("id" = String, Path, description = "The template's id")), request_body = UpdateTemplate,
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("templates:write"))),
    responses((status = 200, body = TemplateDetail), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(gallery): State<Gallery>,
    member: Member,
    Id(id): Id<TemplateId>,
    StrictJson(update): StrictJson<UpdateTemplate>,
) -> Result<Json<TemplateDetail>, ApiError> {
    let caller = Caller::new(member.require(Permission::TemplatesWrite)?);
    gallery.flows.update_template(&caller, id, update).await?;
    shown(&gallery, &caller, id).await
}

/// Deletes a template of the organization. Flows that were made of it stay.
#[utoipa::path(
    delete, path = "/api/v1/templates/{id}", tag = "Templates", operation_id = "delete_template",
    params(("id" = String, Path, description = "The template's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("templates:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(gallery): State<Gallery>,
    member: Member,
    Id(id): Id<TemplateId>,
) -> Result<StatusCode, ApiError> {
    let caller = Caller::new(member.require(Permission::TemplatesWrite)?);
    gallery.flows.delete_template(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the versions of a template of the organization, newest first.
#[utoipa::path(
    get, path = "/api/v1/templates/{id}/versions", tag = "Templates",
    operation_id = "list_template_versions",
    params(("id" = String, Path, description = "The template's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<TemplateVersion>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn versions(
    State(gallery): State<Gallery>,
    member: Member,
    Id(id): Id<TemplateId>,
) -> Result<Json<Page<TemplateVersion>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let org = member.org_id();
    Ok(page(gallery.flows.list_template_versions(org, id).await?))
}

/// Makes a flow's draft the next version of a template of the organization.
///
/// Flows that were made of it before stay as they are.
#[utoipa::path(
    post, path = "/api/v1/templates/{id}/versions", tag = "Templates",
    operation_id = "add_template_version",
    params(("id" = String, Path, description = "The template's id")),
    request_body = NewTemplateVersion, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("templates:write"))),
    responses((status = 200, body = TemplateDetail), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn add_version(
    State(gallery): State<Gallery>,
    member: Member,
    Id(id): Id<TemplateId>,
    StrictJson(wanted): StrictJson<NewTemplateVersion>,
) -> Result<Json<TemplateDetail>, ApiError> {
    let caller = Caller::new(member.require(Permission::TemplatesWrite)?);
    let flows = &gallery.flows;
    flows.add_template_version(&caller, id, wanted).await?;
    shown(&gallery, &caller, id).await
}

/// Gives a template stars, in place of those that the caller gave it before.
#[utoipa::path(
    put, path = "/api/v1/templates/{id}/rating", tag = "Templates", operation_id = "rate_template",
    params(("id" = String, Path, description = "The template's slug, or its id")),
    request_body = RateTemplate, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 200, body = TemplateRating), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn rate(
    State(gallery): State<Gallery>,
    member: Member,
    Path(slug): Path<String>,
    StrictJson(wanted): StrictJson<RateTemplate>,
) -> Result<Json<TemplateRating>, ApiError> {
    let caller = Caller::new(member.require(Permission::ProjectsWrite)?);
    let rating = gallery.flows.rate_template(&caller, &slug, wanted).await?;
    Ok(Json(rating))
}

/// Takes the caller's stars back.
#[utoipa::path(
    delete, path = "/api/v1/templates/{id}/rating", tag = "Templates",
    operation_id = "unrate_template",
    params(("id" = String, Path, description = "The template's slug, or its id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 200, body = TemplateRating), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn unrate(
    State(gallery): State<Gallery>,
    member: Member,
    Path(slug): Path<String>,
) -> Result<Json<TemplateRating>, ApiError> {
    let caller = Caller::new(member.require(Permission::ProjectsWrite)?);
    Ok(Json(gallery.flows.unrate_template(&caller, &slug).await?))
}

async fn shown(
    gallery: &Gallery,
    caller: &Caller,
    id: TemplateId,
) -> Result<Json<TemplateDetail>, ApiError> {
    let flows = &gallery.flows;
    let id = id.to_string();
    Ok(Json(flows.template(&gallery.gateway, caller, &id).await?))
}
