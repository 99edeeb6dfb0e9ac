//! The one trait a vendor implements.

use bytes::Bytes;
use http::HeaderMap;

use crate::auth::AuthKind;
use crate::chat::{ChatChunk, ChatRequest, ChatResponse};
use crate::dialect::DialectId;
use crate::error::{Error, ErrorKind};
use crate::http_call::Endpoint;
use crate::notes::Notes;
use crate::sse::Event;
use crate::usage::Usage;

/// What can be asked of a model. One word per `/v1` endpoint family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Conversation, through any chat dialect. `Chat(dialect)` names the wire format on the vendor's
    /// side: the vendor's own, or the client's when it is passed through.
    Chat(DialectId),
    /// Legacy text completion.
    Completions,
    /// Vectors of texts.
    Embeddings,
    /// Images from a prompt.
    Images,
    /// Speech to text, same language.
    Transcription,
    /// Speech to English text.
    Translation,
    /// Text to speech.
    Speech,
    /// Content classification.
    Moderation,
    /// Anthropic's token counting.
    CountTokens,
}

impl Operation {
    /// Stable word for logs, metrics and usage rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chat(_) => "chat",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Images => "images",
            Self::Transcription => "transcription",
            Self::Translation => "translation",
            Self::Speech => "speech",
            Self::Moderation => "moderation",
            Self::CountTokens => "count_tokens",
        }
    }
}

/// How a vendor frames a streamed answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// `text/event-stream`.
    Sse,
    /// One JSON value a line.
    Ndjson,
}

/// Static facts about a vendor. Drives configuration, documentation, the models page and tests.
#[derive(Debug, Clone)]
pub struct Info {
    /// Word in configuration and in model names (`anthropic` in `anthropic/claude-…`).
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// The vendor's API reference.
    pub docs_url: &'static str,
    /// Default base URL; empty when the user must give one.
    pub base_url: &'static str,
    /// Environment variable that conventionally holds the key; empty when there is none.
    pub key_env: &'static str,
    /// Where the key goes.
    pub auth: AuthKind,
    /// Whether calls make sense without a key (local servers).
    pub key_optional: bool,
    /// Chat dialects the vendor speaks natively; these are passed through byte by byte.
    pub dialects: &'static [DialectId],
    /// Operations other than chat that the vendor serves in OpenAI's own shapes (passed through).
    pub passthrough: &'static [Operation],
    /// Operations other than chat that we translate for this vendor.
    pub translated: &'static [Operation],
    /// Largest number of inputs in one embeddings call; larger batches are split.
    pub embedding_batch: usize,
}

impl Info {
    /// Whether the vendor serves `op` at all, natively or translated.
    pub fn serves(&self, op: Operation) -> bool {
        matches!(op, Operation::Chat(_))
            || self.passthrough.contains(&op)
            || self.translated.contains(&op)
    }
}

/// A vendor's settings beyond base URL and key, from configuration.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Azure's `api-version`, Anthropic's `anthropic-version`.
    pub api_version: Option<String>,
    /// Azure: `deployment` URLs (`/openai/deployments/{model}/…`) instead of `/openai/v1/…`.
    pub deployment_urls: bool,
    /// `OpenAI-Organization`.
    pub organization: Option<String>,
    /// `OpenAI-Project`.
    pub project: Option<String>,
    /// Extra headers sent with every call.
    pub headers: Vec<(String, String)>,
}

/// What the catalogue knows about a model and a map needs.
#[derive(Debug, Clone, Copy, Default)]
pub struct ModelFacts {
    /// Tokens that prompt and answer may have together (or the prompt alone, as the vendor counts).
    pub context_window: Option<u64>,
    /// Tokens an answer may have. Anthropic demands `max_tokens`: this is its default.
    pub max_output_tokens: Option<u64>,
    /// The model reasons (takes effort or a thinking budget).
    pub reasoning: bool,
    /// The model natively follows a JSON schema.
    pub structured_output: bool,
}

/// One model at one vendor.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The vendor's model id (or Azure deployment name).
    pub model: &'a str,
    /// Base URL without a trailing slash.
    pub base_url: &'a str,
    /// Vendor settings.
    pub settings: &'a Settings,
    /// Catalogue facts; all `None`/`false` for unknown models.
    pub facts: ModelFacts,
}

