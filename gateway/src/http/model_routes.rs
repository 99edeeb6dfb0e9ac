//! Aliases and virtual models: an organization's own, and the configuration's beside them.

use std::collections::BTreeSet;

use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson, Tagged};
use accounts::{IfMatch, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::api::Api;
use crate::config::ModelConfig;
use crate::model_routes::{
    CreateModelRoute, ModelRoute, ModelRouteId, TargetHealth, UpdateModelRoute, health,
};
use crate::probe::{ModelTest, test_model};

/// A route of the server's configuration, which only the operator changes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConfiguredRoute {
    /// What clients call it by; may hold one `*`.
    name: String,
    /// Where calls go.
    definition: ModelConfig,
}

/// Routes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelRouteList {
    /// The organization's own, by name. They go before the configuration's.
    data: Vec<ModelRoute>,
    /// Those of the configuration, by name.
    configured: Vec<ConfiguredRoute>,
}

/// List model routes
///
/// The organization's aliases and virtual models, and those of the server's configuration beside them.
/// There are at most 200 of an organization.
#[utoipa::path(
    get, path = "/api/v1/models/routes", tag = "Models", operation_id = "list_model_routes",
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("models:read"))),
    responses((status = 200, body = ModelRouteList), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_model_routes(
    State(api): State<Api>,
    member: Member,
) -> Result<Json<ModelRouteList>, ApiError> {
    member.require(Permission::ModelsRead)?;
    let data = api.0.list_model_routes(member.org_id()).await?;
    let table = api.0.table();
    let configured = table
        .configured()
        .iter()
        .map(|(name, model)| ConfiguredRoute {
            name: name.clone(),
            definition: model.written_out(),
        });
    let configured = configured.collect();
    Ok(Json(ModelRouteList { data, configured }))
}

/// Make a model route
///
/// It can be called at once, and through every instance within a second. 400 names the target that is
/// wrong and the providers that there are.
#[utoipa::path(
    post, path = "/api/v1/models/routes", tag = "Models", operation_id = "create_model_route",
    request_body = CreateModelRoute, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("models:write"))),
    responses((status = 201, body = ModelRoute), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create_model_route(
    State(api): State<Api>,
    member: Member,
    StrictJson(wanted): StrictJson<CreateModelRoute>,
) -> Result<(StatusCode, Tagged<ModelRoute>), ApiError> {
    let who = member.require(Permission::ModelsWrite)?;
    let route = api
        .0
        .create_model_route(who, &member.actor(), wanted)
        .await?;
    Ok((StatusCode::CREATED, Tagged(route)))
}

/// Get a model route
#[utoipa::path(
    get, path = "/api/v1/models/routes/{id}", tag = "Models", operation_id = "get_model_route",
    params(("id" = ModelRouteId, Path, description = "The route's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("models:read"))),
    responses((status = 200, body = ModelRoute), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get_model_route(
    State(api): State<Api>,
    member: Member,
    Id(id): Id<ModelRouteId>,
) -> Result<Tagged<ModelRoute>, ApiError> {
    member.require(Permission::ModelsRead)?;
    Ok(Tagged(api.0.get_model_route(member.org_id(), id).await?))
}

/// Change a model route
///
/// Calls under way end by the old one.
#[utoipa::path(
    patch, path = "/api/v1/models/routes/{id}", tag = "Models", operation_id = "update_model_route",
    params(("id" = ModelRouteId, Path, description = "The route's id")),
    request_body = UpdateModelRoute, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("models:write"))),
    responses((status = 200, body = ModelRoute), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update_model_route(
    State(api): State<Api>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<ModelRouteId>,
    StrictJson(update): StrictJson<UpdateModelRoute>,
) -> Result<Tagged<ModelRoute>, ApiError> {
    let who = member.require(Permission::ModelsWrite)?;
    let actor = member.actor().expecting(if_match);
    Ok(Tagged(
        api.0.update_model_route(who, &actor, id, update).await?,
    ))
}

/// Delete a model route
#[utoipa::path(
    delete, path = "/api/v1/models/routes/{id}", tag = "Models",
    operation_id = "delete_model_route",
    params(("id" = ModelRouteId, Path, description = "The route's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("models:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete_model_route(
    State(api): State<Api>,
    member: Member,
    if_match: IfMatch,
    Id(id): Id<ModelRouteId>,
) -> Result<StatusCode, ApiError> {
    member.require(Permission::ModelsWrite)?;
    let actor = member.actor().expecting(if_match);
    api.0.delete_model_route(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How targets are doing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TargetHealthList {
    /// By name.
    data: Vec<TargetHealth>,
}

/// List targets' health
///
/// Every model that the organization's or the configuration's routes name: whether calls go there at
/// the moment, as the instance that answers sees it.
#[utoipa::path(
    get, path = "/api/v1/models/health", tag = "Models", operation_id = "list_target_health",
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("models:read"))),
    responses((status = 200, body = TargetHealthList), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_target_health(
    State(api): State<Api>,
    member: Member,
) -> Result<Json<TargetHealthList>, ApiError> {
    let who = member.require(Permission::ModelsRead)?;
    let own = api.0.list_model_routes(member.org_id()).await?;
    let table = api.0.table();
    let own = own.iter().flat_map(|route| route.definition.models());
    let configured = table.configured().values().flat_map(ModelConfig::models);
    let named = own.chain(configured).filter(|name| !name.contains('*'));
    let targets: BTreeSet<String> = named.map(str::to_owned).collect();
    let data = health(&api.0, who, targets).await;
    let data = data.map_err(|_| ApiError::internal())?;
    Ok(Json(TargetHealthList { data }))
}

/// What to test.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"model": "builtin/echo"}))]
pub(super) struct ModelTestRequest {
    /// A model as clients call it: an alias, a virtual model, or `provider/model`.
    model: String,
}

/// Test a model
///
/// One cheap real call by the name that clients use, with all retries and fallbacks, and a clear
/// verdict that says which target answered. It counts like any other call.
#[utoipa::path(
    post, path = "/api/v1/models/test", tag = "Models", operation_id = "test_model",
    request_body = ModelTestRequest, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("models:write"))),
    responses((status = 200, body = ModelTest), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn test(
    State(api): State<Api>,
    member: Member,
    StrictJson(wanted): StrictJson<ModelTestRequest>,
) -> Result<Json<ModelTest>, ApiError> {
    let who = member.require(Permission::ModelsWrite)?;
    Ok(Json(test_model(&api.0, who, &wanted.model).await))
}
