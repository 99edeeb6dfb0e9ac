//! What is asked, and how.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::index::Place;
use crate::search::{Filter, Mode, Rerank, SearchRequest};
use crate::{DocumentId, Error, Result};

/// A turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// `user` or `assistant`.
    pub role: String,
    /// What was said.
    pub content: String,
}

/// How questions are answered. Absent fields take their defaults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AskOptions {
    /// Chat model, as the gateway names it; else the collection's, else `builtin/extract`, which quotes
    /// and needs no key.
    pub model: Option<String>,
    /// Most sources; 1 to 50, 8 unless told.
    pub limit: Option<u32>,
    /// Most tokens of all sources together; 200 to 1,000,000, 6,000 unless told.
    pub context_tokens: Option<u32>,
    /// How much a passage must have to do with the question to become a source: 0 to 1, 0.3 unless told.
    /// Compared with the best of: the share of the question's words that it has, the cosine of its
    /// vector, the reranker's judgement.
    pub relevance: Option<f32>,
    /// Which halves are searched.
    pub mode: Mode,
    /// Only documents whose attributes pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Filter>,
    /// Only these documents.
    pub documents: Vec<DocumentId>,
    /// Only documents with all of these tags.
    pub tags: Vec<String>,
    /// Judge the passages by a model first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerank: Option<Rerank>,
    /// Whether a question that follows others is made to stand alone by the model; true unless told.
    pub condense: Option<bool>,
    /// What the model is told besides, such as a tone or a length.
    pub instructions: Option<String>,
}

/// A question to a collection.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"question": "How many days of leave are there?"}))]
pub struct AskRequest {
    /// The question; or `messages`.
    pub question: Option<String>,
    /// The conversation, its last turn the question.
    pub messages: Vec<Message>,
    /// Longest answer, in tokens; 1,024 unless told.
    pub max_tokens: Option<u32>,
    /// Stream the answer as server-sent events.
    pub stream: bool,
    /// How it is answered.
    pub options: AskOptions,
}

/// A question as the engine takes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AskOrder {
    /// Collections that are searched.
    pub places: Vec<Place>,
    /// The conversation in OpenAI's shape.
    pub messages: Vec<Value>,
    /// Other fields of the chat request (`temperature`, `tools`), passed on to the model.
    pub parameters: Map<String, Value>,
    /// How it is answered.
    pub options: AskOptions,
    /// Whether the model may answer from what it knows besides, as with the tool `file_search`.
    pub open: bool,
    /// The endpoint that the model's usage row names and that keys must be allowed; chat completions
    /// when absent.
    pub endpoint: Option<&'static str>,
    /// Weights of vectors and text in the search; the collections' when absent.
    pub weights: Option<(f32, f32)>,
}

impl AskRequest {
    /// The order for these collections.
    ///
    /// # Errors
    /// `Invalid` naming the field.
    pub fn into_order(self, places: Vec<Place>) -> Result<AskOrder> {
        let messages: Vec<Value> = match (self.question, self.messages.is_empty()) {
            (Some(question), true) => vec![json!({"role": "user", "content": question})],
            (None, false) => {
                for message in &self.messages {
                    if !matches!(message.role.as_str(), "user" | "assistant") {
                        return Err(Error::invalid(
                            "`messages`: `role` must be `user` or `assistant`",
                        ));
                    }
                }
                self.messages.iter().map(|m| json!(m)).collect()
            }
            _ => {
                return Err(Error::invalid(
                    "give either `question` or `messages`, and not both",
                ));
            }
        };
        let mut parameters = Map::new();
        let max_tokens = self.max_tokens.unwrap_or(1024);
        if max_tokens == 0 {
            return Err(Error::invalid("`max_tokens` must be above 0"));
        }
        parameters.insert("max_tokens".to_owned(), max_tokens.into());
        parameters.insert("temperature".to_owned(), 0.into());
        Ok(AskOrder {
            places,
            messages,
            parameters,
            options: self.options,
            ..AskOrder::default()
        })
    }
}

impl AskOptions {
    /// Whether nothing is set.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit.unwrap_or(8)
    }

    pub(super) fn context_tokens(&self) -> u32 {
        self.context_tokens.unwrap_or(6_000)
    }

    pub(super) fn relevance(&self) -> f32 {
        self.relevance.unwrap_or(0.3)
    }

    /// These options, and those of `defaults` where they say nothing.
    pub(super) fn or(self, defaults: Self) -> Self {
        let list = |own: Vec<_>, other| if own.is_empty() { other } else { own };
        Self {
            model: self.model.or(defaults.model),
            limit: self.limit.or(defaults.limit),
            context_tokens: self.context_tokens.or(defaults.context_tokens),
            relevance: self.relevance.or(defaults.relevance),
            mode: match self.mode {
                Mode::Hybrid => defaults.mode,
                mode => mode,
            },
            filter: self.filter.or(defaults.filter),
            documents: match self.documents.is_empty() {
                true => defaults.documents,
                false => self.documents,
            },
            tags: list(self.tags, defaults.tags),
            rerank: self.rerank.or(defaults.rerank),
            condense: self.condense.or(defaults.condense),
            instructions: self.instructions.or(defaults.instructions),
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        if !(1..=50).contains(&self.limit()) {
            return Err(Error::invalid("`limit` must be between 1 and 50"));
        }
        if !(200..=1_000_000).contains(&self.context_tokens()) {
            return Err(Error::invalid(
                "`context_tokens` must be between 200 and 1000000",
            ));
        }
        if !(0.0..=1.0).contains(&self.relevance()) {
            return Err(Error::invalid("`relevance` must be between 0 and 1"));
        }
        Ok(())
    }

    /// The search for these questions.
    pub(super) fn search(&self, queries: Vec<String>) -> SearchRequest {
        SearchRequest {
            queries,
            mode: self.mode,
            // Some fall to the threshold and to the budget.
            limit: Some((self.limit() * 2).min(50)),
            filter: self.filter.clone(),
            documents: self.documents.clone(),
            tags: self.tags.clone(),
            rerank: self.rerank.clone(),
            expand_parents: true,
            ..SearchRequest::default()
        }
    }
}

/// The text of the last user turn, and where it is.
pub(super) fn question(messages: &[Value]) -> Option<(usize, String)> {
    let at = messages.iter().rposition(|m| m["role"] == "user")?;
    let text = text_of(&messages[at]);
    (!text.trim().is_empty()).then_some((at, text))
}

/// A turn's text, parts joined by line breaks.
pub(super) fn text_of(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|p| p["text"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}
