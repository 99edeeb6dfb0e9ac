//! What a node's result leads to.

use std::sync::Arc;

use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::{Driver, RunEnd, SHORT_WAIT, Task, Waiting};
use crate::expression::NodeRecord;
use crate::graph::{ERROR, OnError};
use crate::node::{
    Cause, End, Live, NodeError, NodeErrorKind, Outcome, Output, Plan, Resume, SubFlow, Suspend,
    Wait,
};
use crate::run::attempt::{Ask, Report};
use crate::run::engine;
use crate::run::events::EventKind;
use crate::run::frame::{Place, State};
use crate::run::shared::{Wanted, size_of_object};
use crate::run::sql::NewRun;
use crate::run::step::{Detail, Step};
use crate::value::PortValues;

/// Outputs larger than this are left out of events.
const MAX_EVENT: usize = 16 * 1024;

impl Driver {
    pub(super) fn take(&mut self, task: Task) {
        match task {
            Task::Node(place, report) => self.take_report(place, *report),
            Task::Next(place) => self.go_on(place),
            Task::Elapsed(place) => self.wake(place, Cause::Elapsed),
            Task::Called(place, state, end) => self.take_call(place, state, end),
            Task::Found(place, found) => {
                let (call, report, found) = *found;
                self.take_found(place, call, report, found);
            }
        }
    }

    /// The level or the node may be gone since the work began.
    fn is_busy(&self, place: Place) -> bool {
        let position = self.compiled.nodes[place.1].position;
        let frame = self.frames.get(&place.0);
        frame.is_some_and(|frame| matches!(frame.states[position], State::Busy))
    }

    fn take_report(&mut self, place: Place, mut report: Report) {
        if !self.is_busy(place) {
            return;
        }
        let result = std::mem::replace(&mut report.result, Ok(Outcome::Done(Output::default())));
        match result.and_then(|outcome| self.within_limits(outcome)) {
            Ok(Outcome::Done(output)) => self.finish(place, output, Some(report)),
            Ok(Outcome::Suspend(suspend)) => self.suspend(place, suspend, &report),
            Ok(Outcome::Call(call)) => self.call(place, call, &report),
            Ok(Outcome::Contain(plan)) => {
                let detail = Detail::Contained { plan: plan.clone() };
                self.note(place, detail, PortValues::new(), Some(report));
                self.open_container(place, plan);
            }
            Err(error) => self.fail(place, error, Some(report)),
        }
    }

    fn within_limits(&self, outcome: Outcome) -> Result<Outcome, NodeError> {
        let Outcome::Done(output) = &outcome else {
            return Ok(outcome);
        };
        let limits = &self.shared.options.limits;
        let size = size_of_object(&output.values);
        let (most, what) = if size > limits.max_payload_bytes {
            (limits.max_payload_bytes, "its output")
        } else if self.held + size > limits.max_memory_bytes {
            (limits.max_memory_bytes, "everything this run holds")
        } else {
            return Ok(outcome);
        };
        let message =
            format!("{what} has more than {most} bytes; split the work into smaller parts");
        Err(NodeError::new(NodeErrorKind::Limit, message).permanent())
    }

    /// The node is done.
    pub(super) fn finish(&mut self, place: Place, output: Output, report: Option<Report>) {
        for (name, value) in &output.variables {
            self.variables.insert(name.clone(), value.clone().into());
        }
        if let Some(report) = report {
            let detail = Detail::Done {
                live: output.live.clone(),
                variables: self.masked(output.variables.clone()),
            };
            self.note(place, detail, output.values.clone(), Some(report));
        }
        let record = NodeRecord::done(output.values.clone());
        self.settle(place, output, record);
    }

