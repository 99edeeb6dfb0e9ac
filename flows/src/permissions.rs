//! What a flow may touch, and whether a draft wants more than the version so far.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::json;
use store::OrgId;
use utoipa::ToSchema;

use crate::error::ErrorKind;
use crate::graph::Graph;
use crate::ids::WorkflowId;
use crate::node::Capability;
use crate::sql::workflows::Workflow;
use crate::{Error, Flows, Result};

/// How many of the new ones a message names.
const NAMED: usize = 8;

/// Something the draft of a flow may touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorkflowPermission {
    /// What.
    #[serde(flatten)]
    pub capability: Capability,
    /// Whether the version so far may not. Nothing is new in a flow that was never published.
    pub is_new: bool,
}

impl Flows {
    /// What the nodes of a graph may touch, each once. Nodes that are switched off do nothing.
    pub fn capabilities(&self, graph: &Graph) -> BTreeSet<Capability> {
        let active = graph.nodes.iter().filter(|node| !node.disabled);
        let kinds = active.filter_map(|node| {
            let kind = self.registry().get(&node.kind)?;
            Some(kind.capabilities(&node.settings))
        });
        let mut found: BTreeSet<Capability> = kinds.flatten().collect();
        found.extend(crate::diff::secrets_in(graph, self.registry()));
        found
    }

    /// What the draft may touch, with marks on what is new.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn permissions(&self, org: OrgId, id: WorkflowId) -> Result<Vec<WorkflowPermission>> {
        let flow = self.get_workflow(org, id).await?;
        let before = self.granted(&flow).await?;
        let now = self.capabilities(&flow.graph).into_iter();
        let lines = now.map(|capability| WorkflowPermission {
            is_new: before
                .as_ref()
                .is_some_and(|before| !before.contains(&capability)),
            capability,
        });
        Ok(lines.collect())
    }

    /// What the live version may touch, or while the flow is off its latest; `None` without any.
    async fn granted(&self, flow: &Workflow) -> Result<Option<BTreeSet<Capability>>> {
        let number = flow.live_version.unwrap_or(flow.latest_version);
        if number == 0 {
            return Ok(None);
        }
        let version = self.get_version(flow.org_id, flow.id, number).await?;
        Ok(Some(self.capabilities(&version.graph)))
    }

    /// # Errors
    /// `Grown` when the draft may touch what the version so far may not.
    pub(crate) async fn refuse_growth(&self, flow: &Workflow) -> Result<()> {
        let Some(before) = self.granted(flow).await? else {
            return Ok(());
        };
        let now = self.capabilities(&flow.graph);
        let added: Vec<&Capability> = now.difference(&before).collect();
        if added.is_empty() {
            return Ok(());
        }
        let named: Vec<String> = added.iter().take(NAMED).map(ToString::to_string).collect();
        let more = match added.len().saturating_sub(NAMED) {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let message = format!(
            "the flow may touch more than its version so far: {}{more}. Look at it, then publish with \
             `accept_permissions`",
            named.join(", ")
        );
        Err(Error::new(ErrorKind::Grown, message).with_details(json!({"added": added})))
    }
}
