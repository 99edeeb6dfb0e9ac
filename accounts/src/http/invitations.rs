use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{InvitationId, ParseIdError};
use utoipa::ToSchema;

use super::extract::PageQuery;
use super::{ApiError, ErrorBody, Id, Member, Paging, StrictJson, Tagged};
use crate::{
    AcceptInvitation, Accounts, CreateInvitation, IfMatch, Invitation, InvitationPreview,
    Member as MemberRecord, Page, Permission, Secret,
};

/// Lists the organization's invitations, newest first.
#[utoipa::path(
    get, path = "/api/v1/invitations", tag = "Invitations", operation_id = "list_invitations",
    params(PageQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:read"))),
    responses((status = 200, body = Page<Invitation>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    member: Member,
    Paging(page): Paging,
) -> Result<Json<Page<Invitation>>, ApiError> {
    member.require(Permission::MembersRead)?;
    Ok(Json(
        accounts.list_invitations(member.org_id(), page).await?,
    ))
}

/// Invites somebody by mail.
///
/// Nobody hands out a role above their own.
#[utoipa::path(
    post, path = "/api/v1/invitations", tag = "Invitations", operation_id = "create_invitation",
    request_body = CreateInvitation, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:write"))),
    responses((status = 201, body = Invitation), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(accounts): State<Accounts>,
    member: Member,
    StrictJson(wanted): StrictJson<CreateInvitation>,
) -> Result<(StatusCode, Tagged<Invitation>), ApiError> {
    member.require(Permission::MembersWrite)?;
    let invitation = accounts.invite(&member.actor(), wanted).await?;
    Ok((StatusCode::CREATED, Tagged(invitation)))
}

/// Shows one invitation.
#[utoipa::path(
    get, path = "/api/v1/invitations/{id}", tag = "Invitations", operation_id = "get_invitation",
    params(("id" = InvitationId, Path, description = "The invitation's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:read"))),
    responses((status = 200, body = Invitation), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    member: Member,
    Id(id): Id<InvitationId>,
) -> Result<Tagged<Invitation>, ApiError> {
    member.require(Permission::MembersRead)?;
    Ok(Tagged(accounts.get_invitation(member.org_id(), id).await?))
}

/// Takes an invitation back: its links stop working.
#[utoipa::path(
    delete, path = "/api/v1/invitations/{id}", tag = "Invitations",
    operation_id = "revoke_invitation",
    params(("id" = InvitationId, Path, description = "The invitation's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:write"))),
    responses((status = 200, body = Invitation), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn revoke(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<InvitationId>,
) -> Result<Tagged<Invitation>, ApiError> {
    member.require(Permission::MembersWrite)?;
    let actor = member.actor().expecting(if_match);
    Ok(Tagged(accounts.revoke_invitation(&actor, id).await?))
}

/// Sends an invitation again with a new link; links sent before stop working.
#[utoipa::path(
    post, path = "/api/v1/invitations/{id}/resend", tag = "Invitations",
    operation_id = "resend_invitation",
    params(("id" = InvitationId, Path, description = "The invitation's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:write"))),
    responses((status = 200, body = Invitation), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn resend(
    State(accounts): State<Accounts>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Tagged<Invitation>, ApiError> {
    member.require(Permission::MembersWrite)?;
    let id = id
        .parse()
        .map_err(|error: ParseIdError| ApiError::invalid(error.to_string()))?;
    Ok(Tagged(
        accounts.resend_invitation(&member.actor(), id).await?,
    ))
}

/// The secret part of an invitation's link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "q8Ch3nVb0yL2m5X7r1sT4uW6z9AcEgIkMoQsUwYaBdE"}))]
pub(super) struct InvitationToken {
    /// From the link in the mail.
    token: Secret,
}

/// Shows what an invitation says, to who holds its link.
///
/// A POST, so that the token stands in no log of addresses.
#[utoipa::path(
    post, path = "/api/v1/invitations/preview", tag = "Invitations",
    operation_id = "preview_invitation", request_body = InvitationToken, security(()),
    responses((status = 200, body = InvitationPreview), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn preview(
    State(accounts): State<Accounts>,
    StrictJson(wanted): StrictJson<InvitationToken>,
) -> Result<Json<InvitationPreview>, ApiError> {
    Ok(Json(accounts.preview_invitation(&wanted.token).await?))
}

/// Somebody who joined.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Joined {
    /// The organization.
    org_id: store::OrgId,
    /// What the person is in it.
    member: MemberRecord,
}

/// Joins the organization that an invitation names.
///
/// Whoever has an account under the invited address needs nothing but the token; whoever has none
/// chooses name and password. Sign in afterwards.
#[utoipa::path(
    post, path = "/api/v1/invitations/accept", tag = "Invitations",
    operation_id = "accept_invitation", request_body = AcceptInvitation, security(()),
    responses((status = 200, body = Joined), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn accept(
    State(accounts): State<Accounts>,
    StrictJson(wanted): StrictJson<AcceptInvitation>,
) -> Result<Json<Joined>, ApiError> {
    let (org_id, member) = accounts.accept_invitation(wanted).await?;
    Ok(Json(Joined { org_id, member }))
}
