//! What a node is given besides its input.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use accounts::{Principal, Secret};
use gateway::Gateway;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Micros, OrgId, SharedClock};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::{NodeError, NodeErrorKind};
use crate::expression::Scope;
use crate::graph::NodeId;
use crate::mask::Masker;
use crate::value::{Blobs, File};

/// Handles that all nodes of all runs share.
#[derive(Clone)]
pub struct Services {
    /// Model calls. Accounts and the database are reached through it.
    pub gateway: Gateway,
    /// Time.
    pub clock: SharedClock,
    /// Connections to hosts that users name; refuses private addresses.
    pub outbound: outbound::Client,
    /// Bytes of files.
    pub blobs: Arc<dyn Blobs>,
    /// Handles by their type, for what some nodes only need: `rag::Rag`, `sandbox::Pool`.
    pub handles: http::Extensions,
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

/// Which run a node belongs to.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, ToSchema)]
pub struct RunInfo {
    /// The run's id.
    pub run_id: crate::ids::RunId,
    /// The tenant.
    pub org_id: OrgId,
    /// The project, whose variables and secrets it sees.
    pub project_id: crate::ids::ProjectId,
    /// The flow.
    pub workflow_id: crate::ids::WorkflowId,
    /// The published version; none for a draft.
    pub version: Option<u32>,
    /// What began it: `manual`, `webhook`, `schedule`, `api`, `chat`, `sub_flow`, …
    pub trigger: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Micros,
    /// How many flows call each other above this one.
    pub depth: u32,
}

/// Where in nested loops a node runs: `[("each", 3)]` is the fourth item of the container `each`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Iteration(pub Vec<(NodeId, u32)>);

impl Iteration {
    /// One level further in.
    #[must_use]
    pub fn inside(&self, container: NodeId, index: u32) -> Self {
        let mut path = self.0.clone();
        path.push((container, index));
        Self(path)
    }
}

impl fmt::Display for Iteration {
    /// `each:3/inner:0`; empty outside of loops.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (container, index)) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "/" };
            write!(f, "{separator}{container}:{index}")?;
        }
        Ok(())
    }
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For finding out.
    Debug,
    /// For following.
    Info,
    /// Something may be wrong.
    Warn,
    /// Something is wrong.
    Error,
}

/// Takes what a node says while it runs. The engine masks secrets before it keeps or sends anything.
pub trait Recorder: Send + Sync {
    /// A log line.
    fn log(&self, level: Level, message: &str, fields: Value);

    /// A piece of an output that is still growing, such as the next words of a text.
    fn stream(&self, port: &str, piece: Value);

    /// Measured use: tokens and money of a model call (the usage rows themselves are the gateway's).
    fn spent(&self, tokens: u64, nano_usd: i64);
}

/// Money that a run may spend, shared by all its nodes and the flows it calls.
#[derive(Debug, Default)]
pub struct Budget {
    max_nano_usd: Option<i64>,
    spent_nano_usd: AtomicI64,
    /// Set aside for calls under way.
    reserved_nano_usd: AtomicI64,
}

impl Budget {
    /// At most this much, of which `spent_nano_usd` is gone; `None`: whatever the caller's own budgets
    /// allow.
    pub const fn new(max_nano_usd: Option<i64>, spent_nano_usd: i64) -> Self {
        Self {
            max_nano_usd,
            spent_nano_usd: AtomicI64::new(spent_nano_usd),
            reserved_nano_usd: AtomicI64::new(0),
        }
    }

    /// Sets aside the most that a call may cost. `false`: there is not so much left, or there is a
    /// bound and nobody knows what the call costs.
    pub fn reserve(&self, nano_usd: Option<i64>) -> bool {
        let Some(max) = self.max_nano_usd else {
            return true;
        };
        let Some(wanted) = nano_usd else {
            return false;
        };
        // Spending only grows while it is asked here, and what is under way stands in `reserved`.
        let reserved = &self.reserved_nano_usd;
        let fits = |held: i64| {
            let all = held.saturating_add(wanted);
            (self.spent_nano_usd().saturating_add(all) <= max).then_some(all)
        };
        reserved
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fits)
            .is_ok()
    }

    /// Gives back what [`reserve`](Self::reserve) set aside; [`spend`](Self::spend) first.
    pub fn release(&self, nano_usd: Option<i64>) {
        if let Some(nano_usd) = nano_usd.filter(|_| self.max_nano_usd.is_some()) {
            self.reserved_nano_usd.fetch_sub(nano_usd, Ordering::SeqCst);
        }
    }

    /// What is left; `None` without a bound.
    pub fn left_nano_usd(&self) -> Option<i64> {
        let max = self.max_nano_usd?;
        Some((max - self.spent_nano_usd()).max(0))
    }

    /// What is gone.
    pub fn spent_nano_usd(&self) -> i64 {
        self.spent_nano_usd.load(Ordering::Relaxed)
    }

    /// Notes what a call has cost.
    pub fn spend(&self, nano_usd: i64) {
        self.spent_nano_usd.fetch_add(nano_usd, Ordering::Relaxed);
    }
}

