//! Begins runs at the times of published flows' schedules: once each, over any number of instances.
//!
//! An instance moves a schedule's watch on and takes the times it passes in one transaction, so only one
//! takes a time. Each taken time has its run's id from the start: when an instance dies before the run is
//! there, another begins it under the same id, and the database refuses a second one.

pub(super) mod http;
mod plan;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use store::{Micros, in_tx};
use tokio_util::sync::CancellationToken;

use super::Deployments;
use super::own::{Failure, OwnRun};
use crate::calendar::Calendar;
use crate::graph::{Graph, NodeId};
use crate::ids::{RunId, WorkflowId};
use crate::nodes::ScheduleSettings;
use crate::sql;
use crate::sql::schedules::{ActiveFlow, Tick, Watch};

const TRIGGER: &str = "input.schedule";
/// Longest pause between two looks: what was published is seen within it.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A time whose run is not begun so long after it was taken is taken over.
const LEASE: Duration = Duration::from_secs(30);
/// How far back a new schedule may begin: longer than it takes to see it.
const REACH: Duration = Duration::from_secs(60);
/// How long taken times are kept, and how often old ones are looked for.
const KEEP: Duration = Duration::from_secs(7 * 86_400);
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// Begins the runs of schedules. Every instance has one.
#[derive(Debug)]
pub struct Scheduler {
    deployments: Deployments,
    /// The schedules of live versions, which never change.
    known: Mutex<HashMap<(WorkflowId, i64), Known>>,
    swept_at: Mutex<Micros>,
}

type Known = Arc<Vec<Schedule>>;

/// An enabled schedule of a graph.
#[derive(Debug)]
struct Schedule {
    node_id: NodeId,
    settings: ScheduleSettings,
    calendar: Calendar,
}

impl Schedule {
    /// With other times or another zone it is another schedule, for which no time is missed yet.
    fn fingerprint(&self) -> String {
        json!([self.settings.timezone, self.settings.times]).to_string()
    }
}

/// The enabled schedules of a graph; a broken one is left out, with a warning.
fn schedules_of(graph: &Graph) -> Vec<Schedule> {
    let nodes = graph.nodes.iter();
    let nodes = nodes.filter(|node| node.kind == TRIGGER && !node.disabled);
    let read = |node: &crate::graph::Node| -> Result<Schedule, String> {
        let settings = Value::Object(node.settings.clone());
        let settings: ScheduleSettings =
            serde_json::from_value(settings).map_err(|error| error.to_string())?;
        let calendar = Calendar::new(&settings.times, &settings.timezone)?;
        Ok(Schedule {
            node_id: node.id.clone(),
            settings,
            calendar,
        })
    };
    nodes
        .filter_map(|node| match read(node) {
            Ok(schedule) => Some(schedule),
            Err(why) => {
                tracing::warn!(node = %node.id, %why, "a published schedule cannot be read");
                None
            }
        })
        .collect()
}

impl Scheduler {
    /// For the flows of `deployments`.
    pub fn new(deployments: Deployments) -> Self {
        Self {
            deployments,
            known: Mutex::default(),
            swept_at: Mutex::new(Micros(0)),
        }
    }

