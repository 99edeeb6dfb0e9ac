use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use store::OrgId;
use utoipa::{IntoParams, ToSchema};

use super::extract::PageQuery;
use super::{
    AnyCaller, ApiError, ErrorBody, InstanceOwner, Member, OrgMember, Paging, StrictJson, Tagged,
};
use crate::organization_settings::UpdateSettings;
use crate::{
    Accounts, CreateOrganization, IfMatch, Organization, OrganizationSettings, OrganizationSize,
    OwnOrganization, Page, Permission, Role, SignedIn, UpdateOrganization,
};

/// Shows the organization that the caller works in.
#[utoipa::path(
    get, path = "/api/v1/organizations/current", tag = "Organizations",
    operation_id = "get_current_organization", security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("organization:read"))),
    responses((status = 200, body = Organization), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn current(
    State(accounts): State<Accounts>,
    member: Member,
) -> Result<Tagged<Organization>, ApiError> {
    member.require(Permission::OrganizationRead)?;
    Ok(Tagged(accounts.get_organization(member.org_id()).await?))
}

/// Changes the organization that the caller works in.
#[utoipa::path(
    patch, path = "/api/v1/organizations/current", tag = "Organizations",
    operation_id = "update_current_organization",
    request_body = UpdateOrganization, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("organization:update"))),
    responses((status = 200, body = Organization), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update_current(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    StrictJson(update): StrictJson<UpdateOrganization>,
) -> Result<Tagged<Organization>, ApiError> {
    member.require(Permission::OrganizationUpdate)?;
    let actor = member.actor().expecting(if_match);
    Ok(Tagged(accounts.update_organization(&actor, update).await?))
}

/// Lists the organizations that the caller belongs to, newest first, with its role in each.
///
/// An API key belongs to one, in which it acts as `admin`.
#[utoipa::path(
    get, path = "/api/v1/organizations", tag = "Organizations", operation_id = "list_organizations",
    params(PageQuery), security(("api_key" = []), ("session" = [])),
    responses((status = 200, body = Page<OwnOrganization>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    caller: AnyCaller,
    Paging(page): Paging,
) -> Result<Json<Page<OwnOrganization>>, ApiError> {
    match caller {
        AnyCaller::Person(signed_in) => Ok(Json(
            accounts
                .list_own_organizations(signed_in.user_id(), page)
                .await?,
        )),
        AnyCaller::Key(principal) => {
            let organization = accounts.get_organization(principal.org_id()).await?;
            let role = principal.role().unwrap_or(Role::Viewer);
            Ok(Json(Page {
                data: vec![OwnOrganization { organization, role }],
                next_cursor: None,
            }))
        }
    }
}

/// Makes an organization that belongs to the person who asks.
#[utoipa::path(
    post, path = "/api/v1/organizations", tag = "Organizations",
    operation_id = "create_organization",
    request_body = CreateOrganization, security(("session" = [])),
    responses((status = 201, body = OwnOrganization), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    StrictJson(wanted): StrictJson<CreateOrganization>,
) -> Result<(StatusCode, Json<OwnOrganization>), ApiError> {
    let made = accounts
        .create_own_organization(signed_in.user_id(), wanted)
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Shows one organization.
#[utoipa::path(
    get, path = "/api/v1/organizations/{id}", tag = "Organizations",
    operation_id = "get_organization",
    params(("id" = OrgId, Path, description = "The organization's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("organization:read"))),
    responses((status = 200, body = Organization), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    OrgMember(member): OrgMember,
) -> Result<Tagged<Organization>, ApiError> {
    member.require(Permission::OrganizationRead)?;
    Ok(Tagged(accounts.get_organization(member.org_id()).await?))
}

/// Changes fields of an organization.
#[utoipa::path(
    patch, path = "/api/v1/organizations/{id}", tag = "Organizations",
    operation_id = "update_organization",
    params(("id" = OrgId, Path, description = "The organization's id")),
    request_body = UpdateOrganization, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("organization:update"))),
    responses((status = 200, body = Organization), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    OrgMember(member): OrgMember,
    if_match: IfMatch,
    StrictJson(update): StrictJson<UpdateOrganization>,
) -> Result<Tagged<Organization>, ApiError> {
    member.require(Permission::OrganizationUpdate)?;
    let actor = member.actor().expecting(if_match);
    Ok(Tagged(accounts.update_organization(&actor, update).await?))
}

/// All that an organization decides about itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Analytical Engines", "slug": "engines", "log_bodies": false, "billing_email": null,
    "settings": {"require_mfa": false, "allowed_models": [], "retention_days": null}
}))]
pub(super) struct ReplaceOrganization {
    /// For people; 1 to 200 characters.
    name: String,
    /// Unique short name: 1 to 64 of `a-z 0-9 -`.
    slug: String,
    /// All settings; those left out take their defaults.
    settings: OrganizationSettings,
    /// Whether bodies of requests and answers are logged.
    log_bodies: bool,
    /// Where statements and alerts go besides owners and admins.
    billing_email: Option<String>,
}

