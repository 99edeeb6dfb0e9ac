//! Flows as models: `flow/<slug>`.

use std::collections::VecDeque;
use std::sync::Arc;

use accounts::Principal;
use futures_util::future::BoxFuture;
use gateway::call::{CallContext, Caller};
use gateway::local::{
    ChatChunk, ChatRequest, ChunkChoice, ChunkStream, Delta, Error as CallError,
    ErrorKind as CallErrorKind, FinishReason, LocalModel, LocalModels, ModelFacts, Operation, Role,
};
use serde_json::{Value, json};
use store::OrgId;

use super::Deployments;
use super::speaker::{PORT, answer_of, speaker};
use crate::graph::NodeId;
use crate::ids::RunId;
use crate::run::http::Watch;
use crate::run::{Engine, EventKind, Options, Start};
use crate::{Error, ErrorKind};

/// The trigger that a conversation begins at.
pub(super) const TRIGGER: &str = "input.chat";

/// The family `flow/<slug>`: published flows that begin with a chat message.
#[derive(Debug, Clone)]
pub struct FlowModels(pub Deployments);

struct FlowModel {
    deployments: Deployments,
    slug: String,
}

impl LocalModels for FlowModels {
    fn prefix(&self) -> &str {
        "flow"
    }

    fn find(&self, _who: &Principal, id: &str) -> Option<Arc<dyn LocalModel>> {
        // Whether there is such a flow is looked up when it is called.
        let slug = crate::flows::check_slug(id).ok()?;
        let deployments = self.0.clone();
        Some(Arc::new(FlowModel { deployments, slug }))
    }

    fn list<'a>(&'a self, who: &'a Principal) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async move {
            let slugs = self.0.slugs(who.org_id(), TRIGGER).await;
            slugs.unwrap_or_else(|error| {
                tracing::warn!(error = %error.message, "cannot list flows as models");
                Vec::new()
            })
        })
    }
}

impl LocalModel for FlowModel {
    fn id(&self) -> &str {
        &self.slug
    }

    fn serves(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Chat(_))
    }

    fn facts(&self) -> ModelFacts {
        ModelFacts {
            context_window: None,
            max_output_tokens: None,
            reasoning: false,
            structured_output: false,
        }
    }

    fn delegates(&self) -> bool {
        true
    }

    fn chat<'a>(
        &'a self,
        who: &'a Arc<Principal>,
        context: &'a CallContext,
        request: ChatRequest,
    ) -> BoxFuture<'a, Result<ChunkStream, CallError>> {
        Box::pin(async move {
            let engine = &self.deployments.engine;
            let org = who.org_id();
            let found = self.deployments.find(org, &self.slug, TRIGGER).await;
            let flow = found.map_err(refused)?;
            let speaker = speaker(&flow.graph);
            let start = Start {
                flow,
                input: input_of(&request)?,
                trigger: "chat".to_owned(),
                options: Options::default(),
                depth: depth(engine, org, context).await?,
            };
            let heard = engine.hub().subscribe();
            let started = engine.start(who, start).await;
            let started = started
                .map_err(|e| CallError::new(CallErrorKind::InvalidRequest, e.to_string()))?;
            let talk = Talk {
                watch: Watch::of_new(engine.clone(), org, started.id, heard),
                speaker,
                said: String::new(),
                ready: VecDeque::new(),
                is_over: false,
                base: ChatChunk {
                    id: format!("chatcmpl-{}", context.request_id),
                    created: context.began_us / 1_000_000,
                    model: request.model.clone(),
                    ..ChatChunk::default()
                },
                run: Unfinished::new(engine.clone(), org, started.id),
            };
            let chunks = futures_util::stream::unfold(talk, |mut talk| async move {
                let chunk = talk.next().await?;
                Some((chunk, talk))
            });
            Ok(Box::pin(chunks) as ChunkStream)
        })
    }
}

/// What the chat trigger is given.
fn input_of(request: &ChatRequest) -> Result<Value, CallError> {
    let whole = serde_json::to_value(request)
        .map_err(|e| CallError::invalid("messages", format!("cannot be written: {e}")))?;
    let conversation = whole.pointer("/metadata/conversation_id");
    Ok(json!({
        "messages": whole.get("messages").cloned().unwrap_or_default(),
        "conversation_id": conversation.cloned().unwrap_or_default(),
    }))
}

