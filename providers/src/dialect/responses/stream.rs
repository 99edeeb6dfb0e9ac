//! Canonical chunks to the events of a streamed response.

use serde_json::{Value, json};

use super::echo::{Body, Failure, Skeleton};
use super::error;
use super::items::{Status, annotations, lacks_message, logprobs, outcome, seed};
use super::usage;
use super::writer::Writer;
use crate::chat::{ChatChunk, ChunkChoice, FinishReason};
use crate::dialect::{ChatEncoder, EncodeContext, WireError};
use crate::usage::Usage;

/// Where the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Fresh,
    Running,
    Over,
}

/// The encoder of one answer. Follows the first choice; this dialect has no others.
#[derive(Debug)]
pub(super) struct Encoder {
    phase: Phase,
    skeleton: Skeleton,
    writer: Writer,
    finish: Option<FinishReason>,
    usage: Option<Usage>,
    service_tier: Option<Value>,
}

impl Encoder {
    pub(super) fn new(context: &EncodeContext) -> Self {
        Self {
            phase: Phase::Fresh,
            skeleton: Skeleton::new(context),
            writer: Writer::new(seed(&context.request_id)),
            finish: None,
            usage: None,
            service_tier: None,
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if self.phase != Phase::Fresh {
            return;
        }
        self.phase = Phase::Running;
        for kind in ["response.created", "response.in_progress"] {
            self.respond(kind, Status::InProgress, None, None, out);
        }
    }

    /// An event that carries the whole response object as it stands.
    fn respond(
        &mut self,
        kind: &str,
        status: Status,
        incomplete: Option<&'static str>,
        error: Option<Failure<'_>>,
        out: &mut Vec<u8>,
    ) {
        let Self {
            skeleton, writer, ..
        } = self;
        // The writer's events and items are lent apart.
        let mut events = std::mem::take(&mut writer.events);
        let body = Body {
            status,
            output: writer.items(),
            usage: self.usage.as_ref().map(usage::write),
            error,
            incomplete,
            service_tier: self.service_tier.as_ref(),
        };
        events.emit_response(kind, |out| skeleton.write(body, out), out);
        writer.events = events;
    }

    fn choice(&mut self, choice: &ChunkChoice, out: &mut Vec<u8>) {
        let delta = &choice.delta;
        if let Some(done) = delta.extra.get("file_search_call") {
            self.writer.file_search(done, out);
        }
        if let Some(text) = said(delta.reasoning_content.as_deref()) {
            self.writer.reasoning(text, out);
        }
        for block in delta.thinking_blocks.iter().flatten() {
            self.writer.block(block, out);
        }
        let logprobs = logprobs(choice.logprobs.as_ref());
        let text = delta.content.as_deref().unwrap_or_default();
        if !text.is_empty() || !logprobs.is_empty() {
            self.writer.text(text, logprobs, out);
        }
        let annotations = annotations(&delta.extra);
        if !annotations.is_empty() {
            self.writer.annotate(annotations, out);
        }
        if let Some(text) = said(delta.refusal.as_deref()) {
            self.writer.refusal(text, out);
        }
        for call in delta.tool_calls.iter().flatten() {
            self.writer.call(call, out);
        }
        self.finish = choice.finish_reason.or(self.finish);
    }
}

fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

impl ChatEncoder for Encoder {
    fn push(&mut self, chunk: &ChatChunk, out: &mut Vec<u8>) {
        if self.phase == Phase::Over {
            return;
        }
        if self.phase == Phase::Fresh {
            self.skeleton.created_at(chunk.created);
        }
        if let Some(tier) = chunk.extra.get("service_tier") {
            self.service_tier = Some(tier.clone());
        }
        self.begin(out);
        if let Some(usage) = &chunk.usage {
            self.usage = Some(usage.clone());
        }
        for choice in chunk.choices.iter().filter(|choice| choice.index == 0) {
            self.choice(choice, out);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.phase == Phase::Over {
            return;
        }
        self.begin(out);
        let finish = self.finish.unwrap_or(FinishReason::Stop);
        let (status, incomplete) = outcome(finish);
        if lacks_message(self.writer.items(), finish) {
            self.writer.text("", Vec::new(), out);
        }
        self.writer.close_all(status, out);
        let kind = match status {
            Status::Incomplete => "response.incomplete",
            _ => "response.completed",
        };
        self.respond(kind, status, incomplete, None, out);
        self.phase = Phase::Over;
    }

    /// As OpenAI does it: an `error` event, which the official clients raise, and behind it the
    /// response as it stands, failed. Without a response the `error` event stands alone.
    fn fail(&mut self, error: &WireError<'_>, out: &mut Vec<u8>) {
        if self.phase == Phase::Over {
            return;
        }
        let failure = error::failure(error);
        let body = json!({
            "code": failure.code,
            "message": error.message,
            "param": error.param,
            "error": error::object(error),
        });
        self.writer.events.emit("error", &body, out);
        if self.phase == Phase::Running {
            self.writer.abandon();
            self.respond("response.failed", Status::Failed, None, Some(failure), out);
        }
        self.phase = Phase::Over;
    }
}
