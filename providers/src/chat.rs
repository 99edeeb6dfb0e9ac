//! The canonical conversation: OpenAI's chat completions, unknown fields kept.
//!
//! Source: OpenAI's OpenAPI document (`CreateChatCompletionRequest` and its answers). Extensions that
//! other vendors need travel in fields OpenAI does not use, under the names the field has settled on:
//! `reasoning_content` and `thinking_blocks` on assistant messages and deltas (readable reasoning and
//! its signed, replayable form), `cache_control` on content parts, messages and tools, `thinking` on
//! requests (Anthropic's own thinking configuration), `top_k`, and
//! `extra_content.google.thought_signature` on tool calls (Google's own extension of this format).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::usage::Usage;

/// A chat request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// Model as the client named it. Encoders use [`crate::Target::model`] instead.
    pub model: String,
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// Stream the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// Stream options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
    /// 0 to 2 (Anthropic: 0 to 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Extension: sample from the k likeliest tokens (Anthropic, Gemini, Ollama and others).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u64>,
    /// Legacy cap on the answer's tokens. Read through [`ChatRequest::output_cap`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Cap on the answer's tokens, reasoning included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u64>,
    /// Number of answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Stop sequences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Sampling seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// -2 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// -2 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Token id to bias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logit_bias: Option<Value>,
    /// Return log probabilities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// 0 to 20 alternatives a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<u64>,
    /// Text, any JSON, or JSON by schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
    /// Tools the model may call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// Whether and which tool must be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// False forbids more than one call a turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<String>,
    /// Extension: Anthropic's `thinking` object, unchanged. Wins over `reasoning_effort`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Value>,
    /// The end user, as the client names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Everything else, kept in order.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ChatRequest {
    /// The cap on output tokens, whichever of its two names the client used.
    pub fn output_cap(&self) -> Option<u64> {
        self.max_completion_tokens.or(self.max_tokens)
    }
}

/// `stream_options`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamOptions {
    /// Send a last chunk with usage and empty `choices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_usage: Option<bool>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One or several stop sequences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Stop {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Stop {
    /// All sequences.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions.
    System,
    /// Instructions, the newer word.
    Developer,
    /// The person or program asking.
    User,
    /// The model.
    Assistant,
    /// A tool's result; `tool_call_id` says to which call.
    Tool,
    /// Legacy form of `tool`.
    Function,
}

/// One turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What; absent on assistant turns that only call tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Name of the speaker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Calls the assistant made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<ToolCall>>,
    /// Call that a `tool` turn answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// The assistant's refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Extension: readable reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// Extension: signed reasoning, to be replayed unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_blocks: Option<Vec<ThinkingBlock>>,
    /// Everything else (`cache_control`, `annotations`, `audio`, `is_error` on tool turns, …).
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Message {
    /// A turn of plain text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            content: Some(Content::Text(text.into())),
            ..Self::empty(role)
        }
    }

    /// A turn without content.
    pub fn empty(role: Role) -> Self {
        Self {
            role,
            content: None,
            name: None,
            tool_calls: None,
            tool_call_id: None,
            refusal: None,
            reasoning_content: None,
            thinking_blocks: None,
            extra: Map::new(),
        }
    }

    /// All text of the turn, parts joined without a separator.
    pub fn plain_text(&self) -> String {
        self.content
            .as_ref()
            .map(Content::plain_text)
            .unwrap_or_default()
    }
}

/// A turn's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// Text, images, audio, files.
    Parts(Vec<Part>),
}

impl Content {
    /// All text, parts joined without a separator.
    pub fn plain_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parts(parts) => parts.iter().filter_map(Part::as_text).collect(),
        }
    }
}

/// A piece of content. `extra` keeps `cache_control` and fields of tomorrow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Part {
    /// A part type we know.
    Known(KnownPart),
    /// Any other object, kept as it came.
    Other(Value),
}

impl Part {
    /// A text part.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Known(KnownPart::Text {
            text: text.into(),
            extra: Map::new(),
        })
    }

    /// The text of a text part.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Known(KnownPart::Text { text, .. }) => Some(text),
            _ => None,
        }
    }
}

