//! Azure OpenAI: OpenAI's formats under Azure's addresses.
//!
//! Source: Azure OpenAI REST reference (data plane, v1 and deployment URLs) and "content filtering",
//! read 2026-11-22.

use http::HeaderMap;

use crate::auth::AuthKind;
use crate::chat::{ChatRequest, ChatResponse};
use crate::dialect::DialectId;
use crate::dialect::responses::history;
use crate::error::{Error, ErrorKind};
use crate::http_call::{Endpoint, is_safe_segment};
use crate::notes::Notes;
use crate::openai::{self, request};
use crate::provider::{ChatDecoder, Info, Operation, Provider, Target, unserved};

/// The vendor. Models are deployment names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Azure;

/// Latest version of the deployment URLs that is generally available.
const DEFAULT_API_VERSION: &str = "2024-10-21";

static INFO: Info = Info {
    id: "azure",
    title: "Azure OpenAI",
    docs_url: "https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference",
    base_url: "",
    key_env: "AZURE_OPENAI_API_KEY",
    auth: AuthKind::Header("api-key"),
    key_optional: false,
    dialects: &[DialectId::Chat, DialectId::Responses],
    passthrough: &[
        Operation::Completions,
        Operation::Embeddings,
        Operation::Images,
        Operation::Transcription,
        Operation::Translation,
        Operation::Speech,
    ],
    translated: &[],
    embedding_batch: 2048,
};

impl Provider for Azure {
    fn info(&self) -> &Info {
        &INFO
    }

    fn endpoint(&self, to: &Target<'_>, op: Operation, _stream: bool) -> Result<Endpoint, Error> {
        if matches!(op, Operation::Moderation) {
            return Err(unserved(&INFO, op));
        }
        let path = openai::path(op).ok_or_else(|| unserved(&INFO, op))?;
        // Users paste the address with or without the path that follows it.
        let base = to.base_url.trim_end_matches('/');
        let base = base.strip_suffix("/openai/v1").unwrap_or(base);
        let base = base.strip_suffix("/openai").unwrap_or(base);
        // Responses are not bound to a deployment in the address.
        let by_deployment =
            to.settings.deployment_urls && op != Operation::Chat(DialectId::Responses);
        let version = to.settings.api_version.as_deref();
        let (path, version) = if by_deployment {
            let deployment = safe("model", to.model)?;
            let version = version.unwrap_or(DEFAULT_API_VERSION);
            (
                format!("openai/deployments/{deployment}/{path}"),
                Some(version),
            )
        } else {
            // On v1 URLs a version is only asked for by previews; a dated one belongs to the others.
            let version = version.filter(|v| !v.starts_with(|c: char| c.is_ascii_digit()));
            (format!("openai/v1/{path}"), version)
        };
        let mut endpoint = Endpoint::post(base, &path);
        if let Some(version) = version {
            endpoint.url.push_str("?api-version=");
            endpoint.url.push_str(safe("api_version", version)?);
        }
        openai::extra_headers(&mut endpoint.headers, to.settings)?;
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
        openai::decode_chat(body)
    }

    fn chat_decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(openai::Decoder::default())
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
        openai::decode_error(status, headers, body)
    }
}

fn safe<'a>(field: &str, segment: &'a str) -> Result<&'a str, Error> {
    if is_safe_segment(segment) && !segment.contains('&') {
        return Ok(segment);
    }
    Err(Error {
        param: Some(field.to_owned()),
        ..Error::new(
            ErrorKind::InvalidRequest,
            format!("`{segment}` cannot stand in an Azure address"),
        )
    })
}