/// Replaces all that an organization decides about itself.
#[utoipa::path(
    put, path = "/api/v1/organizations/{id}", tag = "Organizations",
    operation_id = "replace_organization",
    params(("id" = OrgId, Path, description = "The organization's id")),
    request_body = ReplaceOrganization, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("organization:update"))),
    responses((status = 200, body = Organization), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn replace(
    State(accounts): State<Accounts>,
    OrgMember(member): OrgMember,
    if_match: IfMatch,
    StrictJson(wanted): StrictJson<ReplaceOrganization>,
) -> Result<Tagged<Organization>, ApiError> {
    member.require(Permission::OrganizationUpdate)?;
    let update = UpdateOrganization {
        name: Some(wanted.name),
        slug: Some(wanted.slug),
        settings: Some(UpdateSettings {
            require_mfa: Some(wanted.settings.require_mfa),
            allowed_models: Some(wanted.settings.allowed_models),
            retention_days: Some(wanted.settings.retention_days),
        }),
        log_bodies: Some(wanted.log_bodies),
        billing_email: Some(wanted.billing_email),
    };
    let actor = member.actor().expecting(if_match);
    Ok(Tagged(accounts.update_organization(&actor, update).await?))
}

/// The proof that the right organization is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Confirmation {
    /// The organization's exact name.
    confirm_name: String,
}

/// Deletes an organization with everything that belongs to it. There is no way back.
///
/// Export it first: `POST /api/v1/organizations/{id}/export`.
#[utoipa::path(
    delete, path = "/api/v1/organizations/{id}", tag = "Organizations",
    operation_id = "delete_organization",
    params(("id" = OrgId, Path, description = "The organization's id"), Confirmation),
    security(("session" = [])),
    extensions(("x-permission" = json!("organization:delete"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(accounts): State<Accounts>,
    OrgMember(member): OrgMember,
    if_match: IfMatch,
    confirmation: Result<Query<Confirmation>, axum::extract::rejection::QueryRejection>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::OrganizationDelete)?;
    let Query(confirmation) =
        confirmation.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let actor = member.actor().expecting(if_match);
    accounts
        .delete_organization(&actor, &confirmation.confirm_name)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Exports everything of an organization, without secrets.
///
/// One JSON object, streamed: the organization, its members, teams, invitations, keys (not the keys
/// themselves), limits, budgets, credentials (not their secrets), audit log, usage, and what other
/// parts of the product keep of it.
#[utoipa::path(
    post, path = "/api/v1/organizations/{id}/export", tag = "Organizations",
    operation_id = "export_organization",
    params(("id" = OrgId, Path, description = "The organization's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("organization:update"))),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn export(
    State(accounts): State<Accounts>,
    OrgMember(member): OrgMember,
) -> Result<Response, ApiError> {
    member.require(Permission::OrganizationUpdate)?;
    let slug = accounts.get_organization(member.org_id()).await?.slug;
    accounts.note_export(&member.actor()).await?;
    let pieces = accounts.export_organization(member.org_id()).await?;
    let pieces = pieces.map_ok(Bytes::from).inspect_err(|error| {
        tracing::error!(%error, "an export broke off");
    });
    let mut response = Body::from_stream(pieces).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let file = format!("attachment; filename=\"{slug}.json\"");
    if let Ok(file) = HeaderValue::from_str(&file) {
        headers.insert(CONTENT_DISPOSITION, file);
    }
    Ok(response)
}

/// Lists all organizations of the instance, for its owner.
#[utoipa::path(
    get, path = "/api/v1/admin/organizations", tag = "Administration",
    operation_id = "list_all_organizations", params(PageQuery), security(("session" = [])),
    responses((status = 200, body = Page<OrganizationSize>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_all(
    State(accounts): State<Accounts>,
    _: InstanceOwner,
    Paging(page): Paging,
) -> Result<Json<Page<OrganizationSize>>, ApiError> {
    Ok(Json(accounts.list_all_organizations(page).await?))
}
