//! Model calls of nodes: through the gateway, in the run's name, paid from its budget.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use gateway::call::{Body, ByteStream, CallContext, Purse, Spent};
use gateway::local::{DialectId, Operation};
use gateway::{Call, Caller, Code};
use serde_json::{Map, Value, json};

use super::stream::Chunks;
use crate::node::{Budget, NodeContext, NodeError, NodeErrorKind, Recorder};
use crate::value::Message;

/// Bytes of one answer at most.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// A model's turn in a conversation.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Answer {
    /// What it says.
    pub(super) text: String,
    /// Calls of tools, in OpenAI's form.
    pub(super) tool_calls: Vec<Value>,
    /// `stop`, `length`, `tool_calls`, …
    pub(super) finish_reason: String,
    /// The model that answered.
    pub(super) model: String,
    /// OpenAI's usage object.
    pub(super) usage: Value,
    /// What the call cost.
    pub(super) nano_usd: i64,
}

impl Answer {
    /// The turn as an entry of the conversation.
    pub(super) fn message(&self) -> Value {
        let mut message = json!({"role": "assistant", "content": self.text});
        if !self.tool_calls.is_empty() {
            message["tool_calls"] = Value::Array(self.tool_calls.clone());
        }
        message
    }
}

/// The run's budget as the gateway sees it; what is used is noted as the node's.
struct RunPurse {
    budget: Arc<Budget>,
    recorder: Arc<dyn Recorder>,
}

impl fmt::Debug for RunPurse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RunPurse").field(&self.budget).finish()
    }
}

impl Purse for RunPurse {
    fn reserve(&self, nano_usd: Option<i64>) -> bool {
        self.budget.reserve(nano_usd)
    }

    fn settle(&self, reserved: Option<i64>, tokens: i64, nano_usd: i64) {
        self.recorder
            .spent(u64::try_from(tokens).unwrap_or(0), nano_usd);
        self.budget.release(reserved);
    }
}

/// The context of a call by this node.
pub(in crate::nodes) fn call_context(context: &NodeContext) -> CallContext {
    let run = Caller::Flow(context.run.run_id.uuid());
    CallContext {
        purse: Some(Arc::new(RunPurse {
            budget: Arc::clone(&context.budget),
            recorder: Arc::clone(&context.recorder),
        })),
        tags: vec![format!("node:{}", context.node)],
        ..CallContext::internal(run, context.services.gateway.now_us())
    }
}

/// Makes a call and gives the answer's body, whole.
pub(super) async fn ask(
    context: &NodeContext,
    endpoint: &'static str,
    operation: Operation,
    body: &Map<String, Value>,
) -> Result<Bytes, NodeError> {
    let bytes = serde_json::to_vec(body).map_err(|error| NodeError::input(error.to_string()))?;
    let call = Call::read(endpoint, operation, bytes.into(), call_context(context));
    send(context, call.map_err(|error| failed(&error))?).await
}

/// Sends a call that is ready and gives the answer's body, whole.
pub(super) async fn send(context: &NodeContext, call: Call) -> Result<Bytes, NodeError> {
    let gateway = &context.services.gateway;
    let reply = gateway.call(&context.principal, call).await;
    let mut pieces = match reply.map_err(|error| failed(&error))?.body {
        Body::Full(bytes) => return Ok(bytes),
        Body::Stream(pieces) => pieces,
    };
    let mut whole = bytes::BytesMut::new();
    while let Some(piece) = pieces.next().await {
        whole.extend_from_slice(&piece.map_err(|error| cut(&error.to_string()))?);
        if whole.len() > MAX_ANSWER {
            let message = format!("the answer has more than {} MB", MAX_ANSWER / 1024 / 1024);
            return Err(NodeError::new(NodeErrorKind::Limit, message).permanent());
        }
    }
    Ok(whole.freeze())
}

/// Asks for the next turn of a conversation; with `stream_to`, the text's pieces go out at that port
/// while they come.
pub(super) async fn chat(
    context: &NodeContext,
    mut body: Map<String, Value>,
    stream_to: Option<&str>,
) -> Result<Answer, NodeError> {
    let mut of_call = call_context(context);
    let spent = Spent::paid_by(of_call.purse.take());
    of_call.purse = Some(Arc::clone(&spent) as _);
    if stream_to.is_some() {
        body.insert("stream".to_owned(), true.into());
        body.insert("stream_options".to_owned(), json!({"include_usage": true}));
    }
    let bytes = serde_json::to_vec(&body).map_err(|error| NodeError::input(error.to_string()))?;
    let call = Call::read(
        "/v1/chat/completions",
        Operation::Chat(DialectId::Chat),
        bytes.into(),
        of_call,
    );
    let call = call.map_err(|error| failed(&error))?;
    let reply = context
        .services
        .gateway
        .call(&context.principal, call)
        .await;
    let answer = match reply.map_err(|error| failed(&error))?.body {
        Body::Full(bytes) => whole(&bytes)?,
        Body::Stream(pieces) => follow(context, pieces, stream_to).await?,
    };
    let nano_usd = spent.nano_usd();
    Ok(Answer { nano_usd, ..answer })
}