    fn settle(&mut self, place: Place, output: Output, record: NodeRecord) {
        let compiled = Arc::clone(&self.compiled);
        let node = &compiled.nodes[place.1];
        self.held += size_of_object(&output.values);
        let end = output.end.clone();
        let is_target = self.shared.options.target.as_ref() == Some(&node.spec.id);
        let values = is_target.then(|| output.values.clone());
        let Some(frame) = self.frames.get_mut(&place.0) else {
            return;
        };
        frame.states[node.position] = State::Settled(Arc::new(output));
        frame.scope.set_node(node.spec.id.clone(), record);
        match end {
            Some(End::Return(value)) => self.end = Some(RunEnd::Completed(value)),
            Some(End::Fail(message)) => {
                let error = NodeError::new(NodeErrorKind::Raised, message);
                let node = Some(node.spec.id.clone());
                self.end = Some(RunEnd::Failed { error, node });
            }
            None if is_target => {
                self.end = values.map(|values| RunEnd::Completed(Value::Object(values)));
            }
            None => self.settled(place),
        }
    }

    /// All attempts have failed.
    pub(super) fn fail(&mut self, place: Place, error: NodeError, report: Option<Report>) {
        let compiled = Arc::clone(&self.compiled);
        let node = &compiled.nodes[place.1];
        let is_stopped = error.kind == NodeErrorKind::Cancelled && self.cancel.is_cancelled();
        let output = match &node.spec.policy.on_error {
            OnError::Continue { output } if !is_stopped => Some(Output::new(output.clone())),
            OnError::Branch if !is_stopped => Some(Output::default().only([ERROR])),
            OnError::Stop | OnError::Continue { .. } | OnError::Branch => None,
        };
        let error = self.masked_error(error);
        let live = output.as_ref().map(|o| o.live.clone());
        let values = output.as_ref().map(|o| o.values.clone());
        if !is_stopped {
            let detail = Detail::Failed {
                error: error.clone(),
                is_handled: output.is_some(),
                live: live.unwrap_or_default(),
            };
            self.note(place, detail, values.clone().unwrap_or_default(), report);
        }
        match output {
            Some(output) => {
                let record = NodeRecord::failed(error, output.values.clone());
                self.settle(place, output, record);
            }
            None => self.fail_level(place, error),
        }
    }

    fn masked_error(&self, mut error: NodeError) -> NodeError {
        error.message = self.shared.masker.text(&error.message);
        error.details = error
            .details
            .map(|details| Box::new(self.shared.masker.value(*details)));
        error
    }

    fn masked(&self, values: PortValues) -> PortValues {
        match self.shared.masker.value(Value::Object(values)) {
            Value::Object(values) => values,
            _ => PortValues::new(),
        }
    }

    /// Puts a checkpoint into the journal and tells those who watch.
    pub(super) fn note(
        &mut self,
        place: Place,
        detail: Detail,
        output: PortValues,
        report: Option<Report>,
    ) {
        let compiled = Arc::clone(&self.compiled);
        let node = &compiled.nodes[place.1];
        let iteration = self.frames.get(&place.0).map(|f| f.iteration.to_string());
        let iteration = iteration.unwrap_or_default();
        let output = self.masked(output);
        let error = match &detail {
            Detail::Failed { error, .. } => Some(error.to_string()),
            _ => None,
        };
        let now = self.shared.now();
        let (started_at, ended_at) = report
            .as_ref()
            .map_or((now, now), |r| (r.started_at, r.ended_at));
        let shown = if size_of_object(&output) > MAX_EVENT {
            Value::Null
        } else {
            Value::Object(output.clone())
        };
        let kind = EventKind::Progress {
            state: detail.state().word().to_owned(),
            output: shown,
            error,
            duration_us: ended_at.0.saturating_sub(started_at.0),
        };
        let spot = Some((node.spec.id.clone(), iteration.clone()));
        let seq = self.shared.feed.publish(now, spot, kind);
        if !self.journal.is_durable() {
            return;
        }
        let report = report.map(|r| (r.attempt, r.input, r.logs, r.tokens, r.nano_usd));
        let (attempt, input, logs, tokens, nano_usd) = report.unwrap_or_default();
        self.journal.put(Step {
            node: node.spec.id.clone(),
            iteration,
            seq,
            attempt: i64::from(attempt.max(1)),
            detail,
            input,
            output,
            logs,
            tokens: i64::try_from(tokens).unwrap_or(i64::MAX),
            nano_usd,
            started_at,
            ended_at: Some(ended_at),
        });
    }

