//! OpenAI's Responses API (`/v1/responses`) as our clients speak it.
//!
//! Source: OpenAI's OpenAPI document (`CreateResponse`, `Response`, `ResponseStreamEvent`), read
//! 2026-11-22.
//!
//! # Invariants
//!
//! * Maps only: what is stored (`store`, `previous_response_id`, retrieval) is the gateway's affair;
//!   [`history`] has the pure part of it.
//! * A streamed answer tells the same story three times: its deltas joined, the `done` events and the
//!   output of the terminal event are equal.
//! * Signed reasoning survives the way through the client: it travels sealed in `encrypted_content`
//!   of reasoning items and comes back as the very same [`crate::chat::ThinkingBlock`].

mod at;
mod echo;
mod error;
mod events;
mod fields;
pub mod history;
mod input;
mod item_events;
mod items;
mod observe;
mod parts;
mod reasoning;
mod request;
mod response;
mod stream;
mod tap;
mod tools;
mod turn;
pub mod usage;
mod writer;

use super::{ChatEncoder, Dialect, DialectId, EncodeContext, Observed, Tap, WireError};
use crate::chat::{ChatRequest, ChatResponse};
use crate::error::Error;
use crate::notes::Notes;

pub use items::response_id;

/// The Responses API, seen from the server's side.
///
/// `EncodeContext::request` must be the request as the client sent it (before [`history::expand`]):
/// the answer repeats its fields.
#[derive(Debug, Default, Clone, Copy)]
pub struct Responses;

impl Dialect for Responses {
    fn id(&self) -> DialectId {
        DialectId::Responses
    }

    fn decode_request(&self, body: &[u8], notes: &mut Notes) -> Result<ChatRequest, Error> {
        request::decode(body, notes)
    }

    fn encode_response(&self, response: &ChatResponse, context: &EncodeContext) -> Vec<u8> {
        response::encode(response, context)
    }

    fn encoder(&self, context: EncodeContext) -> Box<dyn ChatEncoder> {
        Box::new(stream::Encoder::new(&context))
    }

    fn encode_error(&self, error: &WireError<'_>) -> Vec<u8> {
        error::encode(error)
    }

    fn tap(&self) -> Box<dyn Tap> {
        Box::new(tap::ResponsesTap::default())
    }

    fn inspect(&self, body: &[u8]) -> Observed {
        observe::inspect(body)
    }
}
