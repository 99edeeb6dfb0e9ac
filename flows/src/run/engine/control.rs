//! What people do with runs: look, wait, stop, pause, go on, retry, fork, answer.

use std::sync::Arc;
use std::time::Duration;

use accounts::Principal;
use store::{OrgId, in_tx};
use tokio::sync::oneshot;

use super::work::end_of_row;
use super::{Engine, KEPT_EVENTS, KEPT_RUNS, stored_graph};
use crate::graph::NodeId;
use crate::ids::RunId;
use crate::node::{Approval, Cause, Wait};
use crate::run::compiled::Compiled;
use crate::run::driver::{RunEnd, Signal};
use crate::run::events::Event;
use crate::run::sql::{self, NewRun, RunRow, claims, steps};
use crate::run::step::{Detail, Step};
use crate::value::PortValues;

/// How often a run that another process works on is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

impl Engine {
    pub(crate) async fn row(&self, org: OrgId, run: RunId) -> Result<Option<RunRow>, store::Error> {
        sql::load_run(&self.inner.db, org, run).await
    }

    /// What a node gave, where it is stored: at the first time it was done.
    pub(crate) async fn output_of(
        &self,
        run: RunId,
        node: &NodeId,
    ) -> Result<Option<crate::value::PortValues>, store::Error> {
        let steps = self.steps(run).await?;
        let done = |step: &Step| matches!(step.detail, Detail::Done { .. });
        let mut of_node = steps.into_iter().filter(|step| step.node == *node);
        Ok(of_node.find(done).map(|step| step.output))
    }

    pub(in crate::run) async fn steps(&self, run: RunId) -> Result<Vec<Step>, store::Error> {
        sql::load_steps(&self.inner.db, run).await
    }