/// Everything a node may use. One is made for each attempt.
#[derive(Clone)]
pub struct NodeContext {
    /// Shared handles.
    pub services: Arc<Services>,
    /// On whose behalf the run acts; every model call needs it.
    pub principal: Arc<Principal>,
    /// Which run.
    pub run: Arc<RunInfo>,
    /// The node.
    pub node: NodeId,
    /// Which iteration of which loops.
    pub iteration: Iteration,
    /// From 1.
    pub attempt: u32,
    /// Set when the run is stopped or the node's time is over.
    pub cancel: CancellationToken,
    /// Where log lines and pieces of outputs go.
    pub recorder: Arc<dyn Recorder>,
    /// What expressions see at this place, for settings with `x-expression: deferred`.
    pub scope: Arc<Scope>,
    /// What must not be seen.
    pub masker: Arc<Masker>,
    /// What may be spent.
    pub budget: Arc<Budget>,
}

impl NodeContext {
    /// `run:node:iteration`: the same for each attempt at the same work, so that another system which
    /// is given it does the work once.
    pub fn idempotency_key(&self) -> String {
        format!("{}:{}:{}", self.run.run_id, self.node, self.iteration)
    }

    /// The time.
    pub fn now(&self) -> Micros {
        self.services.clock.now()
    }

    /// Writes an informative log line.
    pub fn log(&self, message: &str) {
        self.recorder.log(Level::Info, message, Value::Null);
    }

    /// Writes a warning.
    pub fn warn(&self, message: &str) {
        self.recorder.log(Level::Warn, message, Value::Null);
    }

    /// A handle of a crate beside.
    ///
    /// # Errors
    /// `Missing` when this program runs without it.
    pub fn handle<T: Clone + Send + Sync + 'static>(&self, what: &str) -> Result<&T, NodeError> {
        self.services.handles.get::<T>().ok_or_else(|| {
            NodeError::new(
                NodeErrorKind::Missing,
                format!("this server runs without {what}"),
            )
        })
    }

    /// The secret of a stored credential named `provider/name`. From now on it is masked in everything
    /// this run writes.
    ///
    /// # Errors
    /// `Missing`, naming it; `Internal` when it cannot be decrypted.
    pub async fn credential(&self, name: &str) -> Result<Secret, NodeError> {
        let missing = || {
            NodeError::new(
                NodeErrorKind::Missing,
                format!("there is no active credential `{name}`; add it under Credentials"),
            )
        };
        let (provider, label) = name.split_once('/').ok_or_else(missing)?;
        let accounts = self.services.gateway.accounts();
        let found = accounts
            .credential_secret_by_name(self.run.org_id, provider, label)
            .await;
        let secret = found.map_err(|error| match error.kind {
            accounts::ErrorKind::NotFound => missing(),
            _ => {
                tracing::error!(%error, "a credential cannot be read");
                NodeError::new(
                    NodeErrorKind::Internal,
                    format!("credential `{name}` cannot be read; the server's log says why"),
                )
            }
        })?;
        self.masker.add(&secret);
        Ok(secret)
    }

    /// Keeps a file's bytes.
    ///
    /// # Errors
    /// `Internal` when the blob store fails.
    pub async fn put_file(
        &self,
        name: &str,
        media_type: &str,
        bytes: bytes::Bytes,
    ) -> Result<File, NodeError> {
        let blobs = &self.services.blobs;
        let kept = blobs.put(self.run.org_id, name, media_type, bytes).await;
        kept.map_err(|why| {
            let message = format!("the file `{name}` cannot be kept: {why}");
            NodeError::new(NodeErrorKind::Internal, message)
        })
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// `Missing` when it is gone; `Internal` when the blob store fails.
    pub async fn get_file(&self, file: &File) -> Result<bytes::Bytes, NodeError> {
        let read = self.services.blobs.get(self.run.org_id, &file.blob).await;
        let bytes = read.map_err(|why| {
            let message = format!("the file `{}` cannot be read: {why}", file.name);
            NodeError::new(NodeErrorKind::Internal, message)
        })?;
        bytes.ok_or_else(|| {
            let message = format!("the file `{}` is no longer stored", file.name);
            NodeError::new(NodeErrorKind::Missing, message)
        })
    }
}

impl fmt::Debug for NodeContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeContext")
            .field("run", &self.run.run_id)
            .field("node", &self.node)
            .field("iteration", &self.iteration)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
