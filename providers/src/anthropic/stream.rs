//! A streamed answer of `POST /v1/messages` to canonical chunks.
//!
//! Source: <https://platform.claude.com/docs/en/build-with-claude/streaming>, read 2026-11-22.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::response::{WireError, annotation, answered_by_tool};
use super::wire::{ANSWER_TOOL, UsageTally, finish_reason, native_reason};
use crate::chat::{
    ChatChunk, ChunkChoice, Delta, FinishReason, FunctionDelta, Role, ThinkingBlock, ToolCallDelta,
};
use crate::error::Error;
use crate::provider::ChatDecoder;
use crate::sse::Event;

/// Any event: all fields of all types, because tagged enums would buffer every delta twice.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(default)]
    index: u64,
    message: Option<Start>,
    content_block: Option<BlockStart>,
    delta: Option<WireDelta>,
    usage: Option<Map<String, Value>>,
    error: Option<WireError>,
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    id: String,
    #[serde(default)]
    model: String,
    usage: Option<Map<String, Value>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BlockStart {
    #[serde(rename = "type")]
    kind: String,
    text: String,
    thinking: String,
    signature: String,
    data: String,
    id: String,
    name: String,
    input: Option<Value>,
}

#[derive(Deserialize)]
struct WireDelta {
    text: Option<String>,
    thinking: Option<String>,
    signature: Option<String>,
    partial_json: Option<String>,
    citation: Option<Value>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
    stop_details: Option<Value>,
}

/// A block that has begun and not ended.
enum Open {
    Text {
        start: usize,
        citations: Vec<Value>,
    },
    Thinking {
        text: String,
        signature: String,
    },
    Redacted(String),
    Tool {
        index: u32,
        /// Some compatible vendors send the whole input here and no deltas.
        input: Option<Value>,
        has_arguments: bool,
    },
    /// A call of [`ANSWER_TOOL`], delivered as content.
    Answer {
        input: Option<Value>,
        has_arguments: bool,
    },
    /// A block of the vendor's own tools.
    Other,
}

/// The decoder. One for each answer.
#[derive(Default)]
pub(super) struct Decoder {
    id: String,
    model: String,
    started: bool,
    stopped: bool,
    open: Vec<(u64, Open)>,
    tools: u32,
    structured: bool,
    /// Characters of content so far, for the ranges of citations.
    chars: usize,
    tally: UsageTally,
}

impl ChatDecoder for Decoder {
    fn push(&mut self, event: &Event<'_>, out: &mut Vec<ChatChunk>) -> Result<(), Error> {
        // Some compatible vendors end the stream the way OpenAI does.
        if event.data.is_empty() || event.data == "[DONE]" || self.stopped {
            return Ok(());
        }
        let wire: Wire<'_> = serde_json::from_str(event.data).map_err(|e| {
            Error::malformed(format!(
                "cannot decode anthropic stream event `{}`: {e}",
                event.name
            ))
        })?;
        let kind = match &*wire.kind {
            "" => event.name,
            kind => kind,
        };
        match kind {
            "message_start" => self.start(wire.message, out),
            "content_block_start" => {
                self.open(wire.index, wire.content_block.unwrap_or_default(), out);
            }
            "content_block_delta" => {
                if let Some(delta) = wire.delta {
                    self.delta(wire.index, delta, out);
                }
            }
            "content_block_stop" => self.close(wire.index, out),
            "message_delta" => {
                self.tally.absorb(wire.usage.unwrap_or_default());
                self.end(wire.delta, out);
            }
            "message_stop" => self.stopped = true,
            "error" => {
                return Err(wire.error.map_or_else(
                    || Error::malformed("anthropic stream reported an error without details"),
                    WireError::into_error,
                ));
            }
            // `ping`, and events of tomorrow.
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, _out: &mut Vec<ChatChunk>) -> Result<(), Error> {
        if self.stopped {
            return Ok(());
        }
        Err(Error::malformed(
            "anthropic stream ended before `message_stop`",
        ))
    }
}

impl Decoder {
    /// A second `message_start` (a known fault of gateways in between) counts for its usage only.
    fn start(&mut self, message: Option<Start>, out: &mut Vec<ChatChunk>) {
        let Some(message) = message else { return };
        self.tally.absorb(message.usage.unwrap_or_default());
        if self.started {
            return;
        }
        self.started = true;
        self.id = message.id;
        self.model = message.model;
        let mut chunk = self.chunk(Delta {
            role: Some(Role::Assistant),
            ..Delta::default()
        });
        chunk.usage = self.tally.usage();
        out.push(chunk);
    }

    fn open(&mut self, index: u64, block: BlockStart, out: &mut Vec<ChatChunk>) {
        let open = match block.kind.as_str() {
            "text" => {
                let start = self.chars;
                self.text(block.text, out);
                Open::Text {
                    start,
                    citations: Vec::new(),
                }
            }
            "thinking" => {
                self.reasoning(block.thinking.clone(), out);
                Open::Thinking {
                    text: block.thinking,
                    signature: block.signature,
                }
            }
            "redacted_thinking" => Open::Redacted(block.data),
            "tool_use" if block.name == ANSWER_TOOL => {
                self.structured = true;
                Open::Answer {
                    input: block.input,
                    has_arguments: false,
                }
            }
            "tool_use" => self.open_tool(block, out),
            _ => Open::Other,
        };
        self.open.push((index, open));
    }

