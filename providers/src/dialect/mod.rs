//! Wire formats as our clients speak them to us.
//!
//! Each dialect decodes a request, encodes answers, streams and errors, and can read usage out of
//! answers that are passed through unchanged.

pub mod chat;
pub mod completions;
pub mod messages;
pub mod responses;
pub(crate) mod sealed;

use crate::chat::{ChatChunk, ChatRequest, ChatResponse, FinishReason};
use crate::error::Error;
use crate::notes::Notes;
use crate::sse::Event;
use crate::usage::Usage;

/// The chat wire formats we serve or pass through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DialectId {
    /// OpenAI `/v1/chat/completions`.
    Chat,
    /// OpenAI `/v1/responses`.
    Responses,
    /// Anthropic `/v1/messages`.
    Messages,
    /// OpenAI `/v1/completions`, the legacy form.
    Completions,
    /// A vendor's own format that no client of ours speaks (Gemini, Ollama, …).
    Native,
}

/// What an encoder must know of the request besides the answer.
#[derive(Debug, Clone, Default)]
pub struct EncodeContext {
    /// Model name to show to the client (what it asked for).
    pub model: String,
    /// Our request id; ids that the format demands and the vendor did not give are built from it.
    pub request_id: String,
    /// Unix seconds of the answer, for formats that carry it and vendors that do not.
    pub created: i64,
    /// The client asked for a usage chunk (`stream_options.include_usage`).
    pub include_usage: bool,
    /// Input tokens by our own count, for formats that announce them before the vendor does.
    pub estimated_input_tokens: u64,
    /// The client's request object, for formats that repeat it in the answer (Responses).
    pub request: serde_json::Map<String, serde_json::Value>,
}

/// A wire format, seen from the server's side.
pub trait Dialect: Send + Sync + 'static {
    /// Which one.
    fn id(&self) -> DialectId;

    /// The client's bytes to a canonical request.
    ///
    /// # Errors
    /// `InvalidRequest` with the field's name; `NotSupported` for things that cannot be translated.
    fn decode_request(&self, body: &[u8], notes: &mut Notes) -> Result<ChatRequest, Error>;

    /// A canonical answer to the client's bytes.
    fn encode_response(&self, response: &ChatResponse, context: &EncodeContext) -> Vec<u8>;

    /// A fresh encoder for one streamed answer.
    fn encoder(&self, context: EncodeContext) -> Box<dyn ChatEncoder>;

    /// An error as this dialect's complete body.
    fn encode_error(&self, error: &WireError<'_>) -> Vec<u8>;

    /// A fresh reader for a stream that is passed through.
    fn tap(&self) -> Box<dyn Tap>;

    /// Reads usage and outcome out of a complete answer that is passed through.
    fn inspect(&self, body: &[u8]) -> Observed;
}

/// Turns canonical chunks into the client's stream, framed and ready to send.
pub trait ChatEncoder: Send {
    /// Appends the events for one chunk.
    fn push(&mut self, chunk: &ChatChunk, out: &mut Vec<u8>);

    /// Appends the clean end (`[DONE]`, `message_stop`, `response.completed`).
    fn finish(&mut self, out: &mut Vec<u8>);

    /// Appends an in-band error. Nothing may follow it, in particular no clean end.
    fn fail(&mut self, error: &WireError<'_>, out: &mut Vec<u8>);
}

/// An error as clients see it.
#[derive(Debug, Clone, Copy)]
pub struct WireError<'a> {
    /// HTTP status.
    pub status: u16,
    /// For people.
    pub message: &'a str,
    /// OpenAI's error type (`invalid_request_error`, `rate_limit_error`, …).
    pub kind: &'a str,
    /// Machine-readable code (`rate_limit_exceeded`, `model_not_found`, …).
    pub code: Option<&'a str>,
    /// Field of the request that is wrong.
    pub param: Option<&'a str>,
    /// Our request id.
    pub request_id: &'a str,
}

/// What was learnt from an answer that is passed through.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// The vendor's id of the answer.
    pub id: Option<String>,
    /// The vendor's usage, the latest report.
    pub usage: Option<Usage>,
    /// Why the answer ended, of the first choice.
    pub finish_reason: Option<FinishReason>,
    /// The in-band error the vendor sent, if it did.
    pub error: Option<Error>,
    /// The dialect's clean end was seen (`[DONE]`, `message_stop`, `response.completed`, …).
    pub ended: bool,
    /// Characters of text, reasoning and tool arguments delivered: the basis of an estimate when the
    /// stream is cut before usage is reported.
    pub delivered_chars: u64,
    /// Something the client can use was delivered (text, reasoning, tool call).
    pub has_content: bool,
}

/// What to do with an event that is being passed through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Forward its bytes.
    Forward,
    /// Swallow it: the usage chunk that we asked for and the client did not.
    Swallow,
}

/// Reads a passed-through stream beside the bytes.
pub trait Tap: Send {
    /// Looks at one event. Cheap: text deltas must not be parsed completely.
    /// `client_wants_usage` is false when the usage option was injected by us.
    fn observe(&mut self, event: &Event<'_>, client_wants_usage: bool) -> Pass;

    /// What has been learnt so far.
    fn observed(&self) -> &Observed;

    /// Whether the stream, if it ended here, ended cleanly: the terminal event was seen, or (for
    /// vendors that omit it) a finish reason.
    fn is_complete(&self) -> bool;
}
