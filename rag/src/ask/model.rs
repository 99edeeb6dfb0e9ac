//! Collections as models: `rag/<slug>`.

use std::sync::Arc;

use accounts::Principal;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use gateway::Caller;
use gateway::call::CallContext;
use gateway::local::{
    ChatChunk, ChatRequest, ChunkChoice, ChunkStream, Delta, Error as CallError,
    ErrorKind as CallErrorKind, FinishReason, LocalModel, LocalModels, ModelFacts, Operation, Role,
    Usage,
};
use serde_json::{Map, Value, json};

use super::answer::{AskEvent, AskStream, Citation};
use super::engine::Ask;
use super::request::AskOrder;
use crate::{Error, ErrorKind};

/// Collections that are listed as models.
const LISTED: usize = 1000;

/// The family `rag/<slug>`.
#[derive(Debug, Clone)]
pub struct CollectionModels {
    ask: Ask,
}

impl CollectionModels {
    /// The models that answer by `ask`.
    pub fn new(ask: Ask) -> Self {
        Self { ask }
    }
}

struct CollectionModel {
    ask: Ask,
    slug: String,
}

impl LocalModels for CollectionModels {
    fn prefix(&self) -> &str {
        "rag"
    }

    fn find(&self, _who: &Principal, id: &str) -> Option<Arc<dyn LocalModel>> {
        // Whether there is such a collection is looked up when it is asked.
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_slug = !id.is_empty() && id.len() <= 64 && id.chars().all(fits);
        is_slug.then(|| -> Arc<dyn LocalModel> {
            Arc::new(CollectionModel {
                ask: self.ask.clone(),
                slug: id.to_owned(),
            })
        })
    }

    fn list<'a>(&'a self, who: &'a Principal) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async move {
            let library = self.ask.library();
            match library.list_collections(who.org_id(), None, LISTED).await {
                Ok(all) => all.into_iter().map(|c| c.slug).collect(),
                Err(error) => {
                    tracing::warn!(%error, "cannot list collections as models");
                    Vec::new()
                }
            }
        })
    }
}

impl LocalModel for CollectionModel {
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
            let library = self.ask.library();
            let collection = library
                .get_collection_by_slug(who.org_id(), &self.slug)
                .await
                .map_err(refused)?;
            let (messages, parameters) = conversation(&request)?;
            let order = AskOrder {
                places: vec![collection.place()],
                messages,
                parameters,
                ..AskOrder::default()
            };
            let within = context.within(Caller::Rag, self.ask.now_us());
            let stream = self.ask.run(who, Some(&within), order).await;
            let stream = stream.map_err(refused)?;
            Ok(chunks_of(stream, context, &request.model))
        })
    }
}

/// A chat request's conversation, and what else of it goes to the model that answers.
///
/// # Errors
/// `InvalidRequest` for what is no conversation.
pub(crate) fn conversation(
    request: &ChatRequest,
) -> Result<(Vec<Value>, Map<String, Value>), CallError> {
    let value = serde_json::to_value(request)
        .map_err(|e| CallError::invalid("messages", format!("cannot be written: {e}")))?;
    let Value::Object(mut fields) = value else {
        return Err(CallError::invalid("messages", "must be a conversation"));
    };
    let messages = match fields.remove("messages") {
        Some(Value::Array(messages)) => messages,
        _ => Vec::new(),
    };
    for ours in [
        "model",
        "stream",
        "stream_options",
        "n",
        "store",
        "metadata",
    ] {
        fields.remove(ours);
    }
    Ok((messages, fields))
}

/// This crate's errors as the gateway shows them.
pub(super) fn refused(error: Error) -> CallError {
    let kind = match error.kind {
        ErrorKind::NotFound => CallErrorKind::ModelNotFound,
        ErrorKind::Model(code) => match code.status() {
            429 => CallErrorKind::RateLimited,
            400..=499 => CallErrorKind::InvalidRequest,
            503 => CallErrorKind::Overloaded,
            504 => CallErrorKind::Timeout,
            _ => CallErrorKind::Upstream,
        },
        ErrorKind::Unavailable => CallErrorKind::Overloaded,
        ErrorKind::Internal => CallErrorKind::Upstream,
        _ => CallErrorKind::InvalidRequest,
    };
    let mut answer = CallError::new(kind, error.message);
    answer.retry_after_ms = error
        .retry_after
        .and_then(|wait| u64::try_from(wait.as_millis()).ok());
    answer
}

fn base(context: &CallContext, model: &str) -> ChatChunk {
    ChatChunk {
        id: format!("chatcmpl-{}", context.request_id),
        created: context.began_us / 1_000_000,
        model: model.to_owned(),
        ..ChatChunk::default()
    }
}

/// One chunk of a chat completion.
pub(crate) fn chunk_of(context: &CallContext, model: &str, delta: Delta) -> ChatChunk {
    with(&base(context, model), delta, None)
}

/// An answer as the chunks of a chat completion: citations are OpenAI's annotations.
pub fn chunks_of(stream: AskStream, context: &CallContext, model: &str) -> ChunkStream {
    let base = base(context, model);
    let first = Delta {
        role: Some(Role::Assistant),
        content: Some(String::new()),
        ..Delta::default()
    };
    let opening = futures_util::stream::iter([Ok(with(&base, first, None))]);
    let rest = stream.flat_map(move |event| {
        let chunks: Vec<Result<ChatChunk, CallError>> = match event {
            Ok(event) => chunks(&base, event).into_iter().map(Ok).collect(),
            Err(error) => vec![Err(refused(error))],
        };
        futures_util::stream::iter(chunks)
    });
    Box::pin(opening.chain(rest))
}

fn chunks(base: &ChatChunk, event: AskEvent) -> Vec<ChatChunk> {
    let delta = match event {
        AskEvent::Text(text) => Delta {
            content: Some(text),
            ..Delta::default()
        },
        AskEvent::Citation(citation) => {
            let mut extra = Map::new();
            extra.insert("annotations".to_owned(), json!([annotation(&citation)]));
            Delta {
                extra,
                ..Delta::default()
            }
        }
        AskEvent::ToolCalls(calls) => {
            serde_json::from_value(json!({"tool_calls": calls})).unwrap_or_default()
        }
        AskEvent::Sources { .. } | AskEvent::Flag(_) => return Vec::new(),
        AskEvent::Done {
            finish_reason,
            usage,
            ..
        } => {
            let finish = serde_json::from_value(Value::String(finish_reason));
            let finish = finish.unwrap_or(FinishReason::Stop);
            let usage = ChatChunk {
                usage: Some(Usage::tokens(usage.input_tokens, usage.output_tokens)),
                ..base.clone()
            };
            return vec![with(base, Delta::default(), Some(finish)), usage];
        }
    };
    vec![with(base, delta, None)]
}

fn with(base: &ChatChunk, delta: Delta, finish_reason: Option<FinishReason>) -> ChatChunk {
    ChatChunk {
        choices: vec![ChunkChoice {
            delta,
            finish_reason,
            ..ChunkChoice::default()
        }],
        ..base.clone()
    }
}

/// A citation as OpenAI's annotation, with what it does not know of beside.
pub(super) fn annotation(citation: &Citation) -> Value {
    json!({
        "type": "file_citation",
        "file_citation": {
            "file_id": citation.file_id,
            "filename": citation.document_name,
            "index": citation.end,
            "start_index": citation.start,
            "end_index": citation.end,
            "number": citation.number,
            "quote": citation.quote,
            "page": citation.position.page,
            "verified": citation.verified,
        },
    })
}
