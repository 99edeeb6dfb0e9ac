//! Canonical chunks as Anthropic's event stream.
//!
//! Source: <https://platform.claude.com/docs/en/build-with-claude/streaming>, read 2026-11-22: one
//! `message_start`, content blocks one after the other, `message_delta`, `message_stop`.
//!
//! Chunks may interleave what Anthropic sends in sequence (parallel tool calls, text between pieces of
//! a call). Each block therefore waits in a queue: the front one streams, the others keep what they
//! get until those before them are known to be complete.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::progress::JsonProgress;
use super::response::{seal, thinking_block};
use super::{error, message_id, tool_id};
use crate::anthropic::wire::{Ending, usage_json};
use crate::chat::{ChatChunk, Delta, FinishReason, ThinkingBlock, ToolCallDelta};
use crate::dialect::{ChatEncoder, EncodeContext, WireError};
use crate::usage::Usage;

/// The encoder. One for each answer.
pub(super) struct Encoder {
    context: EncodeContext,
    started: bool,
    closed: bool,
    blocks: VecDeque<Block>,
    /// Index of the front block.
    index: usize,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
    native: Option<String>,
    stop_sequence: Option<String>,
    stop_details: Option<Value>,
    called_tools: bool,
    refused: bool,
    /// Reasoning streamed in blocks that nobody signed, to recognise a late whole copy of it.
    unsigned: String,
}

struct Block {
    kind: Kind,
    /// Text or arguments not sent yet.
    buffer: String,
    begun: bool,
}

enum Kind {
    Text,
    Thinking {
        /// All of the reasoning so far.
        text: String,
        signature: Option<String>,
        sealed: bool,
    },
    Redacted(ThinkingBlock),
    Tool {
        call: u32,
        id: String,
        name: String,
        progress: JsonProgress,
    },
}

impl ChatEncoder for Encoder {
    fn push(&mut self, chunk: &ChatChunk, out: &mut Vec<u8>) {
        if self.closed {
            return;
        }
        if chunk.usage.is_some() {
            self.usage.clone_from(&chunk.usage);
        }
        self.start(&chunk.id, out);
        if let Some(details) = chunk.extra.get("stop_details") {
            self.stop_details = Some(details.clone());
        }
        // Messages has one answer: the first choice.
        for choice in chunk.choices.iter().filter(|choice| choice.index == 0) {
            self.take(&choice.delta);
            self.finish = choice.finish_reason.or(self.finish);
            if choice.native_finish_reason.is_some() {
                self.native.clone_from(&choice.native_finish_reason);
            }
            if choice.stop_sequence.is_some() {
                self.stop_sequence.clone_from(&choice.stop_sequence);
            }
        }
        self.advance(false, out);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.closed {
            return;
        }
        self.start("", out);
        self.advance(true, out);
        let ending = Ending {
            finish: self.finish,
            native: self.native.as_deref(),
            stop_sequence: self.stop_sequence.as_deref(),
            called_tools: self.called_tools,
            refused: self.refused,
        };
        let mut delta = json!({
            "stop_reason": ending.stop_reason(),
            "stop_sequence": self.stop_sequence,
        });
        if let Some(details) = self.stop_details.take() {
            delta["stop_details"] = details;
        }
        let usage = usage_json(&self.usage_or_estimate());
        let event = json!({"type": "message_delta", "delta": delta, "usage": usage});
        send("message_delta", &event, out);
        send("message_stop", &json!({"type": "message_stop"}), out);
        self.closed = true;
    }

    fn fail(&mut self, wire: &WireError<'_>, out: &mut Vec<u8>) {
        if !self.closed {
            frame("error", &error::encode(wire), out);
            self.closed = true;
        }
    }
}

impl Encoder {
    pub(super) fn new(context: EncodeContext) -> Self {
        Self {
            context,
            started: false,
            closed: false,
            blocks: VecDeque::new(),
            index: 0,
            usage: None,
            finish: None,
            native: None,
            stop_sequence: None,
            stop_details: None,
            called_tools: false,
            refused: false,
            unsigned: String::new(),
        }
    }

