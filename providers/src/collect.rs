//! Chunks to a complete answer, and back.
//!
//! Serves calls without `stream` out of a streamed answer, stores streams in the cache and replays
//! them.

use serde_json::{Map, Value};

use crate::chat::{
    ChatChunk, ChatResponse, Choice, ChunkChoice, Content, Delta, FinishReason, FunctionCall,
    FunctionDelta, Message, Role, ToolCall, ToolCallDelta,
};
use crate::error::Error;
use crate::usage::Usage;

/// Accumulates the chunks of one answer.
#[derive(Debug, Default)]
pub struct Collector {
    response: ChatResponse,
    choices: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    index: u32,
    message: Message,
    content: Option<String>,
    calls: Vec<(u32, ToolCall)>,
    logprobs: Option<Value>,
    finish: Option<FinishReason>,
    native: Option<String>,
    stop_sequence: Option<String>,
}

impl Collector {
    /// Adds a chunk.
    pub fn push(&mut self, chunk: &ChatChunk) {
        let response = &mut self.response;
        if response.id.is_empty() {
            response.id.clone_from(&chunk.id);
        }
        if response.model.is_empty() {
            response.model.clone_from(&chunk.model);
        }
        if response.created == 0 {
            response.created = chunk.created;
        }
        if chunk.usage.is_some() {
            response.usage.clone_from(&chunk.usage);
        }
        for (name, value) in &chunk.extra {
            response.extra.insert(name.clone(), value.clone());
        }
        for choice in &chunk.choices {
            self.open(choice.index).push(choice);
        }
    }

    /// The usage reported so far.
    pub fn usage(&self) -> Option<&Usage> {
        self.response.usage.as_ref()
    }

    /// The complete answer, choices in the order of their numbers.
    ///
    /// # Errors
    /// `Malformed` when there is no choice, or one without a finish reason: the stream was cut.
    pub fn finish(mut self) -> Result<ChatResponse, Error> {
        if self.choices.is_empty() {
            return Err(Error::malformed("the stream ended without an answer"));
        }
        self.choices.sort_by_key(|open| open.index);
        let choices = self.choices.into_iter().map(Open::into_choice);
        self.response.choices = choices.collect::<Result<_, _>>()?;
        Ok(self.response)
    }

    fn open(&mut self, index: u32) -> &mut Open {
        let found = self.choices.iter().position(|open| open.index == index);
        let at = found.unwrap_or_else(|| {
            self.choices.push(Open {
                index,
                message: Message::empty(Role::Assistant),
                content: None,
                calls: Vec::new(),
                logprobs: None,
                finish: None,
                native: None,
                stop_sequence: None,
            });
            self.choices.len() - 1
        });
        &mut self.choices[at]
    }
}

impl Open {
    fn push(&mut self, choice: &ChunkChoice) {
        let delta = &choice.delta;
        append(&mut self.content, delta.content.as_deref());
        append(&mut self.message.refusal, delta.refusal.as_deref());
        append(
            &mut self.message.reasoning_content,
            delta.reasoning_content.as_deref(),
        );
        if let Some(blocks) = &delta.thinking_blocks {
            let all = self.message.thinking_blocks.get_or_insert_default();
            all.extend_from_slice(blocks);
        }
        for piece in delta.tool_calls.iter().flatten() {
            self.push_call(piece);
        }
        merge(&mut self.message.extra, &delta.extra);
        if let Some(logprobs) = &choice.logprobs {
            merge_logprobs(&mut self.logprobs, logprobs);
        }
        self.finish = choice.finish_reason.or(self.finish);
        keep_last(&mut self.native, choice.native_finish_reason.as_ref());
        keep_last(&mut self.stop_sequence, choice.stop_sequence.as_ref());
    }

    fn push_call(&mut self, piece: &ToolCallDelta) {
        let found = self
            .calls
            .iter()
            .position(|(index, _)| *index == piece.index);
        let at = found.unwrap_or_else(|| {
            let call = ToolCall {
                id: String::new(),
                kind: "function".to_owned(),
                function: None,
                extra: Map::new(),
            };
            self.calls.push((piece.index, call));
            self.calls.len() - 1
        });
        let call = &mut self.calls[at].1;
        if let Some(id) = piece.id.as_ref().filter(|id| !id.is_empty()) {
            call.id.clone_from(id);
        }
        if let Some(kind) = &piece.kind {
            call.kind.clone_from(kind);
        }
        if let Some(function) = &piece.function {
            let whole = call.function.get_or_insert_with(FunctionCall::default);
            whole
                .name
                .push_str(function.name.as_deref().unwrap_or_default());
            whole
                .arguments
                .push_str(function.arguments.as_deref().unwrap_or_default());
        }
        merge(&mut call.extra, &piece.extra);
    }

