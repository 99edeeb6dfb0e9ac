use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::tagged::with_tag;
use super::{ApiError, ErrorBody, Member, StrictJson, Tagged};
use crate::{Accounts, ETag, IfMatch, Permission, PutWebhook, Webhook};

/// A webhook just set.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewWebhook {
    /// What signs its messages (`whsec_…`). It is shown this once and cannot be read again.
    secret: String,
    /// What is stored about it.
    #[serde(flatten)]
    webhook: Webhook,
}

/// Shows the organization's webhook, without its signing secret.
#[utoipa::path(
    get, path = "/api/v1/webhook", tag = "Alerts", operation_id = "get_webhook",
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:read"))),
    responses((status = 200, body = Webhook), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    member: Member,
) -> Result<Tagged<Webhook>, ApiError> {
    member.require(Permission::LimitsRead)?;
    Ok(Tagged(accounts.get_webhook(member.org_id()).await?))
}

/// Sets where the organization is told of alerts, with a new signing secret.
///
/// Messages are signed as Standard Webhooks say: `webhook-signature` is `v1,` and the base64 of an
/// HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`.
#[utoipa::path(
    put, path = "/api/v1/webhook", tag = "Alerts", operation_id = "put_webhook",
    request_body = PutWebhook, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:write"))),
    responses((status = 200, body = NewWebhook), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn put(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    StrictJson(wanted): StrictJson<PutWebhook>,
) -> Result<Response, ApiError> {
    member.require(Permission::LimitsWrite)?;
    let actor = member.actor().expecting(if_match);
    let (webhook, secret) = accounts.put_webhook(&actor, wanted).await?;
    let tag = ETag::of(&webhook);
    let new = NewWebhook {
        secret: secret.expose().to_owned(),
        webhook,
    };
    Ok(with_tag(Json(new).into_response(), &tag))
}

/// Removes the organization's webhook.
#[utoipa::path(
    delete, path = "/api/v1/webhook", tag = "Alerts", operation_id = "delete_webhook",
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::LimitsWrite)?;
    let actor = member.actor().expecting(if_match);
    accounts.delete_webhook(&actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
