//! Vendors that speak OpenAI's chat completions: one row of facts each, one provider for all.
//!
//! # Adding a vendor
//!
//! One [`Row`] in `rows.rs` with the page it is taken from, and a line in `docs/providers.md`. What the
//! vendor does like OpenAI is not mentioned ([`Row::DEFAULT`]).

use http::HeaderMap;

use crate::auth::AuthKind;
use crate::chat::{ChatRequest, ChatResponse};
use crate::dialect::DialectId;
use crate::dialect::chat::{Edit, TopLevel, developer_to_system, peek};
use crate::dialect::responses::history;
use crate::error::Error;
use crate::http_call::Endpoint;
use crate::notes::Notes;
use crate::openai;
use crate::openai::request::{Extra, Prefill, Replay, Shape};
use crate::provider::{ChatDecoder, Info, Operation, Provider, Target, unserved};

mod rows;

/// What is to be known of one compatible vendor.
#[derive(Debug)]
pub struct Row {
    /// Word in configuration and model names.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// The page that the row is taken from.
    pub docs_url: &'static str,
    /// Base URL; empty when the user must give one.
    pub base_url: &'static str,
    /// Environment variable of the key; empty when there is none.
    pub key_env: &'static str,
    /// A local server, which may have no key.
    pub key_optional: bool,
    /// Chat dialects that are passed through.
    pub dialects: &'static [DialectId],
    /// Operations besides chat, in OpenAI's shapes.
    pub passthrough: &'static [Operation],
    /// Inputs an embeddings call may have.
    pub embedding_batch: usize,
    /// Chat fields that the vendor answers with an error: removed, with a note.
    pub refused: &'static [&'static str],
    /// Chat fields with another name there.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Where streamed usage comes from.
    pub usage: UsagePlace,
    /// What becomes of an assistant's earlier reasoning.
    pub(crate) replay: Replay,
    /// The role `developer` is refused, on calls that are passed through too.
    pub refuses_developer: bool,
    /// `top_k` is known.
    pub top_k: bool,
    /// `cache_control` is known.
    pub cache_control: bool,
    /// `response_format: json_schema` is known.
    pub json_schema: bool,
    /// Highest temperature.
    pub max_temperature: f64,
    /// Tool call ids must be nine letters and digits.
    pub short_call_ids: bool,
    /// `thinking: {"type": "enabled" | "disabled"}` is known.
    pub thinking: bool,
    /// What a last turn of the assistant means.
    pub(crate) prefill: Prefill,
    /// Fields beyond OpenAI's common ones that a vendor takes who answers all others with an error;
    /// `None` for vendors that ignore what they do not know. For translated calls: a client of the
    /// vendor's own dialect is told by the vendor.
    pub only: Option<&'static [&'static str]>,
}

/// Where a vendor puts the usage of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsagePlace {
    /// In a last chunk, when `stream_options.include_usage` asks for it, as OpenAI.
    OnRequest,
    /// Always; the option is not needed and may be refused.
    Always,
}

impl Row {
    /// A vendor just like OpenAI. The id, the title, the page and the address are still to be given.
    pub(crate) const DEFAULT: Self = Self {
        id: "",
        title: "",
        docs_url: "",
        base_url: "",
        key_env: "",
        key_optional: false,
        dialects: &[DialectId::Chat],
        passthrough: &[],
        embedding_batch: 2048,
        refused: &[],
        renamed: &[],
        usage: UsagePlace::OnRequest,
        replay: Replay::Drop,
        refuses_developer: false,
        top_k: true,
        cache_control: false,
        json_schema: true,
        max_temperature: 2.0,
        short_call_ids: false,
        thinking: false,
        prefill: Prefill::Unknown,
        only: None,
    };

    fn info(&self) -> Info {
        Info {
            id: self.id,
            title: self.title,
            docs_url: self.docs_url,
            base_url: self.base_url,
            key_env: self.key_env,
            auth: AuthKind::Bearer,
            key_optional: self.key_optional,
            dialects: self.dialects,
            passthrough: self.passthrough,
            translated: &[],
            embedding_batch: self.embedding_batch,
        }
    }

