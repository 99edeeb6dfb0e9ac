use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, ErrorBody, Member};
use crate::{Accounts, Permission, Plan};

/// All plans.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlanList {
    /// In the order that people read them.
    data: Vec<Plan>,
}

/// Lists the plans that an organization may be on.
#[utoipa::path(
    get, path = "/api/v1/plans", tag = "Billing", operation_id = "list_plans",
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("organization:read"))),
    responses((status = 200, body = PlanList), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    member: Member,
) -> Result<Json<PlanList>, ApiError> {
    member.require(Permission::OrganizationRead)?;
    let data = accounts.plans().all().to_vec();
    Ok(Json(PlanList { data }))
}
