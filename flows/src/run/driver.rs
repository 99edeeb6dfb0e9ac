//! Runs one graph: which node is ready, what its result leads to, when the run is over.
//!
//! A restored run takes the same way as a fresh one: where a node becomes ready and a checkpoint of it
//! exists, the checkpoint's outcome is taken in place of running it.

mod containers;
mod outcome;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use serde_json::{Map, Value};
use store::Micros;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::attempt::{Ask, Report, Work};
use super::compiled::Compiled;
use super::frame::{Container, Frame, Place, State};
use super::journal::Journal;
use super::shared::{Catalogue, RunShared};
use super::step::Step;
use crate::expression::{NodeRecord, Scope, Shared};
use crate::graph::{NodeId, Readiness};
use crate::ids::RunId;
use crate::node::{Category, Cause, Iteration, NodeError, NodeErrorKind, Output, Role};
use crate::value::PortValues;

/// Waits at most this long are slept through in memory; longer ones hold none.
const SHORT_WAIT: Duration = Duration::from_secs(2);
/// Checkpoints of cheap nodes are stored at least this often.
const FLUSH_EVERY: Duration = Duration::from_millis(25);

/// How a run, or a part of it, ended.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEnd {
    /// It is completed with this value.
    Completed(Value),
    /// It has failed.
    Failed {
        /// Why.
        error: NodeError,
        /// The node that failed.
        node: Option<NodeId>,
    },
    /// It was stopped.
    Cancelled,
    /// It waits, holding no memory, until this time at most.
    Waiting(Option<Micros>),
    /// It is paused.
    Paused,
    /// Another worker has taken it over.
    Lost,
}

/// What reaches a run from outside.
#[derive(Debug)]
pub(super) enum Signal {
    /// Begin no further nodes.
    Pause,
    /// A wait is over.
    Wake(NodeId, String, Cause),
}

pub(super) enum Task {
    Node(Place, Box<Report>),
    /// The pause between two iterations is over.
    Next(Place),
    /// A short wait is over.
    Elapsed(Place),
    /// A run in memory that was called has ended.
    Called(Place, Value, RunEnd),
    /// The flow to be called was looked up.
    Found(
        Place,
        Box<(
            crate::node::SubFlow,
            Report,
            Result<super::sql::NewRun, NodeError>,
        )>,
    ),
}

pub(super) struct Waiting {
    pub(super) suspend: crate::node::Suspend,
    pub(super) until: Option<Micros>,
}

pub(super) struct Driver {
    pub(super) shared: Arc<RunShared>,
    pub(super) compiled: Arc<Compiled>,
    pub(super) catalogue: Arc<dyn Catalogue>,
    pub(super) registry: crate::node::Registry,
    pub(super) journal: Journal,
    pub(super) cancel: CancellationToken,
    pub(super) signals: mpsc::UnboundedReceiver<Signal>,
    pub(super) restored: HashMap<(String, NodeId), Step>,
    frames: HashMap<u32, Frame>,
    next_frame: u32,
    tasks: FuturesUnordered<BoxFuture<'static, Task>>,
    ready: VecDeque<Place>,
    waits: HashMap<Place, Waiting>,
    /// Nodes that wait for a run in the database.
    calls: HashMap<Place, (RunId, Value)>,
    containers: HashMap<Place, Container>,
    variables: BTreeMap<String, Shared>,
    steps: u64,
    held: usize,
    end: Option<RunEnd>,
    is_pausing: bool,
}

pub(super) struct Parts {
    pub(super) shared: Arc<RunShared>,
    pub(super) compiled: Arc<Compiled>,
    pub(super) catalogue: Arc<dyn Catalogue>,
    pub(super) registry: crate::node::Registry,
    pub(super) journal: Journal,
    pub(super) cancel: CancellationToken,
    pub(super) signals: mpsc::UnboundedReceiver<Signal>,
    pub(super) restored: Vec<Step>,
}

