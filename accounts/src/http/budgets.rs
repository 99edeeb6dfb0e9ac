use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use store::BudgetId;

use super::extract::PageQuery;
use super::{ApiError, ErrorBody, Id, Member, Paging, StrictJson, Tagged};
use crate::{Accounts, Budget, CreateBudget, IfMatch, Page, Permission, UpdateRule};

/// Lists the organization's budgets, newest first.
#[utoipa::path(
    get, path = "/api/v1/budgets", tag = "Budgets", operation_id = "list_budgets",
    params(PageQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:read"))),
    responses((status = 200, body = Page<Budget>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    member: Member,
    Paging(page): Paging,
) -> Result<Json<Page<Budget>>, ApiError> {
    member.require(Permission::LimitsRead)?;
    Ok(Json(accounts.list_budgets(member.org_id(), page).await?))
}

/// Sets a budget in money or tokens for the organization, a team, a user or a key.
#[utoipa::path(
    post, path = "/api/v1/budgets", tag = "Budgets", operation_id = "create_budget",
    request_body = CreateBudget, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:write"))),
    responses((status = 201, body = Budget), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(accounts): State<Accounts>,
    member: Member,
    StrictJson(wanted): StrictJson<CreateBudget>,
) -> Result<(StatusCode, Tagged<Budget>), ApiError> {
    member.require(Permission::LimitsWrite)?;
    let created = accounts.create_budget(&member.actor(), wanted).await?;
    Ok((StatusCode::CREATED, Tagged(created)))
}

/// Shows one budget.
#[utoipa::path(
    get, path = "/api/v1/budgets/{id}", tag = "Budgets", operation_id = "get_budget",
    params(("id" = BudgetId, Path, description = "The budget's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:read"))),
    responses((status = 200, body = Budget), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    member: Member,
    Id(id): Id<BudgetId>,
) -> Result<Tagged<Budget>, ApiError> {
    member.require(Permission::LimitsRead)?;
    Ok(Tagged(accounts.get_budget(member.org_id(), id).await?))
}

/// Changes a budget's maximum.
///
/// What a budget counts cannot change: delete it and set another one.
#[utoipa::path(
    patch, path = "/api/v1/budgets/{id}", tag = "Budgets", operation_id = "update_budget",
    params(("id" = BudgetId, Path, description = "The budget's id")),
    request_body = UpdateRule, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:write"))),
    responses((status = 200, body = Budget), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<BudgetId>,
    StrictJson(update): StrictJson<UpdateRule>,
) -> Result<Tagged<Budget>, ApiError> {
    member.require(Permission::LimitsWrite)?;
    let updated = accounts
        .update_budget(&member.actor().expecting(if_match), id, update)
        .await?;
    Ok(Tagged(updated))
}

/// Deletes a budget.
#[utoipa::path(
    delete, path = "/api/v1/budgets/{id}", tag = "Budgets", operation_id = "delete_budget",
    params(("id" = BudgetId, Path, description = "The budget's id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(accounts): State<Accounts>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<BudgetId>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::LimitsWrite)?;
    accounts
        .delete_budget(&member.actor().expecting(if_match), id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
