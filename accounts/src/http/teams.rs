use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use store::{ParseIdError, TeamId, UserId};
use utoipa::ToSchema;

use super::extract::PageQuery;
use super::{ApiError, ErrorBody, Id, Member, Paging, StrictJson, Tagged};
use crate::{Accounts, IfMatch, Page, Permission, Team, TeamMember};

/// A team's name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Research"}))]
pub(super) struct TeamName {
    /// For people; unique in the organization.
    name: String,
}

/// Lists the organization's teams, newest first.
#[utoipa::path(
    get, path = "/api/v1/teams", tag = "Teams", operation_id = "list_teams",
    params(PageQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:read"))),
    responses((status = 200, body = Page<Team>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    member: Member,
    Paging(page): Paging,
) -> Result<Json<Page<Team>>, ApiError> {
    member.require(Permission::MembersRead)?;
    Ok(Json(accounts.list_teams(member.org_id(), page).await?))
}

/// Makes a team.
///
/// Limits and budgets are set on it by `POST /api/v1/limits` and `/api/v1/budgets` with the scope
/// `team`; `GET /api/v1/usage?group_by=team` reports by it.
#[utoipa::path(
    post, path = "/api/v1/teams", tag = "Teams", operation_id = "create_team",
    request_body = TeamName, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("teams:write"))),
    responses((status = 201, body = Team), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(accounts): State<Accounts>,
    member: Member,
    StrictJson(wanted): StrictJson<TeamName>,
) -> Result<(StatusCode, Tagged<Team>), ApiError> {
    member.require(Permission::TeamsWrite)?;
    let team = accounts.create_team(&member.actor(), &wanted.name).await?;
    Ok((StatusCode::CREATED, Tagged(team)))
}

/// Shows one team.
#[utoipa::path(
    get, path = "/api/v1/teams/{id}", tag = "Teams", operation_id = "get_team",
    params(("id" = TeamId, Path, description = "The team's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:read"))),
    responses((status = 200, body = Team), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    member: Member,
    Id(id): Id<TeamId>,
) -> Result<Tagged<Team>, ApiError> {
    member.require(Permission::MembersRead)?;
    Ok(Tagged(accounts.get_team(member.org_id(), id).await?))
}

/// Renames a team.
#[utoipa::path(
    patch, path = "/api/v1/teams/{id}", tag = "Teams", operation_id = "update_team",
    params(("id" = TeamId, Path, description = "The team's id")),
    request_body = TeamName, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("teams:write"))),
    responses((status = 200, body = Team), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<TeamId>,
    StrictJson(wanted): StrictJson<TeamName>,
) -> Result<Tagged<Team>, ApiError> {
    member.require(Permission::TeamsWrite)?;
    let actor = member.actor().expecting(if_match);
    Ok(Tagged(
        accounts.rename_team(&actor, id, &wanted.name).await?,
    ))
}

/// Deletes a team with the limits and budgets set on it.
///
/// 409 while API keys belong to it: without the team they would lose its limits.
#[utoipa::path(
    delete, path = "/api/v1/teams/{id}", tag = "Teams", operation_id = "delete_team",
    params(("id" = TeamId, Path, description = "The team's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("teams:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<TeamId>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::TeamsWrite)?;
    let actor = member.actor().expecting(if_match);
    accounts.delete_team(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the people in a team, newest people first.
#[utoipa::path(
    get, path = "/api/v1/teams/{id}/members", tag = "Teams", operation_id = "list_team_members",
    params(("id" = TeamId, Path, description = "The team's id"), PageQuery),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("members:read"))),
    responses((status = 200, body = Page<TeamMember>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_members(
    State(accounts): State<Accounts>,
    member: Member,
    Id(id): Id<TeamId>,
    Paging(page): Paging,
) -> Result<Json<Page<TeamMember>>, ApiError> {
    member.require(Permission::MembersRead)?;
    let people = accounts
        .list_team_members(member.org_id(), id, page)
        .await?;
    Ok(Json(people))
}

/// Puts a member of the organization into a team; twice changes nothing.
#[utoipa::path(
    put, path = "/api/v1/teams/{id}/members/{user_id}", tag = "Teams",
    operation_id = "add_team_member",
    params(
        ("id" = TeamId, Path, description = "The team's id"),
        ("user_id" = UserId, Path, description = "The person's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("teams:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn add_member(
    State(accounts): State<Accounts>,
    member: Member,
    Path(ids): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::TeamsWrite)?;
    let (team, user) = both(&ids)?;
    accounts
        .add_team_member(&member.actor(), team, user)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody out of a team.
#[utoipa::path(
    delete, path = "/api/v1/teams/{id}/members/{user_id}", tag = "Teams",
    operation_id = "remove_team_member",
    params(
        ("id" = TeamId, Path, description = "The team's id"),
        ("user_id" = UserId, Path, description = "The person's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("teams:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn remove_member(
    State(accounts): State<Accounts>,
    member: Member,
    Path(ids): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::TeamsWrite)?;
    let (team, user) = both(&ids)?;
    accounts
        .remove_team_member(&member.actor(), team, user)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn both((team, user): &(String, String)) -> Result<(TeamId, UserId), ApiError> {
    let wrong = |error: ParseIdError| ApiError::invalid(error.to_string());
    Ok((team.parse().map_err(wrong)?, user.parse().map_err(wrong)?))
}