    fn into_choice(mut self) -> Result<Choice, Error> {
        let index = self.index;
        let finish_reason = self.finish.ok_or_else(|| {
            Error::malformed(format!(
                "the stream was cut: choice {index} has no finish reason"
            ))
        })?;
        self.calls.sort_by_key(|(index, _)| *index);
        let calls: Vec<_> = self.calls.into_iter().map(|(_, call)| call).collect();
        // A role chunk's empty text is no content where the turn only calls tools.
        let content = self
            .content
            .filter(|text| !text.is_empty() || calls.is_empty());
        let message = Message {
            content: content.map(Content::Text),
            tool_calls: (!calls.is_empty()).then_some(calls),
            ..self.message
        };
        Ok(Choice {
            index,
            message,
            finish_reason,
            native_finish_reason: self.native,
            stop_sequence: self.stop_sequence,
            logprobs: self.logprobs,
        })
    }
}

fn append(text: &mut Option<String>, piece: Option<&str>) {
    if let Some(piece) = piece {
        text.get_or_insert_default().push_str(piece);
    }
}

fn keep_last(kept: &mut Option<String>, new: Option<&String>) {
    if let Some(new) = new {
        *kept = Some(new.clone());
    }
}

/// Extra fields of deltas: lists grow, audio's base64 and transcript grow, the rest is replaced.
fn merge(all: &mut Map<String, Value>, new: &Map<String, Value>) {
    for (name, value) in new {
        match (all.get_mut(name), value) {
            (Some(Value::Array(list)), Value::Array(more)) => list.extend_from_slice(more),
            (Some(Value::Object(object)), Value::Object(more)) => merge_object(object, more),
            (Some(_), Value::Null) => {}
            _ => {
                all.insert(name.clone(), value.clone());
            }
        }
    }
}

fn merge_object(object: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (name, value) in more {
        match (object.get_mut(name), value) {
            (Some(Value::String(text)), Value::String(piece))
                if matches!(name.as_str(), "data" | "transcript" | "arguments" | "input") =>
            {
                text.push_str(piece);
            }
            _ => {
                object.insert(name.clone(), value.clone());
            }
        }
    }
}

fn merge_logprobs(all: &mut Option<Value>, new: &Value) {
    let Some(Value::Object(all)) = all else {
        *all = Some(new.clone());
        return;
    };
    for (name, value) in new.as_object().into_iter().flatten() {
        match (all.get_mut(name), value) {
            (Some(Value::Array(list)), Value::Array(more)) => list.extend_from_slice(more),
            (Some(_), Value::Null) => {}
            _ => {
                all.insert(name.clone(), value.clone());
            }
        }
    }
}

/// The chunks that a provider could have streamed for this answer: for each choice one with the turn
/// and one with the finish reason, then the usage. [`Collector`] makes the same answer of them.
/// Content parts that are not text stand in no delta and are left out.
pub fn chunks_of(response: &ChatResponse) -> Vec<ChatChunk> {
    let chunk = |choices: Vec<ChunkChoice>, usage: Option<Usage>| ChatChunk {
        id: response.id.clone(),
        created: response.created,
        model: response.model.clone(),
        choices,
        usage,
        extra: response.extra.clone(),
    };
    let mut out = Vec::with_capacity(response.choices.len() * 2 + 1);
    for choice in &response.choices {
        let turn = ChunkChoice {
            index: choice.index,
            delta: delta_of(&choice.message),
            logprobs: choice.logprobs.clone(),
            ..ChunkChoice::default()
        };
        let end = ChunkChoice {
            index: choice.index,
            finish_reason: Some(choice.finish_reason),
            native_finish_reason: choice.native_finish_reason.clone(),
            stop_sequence: choice.stop_sequence.clone(),
            ..ChunkChoice::default()
        };
        out.push(chunk(vec![turn], None));
        out.push(chunk(vec![end], None));
    }
    if let Some(usage) = &response.usage {
        out.push(chunk(Vec::new(), Some(usage.clone())));
    }
    out
}

fn delta_of(message: &Message) -> Delta {
    let calls = message.tool_calls.as_ref().map(|calls| {
        let pieces = calls.iter().enumerate().map(|(i, call)| ToolCallDelta {
            index: i as u32,
            id: Some(call.id.clone()),
            kind: Some(call.kind.clone()),
            function: call.function.as_ref().map(|function| FunctionDelta {
                name: Some(function.name.clone()),
                arguments: Some(function.arguments.clone()),
            }),
            extra: call.extra.clone(),
        });
        pieces.collect()
    });
    Delta {
        role: Some(Role::Assistant),
        content: message.content.as_ref().map(Content::plain_text),
        refusal: message.refusal.clone(),
        reasoning_content: message.reasoning_content.clone(),
        thinking_blocks: message.thinking_blocks.clone(),
        tool_calls: calls,
        extra: message.extra.clone(),
    }
}
