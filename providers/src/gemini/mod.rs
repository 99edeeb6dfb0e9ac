//! Google's Gemini API (`generativelanguage.googleapis.com`, v1beta), spoken natively.
//!
//! Chat goes through `generateContent` and `streamGenerateContent`, embeddings through
//! `batchEmbedContents`, images through `generateContent` (Gemini image models) or `predict`
//! (Imagen). Google's own OpenAI-compatible endpoint is not used: it hides thoughts, finish reasons
//! and usage details.
//!
//! Source: <https://ai.google.dev/api/generate-content>, `/api/caching`, `/api/embeddings`,
//! `/gemini-api/docs/thought-signatures`, `/gemini-api/docs/imagen`, read 2026-11-22.

mod content;
mod embeddings;
mod errors;
mod finish;
mod generation;
mod images;
mod logprobs;
mod media;
mod request;
mod response;
mod schema;
mod stream;
mod thinking;
mod tools;
mod usage;
mod wire;

use bytes::Bytes;
use http::HeaderMap;

use crate::auth::AuthKind;
use crate::chat::{ChatRequest, ChatResponse};
use crate::error::Error;
use crate::http_call::{Endpoint, is_safe_segment};
use crate::native;
use crate::notes::Notes;
use crate::provider::{ChatDecoder, Info, Operation, Provider, Target, unserved};
use crate::usage::Usage;

static INFO: Info = Info {
    id: "gemini",
    title: "Google Gemini",
    docs_url: "https://ai.google.dev/api",
    base_url: "https://generativelanguage.googleapis.com/v1beta",
    key_env: "GEMINI_API_KEY",
    auth: AuthKind::Header("x-goog-api-key"),
    key_optional: false,
    dialects: &[],
    passthrough: &[],
    translated: &[Operation::Embeddings, Operation::Images],
    embedding_batch: 100,
};

/// The Gemini API.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gemini;

impl Provider for Gemini {
    fn info(&self) -> &Info {
        &INFO
    }

    fn endpoint(&self, to: &Target<'_>, op: Operation, stream: bool) -> Result<Endpoint, Error> {
        if !is_safe_segment(to.model) {
            return Err(Error::invalid(
                "model",
                format!("gemini model id `{}` cannot stand in a URL", to.model),
            ));
        }
        let method = match op {
            Operation::Chat(_) if stream => "streamGenerateContent?alt=sse",
            Operation::Chat(_) => "generateContent",
            Operation::Embeddings => "batchEmbedContents",
            Operation::Images if images::is_imagen(to.model) => "predict",
            Operation::Images => "generateContent",
            Operation::Completions
            | Operation::Transcription
            | Operation::Translation
            | Operation::Speech
            | Operation::Moderation
            | Operation::CountTokens => return Err(unserved(&INFO, op)),
        };
        let path = format!("models/{}:{method}", to.model);
        native::endpoint(to.base_url, &path, to.settings)
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

    fn encode_other(
        &self,
        to: &Target<'_>,
        op: Operation,
        body: &[u8],
        notes: &mut Notes,
    ) -> Result<Vec<u8>, Error> {
        match op {
            Operation::Embeddings => embeddings::encode(to.model, body, notes),
            Operation::Images => images::encode(to.model, body, notes),
            _ => Err(unserved(&INFO, op)),
        }
    }

    fn decode_other(&self, op: Operation, body: &[u8]) -> Result<(Bytes, Usage), Error> {
        match op {
            Operation::Embeddings => embeddings::decode(body),
            Operation::Images => images::decode(body),
            _ => Err(unserved(&INFO, op)),
        }
    }

    fn decode_error(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
        errors::decode(status, headers, body)
    }
}

/// The generation in a model's name: `(2, 5)` for `gemini-2.5-flash`, `None` for names without one
/// (`gemini-flash-latest`, tuned models).
fn generation_of(model: &str) -> Option<(u32, u32)> {
    let version = model.strip_prefix("gemini-")?.split('-').next()?;
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generation_is_read_from_the_name() {
        assert_eq!(generation_of("gemini-2.5-flash-lite"), Some((2, 5)));
        assert_eq!(generation_of("gemini-3-pro-preview"), Some((3, 0)));
        assert_eq!(generation_of("gemini-3.1-pro"), Some((3, 1)));
        assert_eq!(generation_of("gemini-flash-latest"), None);
        assert_eq!(generation_of("gemma-3-27b-it"), None);
    }
}