    /// Clients show `input_tokens` of `message_start` as the fill of the context, so it is never 0/0.
    fn usage_or_estimate(&self) -> Usage {
        let estimate = || Usage::tokens(self.context.estimated_input_tokens, 0);
        self.usage.clone().unwrap_or_else(estimate)
    }

    fn start(&mut self, vendor_id: &str, out: &mut Vec<u8>) {
        if self.started {
            return;
        }
        self.started = true;
        let event = json!({
            "type": "message_start",
            "message": {
                "id": message_id(vendor_id, &self.context),
                "type": "message",
                "role": "assistant",
                "model": self.context.model,
                "content": [],
                "stop_reason": null,
                "stop_sequence": null,
                "usage": usage_json(&self.usage_or_estimate()),
            },
        });
        send("message_start", &event, out);
    }

    fn take(&mut self, delta: &Delta) {
        if let Some(text) = delta.reasoning_content.as_deref().filter(|t| !t.is_empty()) {
            self.reasoning(text);
        }
        for block in delta.thinking_blocks.iter().flatten() {
            self.seal(block);
        }
        if let Some(text) = delta.content.as_deref().filter(|t| !t.is_empty()) {
            self.text(text);
        }
        if let Some(text) = delta.refusal.as_deref().filter(|t| !t.is_empty()) {
            self.refused = true;
            self.text(text);
        }
        for call in delta.tool_calls.iter().flatten() {
            self.tool(call);
        }
    }

    fn text(&mut self, text: &str) {
        match self.blocks.back_mut() {
            Some(block) if matches!(block.kind, Kind::Text) => block.buffer.push_str(text),
            _ => self.queue(Kind::Text, text),
        }
    }

    fn reasoning(&mut self, piece: &str) {
        if let Some(block) = self.blocks.back_mut()
            && let Kind::Thinking {
                text,
                sealed: false,
                ..
            } = &mut block.kind
        {
            text.push_str(piece);
            block.buffer.push_str(piece);
            return;
        }
        let kind = Kind::Thinking {
            text: piece.to_owned(),
            signature: None,
            sealed: false,
        };
        self.queue(kind, piece);
    }

    /// A whole thinking block: the end of the one that is streaming, or a block of its own.
    fn seal(&mut self, whole: &ThinkingBlock) {
        let ThinkingBlock::Thinking {
            thinking,
            signature,
        } = whole
        else {
            self.queue(Kind::Redacted(whole.clone()), "");
            return;
        };
        if let Some(block) = self.blocks.back_mut()
            && let Kind::Thinking {
                signature: kept,
                sealed: sealed @ false,
                ..
            } = &mut block.kind
        {
            kept.clone_from(signature);
            *sealed = true;
            return;
        }
        if !thinking.is_empty() && *thinking == self.unsigned {
            return;
        }
        let kind = Kind::Thinking {
            text: thinking.clone(),
            signature: signature.clone(),
            sealed: true,
        };
        self.queue(kind, thinking);
    }

    fn tool(&mut self, delta: &ToolCallDelta) {
        self.called_tools = true;
        let function = delta.function.as_ref();
        let name_piece = function.and_then(|f| f.name.as_deref());
        let piece = function.and_then(|f| f.arguments.as_deref());
        let found = self
            .blocks
            .iter()
            .position(|b| matches!(&b.kind, Kind::Tool { call, .. } if *call == delta.index));
        let at = match found {
            Some(at) => at,
            // More of a call that was complete: white space at most.
            None if delta.id.is_none() && name_piece.is_none() => return,
            None => {
                let id = tool_id(
                    delta.id.as_deref().unwrap_or_default(),
                    delta.index as usize,
                    &self.context,
                );
                if let Some(sealed) = seal(&id, &delta.extra) {
                    self.queue(Kind::Redacted(sealed), "");
                }
                let kind = Kind::Tool {
                    call: delta.index,
                    id: String::new(),
                    name: String::new(),
                    progress: JsonProgress::default(),
                };
                self.queue(kind, "");
                self.blocks.len() - 1
            }
        };
        let block = &mut self.blocks[at];
        if let Kind::Tool {
            id, name, progress, ..
        } = &mut block.kind
        {
            if let Some(given) = delta.id.as_deref().filter(|_| id.is_empty()) {
                given.clone_into(id);
            }
            if let Some(given) = name_piece.filter(|_| name.is_empty()) {
                given.clone_into(name);
            }
            let piece = piece.unwrap_or_default();
            progress.feed(piece);
            block.buffer.push_str(piece);
        }
    }

