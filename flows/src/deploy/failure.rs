//! Begins runs of the flows that listen for failures.
//!
//! The end of a failed run notes, in one statement with the failure itself, that it is to be told. An
//! instance takes it for a while and begins a run of each listener. The ids of these runs follow from
//! the failed run and the listener, so that whoever takes it over begins only those that are not there.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::Micros;
use tokio_util::sync::CancellationToken;

use super::Deployments;
use super::own::{Failure, OwnRun};
use crate::graph::{Graph, NodeId};
use crate::ids::{RunId, WorkflowId};
use crate::sql::failures::{self, FailedRun};
use crate::sql::schedules::ActiveFlow;

const TRIGGER: &str = "input.error";
/// How often failures are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Failures of one look.
const BATCH: i64 = 100;
/// How long the one that took a failure has to begin the listeners' runs.
const LEASE: Duration = Duration::from_secs(30);
/// What could not be told for so long is not told any more.
const GIVE_UP: Duration = Duration::from_secs(86_400);
/// Live versions whose listeners are kept in memory.
const KNOWN: usize = 10_000;

/// Tells flows of the failures of others. Every instance has one.
#[derive(Debug)]
pub struct FailureWatch {
    deployments: Deployments,
    /// The triggers of live versions, which never change.
    known: Mutex<HashMap<(WorkflowId, i64), Listeners>>,
}

type Listeners = Arc<Vec<Listener>>;

/// A trigger that listens.
#[derive(Debug)]
struct Listener {
    node_id: NodeId,
    /// Slugs; none: all flows of the project.
    workflows: Vec<String>,
}

impl Listener {
    fn hears(&self, slug: &str) -> bool {
        self.workflows.is_empty() || self.workflows.iter().any(|wanted| wanted == slug)
    }
}

fn listeners_of(graph: &Graph) -> Vec<Listener> {
    let nodes = graph.nodes.iter();
    let nodes = nodes.filter(|node| node.kind == TRIGGER && !node.disabled);
    nodes
        .map(|node| {
            let slugs = node.settings.get("workflows").and_then(Value::as_array);
            let slugs = slugs.into_iter().flatten().filter_map(Value::as_str);
            Listener {
                node_id: node.id.clone(),
                workflows: slugs.map(str::to_owned).collect(),
            }
        })
        .collect()
}

impl FailureWatch {
    /// For the flows of `deployments`.
    pub fn new(deployments: Deployments) -> Self {
        Self {
            deployments,
            known: Mutex::default(),
        }
    }

    /// Tells failures until `stop`.
    pub async fn work(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.pass().await {
                tracing::warn!(%error, "cannot look for failed runs; will retry");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Looks once; how many failures it told.
    ///
    /// # Errors
    /// Those of the database. What concerns one failure alone is logged and does not hold up others.
    pub async fn pass(&self) -> Result<usize, store::Error> {
        let db = self.deployments.flows.db();
        let now = self.deployments.flows.now();
        let mut told = 0;
        for run in failures::due(db, now, BATCH).await? {
            if !failures::take(db, &run, now.plus(LEASE)).await? {
                continue;
            }
            match self.tell(&run).await {
                Ok(()) => {}
                Err(why) if now.since(run.ended_at.unwrap_or(now)) < GIVE_UP => {
                    tracing::warn!(run = %run.id, %why, "cannot tell of a failed run yet");
                    continue;
                }
                Err(why) => {
                    tracing::error!(run = %run.id, %why, "of a failed run nobody can be told");
                }
            }
            failures::told(db, &run).await?;
            told += 1;
        }
        Ok(told)
    }

    /// Begins a run of each listener; why not all began, if that may pass.
    async fn tell(&self, run: &FailedRun) -> Result<(), String> {
        let flows = &self.deployments.flows;
        let failed = crate::sql::workflows::get(flows.db(), run.org_id, run.workflow_id).await;
        // A flow that is gone has no name to listen for.
        let Some(failed) = failed.map_err(|error| error.to_string())? else {
            return Ok(());
        };
        let around = failures::active(flows.db(), run.org_id, run.project_id).await;
        let mut passing = None;
        for flow in around.map_err(|error| error.to_string())? {
            // A failure of the listener itself begins no run of it.
            if flow.id == run.workflow_id {
                continue;
            }
            let listeners = self.listeners(&flow).await;
            let listeners = listeners.map_err(|error| error.to_string())?;
            for listener in listeners.iter().filter(|l| l.hears(&failed.slug)) {
                match self.begin(run, &failed.slug, &flow, listener).await {
                    Ok(()) => {}
                    Err(Failure::Passing(why)) => passing = Some(why),
                    Err(Failure::Lasting(why)) => {
                        tracing::warn!(flow = %flow.id, %why, "a run after a failure cannot begin");
                    }
                }
            }
        }
        passing.map_or(Ok(()), Err)
    }

    async fn begin(
        &self,
        run: &FailedRun,
        slug: &str,
        flow: &ActiveFlow,
        listener: &Listener,
    ) -> Result<(), Failure> {
        let mut error = run.error.as_ref().map(|json| json.0.clone());
        let node = error
            .as_mut()
            .and_then(Value::as_object_mut)
            .and_then(|error| error.remove("node"));
        let own = OwnRun {
            org_id: run.org_id,
            workflow_id: flow.id,
            node_id: listener.node_id.clone(),
            node_type: TRIGGER,
            run_id: run_id(run, flow.id, &listener.node_id),
            trigger: "error",
            input: json!({"workflow": slug, "run_id": run.id, "node": node, "error": error}),
        };
        self.deployments.begin_own(own).await
    }

    async fn listeners(&self, flow: &ActiveFlow) -> crate::Result<Listeners> {
        let key = (flow.id, flow.live_version);
        if let Some(known) = self.known.lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let flows = &self.deployments.flows;
        let mut version = flows
            .get_version(flow.org_id, flow.id, flow.live_version)
            .await?;
        flows.registry().upgrade(&mut version.graph);
        let found = Arc::new(listeners_of(&version.graph));
        let mut known = self.known.lock();
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(key, Arc::clone(&found));
        Ok(found)
    }
}

/// The id of the run that a failure begins at a listener: always the same one, and a time-ordered one
/// like all others.
fn run_id(failed: &FailedRun, listener: WorkflowId, node: &NodeId) -> RunId {
    let mut hash = Sha256::new();
    hash.update(failed.id.uuid());
    hash.update(listener.uuid());
    hash.update(node.as_str());
    let hash = hash.finalize();
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    let ended: Micros = failed.ended_at.unwrap_or(Micros(0));
    let millis = u64::try_from(ended.0 / 1_000).unwrap_or(0);
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &random);
    RunId::from_uuid(id.into_uuid())
}
