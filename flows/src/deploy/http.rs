//! Calling published flows, and where they can be called.

use std::sync::Arc;

use accounts::http::{ApiError, ErrorBody, Id, Member, Routes, StrictJson, with_request_id};
use accounts::{Accounts, Permission, Principal, routes};
use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRef, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::middleware::from_fn;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::schedule::http as schedule;
use super::{Deployments, begins_with, may_call};
use crate::graph::Graph;
use crate::ids::{RunId, WorkflowId};
use crate::nodes::{check_given, given_schema};
use crate::run::http::{Mode, answer, broken, check_timeout, not_found, refused};
use crate::run::{Options, RunInfoRow, Start};

/// Bytes of a body at most: a run's input.
const MAX_BODY: usize = 32 * 1024 * 1024;
/// The trigger that calls begin at.
pub(super) const TRIGGER: &str = "input.api";

impl FromRef<Deployments> for Accounts {
    fn from_ref(deployments: &Deployments) -> Self {
        deployments.flows.accounts().clone()
    }
}

/// Calls of published flows. The paths are complete: merge the router, do not nest it.
pub fn router(deployments: Deployments) -> Routes {
    Routes::new()
        .routes(routes!(call))
        .routes(routes!(read))
        .routes(routes!(describe))
        .routes(routes!(schedule::preview))
        .routes(routes!(super::page::http::put))
        .routes(routes!(super::tool::http::put))
        .routes(routes!(super::tool::http::serve))
        .routes(routes!(super::webhook::http::list))
        .routes(routes!(super::webhook::http::replay))
        .with_state(deployments)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(with_request_id))
}

/// Who may call flows: any key of the organization (as far as its models and endpoints go), or a member
/// who may run flows.
pub(super) struct FlowCaller(Arc<Principal>);

impl<S> FromRequestParts<S> for FlowCaller
where
    S: Send + Sync,
    Accounts: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let accounts = Accounts::from_ref(state);
        let who = accounts::http::authenticate(&accounts, &parts.headers).await?;
        let endpoint = match parts.uri.path() {
            super::tool::PATH => super::tool::PATH,
            _ => "/api/v1/flows",
        };
        if who.key_id().is_none() {
            Member(Arc::clone(&who)).require(Permission::FlowsRun)?;
        } else if !who.may_use_endpoint(endpoint) {
            let message = format!("this key may not call `{endpoint}`");
            return Err(ApiError::forbidden(message));
        }
        Ok(Self(who))
    }
}

impl FlowCaller {
    /// Who calls, whatever flow.
    pub(super) fn principal(self) -> Arc<Principal> {
        self.0
    }

    /// Goes on only if the key's models hold this flow.
    fn to(&self, slug: &str) -> Result<&Arc<Principal>, ApiError> {
        if may_call(&self.0, slug) {
            return Ok(&self.0);
        }
        let message = format!("this key may not use the model `flow/{slug}`, which is this flow");
        Err(ApiError::forbidden(message))
    }
}

/// A call of a flow.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"input": {"question": "When do you open?"}, "mode": "sync"}))]
struct FlowCall {
    /// What the flow is given, by the names of its fields.
    #[schema(value_type = Object)]
    input: Value,
    /// How the answer comes.
    mode: Mode,
    /// Longest wait of a `sync` call, in milliseconds, 1 to 300,000.
    timeout_ms: u64,
}

impl Default for FlowCall {
    fn default() -> Self {
        Self {
            input: json!({}),
            mode: Mode::Sync,
            timeout_ms: 30_000,
        }
    }
}

/// Call a flow
///
/// Runs the live version of a published flow that begins with "API endpoint". `sync` answers 200 with the
/// ended run, or 202 with its present state when it waits or the time is over; `async` answers 202 at
/// once; `stream` answers with server-sent events. Any key of the organization may call it whose models
/// hold `flow/<slug>`.
#[utoipa::path(
    post, path = "/api/v1/flows/{slug}/run", tag = "Deployments", operation_id = "call_flow",
    params(("slug" = String, Path, description = "The flow's slug")),
    request_body = FlowCall, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses((status = 200, body = RunInfoRow), (status = 202, body = RunInfoRow), (status = "4XX", body = ErrorBody)),
)]
async fn call(
    State(deployments): State<Deployments>,
    caller: FlowCaller,
    Path(slug): Path<String>,
    StrictJson(wanted): StrictJson<FlowCall>,
) -> Result<Response, ApiError> {
    let who = caller.to(&slug)?;
    check_timeout(wanted.timeout_ms)?;
    let flow = deployments.find(who.org_id(), &slug, TRIGGER).await?;
    let settings = trigger(&flow.graph).map(|node| &node.settings);
    if let Some(settings) = settings {
        check_given(settings, &wanted.input)
            .map_err(|error| ApiError::invalid(error.to_string()))?;
    }
    let start = Start {
        flow,
        input: wanted.input,
        trigger: "api".to_owned(),
        options: Options::default(),
        depth: 0,
    };
    let engine = deployments.engine.clone();
    let started = engine.start(who, start).await.map_err(refused)?;
    answer(
        engine,
        who.org_id(),
        started,
        wanted.mode,
        wanted.timeout_ms,
    )
    .await
}

