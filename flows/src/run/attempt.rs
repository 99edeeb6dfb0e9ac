//! One node's work: attempts with timeout, retries and backoff, and what it says meanwhile.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use parking_lot::Mutex;
use serde_json::Value;
use store::Micros;
use tokio_util::sync::CancellationToken;

use super::compiled::{Compiled, CompiledNode};
use super::events::{EventKind, Feed};
use super::shared::RunShared;
use super::step::LogLine;
use crate::expression::{Scope, evaluate_settings};
use crate::graph::{EdgeKind, NodeId};
use crate::node::{
    Contained, Iteration, Level, NodeContext, NodeError, NodeErrorKind, NodeResult, RawSettings,
    Recorder, Resume,
};
use crate::value::PortValues;

/// Log lines of one step that are kept; further ones are counted only.
const MAX_LOG_LINES: usize = 1_000;

/// What is asked of the node.
pub(super) enum Ask {
    Run,
    Resume(Resume),
    Finish(Contained),
}

/// Everything that one node's work needs; owned, so that it outlives the level it was begun in.
pub(super) struct Work {
    pub(super) shared: Arc<RunShared>,
    pub(super) compiled: Arc<Compiled>,
    pub(super) node: usize,
    pub(super) iteration: Iteration,
    pub(super) scope: Scope,
    /// Values of edges, by port.
    pub(super) input: PortValues,
    pub(super) ask: Ask,
    pub(super) cancel: CancellationToken,
}

/// What it led to.
pub(super) struct Report {
    pub(super) result: NodeResult,
    pub(super) attempt: u32,
    pub(super) input: PortValues,
    pub(super) logs: Vec<LogLine>,
    pub(super) tokens: u64,
    pub(super) nano_usd: i64,
    pub(super) started_at: Micros,
    pub(super) ended_at: Micros,
}

struct Notes {
    shared: Arc<RunShared>,
    node: NodeId,
    iteration: String,
    lines: Mutex<Vec<LogLine>>,
    tokens: AtomicU64,
    nano_usd: AtomicI64,
}

impl Recorder for Notes {
    fn log(&self, level: Level, message: &str, fields: Value) {
        let mut lines = self.lines.lock();
        if lines.len() < MAX_LOG_LINES {
            lines.push(LogLine {
                at: self.shared.now(),
                level,
                message: self.shared.masker.text(message),
                fields: self.shared.masker.value(fields),
            });
        }
    }

    fn stream(&self, port: &str, piece: Value) {
        let piece = self.shared.masker.value(piece);
        let kind = EventKind::NodeStreamed {
            port: port.to_owned(),
            piece,
        };
        let place = Some((self.node.clone(), self.iteration.clone()));
        self.shared.feed.publish(self.shared.now(), place, kind);
    }

    fn spent(&self, tokens: u64, nano_usd: i64) {
        self.tokens.fetch_add(tokens, Ordering::Relaxed);
        self.nano_usd.fetch_add(nano_usd, Ordering::Relaxed);
        self.shared.budget.spend(nano_usd);
    }
}

impl Work {
    pub(super) fn spec(&self) -> &CompiledNode {
        &self.compiled.nodes[self.node]
    }

    /// Does the work. Never fails itself, and gives an answer at once when it is cancelled.
    pub(super) async fn run(mut self) -> Report {
        let started_at = self.shared.now();
        let notes = Arc::new(Notes {
            shared: Arc::clone(&self.shared),
            node: self.spec().spec.id.clone(),
            iteration: self.iteration.to_string(),
            lines: Mutex::default(),
            tokens: AtomicU64::new(0),
            nano_usd: AtomicI64::new(0),
        });
        let mut attempt = 1;
        let result = loop {
            let outcome = self.attempt(attempt, &notes).await;
            let retry = &self.compiled.nodes[self.node].spec.policy.retry;
            let error = match outcome {
                Err(error) if error.retryable && attempt <= retry.max => error,
                other => break other,
            };
            attempt += 1;
            let asked = error.retry_after_ms.unwrap_or(0);
            let wait = retry
                .wait_before(attempt)
                .max(asked.min(crate::graph::MAX_WAIT_MS));
            notes.log(
                Level::Warn,
                &format!(
                    "attempt {} failed, the next begins in {wait} ms: {error}",
                    attempt - 1
                ),
                Value::Null,
            );
            let sleep = tokio::time::sleep(Duration::from_millis(wait));
            tokio::select! {
                () = sleep => {}
                () = self.cancel.cancelled() => break Err(stopped()),
            }
        };
        let masker = &self.shared.masker;
        let input = match masker.value(Value::Object(std::mem::take(&mut self.input))) {
            Value::Object(input) => input,
            _ => PortValues::new(),
        };
        let logs = std::mem::take(&mut *notes.lines.lock());
        Report {
            result,
            attempt,
            input,
            logs,
            tokens: notes.tokens.load(Ordering::Relaxed),
            nano_usd: notes.nano_usd.load(Ordering::Relaxed),
            started_at,
            ended_at: self.shared.now(),
        }
    }

