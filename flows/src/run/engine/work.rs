//! Working on runs: claim, restore, drive, store the end.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use accounts::Principal;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Engine, Live};
use crate::expression::Shared;
use crate::ids::RunId;
use crate::mask::Masker;
use crate::node::{Budget, NodeError, NodeErrorKind, RunInfo};
use crate::run::commit::{Change, Save};
use crate::run::compiled::Compiled;
use crate::run::driver::{Driver, Parts, RunEnd, Signal, internal};
use crate::run::events::{EventKind, Feed};
use crate::run::journal::{Durable, Journal};
use crate::run::shared::RunShared;
use crate::run::sql::{self, RunRow, claims};
use crate::run::step::{Detail, Step};

/// Numbers that events of a killed worker may have used without storing them.
const SEQ_GAP: i64 = 10_000;
/// Claims after which a run that cannot be restored has failed.
const MAX_CLAIMS: i64 = 1_000;
/// How often old runs are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// Longest pause between two looks at the queue.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A run that this process holds.
pub(super) struct Claimed {
    pub(super) row: RunRow,
    pub(super) compiled: Option<Arc<Compiled>>,
    pub(super) principal: Option<Arc<Principal>>,
    /// Nothing of it is stored but the run itself.
    pub(super) is_fresh: bool,
}

