//! OpenAI's streamed chat answer to canonical chunks.

use super::error::read_event;
use super::wire::{WireAnswer, WireChoice, WireToolCall, WireTurn, minted_call_id};
use crate::chat::{
    ChatChunk, ChunkChoice, Delta, FinishReason, FunctionDelta, Role, ToolCallDelta,
};
use crate::error::Error;
use crate::provider::ChatDecoder;
use crate::sse::Event;

/// Decodes one streamed answer.
#[derive(Debug, Default)]
pub struct Decoder {
    id: String,
    created: i64,
    model: String,
    choices: Vec<OpenChoice>,
    done: bool,
}

/// What must be remembered of a choice between its deltas.
#[derive(Debug)]
struct OpenChoice {
    index: u32,
    finished: bool,
    begun: bool,
    calls: Vec<OpenCall>,
}

#[derive(Debug)]
struct OpenCall {
    /// The vendor's number, if it numbers calls.
    wire_index: Option<u32>,
    /// The vendor's id, if it gave one.
    id: Option<String>,
}

impl ChatDecoder for Decoder {
    fn push(&mut self, event: &Event<'_>, out: &mut Vec<ChatChunk>) -> Result<(), Error> {
        let data = event.data.trim();
        if data.is_empty() {
            return Ok(());
        }
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        if event.name == "error" {
            return Err(read_event(data));
        }
        let mut wire: WireAnswer<'_> = serde_json::from_str(data)
            .map_err(|e| Error::malformed(format!("cannot decode a chat completion chunk: {e}")))?;
        if let Some(error) = wire.failure() {
            return Err(error);
        }
        if wire.is_error() {
            return Err(read_event(data));
        }
        self.latch(&mut wire);
        let usage = wire.usage();
        let mut choices = Vec::new();
        let wire_choices = wire.choices.take().unwrap_or_default();
        for (position, choice) in wire_choices.into_iter().enumerate() {
            choices.extend(self.choice(position as u32, choice)?);
        }
        if choices.is_empty() && usage.is_none() {
            // Azure's prompt filter results, keep-alive chunks.
            return Ok(());
        }
        out.push(ChatChunk {
            choices,
            usage,
            extra: wire.extra,
            ..self.empty_chunk()
        });
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), Error> {
        if self.choices.is_empty() {
            return Err(Error::malformed("the stream ended without an answer"));
        }
        let open: Vec<u32> = self
            .choices
            .iter()
            .filter(|choice| !choice.finished)
            .map(|choice| choice.index)
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        if !self.done {
            return Err(Error::malformed(
                "the stream was cut: neither a finish reason nor `[DONE]` arrived",
            ));
        }
        // The vendor says that it is done and gave no reason.
        let choices = open.into_iter().map(|index| ChunkChoice {
            index,
            finish_reason: Some(FinishReason::Stop),
            ..ChunkChoice::default()
        });
        out.push(ChatChunk {
            choices: choices.collect(),
            ..self.empty_chunk()
        });
        Ok(())
    }
}

impl Decoder {
    /// Keeps the first id, model and time: Azure's first chunk has empty ones, some vendors change
    /// them between chunks.
    fn latch(&mut self, wire: &mut WireAnswer<'_>) {
        if self.id.is_empty() {
            self.id = wire.id.take().unwrap_or_default();
        }
        if self.model.is_empty() {
            self.model = wire.model.take().unwrap_or_default();
        }
        if self.created == 0 {
            self.created = wire.created();
        }
    }

    fn empty_chunk(&self) -> ChatChunk {
        ChatChunk {
            id: self.id.clone(),
            created: self.created,
            model: self.model.clone(),
            ..ChatChunk::default()
        }
    }

