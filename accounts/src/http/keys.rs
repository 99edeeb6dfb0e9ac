use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use store::KeyId;
use utoipa::ToSchema;

use super::extract::PageQuery;
use super::{Admin, ApiError, ErrorBody, Id, Paging, StrictJson};
use crate::{Accounts, ApiKey, CreateKey, Page, UpdateKey};

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
    params(PageQuery), security(("api_key" = [])),
    responses((status = 200, body = Page<ApiKey>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    admin: Admin,
    Paging(page): Paging,
) -> Result<Json<Page<ApiKey>>, ApiError> {
    Ok(Json(accounts.list_keys(admin.0.org_id(), page).await?))
}

/// Makes an API key.
///
/// The answer is the only time the key itself is shown.
#[utoipa::path(
    post, path = "/api/v1/keys", tag = "Keys", operation_id = "create_key",
    request_body = CreateKey, security(("api_key" = [])),
    responses((status = 201, body = CreatedKey), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(accounts): State<Accounts>,
    admin: Admin,
    StrictJson(wanted): StrictJson<CreateKey>,
) -> Result<(StatusCode, Json<CreatedKey>), ApiError> {
    let new = accounts.create_key(&admin.actor(), wanted).await?;
    let created = CreatedKey {
        key: new.key.expose().to_owned(),
        record: new.record,
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Shows one API key.
#[utoipa::path(
    get, path = "/api/v1/keys/{id}", tag = "Keys", operation_id = "get_key",
    params(("id" = KeyId, Path, description = "The key's id")), security(("api_key" = [])),
    responses((status = 200, body = ApiKey), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    admin: Admin,
    Id(id): Id<KeyId>,
) -> Result<Json<ApiKey>, ApiError> {
    Ok(Json(accounts.get_key(admin.0.org_id(), id).await?))
}

/// Changes an API key; `{"revoked": true}` revokes it for good.
///
/// Effective at once on the instance that answers, within a second on others.
#[utoipa::path(
    patch, path = "/api/v1/keys/{id}", tag = "Keys", operation_id = "update_key",
    params(("id" = KeyId, Path, description = "The key's id")),
    request_body = UpdateKey, security(("api_key" = [])),
    responses((status = 200, body = ApiKey), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    admin: Admin,
    Id(id): Id<KeyId>,
    StrictJson(update): StrictJson<UpdateKey>,
) -> Result<Json<ApiKey>, ApiError> {
    Ok(Json(accounts.update_key(&admin.actor(), id, update).await?))
}

/// Deletes an API key with the limits and budgets set on it.
///
/// Recorded usage stays. To keep the record, revoke the key instead.
#[utoipa::path(
    delete, path = "/api/v1/keys/{id}", tag = "Keys", operation_id = "delete_key",
    params(("id" = KeyId, Path, description = "The key's id")), security(("api_key" = [])),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(accounts): State<Accounts>,
    admin: Admin,
    Id(id): Id<KeyId>,
) -> Result<StatusCode, ApiError> {
    accounts.delete_key(&admin.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
