//! The tools that MCP servers lend an agent.

use std::time::Duration;

use futures_util::future::try_join_all;
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::tools::Called;
use crate::graph::is_key;
use crate::node::{Capability, NodeContext, NodeError};
use crate::nodes::shared::auth::Auth;
use crate::nodes::shared::fetch::touched_host;
use crate::nodes::shared::mcp::Connection;

/// Tools of one server at most.
const MAX_TOOLS: usize = 128;
/// Characters of a tool's name that models take.
const MAX_NAME: usize = 64;
/// Characters of a tool's description that the model sees.
const MAX_DESCRIPTION: usize = 2_000;

/// An MCP server.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct McpServer {
    /// A short name; the model sees its tools as `name_tool`.
    #[schemars(extend("x-widget" = "key", "x-expression" = "never"))]
    name: String,
    /// The server's address, `https://…` (streamable HTTP).
    url: String,
    /// How it shows who it is.
    #[serde(default)]
    auth: Auth,
    /// The tools that the agent may use, by the server's names; empty: all.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    tools: Vec<String>,
    /// How long one call may take, in milliseconds.
    #[serde(default = "timeout_ms")]
    #[schemars(range(min = 1000, max = 600_000), extend("x-advanced" = true))]
    timeout_ms: u64,
}

fn timeout_ms() -> u64 {
    60_000
}

/// A tool of a server, under the name that the model uses.
struct Lent {
    name: String,
    tool: Tool,
    /// Which server.
    server: usize,
}

/// Open connections with their tools.
#[derive(Default)]
pub(super) struct Servers {
    connections: Vec<(Connection, Duration)>,
    lent: Vec<Lent>,
}

impl Servers {
    /// Connects to all servers and lists their tools. `taken` are names that are the agent's own.
    ///
    /// # Errors
    /// Those of the first server that does not serve, naming it, and tools it does not have.
    pub(super) async fn open(
        context: &NodeContext,
        servers: &[McpServer],
        taken: impl Iterator<Item = &str>,
    ) -> Result<Self, NodeError> {
        let opened = servers
            .iter()
            .enumerate()
            .map(|(position, server)| async move {
                let opened = server.open(context).await;
                opened.map_err(|error| {
                    let field = match &error.field {
                        Some(field) => format!("mcp_servers[{position}].{field}"),
                        None => format!("mcp_servers[{position}]"),
                    };
                    error.at(field)
                })
            });
        let opened = try_join_all(opened).await?;
        let mut names: Vec<String> = taken.map(str::to_owned).collect();
        let mut all = Self::default();
        for (position, (server, (connection, tools))) in servers.iter().zip(opened).enumerate() {
            for tool in tools {
                let name = name_of(&server.name, &tool.name, &names);
                names.push(name.clone());
                all.lent.push(Lent {
                    name,
                    tool,
                    server: position,
                });
            }
            let within = Duration::from_millis(server.timeout_ms);
            all.connections.push((connection, within));
        }
        Ok(all)
    }

    /// The tools as the model sees them.
    pub(super) fn describe(&self) -> impl Iterator<Item = Value> {
        self.lent.iter().map(|lent| {
            let description = lent.tool.description.as_deref().unwrap_or_default();
            let description: String = description.chars().take(MAX_DESCRIPTION).collect();
            json!({
                "type": "function",
                "function": {
                    "name": lent.name,
                    "description": description,
                    "parameters": lent.tool.input_schema,
                },
            })
        })
    }

    /// Calls a tool by the name that the model uses; `None`: no server has it. What goes wrong is told
    /// to the model.
    pub(super) async fn call(&self, name: &str, arguments: Value) -> Option<Called> {
        let lent = self.lent.iter().find(|lent| lent.name == name)?;
        let (connection, within) = self.connections.get(lent.server)?;
        let arguments: JsonObject = match arguments {
            Value::Object(arguments) => arguments,
            _ => JsonObject::new(),
        };
        let called = connection.call(&lent.tool.name, arguments, *within).await;
        Some(match called {
            Ok(value) => Called::Gave(value),
            Err(error) => Called::Failed(error.message),
        })
    }