    /// Begins runs at their times until `stop`.
    pub async fn work(&self, stop: CancellationToken) {
        loop {
            let pause = match self.pass().await {
                Ok(Some(next)) => next.since(self.now()).min(LOOK_EVERY),
                Ok(None) => LOOK_EVERY,
                Err(error) => {
                    tracing::warn!(%error, "cannot look for due schedules; will retry");
                    LOOK_EVERY
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn now(&self) -> Micros {
        self.deployments.flows.now()
    }

    fn db(&self) -> &store::Db {
        self.deployments.flows.db()
    }

    /// Looks once: begins what is due; when the next time comes.
    ///
    /// # Errors
    /// Those of the database. What concerns one flow alone is logged and does not hold up others.
    pub async fn pass(&self) -> Result<Option<Micros>, store::Error> {
        let flows = sql::schedules::active(self.db()).await?;
        let watches = sql::schedules::watches(self.db()).await?;
        let mut watches: HashMap<(WorkflowId, String), Watch> = watches
            .into_iter()
            .map(|watch| ((watch.workflow_id, watch.node_id.clone()), watch))
            .collect();
        let mut next: Option<Micros> = None;
        let active: HashSet<_> = flows
            .iter()
            .map(|flow| (flow.id, flow.live_version))
            .collect();
        self.known.lock().retain(|key, _| active.contains(key));
        for flow in &flows {
            let schedules = match self.schedules(flow).await {
                Ok(schedules) => schedules,
                Err(error) => {
                    tracing::warn!(%error, flow = %flow.id, "a flow's schedules cannot be read");
                    watches.retain(|(workflow, _), _| *workflow != flow.id);
                    continue;
                }
            };
            for schedule in schedules.iter() {
                let key = (flow.id, schedule.node_id.to_string());
                let watch = watches.remove(&key);
                if let Err(error) = self.see_to(flow, schedule, watch).await {
                    tracing::warn!(%error, flow = %flow.id, "a schedule cannot be seen to; will retry");
                }
                let coming = schedule.calendar.next(self.now());
                next = next.into_iter().chain(coming).min();
            }
        }
        // Switched off, or gone: what comes until it is on again is not missed.
        for watch in watches.values() {
            sql::schedules::unwatch(self.db(), watch).await?;
        }
        self.take_over().await?;
        self.sweep().await?;
        Ok(next)
    }

    async fn schedules(&self, flow: &ActiveFlow) -> crate::Result<Known> {
        let key = (flow.id, flow.live_version);
        if let Some(known) = self.known.lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let flows = &self.deployments.flows;
        let mut version = flows
            .get_version(flow.org_id, flow.id, flow.live_version)
            .await?;
        flows.registry().upgrade(&mut version.graph);
        let found = Arc::new(schedules_of(&version.graph));
        self.known.lock().insert(key, Arc::clone(&found));
        Ok(found)
    }

    async fn see_to(
        &self,
        flow: &ActiveFlow,
        schedule: &Schedule,
        watch: Option<Watch>,
    ) -> Result<(), store::Error> {
        let now = self.now();
        let fingerprint = schedule.fingerprint();
        let watch = match watch {
            Some(watch) if watch.fingerprint == fingerprint => watch,
            _ => {
                let watch = Watch {
                    org_id: flow.org_id,
                    workflow_id: flow.id,
                    node_id: schedule.node_id.to_string(),
                    fingerprint,
                    seen_until: flow.updated_at.max(now.minus(REACH)).min(now),
                };
                sql::schedules::watch(self.db(), &watch).await?;
                watch
            }
        };
        let Some(first) = schedule.calendar.next(watch.seen_until) else {
            return Ok(());
        };
        if first > now {
            return Ok(());
        }
        let due = plan::due(
            &schedule.calendar,
            schedule.settings.missed,
            watch.seen_until,
            now,
        );
        for tick in self.take(&watch, due, now).await? {
            self.begin(&tick).await?;
        }
        Ok(())
    }

    /// Takes times for this instance; none when another one was first.
    async fn take(
        &self,
        watch: &Watch,
        due: Vec<Micros>,
        now: Micros,
    ) -> Result<Vec<Tick>, store::Error> {
        in_tx!(self.db(), tx => {
            let mut taken = Vec::new();
            if !sql::schedules::advance(tx, watch, now).await? {
                return Ok(taken);
            }
            for scheduled_at in due {
                let tick = Tick {
                    org_id: watch.org_id,
                    workflow_id: watch.workflow_id,
                    node_id: watch.node_id.clone(),
                    scheduled_at,
                    run_id: RunId::new(),
                    claimed_at: now,
                    done_at: None,
                    error: None,
                };
                if sql::schedules::take(tx, &tick).await? {
                    taken.push(tick);
                }
            }
            Ok(taken)
        })
    }

    /// Begins the runs of times that another instance took and did not get to.
    async fn take_over(&self) -> Result<(), store::Error> {
        let now = self.now();
        for tick in sql::schedules::stale(self.db(), now.minus(LEASE)).await? {
            if sql::schedules::take_over(self.db(), &tick, now).await? {
                self.begin(&tick).await?;
            }
        }
        Ok(())
    }

    async fn begin(&self, tick: &Tick) -> Result<(), store::Error> {
        let error = match self.start(tick).await {
            Ok(()) => None,
            Err(Failure::Lasting(why)) => {
                tracing::warn!(flow = %tick.workflow_id, %why, "a scheduled run cannot begin");
                Some(why)
            }
            Err(Failure::Passing(why)) => {
                tracing::warn!(flow = %tick.workflow_id, %why, "a scheduled run cannot begin yet");
                return Ok(());
            }
        };
        sql::schedules::finish(self.db(), tick, self.now(), error.as_deref()).await
    }

    async fn start(&self, tick: &Tick) -> Result<(), Failure> {
        let own = OwnRun {
            org_id: tick.org_id,
            workflow_id: tick.workflow_id,
            node_id: NodeId::from(tick.node_id.as_str()),
            node_type: TRIGGER,
            run_id: tick.run_id,
            trigger: "schedule",
            input: json!({"scheduled_at": tick.scheduled_at}),
        };
        self.deployments.begin_own(own).await
    }

    async fn sweep(&self) -> Result<(), store::Error> {
        let now = self.now();
        if now.since(*self.swept_at.lock()) < SWEEP_EVERY {
            return Ok(());
        }
        sql::schedules::forget(self.db(), now.minus(KEEP)).await?;
        *self.swept_at.lock() = now;
        Ok(())
    }
}
