//! The engine: takes runs in, works on them, lets them wait, and takes over those of dead workers.

mod control;
mod retention;
mod room;
mod work;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use accounts::Principal;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::{Db, Micros, OrgId};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::commit::Committer;
use super::compiled::Compiled;
use super::driver::{RunEnd, Signal};
use super::events::{Event, Hub};
use super::memory::{MAX_DEPTH, missing};
use super::shared::{Catalogue, Options, RunShared, Runnable, Wanted};
use super::sql::{NewRun, RunRow, StoredGraph};
use crate::ids::{ProjectId, RunId, WorkflowId};
use crate::node::{NodeError, NodeErrorKind, Registry, Services, SubFlow};

/// How the engine works.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Runs under way at once in this process.
    pub max_running: usize,
    /// Runs of one organization under way at once.
    pub max_running_per_org: usize,
    /// A worker that does not renew its lease for this long is taken for dead.
    pub lease: Duration,
    /// How often leases are renewed, and stops by other processes noticed.
    pub heartbeat: Duration,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            max_running: 512,
            max_running_per_org: 128,
            lease: Duration::from_secs(10),
            heartbeat: Duration::from_millis(400),
        }
    }
}

/// What the engine is made of.
pub struct EngineParts {
    /// The database.
    pub db: Db,
    /// Shared handles of nodes.
    pub services: Arc<Services>,
    /// All node types.
    pub registry: Registry,
    /// Where flows come from.
    pub catalogue: Arc<dyn Catalogue>,
    /// How it works.
    pub config: EngineConfig,
}

impl std::fmt::Debug for EngineParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineParts").finish_non_exhaustive()
    }
}

/// The engine. Clones share everything.
#[derive(Clone)]
pub struct Engine {
    pub(super) inner: Arc<Inner>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("worker", &self.inner.worker)
            .finish_non_exhaustive()
    }
}

pub(super) struct Inner {
    pub(super) db: Db,
    services: Arc<Services>,
    registry: Registry,
    catalogue: Arc<dyn Catalogue>,
    config: EngineConfig,
    worker: String,
    committer: Committer,
    pub(super) hub: Hub,
    live: Mutex<HashMap<RunId, Live>>,
    busy: Mutex<HashMap<OrgId, usize>>,
    wake: Notify,
    ready: Mutex<HashMap<(WorkflowId, u32), Ready>>,
    /// Events of runs that ended last: a short run may be over before its onlooker has come.
    over: Mutex<VecDeque<Over>>,
}

type Over = (OrgId, RunId, Vec<Arc<Event>>);

/// Runs whose events are kept after their end.
const KEPT_RUNS: usize = 64;
/// Events of such a run at most.
const KEPT_EVENTS: usize = 500;

type Ready = (Arc<Compiled>, Arc<StoredGraph>);

/// A run that this process works on.
struct Live {
    cancel: CancellationToken,
    signals: mpsc::UnboundedSender<Signal>,
    shared: Option<Arc<RunShared>>,
    waiting: Vec<oneshot::Sender<RunEnd>>,
}

/// A run to be started.
#[derive(Debug, Clone)]
pub struct Start {
    /// What runs.
    pub flow: Runnable,
    /// What it begins with.
    pub input: Value,
    /// What began it: `manual`, `webhook`, `schedule`, `api`, `chat`, …
    pub trigger: String,
    /// How it differs from the usual.
    pub options: Options,
    /// How many runs of other flows it stands below.
    pub depth: u32,
}

/// A run that is stored and will be worked on.
#[derive(Debug)]
pub struct Started {
    /// Its id.
    pub id: RunId,
    /// Resolves when it ends in this process, after that is stored; not when it waits or is queued.
    pub end: Option<oneshot::Receiver<RunEnd>>,
}

/// A run as the API shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunInfoRow {
    /// Id.
    pub id: RunId,
    /// The project.
    pub project_id: ProjectId,
    /// The flow.
    pub workflow_id: WorkflowId,
    /// The published version; `null`: the draft.
    pub version: Option<i64>,
    /// What began it.
    pub trigger: String,
    /// `queued`, `running`, `waiting`, `paused`, `completed`, `failed` or `cancelled`.
    pub status: String,
    /// What it began with.
    #[schema(value_type = Object)]
    pub input: Value,
    /// What it returned.
    #[schema(value_type = Option<Object>)]
    pub output: Option<Value>,
    /// Why it failed: a node's error and `node`.
    #[schema(value_type = Option<Object>)]
    pub error: Option<Value>,
    /// The run that called it.
    pub parent_run_id: Option<RunId>,
    /// The run it was forked from.
    pub forked_from: Option<RunId>,
    /// Steps that were stored.
    pub steps: i64,
    /// Tokens of its model calls.
    pub tokens: i64,
    /// What they cost, in nano-dollars.
    pub nano_usd: i64,
    /// Time at work, waits left out, in microseconds.
    pub duration_us: i64,
    /// Number of its last stored event.
    pub seq: i64,
    /// When it came in.
    pub created_at: Micros,
    /// When work on it began.
    pub started_at: Option<Micros>,
    /// When it ended.
    pub ended_at: Option<Micros>,
}

