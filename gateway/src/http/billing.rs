//! Billing: usage against the plan, and monthly statements.

use accounts::http::{ApiError, ErrorBody, Id, InstanceOwner, Member, StrictJson, Tagged};
use accounts::{Actor, IfMatch, Organization, Permission, Role};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use store::OrgId;
use utoipa::ToSchema;

use super::api::{Api, failed};
use crate::billing::{self, Approval, Month, MonthTotal, Overview, Statement};

/// Months of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatementList {
    /// Newest first, with the present one.
    data: Vec<MonthTotal>,
}

/// Show plan and usage
///
/// The plan that the organization is on, what is used of its seats and budgets, and what was used in
/// the present month.
#[utoipa::path(
    get, path = "/api/v1/billing", tag = "Billing", operation_id = "get_billing",
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("billing:read"))),
    responses((status = 200, body = Overview), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get_billing(
    State(api): State<Api>,
    member: Member,
) -> Result<Json<Overview>, ApiError> {
    member.require(Permission::BillingRead)?;
    api.0.writer().flush().await;
    Ok(Json(billing::overview(&api.0, member.org_id()).await?))
}

/// List statements
///
/// The months in which the organization used something, with their sums.
#[utoipa::path(
    get, path = "/api/v1/billing/statements", tag = "Billing", operation_id = "list_statements",
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("billing:read"))),
    responses((status = 200, body = StatementList), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_statements(
    State(api): State<Api>,
    member: Member,
) -> Result<Json<StatementList>, ApiError> {
    member.require(Permission::BillingRead)?;
    let data = billing::months(api.db(), member.org_id(), api.now()).await;
    Ok(Json(StatementList {
        data: data.map_err(failed)?,
    }))
}

/// Show a statement
///
/// What each model was used for in a month, and the exact sum. As JSON (`2026-11`), as CSV
/// (`2026-11.csv`) or as PDF (`2026-11.pdf`).
#[utoipa::path(
    get, path = "/api/v1/billing/statements/{month}", tag = "Billing",
    operation_id = "get_statement",
    params(("month" = String, Path, description = "`2026-11`, with `.csv` or `.pdf` for these forms", example = "2026-11")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("billing:read"))),
    responses(
        (status = 200, content(
            (Statement = "application/json"),
            (String = "text/csv"),
            (Vec<u8> = "application/pdf"),
        )),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(super) async fn get_statement(
    State(api): State<Api>,
    member: Member,
    Path(wanted): Path<String>,
) -> Result<Response, ApiError> {
    member.require(Permission::BillingRead)?;
    let (month, form) = match wanted.split_once('.') {
        Some((month, form)) => (month, Some(form)),
        None => (wanted.as_str(), None),
    };
    let month: Month = month.parse().map_err(ApiError::invalid)?;
    if month.start() > api.now() {
        return Err(ApiError::not_found(format!("{month} has not begun")));
    }
    let organization = api.accounts().get_organization(member.org_id()).await?;
    // What was used a moment ago is in it.
    api.0.writer().flush().await;
    let statement = billing::statement(api.db(), &organization, month, api.now());
    let statement = statement.await.map_err(failed)?;
    let file = format!("{}-{month}", organization.slug);
    match form {
        None => Ok(Json(statement).into_response()),
        Some("csv") => Ok(download(
            "text/csv; charset=utf-8; header=present",
            &format!("{file}.csv"),
            statement.to_csv().into_bytes(),
        )),
        Some("pdf") => Ok(download(
            "application/pdf",
            &format!("{file}.pdf"),
            billing::render(&statement),
        )),
        Some(other) => Err(ApiError::invalid(format!(
            "a statement comes as JSON (no ending), `.csv` or `.pdf`, not `.{other:.20}`"
        ))),
    }
}

fn download(kind: &'static str, file: &str, body: Vec<u8>) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // Slug and month are plain ASCII.
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{file}\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}

/// The plan that an organization gets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"plan": "pro"}))]
pub(super) struct SetPlan {
    /// The word of a plan, see `GET /api/v1/plans`.
    plan: String,
}

/// What has to be paid first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Checkout {
    /// Where the customer pays; the plan changes afterwards.
    checkout_url: String,
}

/// Change an organization's plan
///
/// For the owner of the instance. Takes effect at once; what was used so far counts against the new
/// plan. Where a payment service is connected the answer may be 202 with the address of its checkout.
#[utoipa::path(
    put, path = "/api/v1/admin/organizations/{id}/plan", tag = "Administration",
    operation_id = "set_organization_plan",
    params(("id" = OrgId, Path, description = "The organization's id")),
    request_body = SetPlan, security(("session" = [])),
    responses(
        (status = 200, body = Organization), (status = 202, body = Checkout),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(super) async fn set_organization_plan(
    State(api): State<Api>,
    InstanceOwner(owner): InstanceOwner,
    if_match: IfMatch,
    Id(org): Id<OrgId>,
    StrictJson(wanted): StrictJson<SetPlan>,
) -> Result<Response, ApiError> {
    let accounts = api.accounts();
    let from = accounts.plan_of(org).await?;
    let to = accounts.find_plan(&wanted.plan)?;
    let approval = api.0.payments().before_change(org, &from, to).await;
    match approval.map_err(ApiError::invalid)? {
        Approval::Checkout { url } => {
            let body = Json(Checkout { checkout_url: url });
            Ok((StatusCode::ACCEPTED, body).into_response())
        }
        Approval::Granted => {
            let actor = Actor::person(org, owner, Role::Owner).expecting(if_match);
            Ok(Tagged(accounts.set_plan(&actor, &to.id).await?).into_response())
        }
    }
}
