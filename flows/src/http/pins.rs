use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::query::Pair;
use crate::Flows;
use crate::ids::WorkflowId;
use crate::pins::Pins;

/// The output that a node shall have in tests.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"outputs": {"text": "Hello Ada"}}))]
pub(super) struct PutPin {
    /// Values by port.
    #[schema(value_type = Object)]
    pub outputs: Map<String, Value>,
}

/// Shows the outputs that nodes of the draft have in tests of the editor.
///
/// They stand beside the draft: no version, export or copy has them, and a run has them only when it is
/// given them as `options.pins`.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/pins", tag = "Workflows", operation_id = "get_workflow_pins",
    params(("id" = String, Path, description = "The id")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Pins), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(flows): State<Flows>,
    member: Member,
    Id(id): Id<WorkflowId>,
) -> Result<Json<Pins>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(Json(flows.pins(member.org_id(), id).await?))
}

/// Pins the output of a node.
///
/// At most 256 KiB for a node, 4 MiB for a flow.
#[utoipa::path(
    put, path = "/api/v1/workflows/{id}/pins/{node}", tag = "Workflows", operation_id = "put_workflow_pin",
    params(("id" = String, Path, description = "The id"), ("node" = String, Path, description = "The node's key")),
    request_body = PutPin, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn put(
    State(flows): State<Flows>,
    member: Member,
    Pair(id, node): Pair<WorkflowId, String>,
    StrictJson(wanted): StrictJson<PutPin>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    flows
        .put_pin(&member.actor(), id, &node, wanted.outputs)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the pin of a node off.
#[utoipa::path(
    delete, path = "/api/v1/workflows/{id}/pins/{node}", tag = "Workflows", operation_id = "delete_workflow_pin",
    params(("id" = String, Path, description = "The id"), ("node" = String, Path, description = "The node's key")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(flows): State<Flows>,
    member: Member,
    Pair(id, node): Pair<WorkflowId, String>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::ProjectsWrite)?;
    flows.delete_pin(&member.actor(), id, &node).await?;
    Ok(StatusCode::NO_CONTENT)
}
