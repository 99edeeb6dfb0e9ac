//! OpenAI.
//!
//! Source: OpenAI's OpenAPI document and API reference, read 2026-11-22.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::auth::AuthKind;
use crate::chat::{ChatRequest, ChatResponse};
use crate::dialect::DialectId;
use crate::dialect::responses::history;
use crate::error::Error;
use crate::http_call::Endpoint;
use crate::notes::Notes;
use crate::provider::{ChatDecoder, Info, Operation, Provider, Settings, Target, unserved};

mod decoder;
pub mod embeddings;
pub(crate) mod error;
pub mod media;
mod messages;
pub(crate) mod request;
mod response;
mod retry;
mod wire;

pub use decoder::Decoder;
pub use error::decode_error;
pub use response::decode_chat;

/// The vendor.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenAi;

/// All operations in OpenAI's own shapes besides chat.
pub(crate) const ALL_OPERATIONS: &[Operation] = &[
    Operation::Completions,
    Operation::Embeddings,
    Operation::Images,
    Operation::Transcription,
    Operation::Translation,
    Operation::Speech,
    Operation::Moderation,
];

static INFO: Info = Info {
    id: "openai",
    title: "OpenAI",
    docs_url: "https://platform.openai.com/docs/api-reference",
    base_url: "https://api.openai.com/v1",
    key_env: "OPENAI_API_KEY",
    auth: AuthKind::Bearer,
    key_optional: false,
    dialects: &[DialectId::Chat, DialectId::Responses],
    passthrough: ALL_OPERATIONS,
    translated: &[],
    embedding_batch: 2048,
};

impl Provider for OpenAi {
    fn info(&self) -> &Info {
        &INFO
    }

    fn endpoint(&self, to: &Target<'_>, op: Operation, _stream: bool) -> Result<Endpoint, Error> {
        let path = path(op).ok_or_else(|| unserved(&INFO, op))?;
        let mut endpoint = Endpoint::post(to.base_url, path);
        let organization = to.settings.organization.as_deref();
        insert(&mut endpoint.headers, "openai-organization", organization)?;
        insert(
            &mut endpoint.headers,
            "openai-project",
            to.settings.project.as_deref(),
        )?;
        extra_headers(&mut endpoint.headers, to.settings)?;
        Ok(endpoint)
    }

    fn encode_chat(
        &self,
        to: &Target<'_>,
        request: &ChatRequest,
        notes: &mut Notes,
    ) -> Result<Vec<u8>, Error> {
        request::encode_chat(to, request, &request::OPENAI_SHAPE, notes)
    }

    fn decode_chat(&self, body: &[u8]) -> Result<ChatResponse, Error> {
        decode_chat(body)
    }

    fn chat_decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(Decoder::default())
    }

    fn adapt_passthrough(
        &self,
        op: Operation,
        body: &[u8],
        notes: &mut Notes,
    ) -> Result<Option<Vec<u8>>, Error> {
        match op {
            Operation::Chat(DialectId::Responses) => history::without_seals(body, notes),
            _ => Ok(None),
        }
    }

    fn decode_error(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
        decode_error(status, headers, body)
    }
}

/// OpenAI's path of an operation, below `/v1`.
pub(crate) const fn path(op: Operation) -> Option<&'static str> {
    Some(match op {
        Operation::Chat(DialectId::Responses) => "responses",
        Operation::Chat(DialectId::Messages) => "messages",
        Operation::Chat(DialectId::Completions) | Operation::Completions => "completions",
        Operation::Chat(DialectId::Chat | DialectId::Native) => "chat/completions",
        Operation::Embeddings => "embeddings",
        Operation::Images => "images/generations",
        Operation::Transcription => "audio/transcriptions",
        Operation::Translation => "audio/translations",
        Operation::Speech => "audio/speech",
        Operation::Moderation => "moderations",
        Operation::CountTokens => return None,
    })
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: Option<&str>) -> Result<(), Error> {
    let Some(value) = value else { return Ok(()) };
    let value = HeaderValue::from_str(value).map_err(|_| bad_header(name))?;
    headers.insert(HeaderName::from_static(name), value);
    Ok(())
}

/// Writes the headers of [`Settings::headers`].
pub(crate) fn extra_headers(headers: &mut HeaderMap, settings: &Settings) -> Result<(), Error> {
    for (name, value) in &settings.headers {
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad_header(name))?;
        let value = HeaderValue::from_str(value).map_err(|_| bad_header(name))?;
        headers.insert(key, value);
    }
    Ok(())
}

fn bad_header(name: &str) -> Error {
    Error::invalid(
        "headers",
        format!("the configured header `{name}` is not a legal HTTP header"),
    )
}
