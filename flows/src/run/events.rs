//! What happens in a run, numbered, for those who watch.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use store::{Micros, OrgId};
use tokio::sync::broadcast;
use utoipa::ToSchema;

use crate::graph::NodeId;
use crate::ids::{RunId, WorkflowId};

/// Events of a live run that are kept for those who come back; older ones are read from the database.
const KEPT: usize = 2_000;
/// Events an onlooker may fall behind before it must begin anew.
const BEHIND: usize = 4_096;

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type")]
pub enum EventKind {
    /// The run has begun, or goes on after a wait.
    #[serde(rename = "execution:started")]
    Started,
    /// A node begins.
    #[serde(rename = "node:started")]
    NodeStarted,
    /// A piece of a growing output.
    #[serde(rename = "node:streamed")]
    NodeStreamed {
        /// Of which output.
        port: String,
        /// The next piece.
        #[schema(value_type = Object)]
        piece: Value,
    },
    /// A node has come to this state.
    #[serde(rename = "execution:progress")]
    Progress {
        /// `done`, `failed`, `waiting`, `calling`, `contained` or `skipped`.
        state: String,
        /// What it gave; large ones are left out.
        #[schema(value_type = Object)]
        output: Value,
        /// Why it failed.
        error: Option<String>,
        /// How long it took, in microseconds.
        duration_us: i64,
    },
    /// The run waits for a time, a person or an event.
    #[serde(rename = "execution:waiting")]
    Waiting,
    /// The run is completed.
    #[serde(rename = "execution:completed")]
    Completed {
        /// What it returned; large ones are left out.
        #[schema(value_type = Object)]
        output: Value,
    },
    /// The run has failed, or was stopped.
    #[serde(rename = "execution:error")]
    Error {
        /// Why.
        message: String,
    },
}

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Event {
    /// Rises by at least one with each event of a run; give the last one back to go on behind it.
    pub seq: i64,
    /// The run.
    pub run_id: RunId,
    /// Its flow.
    pub workflow_id: WorkflowId,
    /// When.
    pub at: Micros,
    /// The node it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// The node's iteration, `each:3/inner:0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iteration: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

impl Event {
    /// Whether no further event of this run follows (but a retry may begin it again).
    pub fn is_last(&self) -> bool {
        matches!(
            self.kind,
            EventKind::Completed { .. } | EventKind::Error { .. }
        )
    }
}

/// All events of this process, with their organization.
#[derive(Debug, Clone)]
pub struct Hub {
    sender: broadcast::Sender<(OrgId, Arc<Event>)>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(BEHIND),
        }
    }
}

impl Hub {
    /// Everything from now on; filter by organization.
    pub fn subscribe(&self) -> broadcast::Receiver<(OrgId, Arc<Event>)> {
        self.sender.subscribe()
    }
}

/// Numbers and keeps the events of one live run.
#[derive(Debug)]
pub(super) struct Feed {
    hub: Hub,
    org_id: OrgId,
    run_id: RunId,
    workflow_id: WorkflowId,
    inner: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    seq: i64,
    events: VecDeque<Arc<Event>>,
}

impl Feed {
    pub(super) fn new(
        hub: Hub,
        org_id: OrgId,
        run_id: RunId,
        workflow_id: WorkflowId,
        seq: i64,
    ) -> Self {
        let events = VecDeque::new();
        Self {
            hub,
            org_id,
            run_id,
            workflow_id,
            inner: Mutex::new(Kept { seq, events }),
        }
    }

    /// Numbers, keeps and sends an event; gives its number.
    pub(super) fn publish(
        &self,
        at: Micros,
        place: Option<(NodeId, String)>,
        kind: EventKind,
    ) -> i64 {
        let (node, iteration) = place.unzip();
        let mut inner = self.inner.lock();
        inner.seq += 1;
        let event = Arc::new(Event {
            seq: inner.seq,
            run_id: self.run_id,
            workflow_id: self.workflow_id,
            at,
            node,
            iteration: iteration.filter(|text| !text.is_empty()),
            kind,
        });
        if inner.events.len() == KEPT {
            inner.events.pop_front();
        }
        inner.events.push_back(Arc::clone(&event));
        let seq = inner.seq;
        // Sent under the lock, so that onlookers see the numbers in order.
        if self.hub.sender.receiver_count() > 0 {
            let _ = self.hub.sender.send((self.org_id, event));
        }
        seq
    }

    /// Kept events behind `seq`.
    pub(super) fn after(&self, seq: i64) -> Vec<Arc<Event>> {
        let inner = self.inner.lock();
        let behind = inner.events.iter().filter(|event| event.seq > seq);
        behind.cloned().collect()
    }

    pub(super) fn seq(&self) -> i64 {
        self.inner.lock().seq
    }
}