    /// Waits for a run's end, at most so long; `None`: it has not ended by then, or does not exist.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn wait(
        &self,
        org: OrgId,
        run: RunId,
        most: Duration,
    ) -> Result<Option<RunEnd>, store::Error> {
        let deadline = tokio::time::Instant::now() + most;
        loop {
            let (sender, end) = oneshot::channel();
            let is_live = match self.inner.live.lock().get_mut(&run) {
                Some(live) => {
                    live.waiting.push(sender);
                    true
                }
                None => false,
            };
            let Some(row) = self.row(org, run).await? else {
                return Ok(None);
            };
            if let Some(end) = end_of_row(&row) {
                return Ok(Some(end));
            }
            let look = async {
                if is_live {
                    let _ = end.await;
                } else {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            };
            if tokio::time::timeout_at(deadline, look).await.is_err() {
                return Ok(None);
            }
        }
    }

    /// Stops a run and those it has called. `false`: it does not exist.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn stop(&self, org: OrgId, run: RunId) -> Result<bool, store::Error> {
        self.wish(org, run, 1).await
    }

    /// Lets a run's nodes under way end and begins no others. `false`: it does not exist.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn pause(&self, org: OrgId, run: RunId) -> Result<bool, store::Error> {
        self.wish(org, run, 2).await
    }

    async fn wish(&self, org: OrgId, run: RunId, wish: i64) -> Result<bool, store::Error> {
        if self.row(org, run).await?.is_none() {
            return Ok(false);
        }
        let mut open = vec![run];
        while let Some(run) = open.pop() {
            let now = self.now();
            in_tx!(self.inner.db, tx: store::Error => {
                claims::request(tx, org, run, wish, now).await
            })?;
            self.signal_wish(run, wish);
            if wish == 1 {
                open.extend(claims::live_children(&self.inner.db, org, run).await?);
            }
        }
        Ok(true)
    }

    /// Lets a paused run go on. `false`: it is not paused.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn resume(&self, org: OrgId, run: RunId) -> Result<bool, store::Error> {
        let now = self.now();
        let found = in_tx!(self.inner.db, tx: store::Error => {
            claims::requeue(tx, org, run, false, now).await
        })?;
        self.inner.wake.notify_one();
        Ok(found)
    }

    /// Lets a run that has failed, or was stopped, go on from there: what is done stays done. `false`:
    /// it has not failed.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn retry(&self, org: OrgId, run: RunId) -> Result<bool, store::Error> {
        let now = self.now();
        let found = in_tx!(self.inner.db, tx: store::Error => {
            let found = claims::requeue(tx, org, run, true, now).await?;
            if found {
                steps::forget_failures(tx, run).await?;
            }
            Ok(found)
        })?;
        self.inner.wake.notify_one();
        Ok(found)
    }

    /// Begins a new run with everything that an old one did before `node`, from there on anew, with
    /// other input for it if given. `None`: run or node does not exist.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn fork(
        &self,
        who: &Arc<Principal>,
        run: RunId,
        node: &NodeId,
        input: Option<PortValues>,
    ) -> Result<Option<RunId>, store::Error> {
        let org = who.org_id();
        let Some(row) = self.row(org, run).await? else {
            return Ok(None);
        };
        let graph = sql::load_graph(&self.inner.db, org, &row.graph_hash).await?;
        let stored = Arc::new(stored_graph(&graph));
        let Ok(compiled) = Compiled::new(graph, &self.inner.registry) else {
            return Ok(None);
        };
        let Some(number) = compiled.find(node) else {
            return Ok(None);
        };
        let from = compiled.outermost(number);
        let kept: Vec<Step> = self
            .steps(run)
            .await?
            .into_iter()
            .filter(|step| {
                let place = compiled.find(&step.node);
                place.is_some_and(|n| !compiled.leads_to(from, compiled.outermost(n)))
            })
            .collect();
        let mut options = row.options.0.clone();
        if let Some(input) = input {
            let from = compiled.nodes[from].spec.id.clone();
            options.inputs.insert(from, input);
        }
        let now = self.now();
        let new = NewRun {
            id: RunId::new(),
            org_id: org,
            project_id: row.project_id,
            workflow_id: row.workflow_id,
            version: row.version,
            graph: stored,
            trigger_kind: row.trigger_kind.clone(),
            state: "queued",
            input: row.input.0.clone(),
            fence: 0,
            worker: None,
            due_at: Some(now),
            parent_run_id: None,
            forked_from: Some(run),
            depth: 0,
            key_id: who.key_id(),
            user_id: who.user_id(),
            options,
            created_at: now,
        };
        in_tx!(self.inner.db, tx: store::Error => {
            sql::insert_runs(tx, &[&new]).await?;
            let steps: Vec<(RunId, &Step)> = kept.iter().map(|step| (new.id, step)).collect();
            sql::put_steps(tx, &steps).await
        })?;
        self.inner.wake.notify_one();
        Ok(Some(new.id))
    }

    /// What a person is asked at this place, if nobody has answered.
    pub(in crate::run) async fn question(
        &self,
        org: OrgId,
        run: RunId,
        node: &NodeId,
        iteration: &str,
    ) -> Result<Option<Approval>, store::Error> {
        if self.row(org, run).await?.is_none() {
            return Ok(None);
        }
        let steps = self.steps(run).await?;
        let here = |step: &Step| step.node == *node && step.iteration == iteration;
        Ok(steps
            .into_iter()
            .find(here)
            .and_then(|step| match step.detail {
                Detail::Waiting {
                    suspend,
                    cause: None,
                } => match suspend.wait {
                    Wait::Approval(approval) => Some(*approval),
                    Wait::Timer { .. } | Wait::Event { .. } => None,
                },
                _ => None,
            }))
    }

    /// Ends a wait: a person's answer, an event. Only the first counts: `false` when the node does not
    /// wait, or something has ended its wait already.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn answer(
        &self,
        org: OrgId,
        run: RunId,
        node: &NodeId,
        iteration: &str,
        cause: Cause,
    ) -> Result<bool, store::Error> {
        if self.row(org, run).await?.is_none() {
            return Ok(false);
        }
        let is_first = in_tx!(self.inner.db, tx: store::Error => {
            let is_first = steps::answer(tx, run, node.as_str(), iteration, &cause).await?;
            if is_first {
                claims::wake_run(tx, run).await?;
            }
            Ok(is_first)
        })?;
        if is_first {
            if let Some(live) = self.inner.live.lock().get(&run) {
                let wake = Signal::Wake(node.clone(), iteration.to_owned(), cause);
                let _ = live.signals.send(wake);
            }
            self.inner.wake.notify_one();
        }
        Ok(is_first)
    }

    /// Kept events, behind `seq`, of a run that this process works on or has just ended; `None`: it does
    /// neither.
    pub fn live_events(&self, org: OrgId, run: RunId, seq: i64) -> Option<Vec<Arc<Event>>> {
        if let Some(live) = self.inner.live.lock().get(&run) {
            let shared = live.shared.as_ref()?;
            return (shared.info.org_id == org).then(|| shared.feed.after(seq));
        }
        let over = self.inner.over.lock();
        let mut kept = over.iter().rev();
        let (_, _, events) = kept.find(|(of, id, _)| *of == org && *id == run)?;
        let behind = events.iter().filter(|event| event.seq > seq);
        Some(behind.cloned().collect())
    }

    /// Keeps what happened in a run that is over, for onlookers who come late.
    pub(super) fn keep_events(&self, run: RunId, end: &RunEnd) {
        if matches!(end, RunEnd::Waiting(_) | RunEnd::Paused | RunEnd::Lost) {
            return;
        }
        let live = self.inner.live.lock();
        let shared = live.get(&run).and_then(|live| live.shared.clone());
        drop(live);
        let Some(shared) = shared else { return };
        let events = shared.feed.after(0);
        // Who watches a long run has come in time.
        if events.len() > KEPT_EVENTS {
            return;
        }
        let mut over = self.inner.over.lock();
        if over.len() == KEPT_RUNS {
            over.pop_front();
        }
        over.push_back((shared.info.org_id, shared.info.run_id, events));
    }
}
