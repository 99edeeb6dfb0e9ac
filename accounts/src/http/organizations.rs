use axum::Json;
use axum::extract::State;

use super::{Admin, ApiError, ErrorBody, StrictJson};
use crate::{Accounts, Organization, UpdateOrganization};

/// Shows the organization that the API key belongs to.
#[utoipa::path(
    get, path = "/api/v1/organizations/current", tag = "Organizations",
    operation_id = "get_current_organization", security(("api_key" = [])),
    responses((status = 200, body = Organization), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn current(
    State(accounts): State<Accounts>,
    admin: Admin,
) -> Result<Json<Organization>, ApiError> {
    Ok(Json(accounts.get_organization(admin.0.org_id()).await?))
}

/// Changes the organization that the API key belongs to.
#[utoipa::path(
    patch, path = "/api/v1/organizations/current", tag = "Organizations",
    operation_id = "update_current_organization",
    request_body = UpdateOrganization, security(("api_key" = [])),
    responses((status = 200, body = Organization), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    admin: Admin,
    StrictJson(update): StrictJson<UpdateOrganization>,
) -> Result<Json<Organization>, ApiError> {
    let updated = accounts.update_organization(&admin.actor(), update).await?;
    Ok(Json(updated))
}