/// The part types of OpenAI's chat completions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum KnownPart {
    /// Text.
    Text {
        /// The text.
        text: String,
        /// `cache_control` and others.
        #[serde(flatten)]
        extra: Map<String, Value>,
    },
    /// An image by URL or data URL.
    ImageUrl {
        /// Address and detail.
        image_url: ImageUrl,
        /// `cache_control` and others.
        #[serde(flatten)]
        extra: Map<String, Value>,
    },
    /// Audio, base64.
    InputAudio {
        /// Bytes and format.
        input_audio: InputAudio,
        /// Others.
        #[serde(flatten)]
        extra: Map<String, Value>,
    },
    /// A file (a PDF, say) inline or by id.
    File {
        /// The file.
        file: FileRef,
        /// `cache_control` and others.
        #[serde(flatten)]
        extra: Map<String, Value>,
    },
    /// An assistant's refusal inside parts.
    Refusal {
        /// The text.
        refusal: String,
    },
}

impl KnownPart {
    /// The fields beside the part's content; a refusal has none.
    pub fn extra(&self) -> Option<&Map<String, Value>> {
        match self {
            Self::Text { extra, .. }
            | Self::ImageUrl { extra, .. }
            | Self::InputAudio { extra, .. }
            | Self::File { extra, .. } => Some(extra),
            Self::Refusal { .. } => None,
        }
    }

    /// As [`KnownPart::extra`], to change them.
    pub fn extra_mut(&mut self) -> Option<&mut Map<String, Value>> {
        match self {
            Self::Text { extra, .. }
            | Self::ImageUrl { extra, .. }
            | Self::InputAudio { extra, .. }
            | Self::File { extra, .. } => Some(extra),
            Self::Refusal { .. } => None,
        }
    }
}

/// `image_url` of an image part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageUrl {
    /// `https:` or `data:<media type>;base64,<bytes>`.
    pub url: String,
    /// `auto`, `low` or `high`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// `input_audio` of an audio part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputAudio {
    /// Base64.
    pub data: String,
    /// `wav` or `mp3`.
    pub format: String,
}

/// `file` of a file part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FileRef {
    /// Data URL or bare base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_data: Option<String>,
    /// Name with extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Id of an uploaded file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_id: Option<String>,
    /// Extension: address to fetch the file from (Anthropic and Gemini take URLs).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_url: Option<String>,
}

/// Splits `data:<media type>;base64,<bytes>` into media type and base64 text.
pub fn parse_data_url(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("data:")?;
    let (head, data) = rest.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?;
    Some((media_type.split(';').next().unwrap_or(media_type), data))
}

/// A piece of signed reasoning. Anthropic refuses a tool turn whose thinking was altered or lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ThinkingBlock {
    /// Readable.
    Thinking {
        /// The reasoning.
        thinking: String,
        /// The vendor's signature; unsigned blocks are not replayed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// Encrypted.
    RedactedThinking {
        /// Opaque.
        data: String,
    },
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Id that the result refers to.
    #[serde(default)]
    pub id: String,
    /// `function` (or `custom`).
    #[serde(rename = "type", default = "function_word")]
    pub kind: String,
    /// Name and arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionCall>,
    /// `custom`, `extra_content` and others.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

fn function_word() -> String {
    "function".to_owned()
}

/// Name and arguments of a function call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// Name.
    pub name: String,
    /// JSON text, `{}` when there are none.
    #[serde(default)]
    pub arguments: String,
}

/// A tool on offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `function` for ordinary tools; anything else is a vendor's own (web search, …).
    #[serde(rename = "type")]
    pub kind: String,
    /// Present when `kind` is `function`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionDef>,
    /// `cache_control`, and the settings of vendors' own tools.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A function on offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionDef {
    /// Name.
    pub name: String,
    /// When and how to call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// Arguments must follow the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// `tool_choice`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ToolChoice {
    /// `none`, `auto` or `required`.
    Mode(String),
    /// `{"type":"function","function":{"name":…}}`, or another object.
    Object(Value),
}

impl ToolChoice {
    /// The choice of one function by name.
    pub fn function(name: &str) -> Self {
        Self::Object(serde_json::json!({"type": "function", "function": {"name": name}}))
    }

