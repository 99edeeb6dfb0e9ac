//! Runs that no caller begins: at times, and after failures.

use std::sync::Arc;

use accounts::Principal;
use serde_json::Value;
use store::OrgId;

use super::Deployments;
use crate::graph::NodeId;
use crate::ids::{RunId, WorkflowId};
use crate::node::NodeErrorKind;
use crate::run::{Options, Runnable, Start};
use crate::sql;

/// A run that is to begin under an id that was given out before.
#[derive(Debug)]
pub(super) struct OwnRun {
    pub(super) org_id: OrgId,
    pub(super) workflow_id: WorkflowId,
    /// The trigger at which it begins, and that trigger's node type.
    pub(super) node_id: NodeId,
    pub(super) node_type: &'static str,
    pub(super) run_id: RunId,
    /// The run's word for what began it.
    pub(super) trigger: &'static str,
    pub(super) input: Value,
}

/// Why it did not begin.
pub(super) enum Failure {
    /// It will be tried again.
    Passing(String),
    /// It is given up.
    Lasting(String),
}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        match error.kind {
            crate::ErrorKind::NotFound => Self::Lasting(error.message),
            _ => Self::Passing(error.message),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::Passing(error.to_string())
    }
}

impl Deployments {
    /// Begins a run of the live version in the name of who published it; nothing when it has begun
    /// before, by whatever instance.
    pub(super) async fn begin_own(&self, own: OwnRun) -> Result<(), Failure> {
        if self.engine.row(own.org_id, own.run_id).await?.is_some() {
            return Ok(());
        }
        let flow = self.flows.get_workflow(own.org_id, own.workflow_id).await?;
        if !flow.is_active || flow.is_archived {
            return Err(Failure::Lasting("the flow was switched off".to_owned()));
        }
        let runnable = self.live(&flow).await?;
        let mut nodes = runnable.graph.nodes.iter();
        let is_there = nodes
            .any(|node| node.id == own.node_id && node.kind == own.node_type && !node.disabled);
        if !is_there {
            return Err(Failure::Lasting(
                "the flow has this trigger no longer".to_owned(),
            ));
        }
        let who = self.publisher(own.org_id, &runnable).await?;
        let who = who.ok_or_else(|| Failure::Lasting("the organization is gone".to_owned()))?;
        let start = Start {
            flow: runnable,
            input: own.input,
            trigger: own.trigger.to_owned(),
            options: Options {
                trigger_node: Some(own.node_id),
                ..Options::default()
            },
            depth: 0,
        };
        let Err(error) = self.engine.start_as(&who, own.run_id, start).await else {
            return Ok(());
        };
        // Another instance may have been as fast.
        if self.engine.row(own.org_id, own.run_id).await?.is_some() {
            return Ok(());
        }
        Err(match error.kind {
            NodeErrorKind::Internal => Failure::Passing(error.to_string()),
            _ => Failure::Lasting(error.to_string()),
        })
    }

    /// In whose name a published flow runs that nobody calls: who published this version, as they are
    /// now; by the key if it was one, and by the key's owner once it is revoked; where neither may act
    /// in the organization any longer, the organization itself. `None`: it is gone, too.
    pub(crate) async fn publisher(
        &self,
        org: OrgId,
        flow: &Runnable,
    ) -> Result<Option<Arc<Principal>>, store::Error> {
        let Some(number) = flow.version else {
            return Ok(None);
        };
        let (db, id) = (self.flows.db(), flow.workflow_id);
        let found = sql::versions::publisher(db, org, id, i64::from(number)).await?;
        let Some((user, label)) = found else {
            return Ok(None);
        };
        let key = label
            .as_deref()
            .and_then(|label| label.strip_prefix("key:"));
        let key = key.and_then(|id| id.parse().ok());
        let accounts = self.flows.accounts();
        let by_key = key.and_then(|key| accounts.principal_of_run(org, None, Some(key)));
        let of_person = || accounts.principal_of_run(org, Some(user?), None);
        let found = by_key.or_else(of_person);
        Ok(found.or_else(|| accounts.principal_of_run(org, None, None)))
    }
}