    fn queue(&mut self, kind: Kind, buffer: &str) {
        self.blocks.push_back(Block {
            kind,
            buffer: buffer.to_owned(),
            begun: false,
        });
    }

    /// Sends what the front block has, and closes it when nothing more can come for it.
    fn advance(&mut self, at_end: bool, out: &mut Vec<u8>) {
        while let Some(front) = self.blocks.front_mut() {
            if !at_end && !front.can_begin() {
                return;
            }
            front.flush(self.index, &self.context, out);
            let followed = self.blocks.len() > 1;
            let front = &self.blocks[0];
            if !at_end && !front.is_over(followed) {
                return;
            }
            if let Some(block) = self.blocks.pop_front() {
                self.close(block, out);
            }
        }
    }

    fn close(&mut self, block: Block, out: &mut Vec<u8>) {
        let index = self.index;
        match block.kind {
            Kind::Thinking {
                signature: Some(signature),
                ..
            } => delta(
                index,
                json!({"type": "signature_delta", "signature": signature}),
                out,
            ),
            Kind::Thinking { text, .. } => self.unsigned.push_str(&text),
            Kind::Text | Kind::Redacted(_) | Kind::Tool { .. } => {}
        }
        let event = json!({"type": "content_block_stop", "index": index});
        send("content_block_stop", &event, out);
        self.index += 1;
    }
}

impl Block {
    /// A call is announced with its name, which some vendors send after its id.
    fn can_begin(&self) -> bool {
        !matches!(&self.kind, Kind::Tool { name, .. } if name.is_empty())
    }

    fn is_over(&self, followed: bool) -> bool {
        match &self.kind {
            Kind::Redacted(_) => true,
            Kind::Thinking { sealed, .. } => *sealed || followed,
            Kind::Text => followed,
            Kind::Tool { progress, .. } => followed && progress.is_complete(),
        }
    }

    fn flush(&mut self, index: usize, context: &EncodeContext, out: &mut Vec<u8>) {
        if !self.begun {
            self.begun = true;
            let event = json!({
                "type": "content_block_start",
                "index": index,
                "content_block": self.skeleton(context),
            });
            send("content_block_start", &event, out);
        }
        if self.buffer.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.buffer);
        let piece = match &self.kind {
            Kind::Text => json!({"type": "text_delta", "text": text}),
            Kind::Thinking { .. } => json!({"type": "thinking_delta", "thinking": text}),
            Kind::Tool { .. } => json!({"type": "input_json_delta", "partial_json": text}),
            Kind::Redacted(_) => return,
        };
        delta(index, piece, out);
    }

    fn skeleton(&self, context: &EncodeContext) -> Value {
        match &self.kind {
            Kind::Text => json!({"type": "text", "text": ""}),
            Kind::Thinking { .. } => json!({"type": "thinking", "thinking": "", "signature": ""}),
            Kind::Redacted(block) => thinking_block(block),
            Kind::Tool { call, id, name, .. } => json!({
                "type": "tool_use",
                "id": tool_id(id, *call as usize, context),
                "name": name,
                "input": {},
            }),
        }
    }
}

fn delta(index: usize, delta: Value, out: &mut Vec<u8>) {
    let event = json!({"type": "content_block_delta", "index": index, "delta": delta});
    send("content_block_delta", &event, out);
}

fn send(name: &str, event: &Value, out: &mut Vec<u8>) {
    frame(name, &event.to_string(), out);
}

fn frame(name: &str, data: &str, out: &mut Vec<u8>) {
    for piece in ["event: ", name, "\ndata: ", data, "\n\n"] {
        out.extend_from_slice(piece.as_bytes());
    }
}