/// Show a call
///
/// The state of a run that a call began, for who called with `async`, or as a tool.
#[utoipa::path(
    get, path = "/api/v1/flows/{slug}/runs/{run_id}", tag = "Deployments", operation_id = "get_flow_call",
    params(("slug" = String, Path, description = "The flow's slug"), ("run_id" = RunId, Path, description = "The run's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses((status = 200, body = RunInfoRow), (status = "4XX", body = ErrorBody)),
)]
async fn read(
    State(deployments): State<Deployments>,
    caller: FlowCaller,
    Path((slug, run)): Path<(String, String)>,
) -> Result<Json<RunInfoRow>, ApiError> {
    let who = caller.to(&slug)?;
    let run: RunId = run.parse().map_err(|_| not_found(&run))?;
    let flow = deployments.flows.find_workflow(who.org_id(), &slug).await?;
    let flow = flow.ok_or_else(|| ApiError::not_found(format!("there is no flow `{slug}`")))?;
    let row = deployments
        .engine
        .row(who.org_id(), run)
        .await
        .map_err(broken)?;
    let row = row.filter(|row| {
        let is_call = ["api", super::tool::TRIGGER_WORD].contains(&row.trigger_kind.as_str());
        row.workflow_id == flow.id && is_call
    });
    Ok(Json(row.ok_or_else(|| not_found(run))?.into()))
}

/// Where a flow can be called.
#[derive(Debug, Serialize, ToSchema)]
struct Deployment {
    /// The flow.
    workflow_id: WorkflowId,
    /// Names it in addresses.
    slug: String,
    /// The live version; `null`: it was never published, and nothing below works.
    version: Option<i64>,
    /// Whether its triggers begin runs.
    is_active: bool,
    /// Its name in `/v1/chat/completions`, where it begins with a chat message.
    model: Option<String>,
    /// Its REST endpoint, where it begins with "API endpoint".
    endpoint: Option<Endpoint>,
    /// As a tool of MCP clients, where it begins with "API endpoint".
    tool: Option<super::tool::FlowTool>,
    /// When it begins runs by itself.
    schedules: Vec<schedule::DeployedSchedule>,
    /// Its public address, where it begins with a webhook.
    webhook: Option<super::webhook::WebhookAddress>,
    /// Its pages for people: a chat where it begins with a chat message, a form where it begins with one.
    pages: Vec<super::page::settings::FlowPage>,
}

/// A REST endpoint of a flow.
#[derive(Debug, Serialize, ToSchema)]
struct Endpoint {
    /// The path to POST to.
    path: String,
    /// JSON Schema of `input`.
    #[schema(value_type = Object)]
    input_schema: Value,
}

/// Show where a flow can be called
///
/// The addresses of the live version: as a model, as a REST endpoint, as a tool, as a webhook, as pages; and when
/// it runs by itself.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/deployment", tag = "Deployments", operation_id = "get_deployment",
    params(("id" = WorkflowId, Path, description = "The flow's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Deployment), (status = "4XX", body = ErrorBody)),
)]
async fn describe(
    State(deployments): State<Deployments>,
    member: Member,
    Id(id): Id<WorkflowId>,
) -> Result<Json<Deployment>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let flow = deployments.flows.get_workflow(member.org_id(), id).await?;
    let live = match flow.live_version {
        Some(_) => Some(deployments.live(&flow).await?.graph),
        None => None,
    };
    let endpoint = live.as_deref().and_then(trigger).map(|node| Endpoint {
        path: format!("/api/v1/flows/{}/run", flow.slug),
        input_schema: given_schema(&node.settings),
    });
    let is_chat = live
        .as_deref()
        .is_some_and(|graph| begins_with(graph, super::model::TRIGGER));
    let schedules = match live.as_deref() {
        Some(graph) => schedule::schedules(&deployments, &flow, graph).await?,
        None => Vec::new(),
    };
    let webhook = match &live {
        Some(graph) => deployments.webhook_address(&flow, graph).await?,
        None => None,
    };
    let pages = match &live {
        Some(graph) => deployments.pages_of(flow.org_id, id, graph).await?,
        None => Vec::new(),
    };
    let tool = match &live {
        Some(graph) => deployments.tool_of(&flow, graph).await?,
        None => None,
    };
    Ok(Json(Deployment {
        webhook,
        tool,
        pages,
        workflow_id: id,
        version: flow.live_version,
        is_active: flow.is_active,
        model: is_chat.then(|| format!("flow/{}", flow.slug)),
        endpoint,
        schedules,
        slug: flow.slug,
    }))
}

pub(super) fn trigger(graph: &Graph) -> Option<&crate::graph::Node> {
    graph
        .nodes
        .iter()
        .find(|node| node.kind == TRIGGER && !node.disabled)
}
