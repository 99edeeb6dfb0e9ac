//! Ollama, spoken natively.
//!
//! Chat goes through `/api/chat` (answers as newline-delimited JSON), embeddings through `/api/embed`.
//! The native API is used rather than Ollama's OpenAI-compatible one because only it takes `num_ctx`,
//! `keep_alive` and `think`. Source: <https://docs.ollama.com/api>, read 2026-11-22.

mod embeddings;
mod errors;
mod messages;
mod request;
mod response;

use bytes::Bytes;
use http::HeaderMap;

use crate::auth::AuthKind;
use crate::chat::{ChatRequest, ChatResponse};
use crate::error::Error;
use crate::http_call::Endpoint;
use crate::native;
use crate::notes::Notes;
use crate::provider::{ChatDecoder, Framing, Info, Operation, Provider, Target, unserved};
use crate::usage::Usage;

static INFO: Info = Info {
    id: "ollama",
    title: "Ollama",
    docs_url: "https://docs.ollama.com/api",
    base_url: "http://127.0.0.1:11434",
    key_env: "",
    auth: AuthKind::Bearer,
    key_optional: true,
    dialects: &[],
    passthrough: &[],
    translated: &[Operation::Embeddings],
    embedding_batch: 512,
};

/// An Ollama server, or Ollama's cloud (base URL `https://ollama.com`, with a key).
#[derive(Debug, Clone, Copy, Default)]
pub struct Ollama;

impl Provider for Ollama {
    fn info(&self) -> &Info {
        &INFO
    }

    fn endpoint(&self, to: &Target<'_>, op: Operation, _stream: bool) -> Result<Endpoint, Error> {
        let path = match op {
            Operation::Chat(_) => "api/chat",
            Operation::Embeddings => "api/embed",
            Operation::Completions
            | Operation::Images
            | Operation::Transcription
            | Operation::Translation
            | Operation::Speech
            | Operation::Moderation
            | Operation::CountTokens => return Err(unserved(&INFO, op)),
        };
        native::endpoint(to.base_url, path, to.settings)
    }

    fn encode_chat(
        &self,
        to: &Target<'_>,
        request: &ChatRequest,
        notes: &mut Notes,
    ) -> Result<Vec<u8>, Error> {
        request::encode(to.model, request, notes)
    }

    fn decode_chat(&self, body: &[u8]) -> Result<ChatResponse, Error> {
        response::decode(body)
    }

    fn framing(&self) -> Framing {
        Framing::Ndjson
    }

    fn chat_decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(response::Decoder::default())
    }

    fn encode_other(
        &self,
        to: &Target<'_>,
        op: Operation,
        body: &[u8],
        notes: &mut Notes,
    ) -> Result<Vec<u8>, Error> {
        match op {
            Operation::Embeddings => embeddings::encode(to.model, body, notes),
            _ => Err(unserved(&INFO, op)),
        }
    }

    fn decode_other(&self, op: Operation, body: &[u8]) -> Result<(Bytes, Usage), Error> {
        match op {
            Operation::Embeddings => embeddings::decode(body),
            _ => Err(unserved(&INFO, op)),
        }
    }

    fn decode_error(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
        errors::decode(status, headers, body)
    }
}
