//! Switching a flow's tool on and off, and the endpoint of MCP clients.

use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson};
use axum::Json;
use axum::extract::{Request, State};
use axum::response::Response;

use super::{FlowTool, PutTool};
use crate::deploy::Deployments;
use crate::deploy::http::FlowCaller;
use crate::ids::WorkflowId;

/// Set the tool of a flow
///
/// Switches on or off whether MCP clients see this flow as a tool, and says what models are told of it.
/// It is there while the flow is switched on and its live version begins with "API endpoint". What is
/// left out goes back to its default.
#[utoipa::path(
    put, path = "/api/v1/workflows/{id}/tool", tag = "Deployments", operation_id = "put_tool",
    params(("id" = WorkflowId, Path, description = "The flow's id")),
    request_body = PutTool, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:publish"))),
    responses((status = 200, body = FlowTool), (status = "4XX", body = ErrorBody)),
)]
pub(in crate::deploy) async fn put(
    State(deployments): State<Deployments>,
    member: Member,
    Id(id): Id<WorkflowId>,
    StrictJson(wanted): StrictJson<PutTool>,
) -> Result<Json<FlowTool>, ApiError> {
    member.require(Permission::FlowsPublish)?;
    let tool = deployments.put_tool(&member.actor(), id, wanted).await?;
    Ok(Json(tool))
}

/// Serve MCP clients
///
/// The Model Context Protocol (streamable HTTP, without sessions): `tools/list` names the published flows
/// of the organization that are switched on as tools, `tools/call` runs one. The header `accept` names
/// both `application/json` and `text/event-stream`, or nothing; a call's answer is a stream of events, in which
/// progress comes where the client asks for it. Any key of the organization may call the flows whose
/// models hold `flow/<slug>`; a client that leaves stops the run it waits for.
#[utoipa::path(
    post, path = "/api/v1/mcp", tag = "Deployments", operation_id = "serve_mcp",
    request_body(content = Object, description = "A JSON-RPC message of MCP", example = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses(
        (status = 200, body = Object, content_type = "text/event-stream", description = "JSON-RPC messages of MCP"),
        (status = 202, description = "A notification was taken"),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(in crate::deploy) async fn serve(
    State(deployments): State<Deployments>,
    caller: FlowCaller,
    request: Request,
) -> Response {
    super::serve::serve(deployments, caller.principal(), request).await
}
