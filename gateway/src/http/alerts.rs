//! Alerts that were sent, and messages to the webhook.

use accounts::http::{ApiError, ErrorBody, Member, Paging};
use accounts::{Page, Permission};
use axum::Json;
use axum::extract::State;

use super::api::{Api, failed};
use crate::alerts::{self, BudgetAlert, Outcome, WebhookDelivery, sql};

/// List budget alerts
///
/// Thresholds of budgets that were passed (50, 80 and 100 percent, each once per period), newest first.
#[utoipa::path(
    get, path = "/api/v1/alerts", tag = "Alerts", operation_id = "list_alerts",
    params(
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 500; 50 when absent"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:read"))),
    responses((status = 200, body = Page<BudgetAlert>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_alerts(
    State(api): State<Api>,
    member: Member,
    Paging(page): Paging,
) -> Result<Json<Page<BudgetAlert>>, ApiError> {
    member.require(Permission::LimitsRead)?;
    let rows = sql::list(api.db(), member.org_id(), page.below(), page.rows()).await;
    Ok(Json(
        page.page(rows.map_err(failed)?, |alert| alert.id.uuid()),
    ))
}

/// List messages to the webhook
///
/// Newest first, with what became of each; kept for 30 days.
#[utoipa::path(
    get, path = "/api/v1/webhook/deliveries", tag = "Alerts",
    operation_id = "list_webhook_deliveries",
    params(
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 500; 50 when absent"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:read"))),
    responses((status = 200, body = Page<WebhookDelivery>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_webhook_deliveries(
    State(api): State<Api>,
    member: Member,
    Paging(page): Paging,
) -> Result<Json<Page<WebhookDelivery>>, ApiError> {
    member.require(Permission::LimitsRead)?;
    let rows = sql::list_deliveries(api.db(), member.org_id(), page.below(), page.rows()).await;
    let rows = rows.map_err(failed)?;
    Ok(Json(page.page(rows, |delivery| delivery.id.uuid())))
}

/// Test the webhook
///
/// Sends a signed message of the type `webhook.test` now and says what became of it.
#[utoipa::path(
    post, path = "/api/v1/webhook/test", tag = "Alerts", operation_id = "test_webhook",
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("limits:write"))),
    responses((status = 200, body = Outcome), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn test_webhook(
    State(api): State<Api>,
    member: Member,
) -> Result<Json<Outcome>, ApiError> {
    member.require(Permission::LimitsWrite)?;
    api.accounts().get_webhook(member.org_id()).await?;
    Ok(Json(alerts::test(&api.0, member.org_id()).await?))
}