    /// Ends all sessions.
    pub(super) async fn close(self) {
        let ends = self.connections.into_iter().map(|(c, _)| c.close());
        futures_util::future::join_all(ends).await;
    }
}

impl McpServer {
    async fn open(&self, context: &NodeContext) -> Result<(Connection, Vec<Tool>), NodeError> {
        let connection = Connection::open(context, &self.url, &self.auth).await?;
        let mut tools = connection.tools().await?;
        let missing: Vec<&str> = self
            .tools
            .iter()
            .map(|name| name.trim())
            .filter(|name| tools.iter().all(|tool| tool.name != *name))
            .collect();
        if !missing.is_empty() {
            let there: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
            let message = format!(
                "the MCP server `{}` has no tool `{}`; it has: {:.500}",
                self.name,
                missing.join("`, `"),
                there.join(", "),
            );
            return Err(NodeError::settings("tools", message));
        }
        if !self.tools.is_empty() {
            tools.retain(|tool| self.tools.iter().any(|name| name.trim() == tool.name));
        }
        if tools.len() > MAX_TOOLS {
            let message = format!(
                "the MCP server `{}` has {} tools, more than {MAX_TOOLS}; name those that the agent needs",
                self.name,
                tools.len(),
            );
            return Err(NodeError::settings("tools", message));
        }
        Ok((connection, tools))
    }
}

/// `server_tool` in letters that all models take, unlike the names there are.
fn name_of(server: &str, tool: &str, taken: &[String]) -> String {
    let name = format!("{server}_{tool}");
    let clean = name.chars().map(|letter| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => letter,
        _ => '_',
    });
    let clean: String = clean.take(MAX_NAME).collect();
    let mut unlike = clean.clone();
    let mut number = 2;
    while taken.contains(&unlike) {
        let end = format!("_{number}");
        let stem: String = clean.chars().take(MAX_NAME - end.len()).collect();
        unlike = stem + &end;
        number += 1;
    }
    unlike
}

/// What is wrong with the servers of a graph.
pub(super) fn check(servers: Option<&Value>) -> Vec<(String, String)> {
    let servers = servers.and_then(Value::as_array);
    let mut seen = std::collections::BTreeSet::new();
    let mut problems = Vec::new();
    for (position, server) in servers.into_iter().flatten().enumerate() {
        let name = server.get("name").and_then(Value::as_str);
        let name = name.unwrap_or_default();
        let why = if !is_key(name) {
            "use a-z first, then up to 63 of a-z, 0-9 and _".to_owned()
        } else if !seen.insert(name) {
            format!("two MCP servers are named `{name}`")
        } else {
            continue;
        };
        problems.push((format!("mcp_servers[{position}].name"), why));
    }
    problems
}

/// What a server of a graph touches.
pub(super) fn capabilities(server: &Value) -> Vec<Capability> {
    let url = server.get("url").and_then(Value::as_str);
    let mut all = vec![touched_host(url.unwrap_or_default())];
    let credential = server.pointer("/auth/credential").and_then(Value::as_str);
    all.extend(credential.map(|name| Capability::Credential {
        name: name.to_owned(),
    }));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_all_models_and_are_unlike_each_other() {
        let long = "x".repeat(80);
        for (tool, taken, wanted) in [
            ("look", vec![], "web_look".to_owned()),
            ("a.b/c", vec![], "web_a_b_c".to_owned()),
            ("look", vec!["web_look"], "web_look_2".to_owned()),
            (&long, vec![], format!("web_{}", "x".repeat(60))),
        ] {
            let taken: Vec<String> = taken.into_iter().map(str::to_owned).collect();
            assert_eq!(name_of("web", tool, &taken), wanted);
        }
    }
}