    fn suspend(&mut self, place: Place, suspend: Suspend, report: &Report) {
        let until = match &suspend.wait {
            Wait::Timer { until } => Some(*until),
            Wait::Approval(approval) => approval.until,
            Wait::Event { until, .. } => *until,
        };
        let detail = Detail::Waiting {
            suspend: suspend.clone(),
            cause: None,
        };
        self.note(place, detail, PortValues::new(), Some(light(report)));
        self.wait_for(place, suspend, until);
    }

    fn wait_for(&mut self, place: Place, suspend: Suspend, until: Option<store::Micros>) {
        let now = self.shared.now();
        let left = until.map(|until| until.since(now));
        let is_timer = matches!(suspend.wait, Wait::Timer { .. });
        let is_past = left.is_some_and(|left| left.is_zero());
        let is_short = left.is_some_and(|left| left <= SHORT_WAIT);
        self.waits.insert(place, Waiting { suspend, until });
        if is_timer && (is_short || !self.journal.is_durable()) {
            let left = left.unwrap_or_default();
            self.tasks.push(Box::pin(async move {
                tokio::time::sleep(left).await;
                Task::Elapsed(place)
            }));
        } else if is_past {
            self.wake(place, Cause::TimedOut);
        }
    }

    /// A wait is over: the node goes on.
    pub(super) fn wake(&mut self, place: Place, cause: Cause) {
        let Some(waiting) = self.waits.remove(&place) else {
            return;
        };
        let state = waiting.suspend.state;
        self.begin(place, Ask::Resume(Resume { state, cause }));
    }

    fn call(&mut self, place: Place, call: SubFlow, report: &Report) {
        let wanted = Wanted::Slug(call.workflow.clone(), call.version);
        if self.journal.is_durable() {
            let (shared, catalogue) = (Arc::clone(&self.shared), Arc::clone(&self.catalogue));
            let report = light(report);
            self.tasks.push(
                async move {
                    let found = engine::child(&shared, &*catalogue, &wanted, &call).await;
                    Task::Found(place, Box::new((call, report, found)))
                }
                .boxed(),
            );
            return;
        }
        let parts = super::super::memory::Parts {
            shared: Arc::clone(&self.shared),
            catalogue: Arc::clone(&self.catalogue),
            registry: self.registry.clone(),
            cancel: self.frames.get(&place.0).map(|f| f.cancel.child_token()),
        };
        let (state, input) = (call.state, call.input);
        self.tasks.push(
            async move {
                let end = super::super::memory::call(parts, wanted, input).await;
                Task::Called(place, state, end)
            }
            .boxed(),
        );
    }

    fn take_found(
        &mut self,
        place: Place,
        call: SubFlow,
        report: Report,
        found: Result<NewRun, NodeError>,
    ) {
        if !self.is_busy(place) {
            return;
        }
        let mut run = match found {
            Ok(run) => run,
            Err(error) => {
                self.fail(place, error, Some(report));
                return;
            }
        };
        let child = run.id;
        if !call.wait {
            run.parent_run_id = None;
            self.journal.call(run);
            let output = Output::one("run_id", child.to_string());
            self.finish(place, output, Some(report));
            return;
        }
        self.journal.call(run);
        let state = with_run(call.state, child);
        let detail = Detail::Calling {
            child,
            state: state.clone(),
        };
        self.note(place, detail, PortValues::new(), Some(report));
        self.calls.insert(place, (child, state));
    }

    /// A called run has ended.
    pub(super) fn take_call(&mut self, place: Place, state: Value, end: RunEnd) {
        let cause = match end {
            RunEnd::Completed(value) => Cause::Returned { value },
            RunEnd::Failed { error, .. } => Cause::Failed { error },
            RunEnd::Cancelled | RunEnd::Lost | RunEnd::Paused | RunEnd::Waiting(_) => {
                let message = "the called run was stopped";
                let error = NodeError::new(NodeErrorKind::Cancelled, message);
                Cause::Failed { error }
            }
        };
        if self.is_busy(place) {
            self.begin(place, Ask::Resume(Resume { state, cause }));
        }
    }

