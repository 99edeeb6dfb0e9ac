use axum::Json;
use axum::extract::State;

use super::{ApiError, ErrorBody, Member, StrictJson};
use crate::{Accounts, Organization, Permission, UpdateOrganization};

/// Shows the organization that the caller works in.
#[utoipa::path(
    get, path = "/api/v1/organizations/current", tag = "Organizations",
    operation_id = "get_current_organization", security(("api_key" = []), ("session" = [])),
    responses((status = 200, body = Organization), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn current(
    State(accounts): State<Accounts>,
    member: Member,
) -> Result<Json<Organization>, ApiError> {
    member.require(Permission::OrganizationRead)?;
    Ok(Json(accounts.get_organization(member.org_id()).await?))
}

/// Changes the organization that the caller works in.
#[utoipa::path(
    patch, path = "/api/v1/organizations/current", tag = "Organizations",
    operation_id = "update_current_organization",
    request_body = UpdateOrganization, security(("api_key" = []), ("session" = [])),
    responses((status = 200, body = Organization), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    member: Member,
    StrictJson(update): StrictJson<UpdateOrganization>,
) -> Result<Json<Organization>, ApiError> {
    member.require(Permission::OrganizationUpdate)?;
    let updated = accounts
        .update_organization(&member.actor(), update)
        .await?;
    Ok(Json(updated))
}