    /// The function's name, when one is chosen.
    pub fn named(&self) -> Option<&str> {
        match self {
            Self::Mode(_) => None,
            Self::Object(v) => v.get("function")?.get("name")?.as_str(),
        }
    }
}

/// `response_format`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponseFormat {
    /// Plain text.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON by schema.
    JsonSchema {
        /// Name, schema, strictness.
        json_schema: JsonSchema,
    },
}

/// The schema of a structured answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JsonSchema {
    /// Name.
    pub name: String,
    /// For the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// Follow it exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

impl JsonSchema {
    /// The schema with [`JsonSchema::description`] at its root, for formats that have no other place
    /// for it. A description of the schema's own stays.
    pub fn described(&self) -> Option<Value> {
        let mut schema = self.schema.clone()?;
        if let (Some(description), Value::Object(root)) = (&self.description, &mut schema) {
            root.entry("description")
                .or_insert_with(|| Value::String(description.clone()));
        }
        Some(schema)
    }
}

/// Why an answer ended. Only OpenAI's five legal words; the vendor's own word travels beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model was done, or a stop sequence was met.
    Stop,
    /// The token cap or the context window was reached.
    Length,
    /// Tools were called.
    ToolCalls,
    /// Refused or filtered.
    ContentFilter,
    /// Legacy form of `tool_calls`.
    FunctionCall,
}

/// A complete answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatResponse {
    /// The vendor's id of the answer.
    pub id: String,
    /// Unix seconds; 0 when the vendor does not say.
    pub created: i64,
    /// Model as the vendor names it.
    pub model: String,
    /// One a requested answer.
    pub choices: Vec<Choice>,
    /// Absent when the vendor did not report it.
    pub usage: Option<Usage>,
    /// `system_fingerprint`, `service_tier`, and other top-level fields of the vendor.
    pub extra: Map<String, Value>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Position.
    pub index: u32,
    /// The assistant's turn.
    pub message: Message,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// The vendor's own word where ours loses something (`pause_turn`, `RECITATION`, …).
    pub native_finish_reason: Option<String>,
    /// The stop sequence met, where the vendor says so.
    pub stop_sequence: Option<String>,
    /// OpenAI's shape: `{content: [...], refusal: [...]}`.
    pub logprobs: Option<Value>,
}

/// A piece of a streamed answer. All chunks of an answer share `id`, `created` and `model`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatChunk {
    /// As [`ChatResponse::id`].
    pub id: String,
    /// As [`ChatResponse::created`].
    pub created: i64,
    /// As [`ChatResponse::model`].
    pub model: String,
    /// Deltas; empty on a usage-only chunk.
    pub choices: Vec<ChunkChoice>,
    /// Usage so far. May arrive more than once: each report replaces the one before it.
    pub usage: Option<Usage>,
    /// As [`ChatResponse::extra`].
    pub extra: Map<String, Value>,
}

/// What is new in one answer of a chunk.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChunkChoice {
    /// Position.
    pub index: u32,
    /// What is new.
    pub delta: Delta,
    /// Set once, on the answer's last chunk.
    pub finish_reason: Option<FinishReason>,
    /// As [`Choice::native_finish_reason`].
    pub native_finish_reason: Option<String>,
    /// As [`Choice::stop_sequence`].
    pub stop_sequence: Option<String>,
    /// As [`Choice::logprobs`].
    pub logprobs: Option<Value>,
}

/// New pieces of an assistant's turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// On the first chunk of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Text to append.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Refusal text to append.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Readable reasoning to append.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// Reasoning blocks completed by this chunk, each whole (text, signature).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_blocks: Option<Vec<ThinkingBlock>>,
    /// Pieces of tool calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<ToolCallDelta>>,
    /// `audio`, `annotations` and others.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A piece of a tool call. The first piece of a call has `id`, `kind` and the name; later ones only
/// `index` and more of the arguments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolCallDelta {
    /// Position among the answer's tool calls, from 0, without gaps.
    pub index: u32,
    /// First piece only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// First piece only: `function`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Name (first piece) and a piece of the arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionDelta>,
    /// `extra_content` and others.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Name and a piece of the arguments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionDelta {
    /// First piece only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// JSON text to append.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
}
