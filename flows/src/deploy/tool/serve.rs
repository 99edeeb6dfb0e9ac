//! The server's side of MCP.

use std::sync::Arc;

use accounts::Principal;
use accounts::http::ApiError;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, ErrorData, Implementation,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::tower::StreamableHttpService;
use rmcp::{RoleServer, model::JsonObject};
use serde_json::Value;

use crate::deploy::{Deployments, may_call};
use crate::nodes::given_schema;
use crate::sql::tools::{self, LiveTool};

/// Bytes of a message at most.
const MAX_BODY: usize = 32 * 1024 * 1024;
/// Bytes of a refusal's text.
const MAX_REFUSAL: usize = 4 * 1024;

/// Serves one request. Nothing is kept between requests, so that any instance can serve the next one.
pub(super) async fn serve(
    deployments: Deployments,
    who: Arc<Principal>,
    mut request: Request,
) -> Response {
    fill_in(request.headers_mut());
    // Every caller shows a key or the header against forged requests, so no host or origin need be
    // known beforehand.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_legacy_session_mode(false)
        .with_sse_retry(None)
        .with_max_request_body_bytes(MAX_BODY);
    let caller = McpCaller { deployments, who };
    let service = StreamableHttpService::new(
        move || Ok(caller.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    in_our_form(service.handle(request).await.map(Body::new)).await
}

/// Who takes anything, or does not say, takes what the protocol answers with, and sends JSON.
fn fill_in(headers: &mut HeaderMap) {
    let wanted = headers.get(ACCEPT).and_then(|wanted| wanted.to_str().ok());
    if wanted.is_none_or(|wanted| wanted.contains("*/*")) {
        let all = HeaderValue::from_static("application/json, text/event-stream");
        headers.insert(ACCEPT, all);
    }
    // As everywhere in `/api/v1`, where a body can only be JSON.
    if !headers.contains_key(CONTENT_TYPE) {
        let json = HeaderValue::from_static("application/json");
        headers.insert(CONTENT_TYPE, json);
    }
}

/// Refusals that are no messages of the protocol, as all of `/api/v1` says them.
async fn in_our_form(response: Response) -> Response {
    let kind = response.headers().get(CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let status = response.status();
    // 405 says in `allow` what is allowed.
    if is_json || !status.is_client_error() || status == StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let text = to_bytes(response.into_body(), MAX_REFUSAL).await;
    let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    // The SDK calls a body that cannot be read a wrong type of content.
    let status = match text.starts_with("fail to deserialize") {
        true => StatusCode::BAD_REQUEST,
        false => status,
    };
    ApiError::new(status, "invalid_request", text).into_response()
}

/// What one caller sees and does.
#[derive(Clone)]
pub(super) struct McpCaller {
    pub(super) deployments: Deployments,
    pub(super) who: Arc<Principal>,
}

impl ServerHandler for McpCaller {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        let version = env!("CARGO_PKG_VERSION");
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("nocode-ai-builder", version))
            .with_instructions("Each tool runs a published flow of the organization.")
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let found = self.live_tools().await?;
        let tools = found.iter().filter_map(described).collect();
        let mut list = ListToolsResult::with_all_items(tools);
        // Other keys see other tools, and a switch acts at once.
        list.ttl_ms = Some(0);
        list.cache_scope = Some(CacheScope::Private);
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let found = self.live_tools().await?;
        let tool = found.into_iter().find(|tool| tool.slug == request.name);
        let Some(tool) = tool else {
            let message = format!(
                "there is no tool `{:.80}`; `tools/list` names those this key may call",
                request.name
            );
            return Err(ErrorData::invalid_params(message, None));
        };
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let result = self.run(&tool, arguments, &context).await?;
        Ok(result.into())
    }
}

impl McpCaller {
    /// The tools that are there for this caller.
    async fn live_tools(&self) -> Result<Vec<LiveTool>, ErrorData> {
        let (db, org) = (self.deployments.flows.db(), self.who.org_id());
        let mut found = tools::live(db, org).await.map_err(|error| broken(&error))?;
        found.retain(|tool| {
            may_call(&self.who, &tool.slug) && crate::deploy::http::trigger(&tool.graph.0).is_some()
        });
        Ok(found)
    }
}

/// The tool as clients see it; `None`: it has no trigger.
fn described(tool: &LiveTool) -> Option<Tool> {
    let trigger = crate::deploy::http::trigger(&tool.graph.0)?;
    let schema: JsonObject = match given_schema(&trigger.settings) {
        Value::Object(schema) => schema,
        _ => JsonObject::new(),
    };
    let description = match tool.description.trim() {
        "" => tool.title.clone(),
        text => text.to_owned(),
    };
    Some(Tool::new(tool.slug.clone(), description, schema).with_title(tool.title.clone()))
}

/// What is answered when the program itself fails.
pub(super) fn broken(error: &impl std::fmt::Display) -> ErrorData {
    tracing::error!(%error, "an MCP request failed");
    let message = "the server cannot do this at the moment; try again";
    ErrorData::internal_error(message, None)
}
