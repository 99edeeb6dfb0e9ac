//! Tools of MCP servers, for nodes.

use std::time::Duration;

use http::HeaderMap;
use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ContentBlock,
    Implementation, JsonObject, PaginatedRequestParams, Tool,
};
use rmcp::service::{RunningService, ServiceError, serve_client};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::auth::Auth;
use super::fetch::{parse_url, with_query};
use crate::mcp::HttpClient;
use crate::node::{NodeContext, NodeError, NodeErrorKind};

/// How long connecting, and listing the tools, may take.
const OPEN_WITHIN: Duration = Duration::from_secs(30);
/// How long saying goodbye may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// Pages of tools that are read.
const MAX_PAGES: usize = 20;

/// A connection to an MCP server.
pub(in crate::nodes) struct Connection {
    /// How failures name it: its host.
    host: String,
    http: HttpClient,
    service: RunningService<RoleClient, ClientConfig>,
}

impl Connection {
    /// Connects and agrees on a version.
    ///
    /// # Errors
    /// `Settings` for an address that is none, `Missing` for a credential that is not there,
    /// `Forbidden` where the guard refuses the address, `Upstream` and `Timeout` for a server that does
    /// not serve.
    pub(in crate::nodes) async fn open(
        context: &NodeContext,
        url: &str,
        auth: &Auth,
    ) -> Result<Self, NodeError> {
        let uri = parse_url(url)?;
        let host = uri.authority().map_or("", http::uri::Authority::as_str);
        let host = host.rsplit('@').next().unwrap_or_default().to_owned();
        let (mut headers, mut query) = (HeaderMap::new(), Vec::new());
        auth.apply(context, &mut headers, &mut query).await?;
        let url = with_query(url.trim(), &query);
        let http = HttpClient::new(context.services.outbound.clone(), headers);
        let config = StreamableHttpClientTransportConfig::with_uri(url);
        let transport = StreamableHttpClientTransport::with_client(http.clone(), config);
        let name = Implementation::new("nocode-ai-builder", env!("CARGO_PKG_VERSION"));
        let client = ClientConfig::new(ClientCapabilities::default(), name);
        let opened = timeout(OPEN_WITHIN, serve_client(client, transport)).await;
        let service = match opened {
            Ok(Ok(service)) => service,
            Ok(Err(error)) => return Err(failure(&host, &http, &error)),
            Err(_) => return Err(late(&host, OPEN_WITHIN)),
        };
        Ok(Self {
            host,
            http,
            service,
        })
    }

    /// The server's tools.
    ///
    /// # Errors
    /// `Upstream` and `Timeout` for a server that does not say.
    pub(in crate::nodes) async fn tools(&self) -> Result<Vec<Tool>, NodeError> {
        let listed = async {
            let (mut all, mut cursor) = (Vec::new(), None);
            for _ in 0..MAX_PAGES {
                let page = PaginatedRequestParams::default().with_cursor(cursor);
                let found = self.service.list_tools(Some(page)).await?;
                all.extend(found.tools);
                cursor = found.next_cursor.filter(|next| !next.is_empty());
                if cursor.is_none() {
                    break;
                }
            }
            Ok::<_, ServiceError>(all)
        };
        match timeout(OPEN_WITHIN, listed).await {
            Ok(listed) => listed.map_err(|error| failure(&self.host, &self.http, &error)),
            Err(_) => Err(late(&self.host, OPEN_WITHIN)),
        }
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// `Upstream` with what the tool or the server says is wrong; `Timeout`.
    pub(in crate::nodes) async fn call(
        &self,
        tool: &str,
        arguments: JsonObject,
        within: Duration,
    ) -> Result<Value, NodeError> {
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let Ok(called) = timeout(within, self.service.call_tool(params)).await else {
            return Err(late(&self.host, within).permanent());
        };
        let result = called.map_err(|error| match &error {
            ServiceError::McpError(error) => {
                let message = format!("the tool `{tool}` was refused: {}", error.message);
                NodeError::new(NodeErrorKind::Upstream, message).permanent()
            }
            _ => failure(&self.host, &self.http, &error).permanent(),
        })?;
        if result.is_error == Some(true) {
            let message = format!("the tool `{tool}` failed: {}", text_of(&result.content));
            return Err(NodeError::new(NodeErrorKind::Upstream, message).permanent());
        }
        Ok(value_of(result))
    }

    /// Ends the session, if there is one.
    pub(in crate::nodes) async fn close(mut self) {
        let _ = self.service.close_with_timeout(CLOSE_WITHIN).await;
    }
}

fn late(host: &str, within: Duration) -> NodeError {
    let message = format!(
        "the MCP server {host} has not answered within {} seconds",
        within.as_secs_f64()
    );
    NodeError::new(NodeErrorKind::Timeout, message)
}

fn failure(host: &str, http: &HttpClient, error: &dyn std::fmt::Display) -> NodeError {
    let (kind, why) = match http.take_failure() {
        Some(failure) if failure.is_forbidden => (NodeErrorKind::Forbidden, failure.message),
        Some(failure) => (NodeErrorKind::Upstream, failure.message),
        None => (NodeErrorKind::Upstream, error.to_string()),
    };
    let message = format!("the MCP server {host} cannot be used: {why:.1000}");
    NodeError::new(kind, message)
}

/// What a tool gave: as it is where the server says so, else its text; other contents are named.
fn value_of(result: CallToolResult) -> Value {
    if let Some(value) = result.structured_content {
        return value;
    }
    let text = text_of(&result.content);
    serde_json::from_str(&text)
        .ok()
        .filter(|value: &Value| value.is_object() || value.is_array())
        .unwrap_or_else(|| json!(text))
}

fn text_of(content: &[ContentBlock]) -> String {
    let lines = content.iter().map(|block| match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => format!("[image: {}]", image.mime_type),
        ContentBlock::Audio(audio) => format!("[audio: {}]", audio.mime_type),
        ContentBlock::ResourceLink(link) => format!("[resource: {}]", link.uri),
        other => serde_json::to_string(other).unwrap_or_default(),
    });
    lines.collect::<Vec<_>>().join("\n")
}
