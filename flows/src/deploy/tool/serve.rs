//! The server's side of MCP.

use std::sync::Arc;

use accounts::Principal;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
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

/// Serves one request. Nothing is kept between requests, so that any instance can serve the next one.
pub(super) async fn serve(
    deployments: Deployments,
    who: Arc<Principal>,
    request: Request,
) -> Response {
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
    service.handle(request).await.map(Body::new)
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