    async fn attempt(&mut self, attempt: u32, notes: &Arc<Notes>) -> NodeResult {
        self.scope.incoming = self.input.clone().into();
        self.scope.now = self.shared.now().to_string();
        let evaluated = {
            let node = self.spec();
            evaluate_settings(&node.schema, &node.spec.settings, &self.scope)?
        };
        let settings = evaluated.settings;
        self.take_input(&settings)?;
        if self.shared.budget.left_nano_usd() == Some(0) {
            let message = "the run's budget is used up; raise its limit to go on";
            return Err(NodeError::new(NodeErrorKind::Limit, message).permanent());
        }
        let cancel = self.cancel.child_token();
        let _ends = cancel.clone().drop_guard();
        let context = NodeContext {
            services: Arc::clone(&self.shared.services),
            principal: Arc::clone(&self.shared.principal),
            run: Arc::clone(&self.shared.info),
            node: self.spec().spec.id.clone(),
            iteration: self.iteration.clone(),
            attempt,
            cancel: cancel.clone(),
            recorder: Arc::clone(notes) as Arc<dyn Recorder>,
            scope: Arc::new(self.scope.clone()),
            masker: Arc::clone(&self.shared.masker),
            budget: Arc::clone(&self.shared.budget),
        };
        let node = self.spec();
        let work = match &self.ask {
            Ask::Run => node.kind.run(&context, settings, self.input.clone()),
            Ask::Resume(resume) => node.kind.resume(&context, settings, resume.clone()),
            Ask::Finish(contained) => node.kind.finish(&context, settings, contained.clone()),
        };
        let most = node.spec.policy.timeout_ms;
        let most = most.unwrap_or(node.kind.about().timeout_ms);
        let guarded = AssertUnwindSafe(work).catch_unwind();
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(stopped()),
            done = tokio::time::timeout(Duration::from_millis(most), guarded) => match done {
                Err(_) => Err(NodeError::new(
                    NodeErrorKind::Timeout,
                    format!("it took longer than {most} ms; raise its timeout if that is expected"),
                )),
                Ok(Err(_)) => {
                    tracing::error!(node = %node.spec.id, kind = %node.spec.kind, "a node panicked");
                    let message = "the node failed by a bug of the program; the server's log says more";
                    Err(NodeError::new(NodeErrorKind::Internal, message))
                }
                Ok(Ok(result)) => result,
            },
        }
    }

    /// Ports without edges take the value of the setting of the same name.
    fn take_input(&mut self, settings: &RawSettings) -> Result<(), NodeError> {
        let compiled = Arc::clone(&self.compiled);
        let node = &compiled.nodes[self.node];
        for port in &node.ports.inputs {
            if port.kind.is_control() {
                continue;
            }
            let is_drawn = node
                .incoming
                .iter()
                .any(|edge| edge.kind == EdgeKind::Data && edge.to_port == port.name);
            if is_drawn && self.input.contains_key(&port.name) {
                continue;
            }
            if let Some(value) = settings.get(&port.name).filter(|v| !v.is_null()) {
                let value = crate::value::convert(value.clone(), &port.kind)
                    .map_err(|error| NodeError::input(error.to_string()).at(&port.name))?;
                self.input.insert(port.name.clone(), value);
            }
        }
        Ok(())
    }
}

pub(super) fn stopped() -> NodeError {
    NodeError::new(NodeErrorKind::Cancelled, "the run was stopped")
}

impl Feed {
    /// Publishes that a node begins.
    pub(super) fn node_started(&self, at: Micros, node: &NodeId, iteration: &Iteration) {
        let place = Some((node.clone(), iteration.to_string()));
        self.publish(at, place, EventKind::NodeStarted);
    }
}
