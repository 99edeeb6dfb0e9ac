//! What is answered, whole or in chunks.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Message, Role, ThinkingBlock};
use crate::usage::Usage;

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