impl Driver {
    pub(super) fn new(parts: Parts) -> Self {
        let mut variables: BTreeMap<String, Shared> = BTreeMap::new();
        for (name, value) in &parts.shared.variables {
            variables.insert(name.clone(), value.clone().into());
        }
        for variable in &parts.compiled.graph.variables {
            variables.insert(variable.name.clone(), variable.value.clone().into());
        }
        let mut restored = parts.restored;
        restored.sort_by_key(|step| step.seq);
        for step in &restored {
            if let super::step::Detail::Done { variables: set, .. } = &step.detail {
                for (name, value) in set {
                    variables.insert(name.clone(), value.clone().into());
                }
            }
        }
        let restored = restored
            .into_iter()
            .map(|step| ((step.iteration.clone(), step.node.clone()), step));
        Self {
            restored: restored.collect(),
            shared: parts.shared,
            compiled: parts.compiled,
            catalogue: parts.catalogue,
            registry: parts.registry,
            journal: parts.journal,
            cancel: parts.cancel,
            signals: parts.signals,
            frames: HashMap::new(),
            next_frame: 0,
            tasks: FuturesUnordered::new(),
            ready: VecDeque::new(),
            waits: HashMap::new(),
            calls: HashMap::new(),
            containers: HashMap::new(),
            variables,
            steps: 0,
            held: 0,
            end: None,
            is_pausing: false,
        }
    }