    fn open_tool(&mut self, block: BlockStart, out: &mut Vec<ChatChunk>) -> Open {
        let index = self.tools;
        self.tools += 1;
        let first = ToolCallDelta {
            index,
            id: Some(block.id),
            kind: Some("function".to_owned()),
            function: Some(FunctionDelta {
                name: Some(block.name),
                arguments: Some(String::new()),
            }),
            extra: Map::new(),
        };
        out.push(self.tool_chunk(first));
        Open::Tool {
            index,
            input: block.input,
            has_arguments: false,
        }
    }

    fn delta(&mut self, index: u64, mut delta: WireDelta, out: &mut Vec<ChatChunk>) {
        if let Some(text) = delta.text.take() {
            self.text(text, out);
        }
        let Some(at) = self.open.iter().position(|(i, _)| *i == index) else {
            return;
        };
        match &mut self.open[at].1 {
            Open::Text { citations, .. } => citations.extend(delta.citation),
            Open::Thinking { text, signature } => {
                signature.push_str(delta.signature.as_deref().unwrap_or_default());
                let piece = delta.thinking.unwrap_or_default();
                text.push_str(&piece);
                self.reasoning(piece, out);
            }
            Open::Tool {
                index,
                has_arguments,
                ..
            } => {
                let piece = delta.partial_json.unwrap_or_default();
                if !piece.is_empty() {
                    *has_arguments = true;
                    let index = *index;
                    out.push(self.arguments(index, piece));
                }
            }
            Open::Answer { has_arguments, .. } => {
                let piece = delta.partial_json.unwrap_or_default();
                *has_arguments |= !piece.is_empty();
                self.text(piece, out);
            }
            Open::Redacted(_) | Open::Other => {}
        }
    }

    fn close(&mut self, index: u64, out: &mut Vec<ChatChunk>) {
        let Some(at) = self.open.iter().position(|(i, _)| *i == index) else {
            return;
        };
        match self.open.remove(at).1 {
            Open::Text { start, citations } => self.annotate(start, &citations, out),
            Open::Thinking { text, signature } => {
                if !text.is_empty() || !signature.is_empty() {
                    let block = ThinkingBlock::Thinking {
                        thinking: text,
                        signature: Some(signature).filter(|s| !s.is_empty()),
                    };
                    out.push(self.thinking_chunk(block));
                }
            }
            Open::Redacted(data) => {
                out.push(self.thinking_chunk(ThinkingBlock::RedactedThinking { data }));
            }
            Open::Tool {
                index,
                input,
                has_arguments: false,
            } => out.push(self.arguments(index, whole(input))),
            Open::Answer {
                input,
                has_arguments: false,
            } => self.text(whole(input), out),
            Open::Tool { .. } | Open::Answer { .. } | Open::Other => {}
        }
    }

    fn end(&mut self, delta: Option<WireDelta>, out: &mut Vec<ChatChunk>) {
        let mut chunk = self.chunk(Delta::default());
        chunk.usage = self.tally.usage();
        let Some((delta, reason)) = delta.and_then(|mut delta| {
            let reason = delta.stop_reason.take()?;
            Some((delta, reason))
        }) else {
            chunk.choices.clear();
            out.push(chunk);
            return;
        };
        let finish: FinishReason =
            answered_by_tool(finish_reason(&reason), self.structured, self.tools > 0);
        let choice = &mut chunk.choices[0];
        choice.finish_reason = Some(finish);
        choice.native_finish_reason = native_reason(&reason);
        choice.stop_sequence = delta.stop_sequence;
        if let Some(details) = delta.stop_details {
            chunk.extra.insert("stop_details".to_owned(), details);
        }
        out.push(chunk);
    }

    fn annotate(&mut self, start: usize, citations: &[Value], out: &mut Vec<ChatChunk>) {
        let end = self.chars;
        let found = citations.iter().filter_map(|c| annotation(c, start, end));
        let annotations: Vec<Value> = found.collect();
        if annotations.is_empty() {
            return;
        }
        let mut delta = Delta::default();
        let annotations = Value::Array(annotations);
        delta.extra.insert("annotations".to_owned(), annotations);
        out.push(self.chunk(delta));
    }

    fn text(&mut self, text: String, out: &mut Vec<ChatChunk>) {
        if text.is_empty() {
            return;
        }
        self.chars += text.chars().count();
        out.push(self.chunk(Delta {
            content: Some(text),
            ..Delta::default()
        }));
    }

    fn reasoning(&mut self, text: String, out: &mut Vec<ChatChunk>) {
        if text.is_empty() {
            return;
        }
        out.push(self.chunk(Delta {
            reasoning_content: Some(text),
            ..Delta::default()
        }));
    }

    fn thinking_chunk(&self, block: ThinkingBlock) -> ChatChunk {
        self.chunk(Delta {
            thinking_blocks: Some(vec![block]),
            ..Delta::default()
        })
    }

    fn arguments(&self, index: u32, piece: String) -> ChatChunk {
        self.tool_chunk(ToolCallDelta {
            index,
            function: Some(FunctionDelta {
                name: None,
                arguments: Some(piece),
            }),
            ..ToolCallDelta::default()
        })
    }

    fn tool_chunk(&self, call: ToolCallDelta) -> ChatChunk {
        self.chunk(Delta {
            tool_calls: Some(vec![call]),
            ..Delta::default()
        })
    }

    fn chunk(&self, delta: Delta) -> ChatChunk {
        ChatChunk {
            id: self.id.clone(),
            created: 0,
            model: self.model.clone(),
            choices: vec![ChunkChoice {
                index: 0,
                delta,
                ..ChunkChoice::default()
            }],
            usage: None,
            extra: Map::new(),
        }
    }
}

/// The arguments of a call that streamed none.
fn whole(input: Option<Value>) -> String {
    input.map_or("{}".to_owned(), |input| input.to_string())
}
