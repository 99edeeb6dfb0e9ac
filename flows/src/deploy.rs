//! Published flows at addresses of their own: a model, a REST endpoint, a tool of MCP clients, a webhook,
//! pages for people; at times of their own, and after failures of others.
//!
//! The flow itself says what is deployed: the triggers of its live version, as long as it is active.
//! Publishing, going back and switching off act at once, because nothing is copied.

mod failure;
pub mod http;
mod model;
mod own;
pub mod page;
mod schedule;
mod speaker;
mod tool;
pub mod webhook;

pub use failure::FailureWatch;
pub use model::FlowModels;
pub use schedule::Scheduler;

use accounts::Principal;
use store::OrgId;

use crate::graph::Graph;
use crate::run::{Engine, Runnable};
use crate::sql::workflows::Workflow;
use crate::{Error, Flows, Result};

/// Finds published flows and begins their runs.
#[derive(Debug, Clone)]
pub struct Deployments {
    flows: Flows,
    engine: Engine,
}

impl Deployments {
    /// Flows of `flows`, run by `engine`.
    pub fn new(flows: Flows, engine: Engine) -> Self {
        Self { flows, engine }
    }

    /// The live version of a flow that begins with a trigger of type `trigger`.
    ///
    /// # Errors
    /// `NotFound` for no such flow, one that is switched off or was never published; `Invalid` when it
    /// has no such trigger.
    pub(crate) async fn find(&self, org: OrgId, slug: &str, trigger: &str) -> Result<Runnable> {
        let flow = self.flows.find_workflow(org, slug).await?;
        let flow = flow.ok_or_else(|| Error::not_found("flow", slug))?;
        let is_on = flow.is_active && !flow.is_archived && flow.live_version.is_some();
        if !is_on {
            let message = format!("the flow `{slug}` is not published, or switched off");
            return Err(Error::new(crate::ErrorKind::NotFound, message));
        }
        let found = self.live(&flow).await?;
        if !begins_with(&found.graph, trigger) {
            let title = self
                .flows
                .registry()
                .get(trigger)
                .map_or(trigger, |node| node.about().title);
            return Err(Error::invalid(format!(
                "the flow `{slug}` has no trigger \"{title}\"; add one and publish it again"
            )));
        }
        Ok(found)
    }

    async fn live(&self, flow: &Workflow) -> Result<Runnable> {
        let version = self.flows.live_version(flow.org_id, flow.id).await?;
        Ok(Runnable {
            project_id: flow.project_id,
            workflow_id: flow.id,
            version: u32::try_from(version.number).ok(),
            graph: std::sync::Arc::new(version.graph.0),
        })
    }

    /// The slugs of the organization's active flows that begin with a trigger of type `trigger`.
    pub(crate) async fn slugs(&self, org: OrgId, trigger: &str) -> Result<Vec<String>> {
        let live = crate::sql::workflows::live(self.flows.db(), org).await?;
        let fits = live
            .into_iter()
            .filter(|flow| begins_with(&flow.graph.0, trigger));
        Ok(fits.map(|flow| flow.slug).collect())
    }
}

/// Whether the caller's key lets it call this flow: as the model `flow/<slug>`.
pub(crate) fn may_call(who: &Principal, slug: &str) -> bool {
    who.may_use_model(&format!("flow/{slug}"))
}

/// Whether a text can be the random part of an address; others are not looked up.
fn is_token(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn begins_with(graph: &Graph, trigger: &str) -> bool {
    let mut nodes = graph.nodes.iter();
    nodes.any(|node| node.kind == trigger && !node.disabled)
}

#[cfg(test)]
mod tests;