/// Reads a stream to its end; dropping it tells the vendor to stop.
async fn follow(
    context: &NodeContext,
    mut pieces: ByteStream,
    stream_to: Option<&str>,
) -> Result<Answer, NodeError> {
    let mut chunks = Chunks::default();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| cut(&error.to_string()))?;
        for text in chunks.push(&piece)? {
            if let Some(port) = stream_to {
                context.recorder.stream(port, text.into());
            }
        }
    }
    chunks.end()
}

fn whole(bytes: &[u8]) -> Result<Answer, NodeError> {
    let body: Value = serde_json::from_slice(bytes)
        .map_err(|error| cut(&format!("the model's answer is no JSON: {error}")))?;
    let choice = &body["choices"][0];
    let message = &choice["message"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Answer {
        text: text(&message["content"]),
        tool_calls: message["tool_calls"]
            .as_array()
            .cloned()
            .unwrap_or_default(),
        finish_reason: text(&choice["finish_reason"]),
        model: text(&body["model"]),
        usage: body["usage"].clone(),
        nano_usd: 0,
    })
}

/// The vendor's answer ended before its end.
pub(super) fn cut(why: &str) -> NodeError {
    NodeError::new(
        NodeErrorKind::Upstream,
        format!("the model's answer broke off: {why}"),
    )
}

/// What a code of the gateway is for a node, and whether another attempt makes sense.
pub(in crate::nodes) fn of_code(code: Code) -> (NodeErrorKind, bool) {
    use NodeErrorKind as K;
    match code {
        Code::InvalidRequest
        | Code::PayloadTooLarge
        | Code::NotSupported
        | Code::ContextLengthExceeded
        | Code::ContentFilter => (K::Input, false),
        Code::InvalidApiKey
        | Code::PermissionDenied
        | Code::ModelNotAllowed
        | Code::EndpointNotAllowed => (K::Forbidden, false),
        Code::ModelNotFound | Code::NotFound => (K::Missing, false),
        Code::RateLimitExceeded => (K::Limit, true),
        Code::BudgetExceeded | Code::PriceUnknown => (K::Limit, false),
        Code::UpstreamAuthentication | Code::UpstreamQuota => (K::Upstream, false),
        Code::UpstreamRateLimited
        | Code::UpstreamOverloaded
        | Code::UpstreamError
        | Code::UpstreamUnreachable => (K::Upstream, true),
        Code::UpstreamTimeout => (K::Timeout, true),
        Code::Internal => (K::Internal, false),
    }
}

/// A refused or failed call as the node's failure.
pub(super) fn failed(error: &gateway::Error) -> NodeError {
    let (kind, retryable) = of_code(error.code);
    let details = json!({"code": error.code.word(), "target": error.target});
    let mut failure = NodeError::new(kind, error.message.clone()).with_details(details);
    failure.retryable = retryable;
    if matches!(error.code, Code::ModelNotFound | Code::ModelNotAllowed) {
        failure = failure.at("model");
    }
    match error.retry_after.filter(|_| retryable) {
        Some(wait) => failure.retry_after(wait),
        None => failure,
    }
}

/// The entries of a conversation for a model: what stands before, then the system text and the new
/// question in their places.
pub(super) fn conversation(system: &str, history: &[Message], prompt: Value) -> Vec<Value> {
    let mut messages = Vec::with_capacity(history.len() + 2);
    if !system.trim().is_empty() {
        messages.push(json!({"role": "system", "content": system}));
    }
    messages.extend(history.iter().map(|message| json!(message)));
    let is_empty = match &prompt {
        Value::String(text) => text.trim().is_empty(),
        Value::Null => true,
        _ => false,
    };
    if !is_empty {
        messages.push(json!({"role": "user", "content": prompt}));
    }
    messages
}

/// The beginning of a request's body.
pub(super) fn request(
    model: &str,
    messages: Vec<Value>,
    temperature: Option<f64>,
    max_tokens: Option<u64>,
) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    body.insert("messages".to_owned(), messages.into());
    if let Some(temperature) = temperature {
        body.insert("temperature".to_owned(), temperature.into());
    }
    if let Some(max) = max_tokens {
        body.insert("max_tokens".to_owned(), max.into());
    }
    body
}

/// The model that a node names, for the permission sheet.
pub(super) fn capability(settings: &Map<String, Value>) -> Vec<crate::node::Capability> {
    let name = settings.get("model").and_then(Value::as_str).unwrap_or("*");
    let is_open = crate::expression::has_expression(name);
    vec![crate::node::Capability::Model {
        name: if is_open { "*" } else { name }.to_owned(),
    }]
}
