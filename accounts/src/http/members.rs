use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use store::{OrgId, UserId};
use utoipa::ToSchema;

use super::extract::PageQuery;
use super::{ApiError, ErrorBody, OrgMember, Paging, StrictJson, Tagged};
use crate::{
    Accounts, CreateInvitation, IfMatch, Invitation, Member as MemberRecord, Page, Permission, Role,
};

/// Lists the members of an organization, newest people first.
#[utoipa::path(
    get, path = "/api/v1/organizations/{id}/members", tag = "Members",
    operation_id = "list_members",
    params(("id" = OrgId, Path, description = "The organization's id"), PageQuery),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:read"))),
    responses((status = 200, body = Page<MemberRecord>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    OrgMember(member): OrgMember,
    Paging(page): Paging,
) -> Result<Json<Page<MemberRecord>>, ApiError> {
    member.require(Permission::MembersRead)?;
    Ok(Json(accounts.list_members(member.org_id(), page).await?))
}

/// Invites somebody to become a member.
///
/// Nobody joins without having agreed: the person gets a mail with a link. The same as
/// `POST /api/v1/invitations`.
#[utoipa::path(
    post, path = "/api/v1/organizations/{id}/members", tag = "Members",
    operation_id = "invite_member",
    params(("id" = OrgId, Path, description = "The organization's id")),
    request_body = CreateInvitation, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:write"))),
    responses((status = 201, body = Invitation), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn invite(
    State(accounts): State<Accounts>,
    OrgMember(member): OrgMember,
    StrictJson(wanted): StrictJson<CreateInvitation>,
) -> Result<(StatusCode, Tagged<Invitation>), ApiError> {
    member.require(Permission::MembersWrite)?;
    let invitation = accounts.invite(&member.actor(), wanted).await?;
    Ok((StatusCode::CREATED, Tagged(invitation)))
}

/// Shows one member.
#[utoipa::path(
    get, path = "/api/v1/organizations/{id}/members/{user_id}", tag = "Members",
    operation_id = "get_member",
    params(
        ("id" = OrgId, Path, description = "The organization's id"),
        ("user_id" = UserId, Path, description = "The person's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:read"))),
    responses((status = 200, body = MemberRecord), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    OrgMember(member): OrgMember,
    Path(ids): Path<(String, String)>,
) -> Result<Tagged<MemberRecord>, ApiError> {
    member.require(Permission::MembersRead)?;
    let user = parse(&ids.1)?;
    Ok(Tagged(accounts.get_member(member.org_id(), user).await?))
}

/// What a member becomes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "viewer"}))]
pub(super) struct UpdateMember {
    /// At most what the caller is.
    role: Role,
}

/// Changes what a member may do.
///
/// Nobody gives or takes a role above their own, and the last owner stays one.
#[utoipa::path(
    patch, path = "/api/v1/organizations/{id}/members/{user_id}", tag = "Members",
    operation_id = "update_member",
    params(
        ("id" = OrgId, Path, description = "The organization's id"),
        ("user_id" = UserId, Path, description = "The person's id"),
    ),
    request_body = UpdateMember, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:write"))),
    responses((status = 200, body = MemberRecord), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    OrgMember(member): OrgMember,
    if_match: IfMatch,
    Path(ids): Path<(String, String)>,
    StrictJson(update): StrictJson<UpdateMember>,
) -> Result<Tagged<MemberRecord>, ApiError> {
    member.require(Permission::MembersWrite)?;
    let actor = member.actor().expecting(if_match);
    let changed = accounts
        .set_role(&actor, parse(&ids.1)?, update.role)
        .await?;
    Ok(Tagged(changed))
}

/// Ends a membership: the person's keys in this organization are revoked.
///
/// Everybody may leave by ending their own; the last owner cannot.
#[utoipa::path(
    delete, path = "/api/v1/organizations/{id}/members/{user_id}", tag = "Members",
    operation_id = "remove_member",
    params(
        ("id" = OrgId, Path, description = "The organization's id"),
        ("user_id" = UserId, Path, description = "The person's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn remove(
    State(accounts): State<Accounts>,
    OrgMember(member): OrgMember,
    if_match: IfMatch,
    Path(ids): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let user = parse(&ids.1)?;
    let leaves = member.0.key_id().is_none() && member.0.user_id() == Some(user);
    if !leaves {
        member.require(Permission::MembersWrite)?;
    }
    let actor = member.actor().expecting(if_match);
    accounts.remove_member(&actor, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse(text: &str) -> Result<UserId, ApiError> {
    text.parse()
        .map_err(|error: store::ParseIdError| ApiError::invalid(error.to_string()))
}