    /// Takes what is known of a node: pinned data, or its checkpoint. `false`: nothing is, run it.
    pub(super) fn take_known(&mut self, place: Place) -> bool {
        let compiled = Arc::clone(&self.compiled);
        let node = &compiled.nodes[place.1];
        if let Some(pinned) = self.shared.options.pins.get(&node.spec.id) {
            let output = Output::new(pinned.clone());
            let detail = Detail::Done {
                live: Live::All,
                variables: PortValues::new(),
            };
            self.note(place, detail, output.values.clone(), None);
            self.finish(place, output, None);
            return true;
        }
        if self.restored.is_empty() {
            return false;
        }
        let Some(frame) = self.frames.get(&place.0) else {
            return true;
        };
        let key = (frame.iteration.to_string(), node.spec.id.clone());
        let Some(step) = self.restored.remove(&key) else {
            return false;
        };
        match step.detail {
            Detail::Done { live, .. } => {
                let output = Output {
                    values: step.output,
                    live,
                    ..Output::default()
                };
                let record = NodeRecord::done(output.values.clone());
                self.settle(place, output, record);
            }
            Detail::Failed {
                error,
                is_handled,
                live,
            } => {
                if is_handled {
                    let output = Output {
                        values: step.output,
                        live,
                        ..Output::default()
                    };
                    let record = NodeRecord::failed(error, output.values.clone());
                    self.settle(place, output, record);
                } else {
                    self.fail_level(place, error);
                }
            }
            Detail::Waiting { suspend, cause } => self.wait_again(place, suspend, cause),
            Detail::Calling { child, state } => match self.journal.child_end(child) {
                Some(end) => self.take_call(place, state, end),
                None => {
                    self.calls.insert(place, (child, state));
                }
            },
            Detail::Contained { plan } => self.open_container(place, plan),
        }
        true
    }

    fn wait_again(&mut self, place: Place, suspend: Suspend, cause: Option<Cause>) {
        let (until, over) = match &suspend.wait {
            Wait::Timer { until } => (Some(*until), Cause::Elapsed),
            Wait::Approval(approval) => (approval.until, Cause::TimedOut),
            Wait::Event { until, .. } => (*until, Cause::TimedOut),
        };
        let is_over = until.is_some_and(|until| until <= self.shared.now());
        let cause = cause.or_else(|| is_over.then_some(over));
        match cause {
            Some(cause) => {
                let state = suspend.state;
                self.begin(place, Ask::Resume(Resume { state, cause }));
            }
            None => self.wait_for(place, suspend, until),
        }
    }

    /// A node failed and nothing at the node itself handles it.
    fn fail_level(&mut self, place: Place, error: NodeError) {
        let owner = self.frames.get(&place.0).and_then(|frame| frame.owner);
        let Some(owner) = owner else {
            if self.cancel.is_cancelled() {
                self.end = Some(RunEnd::Cancelled);
                return;
            }
            let node = Some(self.compiled.nodes[place.1].spec.id.clone());
            self.end = Some(RunEnd::Failed { error, node });
            return;
        };
        self.iteration_failed(owner, place.0, error);
    }

    pub(super) fn plan_of(&self, place: Place) -> Option<&Plan> {
        self.containers.get(&place).map(|container| &container.plan)
    }
}

fn with_run(state: Value, child: crate::ids::RunId) -> Value {
    match state {
        Value::Object(mut state) => {
            state.insert("run_id".to_owned(), json!(child));
            Value::Object(state)
        }
        Value::Null => json!({"run_id": child}),
        other => json!({"run_id": child, "state": other}),
    }
}

/// The facts of a report without its result.
fn light(report: &Report) -> Report {
    Report {
        result: Ok(Outcome::Done(Output::default())),
        attempt: report.attempt,
        input: report.input.clone(),
        logs: report.logs.clone(),
        tokens: report.tokens,
        nano_usd: report.nano_usd,
        started_at: report.started_at,
        ended_at: report.ended_at,
    }
}
