use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use store::KeyId;
use utoipa::ToSchema;

use super::extract::PageQuery;
use super::tagged::with_tag;
use super::{ApiError, ErrorBody, Id, Member, Paging, StrictJson, Tagged};
use crate::{Accounts, ApiKey, CreateKey, ETag, IfMatch, Page, Permission, UpdateKey};

/// A key just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedKey {
    /// The key itself. It is shown this once and cannot be read again.
    pub key: String,
    /// What is stored about it.
    #[serde(flatten)]
    pub record: ApiKey,
}

/// Lists the organization's API keys, newest first.
#[utoipa::path(
    get, path = "/api/v1/keys", tag = "Keys", operation_id = "list_keys",
    params(PageQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("keys:read"))),
    responses((status = 200, body = Page<ApiKey>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    member: Member,
    Paging(page): Paging,
) -> Result<Json<Page<ApiKey>>, ApiError> {
    member.require(Permission::KeysRead)?;
    Ok(Json(accounts.list_keys(member.org_id(), page).await?))
}

/// Makes an API key.
///
/// The answer is the only time the key itself is shown.
#[utoipa::path(
    post, path = "/api/v1/keys", tag = "Keys", operation_id = "create_key",
    request_body = CreateKey, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("keys:write"))),
    responses((status = 201, body = CreatedKey), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(accounts): State<Accounts>,
    member: Member,
    StrictJson(wanted): StrictJson<CreateKey>,
) -> Result<Response, ApiError> {
    member.require(Permission::KeysWrite)?;
    let new = accounts.create_key(&member.actor(), wanted).await?;
    let created = CreatedKey {
        key: new.key.expose().to_owned(),
        record: new.record,
    };
    let tag = ETag::of(&created.record);
    let response = (StatusCode::CREATED, Json(created)).into_response();
    Ok(with_tag(response, &tag))
}

/// Shows one API key.
#[utoipa::path(
    get, path = "/api/v1/keys/{id}", tag = "Keys", operation_id = "get_key",
    params(("id" = KeyId, Path, description = "The key's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("keys:read"))),
    responses((status = 200, body = ApiKey), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    member: Member,
    Id(id): Id<KeyId>,
) -> Result<Tagged<ApiKey>, ApiError> {
    member.require(Permission::KeysRead)?;
    Ok(Tagged(accounts.get_key(member.org_id(), id).await?))
}

/// Changes an API key; `{"revoked": true}` revokes it for good.
///
/// Effective at once on the instance that answers, within a second on others.
#[utoipa::path(
    patch, path = "/api/v1/keys/{id}", tag = "Keys", operation_id = "update_key",
    params(("id" = KeyId, Path, description = "The key's id")),
    request_body = UpdateKey, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("keys:write"))),
    responses((status = 200, body = ApiKey), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<KeyId>,
    StrictJson(update): StrictJson<UpdateKey>,
) -> Result<Tagged<ApiKey>, ApiError> {
    member.require(Permission::KeysWrite)?;
    Ok(Tagged(
        accounts
            .update_key(&member.actor().expecting(if_match), id, update)
            .await?,
    ))
}

/// Deletes an API key with the limits and budgets set on it.
///
/// Recorded usage stays. To keep the record, revoke the key instead.
#[utoipa::path(
    delete, path = "/api/v1/keys/{id}", tag = "Keys", operation_id = "delete_key",
    params(("id" = KeyId, Path, description = "The key's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("keys:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<KeyId>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::KeysWrite)?;
    accounts
        .delete_key(&member.actor().expecting(if_match), id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
