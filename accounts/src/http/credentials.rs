use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::CredentialId;
use utoipa::ToSchema;

use super::extract::PageQuery;
use super::{ApiError, ErrorBody, Id, Member, Paging, StrictJson, Tagged};
use crate::{
    Accounts, CreateCredential, Credential, IfMatch, Page, Permission, Secret, UpdateCredential,
};

/// Lists the organization's credentials, newest first, without their secrets.
#[utoipa::path(
    get, path = "/api/v1/credentials", tag = "Credentials", operation_id = "list_credentials",
    params(PageQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("credentials:read"))),
    responses((status = 200, body = Page<Credential>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    member: Member,
    Paging(page): Paging,
) -> Result<Json<Page<Credential>>, ApiError> {
    member.require(Permission::CredentialsRead)?;
    Ok(Json(
        accounts.list_credentials(member.org_id(), page).await?,
    ))
}

/// Stores a provider's secret, encrypted.
///
/// Secrets go in and are used; no endpoint gives them out again.
#[utoipa::path(
    post, path = "/api/v1/credentials", tag = "Credentials", operation_id = "create_credential",
    request_body = CreateCredential, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("credentials:write"))),
    responses((status = 201, body = Credential), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(accounts): State<Accounts>,
    member: Member,
    StrictJson(wanted): StrictJson<CreateCredential>,
) -> Result<(StatusCode, Tagged<Credential>), ApiError> {
    member.require(Permission::CredentialsWrite)?;
    let created = accounts.create_credential(&member.actor(), wanted).await?;
    Ok((StatusCode::CREATED, Tagged(created)))
}

/// Shows one credential, without its secret.
#[utoipa::path(
    get, path = "/api/v1/credentials/{id}", tag = "Credentials", operation_id = "get_credential",
    params(("id" = CredentialId, Path, description = "The credential's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("credentials:read"))),
    responses((status = 200, body = Credential), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    member: Member,
    Id(id): Id<CredentialId>,
) -> Result<Tagged<Credential>, ApiError> {
    member.require(Permission::CredentialsRead)?;
    Ok(Tagged(accounts.get_credential(member.org_id(), id).await?))
}

/// Renames a credential, switches it on or off, or replaces its secret.
#[utoipa::path(
    patch, path = "/api/v1/credentials/{id}", tag = "Credentials", operation_id = "update_credential",
    params(("id" = CredentialId, Path, description = "The credential's id")),
    request_body = UpdateCredential, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("credentials:write"))),
    responses((status = 200, body = Credential), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<CredentialId>,
    StrictJson(update): StrictJson<UpdateCredential>,
) -> Result<Tagged<Credential>, ApiError> {
    member.require(Permission::CredentialsWrite)?;
    let updated = accounts
        .update_credential(&member.actor().expecting(if_match), id, update)
        .await?;
    Ok(Tagged(updated))
}

/// All that can be said of a credential anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "main", "is_active": true, "secret": "sk-…"}))]
pub(super) struct ReplaceCredential {
    /// For people.
    name: String,
    /// Whether it may be used.
    is_active: bool,
    /// The new secret; the old one stays when absent, because nobody can read it to send it again.
    secret: Option<Secret>,
}

/// Replaces what is stored of a credential.
#[utoipa::path(
    put, path = "/api/v1/credentials/{id}", tag = "Credentials", operation_id = "replace_credential",
    params(("id" = CredentialId, Path, description = "The credential's id")),
    request_body = ReplaceCredential, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("credentials:write"))),
    responses((status = 200, body = Credential), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn replace(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<CredentialId>,
    StrictJson(wanted): StrictJson<ReplaceCredential>,
) -> Result<Tagged<Credential>, ApiError> {
    member.require(Permission::CredentialsWrite)?;
    let update = UpdateCredential {
        name: Some(wanted.name),
        secret: wanted.secret,
        is_active: Some(wanted.is_active),
    };
    let actor = member.actor().expecting(if_match);
    Ok(Tagged(
        accounts.update_credential(&actor, id, update).await?,
    ))
}

/// Deletes a credential.
#[utoipa::path(
    delete, path = "/api/v1/credentials/{id}", tag = "Credentials", operation_id = "delete_credential",
    params(("id" = CredentialId, Path, description = "The credential's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("credentials:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<CredentialId>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::CredentialsWrite)?;
    accounts
        .delete_credential(&member.actor().expecting(if_match), id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