    /// `None` for what follows a choice's end.
    fn choice(
        &mut self,
        position: u32,
        mut wire: WireChoice,
    ) -> Result<Option<ChunkChoice>, Error> {
        let index = wire.index.unwrap_or(position);
        let ending = wire.ending()?;
        let answer_id = self.id.clone();
        let open = self.open(index);
        if open.finished {
            return Ok(None);
        }
        let delta = open.delta(wire.take_turn(), &answer_id);
        let mut choice = ChunkChoice {
            index,
            delta,
            logprobs: wire.logprobs.filter(|l| !l.is_null()),
            ..ChunkChoice::default()
        };
        if let Some(end) = ending {
            open.finished = true;
            choice.finish_reason = Some(end.reason);
            choice.native_finish_reason = end.native;
            choice.stop_sequence = end.stop_sequence;
        }
        Ok(Some(choice))
    }

    fn open(&mut self, index: u32) -> &mut OpenChoice {
        let found = self.choices.iter().position(|open| open.index == index);
        let at = found.unwrap_or_else(|| {
            self.choices.push(OpenChoice {
                index,
                finished: false,
                begun: false,
                calls: Vec::new(),
            });
            self.choices.len() - 1
        });
        &mut self.choices[at]
    }
}

impl OpenChoice {
    fn delta(&mut self, mut wire: WireTurn, answer_id: &str) -> Delta {
        let (content, reasoning_content, parts) = wire.take_text();
        let thinking_blocks = wire.take_thinking_blocks();
        let mut extra = wire.extra;
        if !parts.is_empty() {
            extra.insert("content_parts".to_owned(), parts.into());
        }
        let pieces = wire.tool_calls.unwrap_or_default();
        let calls: Vec<_> = pieces
            .into_iter()
            .map(|piece| self.call(piece, answer_id))
            .collect();
        let first = !std::mem::replace(&mut self.begun, true);
        Delta {
            role: first.then_some(Role::Assistant),
            content,
            refusal: wire.refusal,
            reasoning_content,
            thinking_blocks,
            tool_calls: (!calls.is_empty()).then_some(calls),
            extra,
        }
    }

    /// Renumbers a piece from 0 without gaps, and keeps id, type and name to a call's first piece.
    fn call(&mut self, mut wire: WireToolCall, answer_id: &str) -> ToolCallDelta {
        let id = wire.id.take().filter(|id| !id.is_empty());
        let mut function = wire.function.take();
        let is_function = function.is_some();
        let arguments = function
            .as_mut()
            .and_then(super::wire::WireFunction::take_arguments);
        let name = function
            .and_then(|f| f.name)
            .filter(|name| !name.is_empty());
        if let Some(index) = self.find_call(wire.index, id.as_deref(), name.as_deref()) {
            return ToolCallDelta {
                index: index as u32,
                function: is_function.then(|| FunctionDelta {
                    name: None,
                    arguments: Some(arguments.unwrap_or_default()),
                }),
                extra: wire.extra,
                ..ToolCallDelta::default()
            };
        }
        let index = self.calls.len();
        self.calls.push(OpenCall {
            wire_index: wire.index,
            id: id.clone(),
        });
        ToolCallDelta {
            index: index as u32,
            id: Some(id.unwrap_or_else(|| minted_call_id(answer_id, self.index, index))),
            kind: Some(wire.kind.take().unwrap_or_else(|| "function".to_owned())),
            function: is_function.then(|| FunctionDelta {
                name: Some(name.unwrap_or_default()),
                arguments: Some(arguments.unwrap_or_default()),
            }),
            extra: wire.extra,
        }
    }

    /// The open call that a piece belongs to. A new id makes a new call even under a known number:
    /// Google's compatible endpoint numbers all parallel calls 0.
    fn find_call(
        &self,
        wire_index: Option<u32>,
        id: Option<&str>,
        name: Option<&str>,
    ) -> Option<usize> {
        if let Some(id) = id {
            let by_id = self.calls.iter().position(|c| c.id.as_deref() == Some(id));
            let anonymous = |c: &OpenCall| c.id.is_none() && c.wire_index == wire_index;
            return by_id.or_else(|| {
                self.calls
                    .iter()
                    .rposition(anonymous)
                    .filter(|_| name.is_none())
            });
        }
        match wire_index {
            Some(_) => self.calls.iter().rposition(|c| c.wire_index == wire_index),
            // Neither id nor number: a name begins a call, anything else continues the last.
            None if name.is_some() => None,
            None => self.calls.len().checked_sub(1),
        }
    }
}
