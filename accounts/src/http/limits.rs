use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use store::LimitId;

use super::extract::PageQuery;
use super::{ApiError, ErrorBody, Id, Member, Paging, StrictJson, Tagged};
use crate::{Accounts, CreateLimit, IfMatch, Limit, Page, Permission, UpdateRule};

/// Lists the organization's limits, newest first.
#[utoipa::path(
    get, path = "/api/v1/limits", tag = "Limits", operation_id = "list_limits",
    params(PageQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:read"))),
    responses((status = 200, body = Page<Limit>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    member: Member,
    Paging(page): Paging,
) -> Result<Json<Page<Limit>>, ApiError> {
    member.require(Permission::LimitsRead)?;
    Ok(Json(accounts.list_limits(member.org_id(), page).await?))
}

/// Sets a limit on the requests, tokens or concurrency of the organization, a team, a user or a key.
#[utoipa::path(
    post, path = "/api/v1/limits", tag = "Limits", operation_id = "create_limit",
    request_body = CreateLimit, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:write"))),
    responses((status = 201, body = Limit), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(accounts): State<Accounts>,
    member: Member,
    StrictJson(wanted): StrictJson<CreateLimit>,
) -> Result<(StatusCode, Tagged<Limit>), ApiError> {
    member.require(Permission::LimitsWrite)?;
    let created = accounts.create_limit(&member.actor(), wanted).await?;
    Ok((StatusCode::CREATED, Tagged(created)))
}

/// Shows one limit.
#[utoipa::path(
    get, path = "/api/v1/limits/{id}", tag = "Limits", operation_id = "get_limit",
    params(("id" = LimitId, Path, description = "The limit's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:read"))),
    responses((status = 200, body = Limit), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    member: Member,
    Id(id): Id<LimitId>,
) -> Result<Tagged<Limit>, ApiError> {
    member.require(Permission::LimitsRead)?;
    Ok(Tagged(accounts.get_limit(member.org_id(), id).await?))
}

/// Changes a limit's maximum.
///
/// What a limit counts cannot change: delete it and set another one.
#[utoipa::path(
    patch, path = "/api/v1/limits/{id}", tag = "Limits", operation_id = "update_limit",
    params(("id" = LimitId, Path, description = "The limit's id")),
    request_body = UpdateRule, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:write"))),
    responses((status = 200, body = Limit), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<LimitId>,
    StrictJson(update): StrictJson<UpdateRule>,
) -> Result<Tagged<Limit>, ApiError> {
    member.require(Permission::LimitsWrite)?;
    let updated = accounts
        .update_limit(&member.actor().expecting(if_match), id, update)
        .await?;
    Ok(Tagged(updated))
}

/// Deletes a limit.
#[utoipa::path(
    delete, path = "/api/v1/limits/{id}", tag = "Limits", operation_id = "delete_limit",
    params(("id" = LimitId, Path, description = "The limit's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<LimitId>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::LimitsWrite)?;
    accounts
        .delete_limit(&member.actor().expecting(if_match), id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
