//! OpenAI's `/v1/chat/completions`, as our clients speak it.
//!
//! Source: OpenAI's OpenAPI document (`CreateChatCompletionRequest`, `CreateChatCompletionResponse`,
//! `CreateChatCompletionStreamResponse`), read 2026-11-22.

use crate::chat::{ChatRequest, ChatResponse};
use crate::dialect::{ChatEncoder, Dialect, DialectId, EncodeContext, Observed, Tap, WireError};
use crate::error::Error;
use crate::notes::Notes;

mod encode;
mod encoder;
pub(crate) mod finish;
mod peek;
mod request;
pub(crate) mod scan;
mod splice;
mod tap;
pub mod usage;

pub(crate) use encode::to_json;
pub use encoder::Encoder;
pub use peek::{Field, TopLevel, peek};
pub use splice::{Edit, developer_to_system, rewrite};
pub use tap::{ChatTap, inspect};

/// The dialect.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chat;

impl Dialect for Chat {
    fn id(&self) -> DialectId {
        DialectId::Chat
    }

    fn decode_request(&self, body: &[u8], notes: &mut Notes) -> Result<ChatRequest, Error> {
        request::decode_request(body, notes)
    }

    fn encode_response(&self, response: &ChatResponse, context: &EncodeContext) -> Vec<u8> {
        encode::response(response, context)
    }

    fn encoder(&self, context: EncodeContext) -> Box<dyn ChatEncoder> {
        Box::new(Encoder::new(context))
    }

    fn encode_error(&self, error: &WireError<'_>) -> Vec<u8> {
        encode::error(error)
    }

    fn tap(&self) -> Box<dyn Tap> {
        Box::new(ChatTap::default())
    }

    fn inspect(&self, body: &[u8]) -> Observed {
        tap::inspect(body)
    }
}
