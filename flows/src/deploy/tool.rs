//! Published flows as tools of MCP clients: one endpoint for all flows of the caller's organization.
//!
//! A flow is a tool while that is switched on, the flow is active, and its live version begins with
//! "API endpoint", whose fields are the tool's arguments. A call is a run like any other of that
//! trigger: the same keys, limits and budgets hold.

mod call;
pub(in crate::deploy) mod http;
mod serve;

use accounts::{Actor, Change};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::in_tx;
use utoipa::ToSchema;

use super::Deployments;
use crate::graph::Graph;
use crate::ids::WorkflowId;
use crate::nodes::given_schema;
use crate::sql::tools::{self, ToolRow};
use crate::sql::workflows::Workflow;
use crate::{Error, Result};

/// Where MCP clients connect.
pub(super) const PATH: &str = "/api/v1/mcp";
/// Characters of a description.
const MAX_DESCRIPTION: usize = 4_000;
/// How long a call waits where nothing else is said, in milliseconds.
const TIMEOUT_MS: u64 = 60_000;
/// The run's word for what began it.
pub(super) const TRIGGER_WORD: &str = "mcp";

/// How a flow is offered as a tool.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"is_on": true, "description": "Answers questions about opening hours."}))]
pub(in crate::deploy) struct PutTool {
    /// Whether MCP clients see and call it.
    is_on: bool,
    /// What it does and when to use it, for models; the flow's description when empty. Up to 4,000
    /// characters.
    description: String,
    /// How long a call waits for the run's end, in milliseconds, 1,000 to 300,000.
    timeout_ms: u64,
}

impl Default for PutTool {
    fn default() -> Self {
        Self {
            is_on: false,
            description: String::new(),
            timeout_ms: TIMEOUT_MS,
        }
    }
}

/// A flow as a tool of MCP clients.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::deploy) struct FlowTool {
    /// Whether MCP clients see and call it.
    is_on: bool,
    /// Its name for clients: the flow's slug.
    name: String,
    /// What clients connect to, with an API key of the organization as bearer token.
    path: String,
    /// What models are told; the flow's description when empty.
    description: String,
    /// How long a call waits for the run's end, in milliseconds.
    timeout_ms: i64,
    /// JSON Schema of the arguments; `null` as long as no published version begins with "API endpoint".
    #[schema(value_type = Option<Object>)]
    input_schema: Option<Value>,
}

impl FlowTool {
    fn of(flow: &Workflow, row: Option<&ToolRow>, live: Option<&Graph>) -> Self {
        let trigger = live.and_then(super::http::trigger);
        Self {
            is_on: row.is_some_and(|row| row.is_on),
            name: flow.slug.clone(),
            path: PATH.to_owned(),
            description: row.map(|row| row.description.clone()).unwrap_or_default(),
            timeout_ms: row.map_or(TIMEOUT_MS.cast_signed(), |row| row.timeout_ms),
            input_schema: trigger.map(|node| given_schema(&node.settings)),
        }
    }
}

impl Deployments {
    /// The tool that a flow is or can be; `None` where its live version has no arguments to take.
    pub(in crate::deploy) async fn tool_of(
        &self,
        flow: &Workflow,
        live: &Graph,
    ) -> Result<Option<FlowTool>> {
        if super::http::trigger(live).is_none() {
            return Ok(None);
        }
        let row = tools::get(self.flows.db(), flow.org_id, flow.id).await?;
        Ok(Some(FlowTool::of(flow, row.as_ref(), Some(live))))
    }

    async fn put_tool(&self, actor: &Actor, id: WorkflowId, wanted: PutTool) -> Result<FlowTool> {
        let org = actor.org_id();
        let flow = self.flows.get_workflow(org, id).await?;
        let description = wanted.description.trim();
        if description.chars().count() > MAX_DESCRIPTION {
            let message = format!("`description` must have at most {MAX_DESCRIPTION} characters");
            return Err(Error::invalid(message));
        }
        if !(1_000..=300_000).contains(&wanted.timeout_ms) {
            return Err(Error::invalid("`timeout_ms` must be 1,000 to 300,000"));
        }
        let old = tools::get(self.flows.db(), org, id).await?;
        let now = self.flows.now();
        let row = ToolRow {
            workflow_id: id,
            org_id: org,
            is_on: wanted.is_on,
            description: description.to_owned(),
            timeout_ms: wanted.timeout_ms.cast_signed(),
            created_at: old.as_ref().map_or(now, |old| old.created_at),
            updated_at: now,
        };
        let before = old.as_ref().map(noted);
        let after = noted(&row);
        in_tx!(self.flows.db(), tx: Error => {
            tools::put(tx, &row).await?;
            self.flows.accounts().audit(tx, actor, Change {
                action: "workflow_tool.put",
                target: id.to_string(),
                before: before.as_ref(),
                after: Some(&after),
            }).await?;
            Ok(())
        })?;
        let live = match flow.live_version {
            Some(_) => Some(self.live(&flow).await?.graph),
            None => None,
        };
        Ok(FlowTool::of(&flow, Some(&row), live.as_deref()))
    }
}

/// As the audit log has it.
fn noted(row: &ToolRow) -> Value {
    json!({
        "is_on": row.is_on,
        "description": row.description,
        "timeout_ms": row.timeout_ms,
    })
}