    fn shape(&self) -> Shape {
        Shape {
            openai_models: false,
            developer_role: false,
            top_k: self.top_k,
            cache_control: self.cache_control,
            replay: self.replay,
            json_schema: self.json_schema,
            asks_for_usage: self.usage == UsagePlace::OnRequest,
            max_temperature: self.max_temperature,
            short_call_ids: self.short_call_ids,
            thinking: self.thinking,
            prefill: self.prefill,
            strict: self.only.is_some(),
            extra: match self.only {
                Some(names) => Extra::Only(names),
                None => Extra::Except(FOREIGN_EXTRA),
            },
        }
    }

    /// The changes that a chat body needs before this vendor takes it.
    fn edits(&self, top: &TopLevel<'_>, notes: &mut Notes) -> Vec<Edit<'static>> {
        let mut edits = Vec::new();
        for name in self.refused {
            let Some(json) = top.get(name) else { continue };
            edits.push(Edit::Remove(name));
            if json != "null" {
                notes.dropped(*name);
            }
        }
        let renamed = self
            .renamed
            .iter()
            .filter(|(from, _)| top.get(from).is_some());
        edits.extend(renamed.map(|(from, to)| Edit::Rename(from, to)));
        edits
    }

    fn is_plain(&self) -> bool {
        self.refused.is_empty() && self.renamed.is_empty() && !self.refuses_developer
    }

    fn adapt(&self, body: &[u8], notes: &mut Notes) -> Result<Option<Vec<u8>>, Error> {
        if self.is_plain() {
            return Ok(None);
        }
        let top = peek(body)?;
        let edits = self.edits(&top, notes);
        let edited = (!edits.is_empty()).then(|| top.rewrite(&edits));
        if !self.refuses_developer {
            return Ok(edited);
        }
        let renamed = developer_to_system(edited.as_deref().unwrap_or(body));
        if renamed.is_some() {
            notes.changed("messages.role");
        }
        Ok(renamed.or(edited))
    }
}

/// Top-level fields of Anthropic's and OpenAI's other dialects, which mean nothing to a chat server.
const FOREIGN_EXTRA: &[&str] = &[
    "anthropic_beta",
    "anthropic_version",
    "background",
    "betas",
    "cache_control",
    "container",
    "context_management",
    "conversation",
    "include",
    "inference_geo",
    "instructions",
    "max_tool_calls",
    "mcp_servers",
    "output_config",
    "previous_response_id",
    "speed",
    "truncation",
];

/// One row as a provider.
#[derive(Debug)]
pub struct Compatible {
    row: &'static Row,
    info: Info,
    shape: Shape,
}

/// All compatible vendors.
pub fn all() -> impl Iterator<Item = Compatible> {
    rows::ROWS.iter().map(Compatible::new)
}

/// The rows themselves, for documentation and tests.
pub fn rows() -> &'static [Row] {
    rows::ROWS
}

impl Compatible {
    fn new(row: &'static Row) -> Self {
        Self {
            row,
            info: row.info(),
            shape: row.shape(),
        }
    }
}

impl Provider for Compatible {
    fn info(&self) -> &Info {
        &self.info
    }

    fn endpoint(&self, to: &Target<'_>, op: Operation, _stream: bool) -> Result<Endpoint, Error> {
        if !self.info.serves(op) {
            return Err(unserved(&self.info, op));
        }
        let path = openai::path(op).ok_or_else(|| unserved(&self.info, op))?;
        let mut endpoint = Endpoint::post(to.base_url, path);
        openai::extra_headers(&mut endpoint.headers, to.settings)?;
        Ok(endpoint)
    }

    fn encode_chat(
        &self,
        to: &Target<'_>,
        request: &ChatRequest,
        notes: &mut Notes,
    ) -> Result<Vec<u8>, Error> {
        let body = openai::request::encode_chat(to, request, &self.shape, notes)?;
        let adapted = self.row.adapt(&body, notes)?;
        Ok(adapted.unwrap_or(body))
    }

    fn decode_chat(&self, body: &[u8]) -> Result<ChatResponse, Error> {
        openai::decode_chat(body)
    }

    fn asks_for_stream_usage(&self) -> bool {
        self.shape.asks_for_usage
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
            Operation::Chat(DialectId::Chat) => self.row.adapt(body, notes),
            Operation::Chat(DialectId::Responses) => history::without_seals(body, notes),
            _ => Ok(None),
        }
    }

    fn decode_error(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
        openai::decode_error(status, headers, body)
    }
}
