//! The canonical conversation: OpenAI's chat completions, unknown fields kept.
//!
//! Source: OpenAI's OpenAPI document (`CreateChatCompletionRequest` and its answers). Extensions that
//! other vendors need travel in fields OpenAI does not use, under the names the field has settled on:
//! `reasoning_content` and `thinking_blocks` on assistant messages and deltas (readable reasoning and
//! its signed, replayable form), `cache_control` on content parts, messages and tools, `thinking` on
//! requests (Anthropic's own thinking configuration), `top_k`, and
//! `extra_content.google.thought_signature` on tool calls (Google's own extension of this format).

mod answer;
mod message;
mod request;
mod tool;

pub use answer::{
    ChatChunk, ChatResponse, Choice, ChunkChoice, Delta, FinishReason, FunctionDelta, ToolCallDelta,
};
pub use message::{
    Content, FileRef, FunctionCall, ImageUrl, InputAudio, KnownPart, Message, Part, Role,
    ThinkingBlock, ToolCall, parse_data_url,
};
pub use request::{ChatRequest, Stop, StreamOptions};
pub use tool::{FunctionDef, JsonSchema, ResponseFormat, Tool, ToolChoice};
