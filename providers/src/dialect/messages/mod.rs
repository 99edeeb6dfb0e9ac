//! Anthropic's Messages API as our clients speak it to us: `POST /v1/messages`.
//!
//! Source: <https://platform.claude.com/docs/en/api/messages> and `…/build-with-claude/streaming`,
//! read 2026-11-22.
//!
//! Reading a request: tool results become `tool` messages in front of the rest of their turn, thinking
//! becomes `thinking_blocks`, `cache_control` stays where it was, and what only Anthropic knows travels
//! in `extra` under its own name ([`crate::anthropic::REQUEST_FIELDS`]).

mod blocks;
mod error;
mod fields;
mod progress;
mod request;
mod response;
mod stream;
mod tap;
mod tools;
mod turns;

use crate::chat::{ChatRequest, ChatResponse};
use crate::dialect::{ChatEncoder, Dialect, DialectId, EncodeContext, Observed, Tap, WireError};
use crate::error::Error;
use crate::notes::Notes;

/// The dialect of Anthropic's clients.
#[derive(Debug, Clone, Copy, Default)]
pub struct Messages;

impl Messages {
    /// A `count_tokens` request to a canonical one: as a chat request, but nothing caps the answer.
    ///
    /// # Errors
    /// As [`Dialect::decode_request`].
    pub fn decode_count_tokens(
        &self,
        body: &[u8],
        notes: &mut Notes,
    ) -> Result<ChatRequest, Error> {
        request::decode_uncapped(body, notes)
    }
}

/// The answer of `POST /v1/messages/count_tokens`: `{"input_tokens": n}`.
pub fn encode_count_tokens(n: u64) -> Vec<u8> {
    format!("{{\"input_tokens\":{n}}}").into_bytes()
}

impl Dialect for Messages {
    fn id(&self) -> DialectId {
        DialectId::Messages
    }

    fn decode_request(&self, body: &[u8], notes: &mut Notes) -> Result<ChatRequest, Error> {
        request::decode(body, notes)
    }

    fn encode_response(&self, response: &ChatResponse, context: &EncodeContext) -> Vec<u8> {
        response::encode(response, context)
    }

    fn encoder(&self, context: EncodeContext) -> Box<dyn ChatEncoder> {
        Box::new(stream::Encoder::new(context))
    }

    fn encode_error(&self, error: &WireError<'_>) -> Vec<u8> {
        error::encode(error).into_bytes()
    }

    fn tap(&self) -> Box<dyn Tap> {
        Box::new(tap::MessagesTap::default())
    }

    fn inspect(&self, body: &[u8]) -> Observed {
        tap::inspect(body)
    }
}

/// The id of an answer: the vendor's where it has Anthropic's form, else one made of the request's.
fn message_id(vendor: &str, context: &EncodeContext) -> String {
    if vendor.starts_with("msg_") {
        return vendor.to_owned();
    }
    format!("msg_{}", context.request_id)
}

/// The id of a tool call that came without one.
fn tool_id(given: &str, index: usize, context: &EncodeContext) -> String {
    if given.is_empty() {
        return format!("toolu_{}_{index}", context.request_id);
    }
    given.to_owned()
}