    /// Runs until the end, or until nothing can be done but wait. All checkpoints are with the journal
    /// by then; the caller stores them together with the end.
    pub(super) async fn run(&mut self) -> RunEnd {
        let most = Duration::from_millis(self.shared.options.limits.max_duration_ms);
        let deadline = Instant::now() + most;
        self.open_flow();
        loop {
            if !self.begin_ready().await {
                return RunEnd::Lost;
            }
            if let Some(end) = self.end.take() {
                self.tasks.clear();
                return end;
            }
            // A stop or pause that came while nodes began must not be lost in a wait of days.
            if self.cancel.is_cancelled() {
                self.tasks.clear();
                return RunEnd::Cancelled;
            }
            if let Ok(signal) = self.signals.try_recv() {
                self.take_signal(signal);
                continue;
            }
            if self.tasks.is_empty() {
                if self.is_pausing {
                    return RunEnd::Paused;
                }
                if self.journal.is_durable() {
                    return RunEnd::Waiting(self.waits.values().filter_map(|w| w.until).min());
                }
                if self.waits.is_empty() {
                    return internal("the run cannot go on: nothing is ready and nothing waits");
                }
            }
            let has_pending = self.journal.has_pending();
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => {
                    self.tasks.clear();
                    return RunEnd::Cancelled;
                }
                Some(signal) = self.signals.recv() => self.take_signal(signal),
                Some(task) = self.tasks.next(), if !self.tasks.is_empty() => self.take(task),
                () = tokio::time::sleep(FLUSH_EVERY), if has_pending => {
                    if !self.journal.flush().await {
                        return RunEnd::Lost;
                    }
                }
                () = tokio::time::sleep_until(deadline) => {
                    let message = format!("the run took longer than {} ms", most.as_millis());
                    let error = NodeError::new(NodeErrorKind::Limit, message);
                    return RunEnd::Failed { error, node: None };
                }
            }
        }
    }

    fn take_signal(&mut self, signal: Signal) {
        match signal {
            Signal::Pause => self.is_pausing = true,
            Signal::Wake(node, iteration, cause) => {
                let place = self.waits.keys().copied().find(|place| {
                    let is_here = |frame: &Frame| frame.iteration.to_string() == iteration;
                    self.compiled.nodes[place.1].spec.id == node
                        && self.frames.get(&place.0).is_some_and(is_here)
                });
                if let Some(place) = place {
                    self.wake(place, cause);
                }
            }
        }
    }

    /// Opens the level of the flow itself and begins at its trigger.
    fn open_flow(&mut self) {
        let scope = Scope {
            input: self.shared.input.clone(),
            secrets: Arc::clone(&self.shared.secrets),
            run: run_json(&self.shared).into(),
            ..Scope::default()
        };
        let level = self.compiled.level(None).to_vec();
        let frame = Frame {
            owner: None,
            container: None,
            index: 0,
            iteration: Iteration::default(),
            scope,
            states: level.iter().map(|_| State::Open).collect(),
            open: level.len(),
            inner: PortValues::new(),
            cancel: self.cancel.child_token(),
        };
        self.frames.insert(0, frame);
        self.next_frame = 1;
        let compiled = Arc::clone(&self.compiled);
        let options = &self.shared.options;
        let target = options.target.as_ref().and_then(|id| compiled.find(id));
        if options.is_alone {
            let Some(target) = target else {
                self.end = Some(internal("the node to run alone does not exist"));
                return;
            };
            if compiled.nodes[target].parent.is_some() {
                self.end = Some(internal("a node inside of a container cannot run alone"));
                return;
            }
            let pins = options.pins.clone();
            if let Some(frame) = self.frames.get_mut(&0) {
                for (id, output) in pins {
                    let position = compiled.find(&id).map(|n| compiled.nodes[n].position);
                    if let Some(state) = position.and_then(|p| frame.states.get_mut(p)) {
                        *state = State::Settled(Arc::new(Output::new(output.clone())));
                    }
                    frame.scope.set_node(id, NodeRecord::done(output));
                }
                frame.states[compiled.nodes[target].position] = State::Busy;
            }
            self.ready.push_back((0, target));
            return;
        }
        let trigger = compiled.trigger(options.trigger_node.as_ref(), &self.shared.info.trigger);
        let starts_without = |number: usize| {
            let id = &compiled.nodes[number].spec.id;
            options.inputs.contains_key(id) || options.pins.contains_key(id)
        };
        let mut begin = Vec::new();
        let mut skip = Vec::new();
        for &number in &level {
            let node = &compiled.nodes[number];
            if !node.incoming.is_empty() {
                continue;
            }
            if Some(number) == trigger || starts_without(number) {
                begin.push(number);
            } else {
                skip.push(number);
            }
        }
        if begin.is_empty() {
            let message = "the flow has no trigger to begin at; add one, such as \"Manual\"";
            let error = NodeError::new(NodeErrorKind::Settings, message);
            self.end = Some(RunEnd::Failed { error, node: None });
            return;
        }
        for number in skip {
            self.skip((0, number), "no run of this kind begins at it");
        }
        for number in begin {
            self.judge((0, number));
        }
    }

    /// Looks at a node whose edges may all be settled.
    fn judge(&mut self, place: Place) {
        let compiled = Arc::clone(&self.compiled);
        let node = &compiled.nodes[place.1];
        let Some(frame) = self.frames.get_mut(&place.0) else {
            return;
        };
        if !matches!(frame.states[node.position], State::Open) {
            return;
        }
        match frame.readiness(&compiled, node) {
            Readiness::Wait => {}
            Readiness::Skip => {
                self.skip(place, "nothing came to it: every way to it was not taken");
            }
            Readiness::Run if node.spec.disabled => self.skip(place, "it is switched off"),
            Readiness::Run => {
                let options = &self.shared.options;
                let target = options.target.as_ref().and_then(|id| compiled.find(id));
                let is_behind = target.is_some_and(|target| {
                    node.parent.is_none() && !compiled.leads_to(place.1, compiled.outermost(target))
                });
                if is_behind {
                    self.skip(place, "this run goes no further than its target");
                    return;
                }
                frame.states[node.position] = State::Busy;
                self.ready.push_back(place);
            }
        }
    }

    fn skip(&mut self, place: Place, why: &'static str) {
        let compiled = Arc::clone(&self.compiled);
        let node = &compiled.nodes[place.1];
        let Some(frame) = self.frames.get_mut(&place.0) else {
            return;
        };
        frame.states[node.position] = State::Skipped;
        frame
            .scope
            .set_node(node.spec.id.clone(), NodeRecord::skipped(why));
        self.settled(place);
    }

    /// Goes on behind a node that is settled.
    fn settled(&mut self, place: Place) {
        let compiled = Arc::clone(&self.compiled);
        if let Some(frame) = self.frames.get_mut(&place.0) {
            frame.open -= 1;
        }
        for &next in &compiled.nodes[place.1].next {
            self.judge((place.0, next));
        }
        let is_over = self.frames.get(&place.0).is_some_and(|f| f.open == 0);
        if is_over {
            self.close(place.0);
        }
    }

    /// Begins what is ready, as far as there is room. `false`: the run belongs to another worker now.
    async fn begin_ready(&mut self) -> bool {
        while !self.is_pausing && self.end.is_none() {
            if self.tasks.len() >= self.shared.options.limits.max_parallel.max(1) {
                return true;
            }
            let Some(place) = self.ready.pop_front() else {
                return true;
            };
            if !self.frames.contains_key(&place.0) || self.take_known(place) {
                continue;
            }
            // What has effects begins only when everything before it is stored.
            let about = self.compiled.nodes[place.1].kind.about();
            if !is_cheap(about) && self.journal.has_pending() && !self.journal.flush().await {
                return false;
            }
            self.begin(place, Ask::Run);
        }
        true
    }

    /// Begins a node's work.
    pub(super) fn begin(&mut self, place: Place, ask: Ask) {
        let compiled = Arc::clone(&self.compiled);
        let node = &compiled.nodes[place.1];
        self.steps += 1;
        if self.steps > self.shared.options.limits.max_steps {
            let message = format!("the run has more than {} steps", self.steps - 1);
            let error = NodeError::new(NodeErrorKind::Limit, message);
            let node = Some(node.spec.id.clone());
            self.end = Some(RunEnd::Failed { error, node });
            return;
        }
        let Some(frame) = self.frames.get(&place.0) else {
            return;
        };
        let mut input = match self.shared.options.inputs.get(&node.spec.id) {
            Some(given) if place.0 == 0 => Ok(given.clone()),
            _ if node.kind.about().role == Role::Trigger => {
                let mut input = Map::new();
                input.insert("input".to_owned(), self.shared.input.json().clone());
                Ok(input)
            }
            _ => frame.gather(&compiled, node),
        };
        let gathered = input.as_mut().map(std::mem::take);
        let mut scope = frame.scope.clone();
        scope.vars = self.variables.clone();
        let work = Work {
            shared: Arc::clone(&self.shared),
            compiled: Arc::clone(&compiled),
            node: place.1,
            iteration: frame.iteration.clone(),
            scope,
            input: gathered.as_ref().cloned().unwrap_or_default(),
            ask,
            cancel: frame.cancel.clone(),
        };
        let now = self.shared.now();
        self.shared
            .feed
            .node_started(now, &node.spec.id, &frame.iteration);
        let failed = gathered.err().cloned();
        self.tasks.push(Box::pin(async move {
            let report = match failed {
                Some(error) => Report {
                    result: Err(error),
                    attempt: 1,
                    input: PortValues::new(),
                    logs: Vec::new(),
                    tokens: 0,
                    nano_usd: 0,
                    started_at: now,
                    ended_at: now,
                },
                None => work.run().await,
            };
            Task::Node(place, Box::new(report))
        }));
    }
}

/// Nodes that may be repeated after a crash without a word and cost nothing.
fn is_cheap(about: &crate::node::About) -> bool {
    about.is_repeatable
        && matches!(
            about.category,
            Category::Logic | Category::Data | Category::Input
        )
}

pub(super) fn internal(message: &str) -> RunEnd {
    RunEnd::Failed {
        error: NodeError::new(NodeErrorKind::Internal, message),
        node: None,
    }
}

fn run_json(shared: &RunShared) -> Value {
    serde_json::to_value(&*shared.info).map_or(Value::Null, |mut run| {
        if let Some(run) = run.as_object_mut() {
            let id = run.get("run_id").cloned().unwrap_or_default();
            run.insert("id".to_owned(), id);
        }
        run
    })
}
