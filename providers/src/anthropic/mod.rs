//! Anthropic's Messages API.
//!
//! Source: the API reference under <https://platform.claude.com/docs/en/api>, its pages on errors,
//! streaming, thinking, effort, structured outputs and tool use, and the models' migration guides,
//! read 2026-11-22. What differs between models is one table, in `model.rs`.

mod content;
pub(crate) mod error;
mod format;
pub(crate) mod model;
mod passthrough;
mod request;
mod response;
mod schema;
mod stream;
pub(crate) mod thinking;
mod tools;
mod turns;
pub(crate) mod wire;

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::auth::AuthKind;
use crate::chat::{ChatRequest, ChatResponse};
use crate::dialect::DialectId;
use crate::error::Error;
use crate::http_call::Endpoint;
use crate::notes::Notes;
use crate::provider::{ChatDecoder, Info, Operation, Provider, Target, unserved};

pub use wire::{ANSWER_TOOL, DEFAULT_MAX_TOKENS, REQUEST_FIELDS};

/// `anthropic-version` sent unless the settings name another. The version `2026-10-21` is served too:
/// it refuses `temperature`, `top_p` and `top_k`, which are then left out and noted.
pub const DEFAULT_VERSION: &str = "2023-06-01";

static INFO: Info = Info {
    id: "anthropic",
    title: "Anthropic",
    docs_url: "https://platform.claude.com/docs/en/api/messages",
    base_url: "https://api.anthropic.com",
    key_env: "ANTHROPIC_API_KEY",
    auth: AuthKind::Header("x-api-key"),
    key_optional: false,
    dialects: &[DialectId::Messages],
    passthrough: &[Operation::CountTokens],
    translated: &[],
    embedding_batch: 0,
};

/// The vendor Anthropic.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anthropic;

impl Provider for Anthropic {
    fn info(&self) -> &Info {
        &INFO
    }

    fn endpoint(&self, to: &Target<'_>, op: Operation, _stream: bool) -> Result<Endpoint, Error> {
        let path = match op {
            Operation::Chat(_) => "/v1/messages",
            Operation::CountTokens => "/v1/messages/count_tokens",
            _ => return Err(unserved(self.info(), op)),
        };
        let mut endpoint = Endpoint::post(to.base_url, path);
        let version = to
            .settings
            .api_version
            .as_deref()
            .unwrap_or(DEFAULT_VERSION);
        insert(&mut endpoint.headers, "anthropic-version", version)?;
        for (name, value) in &to.settings.headers {
            insert(&mut endpoint.headers, name, value)?;
        }
        Ok(endpoint)
    }

    fn encode_chat(
        &self,
        to: &Target<'_>,
        request: &ChatRequest,
        notes: &mut Notes,
    ) -> Result<Vec<u8>, Error> {
        request::encode(to, request, notes)
    }

    fn decode_chat(&self, body: &[u8]) -> Result<ChatResponse, Error> {
        response::decode(body)
    }

    fn chat_decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(stream::Decoder::default())
    }

    fn adapt_passthrough(
        &self,
        op: Operation,
        body: &[u8],
        notes: &mut Notes,
    ) -> Result<Option<Vec<u8>>, Error> {
        match op {
            Operation::Chat(_) | Operation::CountTokens => passthrough::adapt(body, notes),
            _ => Ok(None),
        }
    }

    fn decode_error(&self, status: u16, _headers: &HeaderMap, body: &[u8]) -> Error {
        error::decode(status, body)
    }
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Error> {
    let refuse = || Error::invalid("headers", format!("`{name}` is not a valid HTTP header"));
    let key = HeaderName::try_from(name).map_err(|_| refuse())?;
    let value = HeaderValue::from_str(value).map_err(|_| refuse())?;
    headers.insert(key, value);
    Ok(())
}