/// A vendor as pure maps. Methods for operations that [`Info`] does not list are never called and
/// keep their refusing default.
pub trait Provider: Send + Sync + 'static {
    /// Static facts.
    fn info(&self) -> &Info;

    /// Address and fixed headers of `op`; `stream` because some vendors (Gemini) have another path
    /// for streams.
    ///
    /// # Errors
    /// `InvalidRequest` when the model id cannot stand in a URL, `NotSupported` for unserved operations.
    fn endpoint(&self, to: &Target<'_>, op: Operation, stream: bool) -> Result<Endpoint, Error>;

    /// The vendor's own chat dialect, for `Operation::Chat` of a translated call.
    fn chat_dialect(&self) -> DialectId {
        self.info()
            .dialects
            .first()
            .copied()
            .unwrap_or(DialectId::Native)
    }

    /// Canonical request to the vendor's body.
    ///
    /// # Errors
    /// `InvalidRequest` or `NotSupported` naming the field that cannot be expressed.
    fn encode_chat(
        &self,
        to: &Target<'_>,
        request: &ChatRequest,
        notes: &mut Notes,
    ) -> Result<Vec<u8>, Error>;

    /// The vendor's complete answer (2xx) to a canonical one.
    ///
    /// # Errors
    /// `Malformed` when the body is not what the vendor documents; any other kind when a 2xx body
    /// carries an error.
    fn decode_chat(&self, body: &[u8]) -> Result<ChatResponse, Error>;

    /// Framing of streamed chat answers.
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    /// Whether a streamed chat completion reports usage only when `stream_options.include_usage` asks
    /// for it. False where the option is refused or usage comes anyway: it is then not injected.
    fn asks_for_stream_usage(&self) -> bool {
        true
    }

    /// A fresh decoder for one streamed answer.
    fn chat_decoder(&self) -> Box<dyn ChatDecoder>;

    /// Edits a same-dialect body that is about to be passed through, for vendors that refuse a
    /// parameter OpenAI takes. `None` (the default) leaves the client's bytes alone.
    ///
    /// # Errors
    /// `InvalidRequest` when the body is not a JSON object.
    fn adapt_passthrough(
        &self,
        _op: Operation,
        _body: &[u8],
        _notes: &mut Notes,
    ) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    /// OpenAI-shaped body of a translated non-chat operation to the vendor's body.
    ///
    /// # Errors
    /// As [`Provider::encode_chat`].
    fn encode_other(
        &self,
        _to: &Target<'_>,
        op: Operation,
        _body: &[u8],
        _notes: &mut Notes,
    ) -> Result<Vec<u8>, Error> {
        Err(unserved(self.info(), op))
    }

    /// The vendor's complete answer of a translated non-chat operation to OpenAI's shape.
    ///
    /// # Errors
    /// As [`Provider::decode_chat`].
    fn decode_other(&self, op: Operation, _body: &[u8]) -> Result<(Bytes, Usage), Error> {
        Err(unserved(self.info(), op))
    }

    /// A non-2xx answer to an error: kind, the vendor's message and code.
    fn decode_error(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Error;
}

/// The refusal for an operation a vendor does not have.
pub fn unserved(info: &Info, op: Operation) -> Error {
    Error::new(
        ErrorKind::NotSupported,
        format!("provider `{}` has no {} endpoint", info.id, op.word()),
    )
}

/// Turns one streamed answer into canonical chunks. Fed framed events, not raw bytes.
pub trait ChatDecoder: Send {
    /// Takes one event and appends the chunks it completes to `out` (often none or one).
    ///
    /// # Errors
    /// The vendor's in-band error, or `Malformed`. The decoder is not used after an error.
    fn push(&mut self, event: &Event<'_>, out: &mut Vec<ChatChunk>) -> Result<(), Error>;

    /// The vendor closed the stream. Appends what is left (usage, for vendors that send it late).
    ///
    /// # Errors
    /// `Malformed` when the answer was cut: no finish reason and no terminal event seen.
    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), Error>;
}
