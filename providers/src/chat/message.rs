//! Who says what.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