impl Engine {
    /// Sees to waits, queues and runs of dead workers until `stop`; then stops to take runs, and what
    /// is under way goes on at the next start, from its checkpoints.
    pub async fn work(&self, stop: CancellationToken) {
        let mut beat = tokio::time::interval(self.inner.config.heartbeat);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = sweep.tick() => match self.forget_old().await {
                    Ok(0) => {}
                    Ok(runs) => tracing::info!(runs, "deleted runs that are no longer kept"),
                    Err(error) => tracing::warn!(%error, "cannot delete old runs; will retry"),
                },
                _ = beat.tick() => self.renew().await,
                _ = look.tick() => self.take_due().await,
                () = self.inner.wake.notified() => self.take_due().await,
            }
        }
    }

    async fn renew(&self) {
        if self.inner.live.lock().is_empty() {
            return;
        }
        let lease = self.inner.config.lease;
        let now = self.now();
        let renewable = now.plus(lease * 2 / 3);
        let asked = claims::renew(
            &self.inner.db,
            &self.inner.worker,
            now.plus(lease),
            renewable,
        );
        match asked.await {
            Ok(wishes) => {
                for (run, wish) in wishes {
                    self.signal_wish(run, wish);
                }
            }
            Err(error) => tracing::warn!(%error, "cannot renew the leases of runs"),
        }
    }

    pub(super) fn signal_wish(&self, run: RunId, wish: i64) {
        let live = self.inner.live.lock();
        let Some(live) = live.get(&run) else {
            return;
        };
        if wish == 1 {
            live.cancel.cancel();
        } else {
            let _ = live.signals.send(Signal::Pause);
        }
    }

    /// Takes what is due, as far as there is room.
    async fn take_due(&self) {
        loop {
            let room = {
                let busy: usize = self.inner.busy.lock().values().sum();
                self.inner.config.max_running.saturating_sub(busy)
            };
            let now = self.now();
            let due = claims::next_due(&self.inner.db).await;
            let is_due = due
                .as_ref()
                .is_ok_and(|due| due.is_some_and(|due| due <= now));
            if let Err(error) = &due {
                tracing::warn!(%error, "cannot look for runs that are due");
            }
            if room == 0 || !is_due {
                return;
            }
            let per_org = i64::try_from(self.inner.config.max_running_per_org).unwrap_or(i64::MAX);
            let most = i64::try_from(room.min(64)).unwrap_or(64);
            let lease = now.plus(self.inner.config.lease);
            let taken = claims::claim(
                &self.inner.db,
                &self.inner.worker,
                now,
                lease,
                per_org,
                most,
            );
            let taken = match taken.await {
                Ok(taken) => taken,
                Err(error) => {
                    tracing::warn!(%error, "cannot take runs that are due");
                    return;
                }
            };
            if taken.is_empty() {
                return;
            }
            for row in taken {
                *self.inner.busy.lock().entry(row.org_id).or_default() += 1;
                let claimed = Claimed {
                    row,
                    compiled: None,
                    principal: None,
                    is_fresh: false,
                };
                self.spawn(claimed, Vec::new());
            }
        }
    }

    pub(super) fn spawn(&self, claimed: Claimed, waiting: Vec<oneshot::Sender<RunEnd>>) {
        let (signals, receiver) = mpsc::unbounded_channel();
        let cancel = CancellationToken::new();
        let id = claimed.row.id;
        let live = Live {
            cancel: cancel.clone(),
            signals,
            shared: None,
            waiting,
        };
        self.inner.live.lock().insert(id, live);
        // Asked for while the run was about to wait.
        if claimed.row.cancel > 0 {
            self.signal_wish(id, claimed.row.cancel);
        }
        let engine = self.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "ends with the run; a run that is cut off goes on from its checkpoints"
        )]
        tokio::spawn(async move {
            let org = claimed.row.org_id;
            let work = AssertUnwindSafe(engine.carry(claimed, cancel, receiver));
            let end = work.catch_unwind().await.unwrap_or_else(|_| {
                tracing::error!(run = %id, "the engine panicked; the run goes on after its lease");
                RunEnd::Lost
            });
            engine.give_room(org);
            engine.keep_events(id, &end);
            let live = engine.inner.live.lock().remove(&id);
            for waiting in live.into_iter().flat_map(|live| live.waiting) {
                let _ = waiting.send(end.clone());
            }
            // The next in the queue, or who waits for this run.
            engine.inner.wake.notify_one();
        });
    }

    async fn carry(
        &self,
        claimed: Claimed,
        cancel: CancellationToken,
        signals: mpsc::UnboundedReceiver<Signal>,
    ) -> RunEnd {
        let began = Instant::now();
        let row = claimed.row.clone();
        let prepared = self.restore(claimed, cancel, signals).await;
        let (mut driver, end) = match prepared {
            Ok(mut driver) => {
                let end = driver.run().await;
                (Some(driver), end)
            }
            Err(error) => {
                // The database may be away: the run is taken again when its lease is over.
                if error.kind == NodeErrorKind::Internal && row.fence < MAX_CLAIMS {
                    tracing::error!(run = %row.id, %error, "a run cannot be restored; will retry");
                    return RunEnd::Lost;
                }
                (None, RunEnd::Failed { error, node: None })
            }
        };
        let active = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.store_end(&row, driver.as_mut(), end, active).await
    }

    async fn restore(
        &self,
        claimed: Claimed,
        cancel: CancellationToken,
        signals: mpsc::UnboundedReceiver<Signal>,
    ) -> Result<Driver, NodeError> {
        let row = claimed.row;
        let db = &self.inner.db;
        let broken = |error: store::Error| {
            NodeError::new(
                NodeErrorKind::Internal,
                format!("the run cannot be read: {error}"),
            )
        };
        let compiled = match claimed.compiled {
            Some(compiled) => compiled,
            None => {
                let graph = sql::load_graph(db, row.org_id, &row.graph_hash).await;
                Arc::new(Compiled::new(graph.map_err(broken)?, &self.inner.registry)?)
            }
        };
        let steps = if claimed.is_fresh {
            Vec::new()
        } else {
            sql::load_steps(db, row.id).await.map_err(broken)?
        };
        let principal = match claimed.principal {
            Some(principal) => principal,
            None => self.principal(&row)?,
        };
        let mut ended = std::collections::HashMap::new();
        for step in &steps {
            if let Detail::Calling { child, .. } = &step.detail
                && let Some(end) = self.end_of(&row, *child).await.map_err(broken)?
            {
                ended.insert(*child, end);
            }
        }
        let shared = self.share(&row, principal, &steps).await?;
        if let Some(live) = self.inner.live.lock().get_mut(&row.id) {
            live.shared = Some(Arc::clone(&shared));
        }
        shared.feed.publish(self.now(), None, EventKind::Started);
        let journal = Journal::Durable(Box::new(Durable {
            committer: self.inner.committer.clone(),
            run: row.id,
            fence: row.fence,
            pending: Vec::new(),
            children: Vec::new(),
            parent: row.parent_run_id,
            ended,
        }));
        Ok(Driver::new(Parts {
            shared,
            compiled,
            catalogue: Arc::clone(&self.inner.catalogue),
            registry: self.inner.registry.clone(),
            journal,
            cancel,
            signals,
            restored: steps,
        }))
    }

    /// On whose behalf a stored run goes on: who began it, as they are now.
    fn principal(&self, row: &RunRow) -> Result<Arc<Principal>, NodeError> {
        let accounts = self.inner.services.gateway.accounts();
        let found = accounts.principal_of_run(row.org_id, row.user_id, row.key_id);
        found.ok_or_else(|| {
            let message = "who began this run may no longer act in the organization";
            NodeError::new(NodeErrorKind::Forbidden, message)
        })
    }

    async fn share(
        &self,
        row: &RunRow,
        principal: Arc<Principal>,
        steps: &[Step],
    ) -> Result<Arc<RunShared>, NodeError> {
        let masker = Arc::new(Masker::default());
        let surroundings = self
            .inner
            .catalogue
            .surroundings(row.org_id, row.project_id, Arc::clone(&masker))
            .await?;
        let last = steps.iter().map(|step| step.seq).max().unwrap_or(0);
        let seq = last.max(row.seq);
        let seq = if seq == 0 { 0 } else { seq + SEQ_GAP };
        let info = RunInfo {
            run_id: row.id,
            org_id: row.org_id,
            project_id: row.project_id,
            workflow_id: row.workflow_id,
            version: row.version.and_then(|version| u32::try_from(version).ok()),
            trigger: row.trigger_kind.clone(),
            started_at: row.started_at.unwrap_or(row.created_at),
            depth: u32::try_from(row.depth).unwrap_or(u32::MAX),
        };
        let hub = self.inner.hub.clone();
        let feed = Feed::new(hub, row.org_id, row.id, row.workflow_id, seq);
        let options = row.options.0.clone();
        Ok(Arc::new(RunShared {
            services: Arc::clone(&self.inner.services),
            principal,
            info: Arc::new(info),
            masker,
            budget: Arc::new(Budget::new(options.limits.max_nano_usd, row.nano_usd)),
            feed,
            options,
            secrets: Arc::new(surroundings.secrets),
            variables: surroundings.variables,
            input: Shared::from(row.input.0.clone()),
        }))
    }

    /// How a called run ended; `None`: it has not.
    async fn end_of(&self, row: &RunRow, child: RunId) -> Result<Option<RunEnd>, store::Error> {
        let Some(found) = sql::load_run(&self.inner.db, row.org_id, child).await? else {
            return Ok(Some(internal("the called run is gone")));
        };
        Ok(end_of_row(&found))
    }

    /// Stores the end, or the wait, with the last checkpoints; tells those who watch afterwards.
    async fn store_end(
        &self,
        row: &RunRow,
        driver: Option<&mut Driver>,
        end: RunEnd,
        active_us: i64,
    ) -> RunEnd {
        let now = self.now();
        let (state, due_at, output, error) = match &end {
            RunEnd::Completed(value) => ("completed", None, Some(value.clone()), None),
            RunEnd::Failed { error, node } => {
                let mut error = serde_json::to_value(error).unwrap_or_default();
                if let Some(error) = error.as_object_mut() {
                    error.insert("node".to_owned(), json!(node));
                }
                ("failed", None, None, Some(error))
            }
            RunEnd::Cancelled => ("cancelled", None, None, None),
            RunEnd::Paused => ("paused", None, None, None),
            // A wait without an end is looked at once in a while, in case a call was lost.
            RunEnd::Waiting(until) => {
                let due = until.unwrap_or(now.plus(Duration::from_secs(3_600)));
                ("waiting", Some(due), None, None)
            }
            RunEnd::Lost => return RunEnd::Lost,
        };
        let shared = driver.as_ref().map(|driver| Arc::clone(&driver.shared));
        let masked = |value: Option<Value>| match (&shared, value) {
            (Some(shared), Some(value)) => Some(shared.masker.value(value)),
            (_, value) => value,
        };
        let mut save = match driver.map(|driver| &mut driver.journal) {
            Some(Journal::Durable(durable)) => durable.take(),
            Some(Journal::Memory) | None => Save {
                run: row.id,
                fence: row.fence,
                steps: Vec::new(),
                children: Vec::new(),
                parent: row.parent_run_id,
                change: None,
            },
        };
        let is_over = !matches!(end, RunEnd::Paused | RunEnd::Waiting(_));
        let seq = shared
            .as_ref()
            .map_or(row.seq, |shared| shared.feed.seq() + 1);
        let output = masked(output);
        save.change = Some(Change {
            state,
            due_at,
            output: output.clone(),
            error,
            seq,
            active_us,
            ended_at: is_over.then_some(now),
        });
        if !self.inner.committer.save(save).await {
            return RunEnd::Lost;
        }
        if let Some(shared) = shared {
            let kind = match &end {
                RunEnd::Completed(_) => EventKind::Completed {
                    output: output.unwrap_or_default(),
                },
                RunEnd::Failed { error, .. } => EventKind::Error {
                    message: shared.masker.text(&error.message),
                },
                RunEnd::Cancelled | RunEnd::Lost => EventKind::Error {
                    message: "the run was stopped".to_owned(),
                },
                RunEnd::Waiting(_) | RunEnd::Paused => EventKind::Waiting,
            };
            shared.feed.publish(now, None, kind);
        }
        end
    }
}

/// How a stored run ended; `None`: it has not.
pub(super) fn end_of_row(row: &RunRow) -> Option<RunEnd> {
    match row.state.as_str() {
        "completed" => {
            let output = row.output.as_ref().map(|json| json.0.clone());
            Some(RunEnd::Completed(output.unwrap_or_default()))
        }
        "failed" => {
            let json = row
                .error
                .as_ref()
                .map(|json| json.0.clone())
                .unwrap_or_default();
            let node = json.get("node").and_then(Value::as_str).map(Into::into);
            let error = serde_json::from_value(json)
                .unwrap_or_else(|_| NodeError::new(NodeErrorKind::Internal, "the run has failed"));
            Some(RunEnd::Failed { error, node })
        }
        "cancelled" => Some(RunEnd::Cancelled),
        _ => None,
    }
}
