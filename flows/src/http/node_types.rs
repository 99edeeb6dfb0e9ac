use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Flows;
use crate::graph::Ports;
use crate::node::{AnyNode, NodeTypeInfo};

/// Settings whose ports are asked for.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"settings": {"cases": [{"id": "high"}]}}))]
pub(super) struct AskPorts {
    /// The settings, perhaps unfinished.
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
}

fn find(flows: &Flows, kind: &str) -> Result<&'static dyn AnyNode, ApiError> {
    let found = flows.registry().get(kind);
    found.ok_or_else(|| ApiError::not_found(format!("there is no node type `{kind:.80}`")))
}

/// Lists all node types: what the editor needs to list them, draw them and make their forms.
#[utoipa::path(
    get, path = "/api/v1/node-types", tag = "Node types", operation_id = "list_node_types",
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Vec<NodeTypeInfo>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(flows): State<Flows>,
    member: Member,
) -> Result<Json<Vec<NodeTypeInfo>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(Json(
        flows.registry().iter().map(NodeTypeInfo::of).collect(),
    ))
}

/// Shows a node type.
#[utoipa::path(
    get, path = "/api/v1/node-types/{type}", tag = "Node types", operation_id = "get_node_type",
    params(("type" = String, Path, description = "The type's name, such as `logic.if`")), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = NodeTypeInfo), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(flows): State<Flows>,
    member: Member,
    Id(kind): Id<String>,
) -> Result<Json<NodeTypeInfo>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(Json(NodeTypeInfo::of(find(&flows, &kind)?)))
}

/// Gives the ports of a node with these settings, such as the outputs of a switch with its cases.
#[utoipa::path(
    post, path = "/api/v1/node-types/{type}/ports", tag = "Node types", operation_id = "get_node_ports",
    params(("type" = String, Path, description = "The type's name, such as `logic.if`")), request_body = AskPorts, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Ports), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn ports(
    State(flows): State<Flows>,
    member: Member,
    Id(kind): Id<String>,
    StrictJson(wanted): StrictJson<AskPorts>,
) -> Result<Json<Ports>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(Json(find(&flows, &kind)?.ports(&wanted.settings)))
}
