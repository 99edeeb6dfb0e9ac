//! The ledger of a flow's deliveries, for those who build it.

use accounts::http::{ApiError, ErrorBody, Id, Member, Paging};
use accounts::{Page, Permission};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Deployments, LEASE, Refusal};
use crate::ids::{DeliveryId, RunId, WorkflowId};
use crate::sql::deliveries::{self, Delivery, Request};

/// List deliveries
///
/// What came to the webhook of a flow, newest first. Deliveries are kept for 7 days; of refused ones and
/// duplicates no more than 60 a minute are written down.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/deliveries", tag = "Deployments", operation_id = "list_deliveries",
    params(
        ("id" = WorkflowId, Path, description = "The flow's id"),
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 500; 50 when absent"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<Delivery>), (status = "4XX", body = ErrorBody)),
)]
pub(in crate::deploy) async fn list(
    State(deployments): State<Deployments>,
    member: Member,
    Id(id): Id<WorkflowId>,
    Paging(page): Paging,
) -> Result<Json<Page<Delivery>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let (flows, org) = (&deployments.flows, member.org_id());
    flows.get_workflow(org, id).await?;
    let rows = deliveries::list(flows.db(), org, id, page).await;
    let rows = rows.map_err(crate::Error::from)?;
    Ok(Json(page.page(rows, |delivery| delivery.id.uuid())))
}

/// A delivery that was sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::deploy) struct Replayed {
    /// The new delivery.
    delivery_id: DeliveryId,
    /// The run that it begins.
    run_id: RunId,
}

/// Send a delivery again
///
/// Begins a new run of the live version with the request as it came, in the name of who asks. The dedupe
/// header does not count. Refused deliveries and duplicates have no request that could be sent again.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/deliveries/{delivery_id}/replay", tag = "Deployments",
    operation_id = "replay_delivery",
    params(
        ("id" = WorkflowId, Path, description = "The flow's id"),
        ("delivery_id" = DeliveryId, Path, description = "The delivery's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses((status = 202, body = Replayed), (status = "4XX", body = ErrorBody)),
)]
pub(in crate::deploy) async fn replay(
    State(deployments): State<Deployments>,
    member: Member,
    Path((flow, delivery)): Path<(String, String)>,
) -> Result<(StatusCode, Json<Replayed>), ApiError> {
    let who = member.require(Permission::FlowsRun)?;
    let wrong = |error: store::ParseIdError| ApiError::invalid(error.to_string());
    let id: WorkflowId = flow.parse().map_err(wrong)?;
    let delivery: DeliveryId = delivery.parse().map_err(wrong)?;
    let (flows, org) = (&deployments.flows, member.org_id());
    let flow = flows.get_workflow(org, id).await?;
    let found = deliveries::get(flows.db(), org, id, delivery).await;
    let old = found.map_err(crate::Error::from)?;
    let missing = || ApiError::not_found(format!("delivery {delivery} does not exist"));
    let old = old.ok_or_else(missing)?;
    let conflict = |message: &str| ApiError::new(StatusCode::CONFLICT, "conflict", message);
    if old.headers.is_none() {
        return Err(conflict(
            "the request of this delivery was not kept: it began no run",
        ));
    }
    let hook = deployments.hook_of(&flow).await?;
    let hook = hook.ok_or_else(|| {
        conflict("the flow has no webhook in its live version; publish it with one")
    })?;
    let (run, now) = (RunId::new(), flows.now());
    let request = Request {
        id: DeliveryId::new(),
        node_id: hook.node.to_string(),
        received_at: now,
        status: "received".to_owned(),
        dedupe_key: None,
        run_id: Some(run),
        replay_of: Some(delivery),
        due_at: Some(now.plus(LEASE)),
        response_status: None,
        error: None,
        ..old
    };
    let written = deliveries::insert(flows.db(), &request).await;
    written.map_err(crate::Error::from)?;
    match deployments.begin(&hook, Some(who), &request, run).await {
        Err(Refusal::Request(why) | Refusal::Flow(why)) => Err(ApiError::invalid(why)),
        Ok(_) | Err(Refusal::Later(_)) => {
            let body = Replayed {
                delivery_id: request.id,
                run_id: run,
            };
            Ok((StatusCode::ACCEPTED, Json(body)))
        }
    }
}