/// How deep below other flows' runs this one is: a flow can call a model that is a flow.
async fn depth(engine: &Engine, org: OrgId, context: &CallContext) -> Result<u32, CallError> {
    let Caller::Flow(run) = context.caller else {
        return Ok(0);
    };
    let broken = |error: store::Error| {
        tracing::error!(%error, "the run that calls a flow cannot be read");
        CallError::new(
            CallErrorKind::Overloaded,
            "the server cannot do this at the moment; try again",
        )
    };
    let row = engine
        .row(org, RunId::from_uuid(run))
        .await
        .map_err(broken)?;
    let depth = row.map_or(0, |row| row.depth);
    Ok(u32::try_from(depth).unwrap_or(u32::MAX).saturating_add(1))
}

/// A run whose answer is passed on as it grows.
struct Talk {
    watch: Watch,
    speaker: Option<NodeId>,
    said: String,
    ready: VecDeque<ChatChunk>,
    is_over: bool,
    base: ChatChunk,
    run: Unfinished,
}

impl Talk {
    async fn next(&mut self) -> Option<Result<ChatChunk, CallError>> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some(Ok(chunk));
            }
            if self.is_over {
                return None;
            }
            let Some(event) = self.watch.next().await else {
                self.is_over = true;
                return Some(Err(failed("the run is gone")));
            };
            match &event.kind {
                EventKind::NodeStreamed { port, piece }
                    if port == PORT && event.node == self.speaker && self.speaker.is_some() =>
                {
                    self.say(piece.as_str().unwrap_or_default());
                }
                EventKind::Completed { .. } => {
                    self.is_over = true;
                    if let Err(error) = self.conclude().await {
                        return Some(Err(error));
                    }
                }
                EventKind::Error { message } => {
                    self.is_over = true;
                    self.run.leave();
                    return Some(Err(failed(message)));
                }
                _ => {}
            }
        }
    }

    fn say(&mut self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        let is_first = self.said.is_empty();
        self.said.push_str(piece);
        self.push(
            Delta {
                role: is_first.then_some(Role::Assistant),
                content: Some(piece.to_owned()),
                ..Delta::default()
            },
            None,
        );
    }

    /// Says what has not been said, and ends the answer.
    async fn conclude(&mut self) -> Result<(), CallError> {
        let run = self.run.run.take();
        let row = match run {
            Some(run) => self.run.engine.row(self.run.org, run).await,
            None => Ok(None),
        };
        let row = row.map_err(|_| failed("its result cannot be read"))?;
        let output = row.and_then(|row| row.output).map(|json| json.0);
        let whole = answer_of(&output.unwrap_or_default());
        match whole.strip_prefix(self.said.as_str()) {
            Some(rest) => self.say(rest),
            // A node that failed half way has begun anew: what was said cannot be taken back.
            None => self.say(&format!("\n\n{whole}")),
        }
        self.push(Delta::default(), Some(FinishReason::Stop));
        Ok(())
    }

    fn push(&mut self, delta: Delta, finish_reason: Option<FinishReason>) {
        self.ready.push_back(ChatChunk {
            choices: vec![ChunkChoice {
                delta,
                finish_reason,
                ..ChunkChoice::default()
            }],
            ..self.base.clone()
        });
    }
}

/// Stops the run when nobody waits for its answer any more.
pub(super) struct Unfinished {
    engine: Engine,
    org: OrgId,
    run: Option<RunId>,
}

impl Unfinished {
    pub(super) fn new(engine: Engine, org: OrgId, run: RunId) -> Self {
        let run = Some(run);
        Self { engine, org, run }
    }

    /// The run is over, or may go on by itself.
    pub(super) fn leave(&mut self) {
        self.run = None;
    }
}

impl Drop for Unfinished {
    #[expect(
        clippy::disallowed_methods,
        reason = "ends when the wish is written down"
    )]
    fn drop(&mut self) {
        let (Some(run), Ok(runtime)) = (self.run.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let (engine, org) = (self.engine.clone(), self.org);
        runtime.spawn(async move {
            if let Err(error) = engine.stop(org, run).await {
                tracing::warn!(%error, %run, "a run that nobody waits for cannot be stopped");
            }
        });
    }
}

/// A failed run is not tried again: what it has done would be done twice.
fn failed(why: &str) -> CallError {
    CallError::new(
        CallErrorKind::InvalidRequest,
        format!("The flow failed: {why}"),
    )
}

fn refused(error: Error) -> CallError {
    let kind = match error.kind {
        ErrorKind::NotFound => CallErrorKind::ModelNotFound,
        ErrorKind::Unavailable => CallErrorKind::Overloaded,
        ErrorKind::Internal => CallErrorKind::Upstream,
        _ => CallErrorKind::InvalidRequest,
    };
    CallError::new(kind, error.message)
}