impl From<RunRow> for RunInfoRow {
    fn from(row: RunRow) -> Self {
        Self {
            id: row.id,
            project_id: row.project_id,
            workflow_id: row.workflow_id,
            version: row.version,
            trigger: row.trigger_kind,
            status: row.state,
            input: row.input.0,
            output: row.output.map(|json| json.0),
            error: row.error.map(|json| json.0),
            parent_run_id: row.parent_run_id,
            forked_from: row.forked_from,
            steps: row.steps,
            tokens: row.tokens,
            nano_usd: row.nano_usd,
            duration_us: row.active_us,
            seq: row.seq,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
        }
    }
}

impl Engine {
    /// The engine; runs start, but waits, queues and dead workers' runs are seen to by
    /// [`Engine::work`].
    pub fn new(parts: EngineParts) -> Self {
        let inner = Inner {
            committer: Committer::start(parts.db.clone()),
            db: parts.db,
            services: parts.services,
            registry: parts.registry,
            catalogue: parts.catalogue,
            config: parts.config,
            worker: uuid::Uuid::now_v7().simple().to_string(),
            hub: Hub::default(),
            live: Mutex::default(),
            busy: Mutex::default(),
            wake: Notify::new(),
            ready: Mutex::default(),
            over: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Events of all runs that this process works on.
    pub fn hub(&self) -> &Hub {
        &self.inner.hub
    }

    /// Where flows come from.
    pub fn catalogue(&self) -> &Arc<dyn Catalogue> {
        &self.inner.catalogue
    }

    /// Who is calling.
    pub fn accounts(&self) -> &accounts::Accounts {
        self.inner.services.gateway.accounts()
    }

    /// What nodes share.
    pub(crate) fn services(&self) -> &Arc<Services> {
        &self.inner.services
    }

    pub(super) fn db(&self) -> &Db {
        &self.inner.db
    }

    pub(super) fn now(&self) -> Micros {
        self.inner.services.clock.now()
    }

    /// Stores a run and begins it, or queues it when the organization has no room. When this returns,
    /// the run survives a kill.
    ///
    /// # Errors
    /// `Settings` for a graph that does not validate; `Limit` for flows that call each other without
    /// end; `Internal` when the database refuses.
    pub async fn start(&self, who: &Arc<Principal>, start: Start) -> Result<Started, NodeError> {
        self.start_as(who, RunId::new(), start).await
    }

    /// [`Engine::start`] of a run whose id was given out before: it is begun once, whoever tries.
    ///
    /// # Errors
    /// Those of [`Engine::start`]; `Internal`, too, when the run is there already.
    pub(crate) async fn start_as(
        &self,
        who: &Arc<Principal>,
        id: RunId,
        start: Start,
    ) -> Result<Started, NodeError> {
        check_depth(start.depth)?;
        let (compiled, graph) = self.prepare(&start.flow)?;
        let now = self.now();
        let org = who.org_id();
        let room = room::Room::take(self, org);
        let has_room = room.is_some();
        let run = NewRun {
            id,
            org_id: org,
            project_id: start.flow.project_id,
            workflow_id: start.flow.workflow_id,
            version: start.flow.version.map(i64::from),
            graph,
            trigger_kind: start.trigger,
            state: if has_room { "running" } else { "queued" },
            input: start.input,
            fence: i64::from(has_room),
            worker: has_room.then(|| self.inner.worker.clone()),
            due_at: Some(if has_room {
                now.plus(self.inner.config.lease)
            } else {
                now
            }),
            parent_run_id: None,
            forked_from: None,
            depth: i64::from(start.depth),
            key_id: who.key_id(),
            user_id: who.user_id(),
            options: start.options,
            created_at: now,
        };
        let row = has_room.then(|| row_of(&run));
        if !self.inner.committer.insert(run).await {
            let message = "the run cannot be stored; try again";
            return Err(NodeError::new(NodeErrorKind::Internal, message));
        }
        if let Some(room) = room {
            room.hand_over();
        }
        let Some(row) = row else {
            self.inner.wake.notify_one();
            return Ok(Started { id, end: None });
        };
        let (sender, end) = oneshot::channel();
        let work = work::Claimed {
            row,
            compiled: Some(compiled),
            principal: Some(Arc::clone(who)),
            is_fresh: true,
        };
        self.spawn(work, vec![sender]);
        Ok(Started { id, end: Some(end) })
    }

    /// The graph ready to run, and as it is stored. Published versions are kept, for they never change.
    pub(super) fn prepare(&self, flow: &Runnable) -> Result<Ready, NodeError> {
        let key = flow.version.map(|version| (flow.workflow_id, version));
        if let Some(found) = key.and_then(|key| self.inner.ready.lock().get(&key).cloned()) {
            return Ok(found);
        }
        let compiled = Arc::new(Compiled::new((*flow.graph).clone(), &self.inner.registry)?);
        let ready = (compiled, Arc::new(stored_graph(&flow.graph)));
        if let Some(key) = key {
            let mut known = self.inner.ready.lock();
            if known.len() >= 1_000 {
                known.clear();
            }
            known.insert(key, ready.clone());
        }
        Ok(ready)
    }

    fn take_room(&self, org: OrgId) -> bool {
        let mut busy = self.inner.busy.lock();
        let total: usize = busy.values().sum();
        let mine = busy.entry(org).or_default();
        let config = &self.inner.config;
        if total >= config.max_running || *mine >= config.max_running_per_org {
            return false;
        }
        *mine += 1;
        true
    }

    fn give_room(&self, org: OrgId) {
        let mut busy = self.inner.busy.lock();
        if let Some(count) = busy.get_mut(&org) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                busy.remove(&org);
            }
        }
    }
}

