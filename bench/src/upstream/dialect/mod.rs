//! The wire formats that the upstream speaks: which path asks for which, and what a good answer, its
//! stream and an error look like in each.

mod anthropic;
mod embeddings;
mod failure;
mod gemini;
mod ollama;
mod openai;
mod responses;

use serde_json::{Value, json};

use super::script::ScriptedUsage;

pub(super) use embeddings::{EmbeddingInput, embeddings, ollama_embeddings};
pub(crate) use embeddings::{WORD_DIMENSIONS, word_vector};
pub(super) use failure::{error_body, error_event};

/// Unix time that every answer carries as its creation time.
const CREATED: u64 = 1_763_000_000;

/// A wire format, found from the request's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `…/chat/completions`.
    Chat,
    /// `…/completions`.
    Completions,
    /// `…/responses`.
    Responses,
    /// `…/messages`.
    Messages,
    /// `…:generateContent`.
    Gemini,
    /// `…:streamGenerateContent?alt=sse`.
    GeminiSse,
    /// `…:streamGenerateContent`, which streams one JSON array.
    GeminiArray,
    /// `/api/chat`.
    Ollama,
    /// `…/embeddings`.
    Embeddings,
    /// `/api/embed`.
    OllamaEmbed,
    /// `…/messages/count_tokens`.
    CountTokens,
    /// `…/models`.
    Models,
}

/// How the events of a stream are laid out on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// Server-sent events.
    Sse,
    /// One JSON value a line.
    JsonLines,
    /// One JSON array over the whole stream.
    JsonArray,
}

impl Dialect {
    /// The dialect of a request path (without query) and query; `None` when nothing is served there.
    #[must_use]
    pub fn of(path: &str, query: Option<&str>) -> Option<Self> {
        let ends = |suffix: &str| path.ends_with(suffix);
        let found = match path {
            _ if ends("/chat/completions") => Self::Chat,
            _ if ends("/messages/count_tokens") => Self::CountTokens,
            _ if ends("/messages") => Self::Messages,
            _ if ends("/responses") => Self::Responses,
            _ if ends("/completions") => Self::Completions,
            _ if ends("/embeddings") => Self::Embeddings,
            _ if ends(":generateContent") => Self::Gemini,
            _ if ends(":streamGenerateContent") => match query {
                Some(query) if query.split('&').any(|pair| pair == "alt=sse") => Self::GeminiSse,
                _ => Self::GeminiArray,
            },
            _ if ends("/api/chat") => Self::Ollama,
            _ if ends("/api/embed") => Self::OllamaEmbed,
            _ if ends("/models") => Self::Models,
            _ => return None,
        };
        Some(found)
    }

    /// Whether the request streams, given its `stream` field.
    pub(super) fn streams(self, field: Option<bool>) -> bool {
        match self {
            Self::GeminiSse | Self::GeminiArray => true,
            Self::Ollama => field.unwrap_or(true),
            Self::Chat | Self::Completions | Self::Responses | Self::Messages => {
                field.unwrap_or(false)
            }
            _ => false,
        }
    }

    pub(super) fn wire(self) -> Wire {
        match self {
            Self::Ollama => Wire::JsonLines,
            Self::GeminiArray => Wire::JsonArray,
            _ => Wire::Sse,
        }
    }
}

/// What an answer says, in no dialect.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    /// The model name as it was asked for.
    pub(super) model: &'a str,
    /// The text in order; each piece is one content chunk of a stream.
    pub(super) pieces: &'a [String],
    /// Token counts.
    pub(super) usage: ScriptedUsage,
    /// Whether an OpenAI stream ends with a usage chunk.
    pub(super) include_usage: bool,
}

impl Answer<'_> {
    fn text(&self) -> String {
        self.pieces.concat()
    }
}

/// One event of a stream.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// The SSE `event:` line, where the dialect has one.
    pub(super) name: Option<&'static str>,
    /// What stands after `data:`.
    pub(super) data: Data,
}

/// The payload of an event.
#[derive(Debug, Clone)]
pub(super) enum Data {
    /// A JSON value.
    Json(Value),
    /// Bytes that are not JSON, such as `[DONE]` or a broken event.
    Raw(String),
}

impl Event {
    fn json(data: Value) -> Self {
        Self {
            name: None,
            data: Data::Json(data),
        }
    }

    fn named(name: &'static str, data: Value) -> Self {
        Self {
            name: Some(name),
            data: Data::Json(data),
        }
    }

    /// An event without a name whose payload is `text` as it stands.
    pub(super) fn raw(text: &str) -> Self {
        Self {
            name: None,
            data: Data::Raw(text.to_owned()),
        }
    }
}

/// A stream, in the four parts that faults cut between.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// What comes before the text.
    pub(super) head: Vec<Event>,
    /// The text, one event a piece.
    pub(super) deltas: Vec<Event>,
    /// What closes the text: finish reason and usage.
    pub(super) finish: Vec<Event>,
    /// The mark of a complete stream, where the dialect has one apart from the finish.
    pub(super) done: Vec<Event>,
}

/// The whole answer of a request that does not stream.
pub(super) fn whole(dialect: Dialect, answer: &Answer) -> Value {
    match dialect {
        Dialect::Chat => openai::chat(answer),
        Dialect::Completions => openai::completion(answer),
        Dialect::Responses => responses::whole(answer),
        Dialect::Messages => anthropic::whole(answer),
        Dialect::Gemini | Dialect::GeminiSse | Dialect::GeminiArray => gemini::whole(answer),
        Dialect::Ollama => ollama::whole(answer),
        Dialect::CountTokens => json!({"input_tokens": answer.usage.input}),
        Dialect::Models | Dialect::Embeddings | Dialect::OllamaEmbed => json!({
            "object": "list",
            "data": [{"id": "m-1k", "object": "model", "created": CREATED, "owned_by": "bench"}],
        }),
    }
}

/// The events of a request that streams.
pub(super) fn stream(dialect: Dialect, answer: &Answer) -> Stream {
    match dialect {
        Dialect::Completions => openai::completion_stream(answer),
        Dialect::Responses => responses::stream(answer),
        Dialect::Messages => anthropic::stream(answer),
        Dialect::Gemini | Dialect::GeminiSse | Dialect::GeminiArray => gemini::stream(answer),
        Dialect::Ollama => ollama::stream(answer),
        _ => openai::chat_stream(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_their_dialect_under_any_prefix() {
        let of = |path| Dialect::of(path, None);
        assert_eq!(of("/v1/chat/completions"), Some(Dialect::Chat));
        assert_eq!(
            of("/openai/deployments/m-1k/chat/completions"),
            Some(Dialect::Chat)
        );
        assert_eq!(of("/v1/completions"), Some(Dialect::Completions));
        assert_eq!(of("/v1/messages/count_tokens"), Some(Dialect::CountTokens));
        assert_eq!(
            of("/v1beta/models/m-1k:generateContent"),
            Some(Dialect::Gemini)
        );
        assert_eq!(of("/nothing"), None);
    }

    #[test]
    fn gemini_streams_an_array_unless_asked_for_sse() {
        let path = "/v1beta/models/m-1k:streamGenerateContent";
        assert_eq!(
            Dialect::of(path, Some("key=x&alt=sse")),
            Some(Dialect::GeminiSse)
        );
        assert_eq!(Dialect::of(path, None), Some(Dialect::GeminiArray));
    }

    #[test]
    fn ollama_streams_unless_told_not_to() {
        assert!(Dialect::Ollama.streams(None));
        assert!(!Dialect::Ollama.streams(Some(false)));
        assert!(!Dialect::Chat.streams(None));
    }
}
