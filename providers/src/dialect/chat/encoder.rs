//! Canonical chunks to the event stream of chat completions.

use serde::Serialize;
use serde_json::{Map, Value};

use super::encode::{answer_id, created, error, model_name, other_fields, to_json};
use super::finish::finish_word;
use super::usage;
use crate::chat::{ChatChunk, ChunkChoice, Delta, Role};
use crate::dialect::{ChatEncoder, EncodeContext, WireError};
use crate::usage::Usage;

/// Writes one streamed answer.
///
/// All events share id, time and model. The first delta of each choice has the role. Usage is held
/// back until the end and sent only when the client asked for it.
#[derive(Debug)]
pub struct Encoder {
    context: EncodeContext,
    head: Option<Head>,
    begun: Vec<u32>,
    usage: Option<Usage>,
    other: Map<String, Value>,
}

#[derive(Debug, Clone)]
struct Head {
    id: String,
    created: i64,
    model: String,
}

impl Encoder {
    /// An encoder for one answer.
    pub fn new(context: EncodeContext) -> Self {
        Self {
            context,
            head: None,
            begun: Vec::new(),
            usage: None,
            other: Map::new(),
        }
    }

    fn begin(&mut self, chunk: &ChatChunk) {
        if self.head.is_none() {
            self.head = Some(Head {
                id: answer_id(&chunk.id, &self.context),
                created: created(chunk.created, &self.context),
                model: model_name(&chunk.model, &self.context).to_owned(),
            });
        }
    }

    /// The delta with the role exactly once a choice.
    fn delta(&mut self, choice: &ChunkChoice) -> Delta {
        let mut delta = choice.delta.clone();
        let first = !self.begun.contains(&choice.index);
        delta.role = first.then_some(Role::Assistant);
        if !first {
            return delta;
        }
        self.begun.push(choice.index);
        let empty = delta.content.is_none()
            && delta.tool_calls.is_none()
            && delta.refusal.is_none()
            && delta.reasoning_content.is_none();
        if empty {
            delta.content = Some(String::new());
        }
        delta
    }

    fn write(&self, choices: &[Wire<'_>], usage: Option<Option<&Usage>>, out: &mut Vec<u8>) {
        let Some(head) = &self.head else { return };
        let event = WireChunk {
            id: &head.id,
            object: "chat.completion.chunk",
            created: head.created,
            model: &head.model,
            choices,
            usage: usage.map(|u| u.map(usage::written)),
            other: &self.other,
        };
        out.extend_from_slice(b"data: ");
        to_json(&event, out);
        out.extend_from_slice(b"\n\n");
    }
}

impl ChatEncoder for Encoder {
    fn push(&mut self, chunk: &ChatChunk, out: &mut Vec<u8>) {
        self.begin(chunk);
        if chunk.usage.is_some() {
            self.usage.clone_from(&chunk.usage);
        }
        if chunk.choices.is_empty() {
            return;
        }
        self.other = other_fields(&chunk.extra);
        let choices: Vec<_> = chunk
            .choices
            .iter()
            .map(|choice| Wire {
                index: choice.index,
                delta: self.delta(choice),
                logprobs: &choice.logprobs,
                finish_reason: choice.finish_reason.map(finish_word),
                native_finish_reason: choice.native_finish_reason.as_deref(),
                stop_sequence: choice.stop_sequence.as_deref(),
            })
            .collect();
        let usage = self.context.include_usage.then_some(None);
        self.write(&choices, usage, out);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.context.include_usage && self.usage.is_some() {
            self.write(&[], Some(self.usage.as_ref()), out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn fail(&mut self, failure: &WireError<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&error(failure));
        out.extend_from_slice(b"\n\n");
    }
}

#[derive(Serialize)]
struct WireChunk<'a, U: Serialize> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: &'a [Wire<'a>],
    /// Absent, `null`, or the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<U>>,
    #[serde(flatten)]
    other: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct Wire<'a> {
    index: u32,
    delta: Delta,
    logprobs: &'a Option<Value>,
    finish_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    native_finish_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_sequence: Option<&'a str>,
}