pub(super) fn stored_graph(graph: &crate::graph::Graph) -> StoredGraph {
    let mut graph = graph.clone();
    graph.normalize();
    let json = serde_json::to_string(&graph).unwrap_or_default();
    let hash = Sha256::digest(json.as_bytes());
    let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    StoredGraph { hash, json }
}

pub(super) fn row_of(run: &NewRun) -> RunRow {
    RunRow {
        id: run.id,
        org_id: run.org_id,
        project_id: run.project_id,
        workflow_id: run.workflow_id,
        version: run.version,
        graph_hash: run.graph.hash.clone(),
        trigger_kind: run.trigger_kind.clone(),
        state: run.state.to_owned(),
        input: store::Json(run.input.clone()),
        output: None,
        error: None,
        fence: run.fence,
        worker: run.worker.clone(),
        due_at: run.due_at,
        cancel: 0,
        parent_run_id: run.parent_run_id,
        forked_from: run.forked_from,
        depth: run.depth,
        key_id: run.key_id,
        user_id: run.user_id,
        options: store::Json(run.options.clone()),
        seq: 0,
        steps: 0,
        tokens: 0,
        nano_usd: 0,
        active_us: 0,
        created_at: run.created_at,
        started_at: Some(run.created_at),
        ended_at: None,
    }
}

fn check_depth(depth: u32) -> Result<(), NodeError> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    let message = format!("flows call each other more than {MAX_DEPTH} levels deep");
    Err(NodeError::new(NodeErrorKind::Limit, message).permanent())
}

/// The run that a node of another run calls.
pub(super) async fn child(
    shared: &RunShared,
    catalogue: &dyn Catalogue,
    wanted: &Wanted,
    call: &SubFlow,
) -> Result<NewRun, NodeError> {
    let depth = shared.info.depth + 1;
    check_depth(depth)?;
    let found = catalogue.find(shared.info.org_id, wanted).await?;
    let flow = found.ok_or_else(|| missing(wanted))?;
    let mut limits = shared.options.limits.clone();
    limits.max_nano_usd = shared.budget.left_nano_usd();
    Ok(NewRun {
        id: RunId::new(),
        org_id: shared.info.org_id,
        project_id: flow.project_id,
        workflow_id: flow.workflow_id,
        version: flow.version.map(i64::from),
        graph: Arc::new(stored_graph(&flow.graph)),
        trigger_kind: "sub_flow".to_owned(),
        state: "queued",
        input: call.input.clone(),
        fence: 0,
        worker: None,
        due_at: Some(Micros(0)),
        parent_run_id: Some(shared.info.run_id),
        forked_from: None,
        depth: i64::from(depth),
        key_id: shared.principal.key_id(),
        user_id: shared.principal.user_id(),
        options: Options {
            limits,
            ..Options::default()
        },
        created_at: shared.now(),
    })
}
