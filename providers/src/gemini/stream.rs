//! The events of `streamGenerateContent` to canonical chunks.

use serde_json::Map;

use crate::chat::{ChatChunk, ChunkChoice, Delta, FinishReason, Role};
use crate::error::Error;
use crate::provider::ChatDecoder;
use crate::sse::Event;
use crate::usage::Usage;

use super::response::Reader;
use super::wire::{Answer, Candidate};
use super::{errors, finish, logprobs, usage};

/// Decodes one stream.
///
/// Finish reasons are sent by [`ChatDecoder::finish`]: Gemini marks no event as the last one, and
/// some models repeat `STOP` on several events with content after the first.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    id: String,
    model: String,
    /// Text that identifies this answer, for ids of calls that come without one.
    seed: String,
    candidates: Vec<Progress>,
    block_reason: Option<String>,
    /// The last report that was not sent because it counted the prompt only.
    withheld: Option<Usage>,
}

#[derive(Debug)]
struct Progress {
    reader: Reader,
    begun: bool,
    finish_reason: Option<String>,
}

impl ChatDecoder for Decoder {
    fn push(&mut self, event: &Event<'_>, out: &mut Vec<ChatChunk>) -> Result<(), Error> {
        let answer: Answer = serde_json::from_str(event.data)
            .map_err(|e| Error::malformed(format!("cannot decode a gemini stream event: {e}")))?;
        if let Some(error) = &answer.error {
            return Err(errors::in_band(error));
        }
        if let Some(reason) = answer.block_reason() {
            self.block_reason = Some(reason.to_owned());
        }
        self.identify(event.data, answer.response_id, answer.model_version);
        let mut choices = Vec::new();
        for candidate in answer.candidates.unwrap_or_default() {
            choices.extend(self.candidate(candidate));
        }
        let usage = self.usage(answer.usage_metadata.as_deref().and_then(usage::read));
        if !choices.is_empty() || usage.is_some() {
            out.push(self.chunk(choices, usage));
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), Error> {
        let blocked = self.block_reason.as_deref().map(finish::blocked);
        if self.candidates.is_empty() && blocked.is_some() {
            self.candidates.push(Progress::new(0));
        }
        let ends: Option<Vec<_>> = self
            .candidates
            .iter_mut()
            .map(|candidate| candidate.end(blocked.as_ref()))
            .collect();
        let choices = ends
            .filter(|ends| !ends.is_empty())
            .ok_or_else(|| Error::malformed("the gemini stream ended without a finish reason"))?;
        let usage = self.withheld.take().map(|usage| self.complete(usage));
        out.push(self.chunk(choices, usage));
        Ok(())
    }
}

impl Decoder {
    fn identify(&mut self, data: &str, id: Option<String>, model: Option<String>) {
        if self.id.is_empty() {
            self.id = id.unwrap_or_default();
        }
        if self.model.is_empty() {
            self.model = model.unwrap_or_default();
        }
        if self.seed.is_empty() {
            let seed = match self.id.as_str() {
                "" => data,
                id => id,
            };
            self.seed = seed.to_owned();
        }
    }

    fn candidate(&mut self, mut candidate: Candidate) -> Option<ChunkChoice> {
        let index = candidate.index.unwrap_or(0);
        let known = self.candidates.iter().position(|p| p.reader.index == index);
        let at = known.unwrap_or_else(|| {
            self.candidates.push(Progress::new(index));
            self.candidates.len() - 1
        });
        let progress = &mut self.candidates[at];
        if let Some(reason) = candidate.finish_reason.take() {
            progress.finish_reason = Some(reason);
        }
        let logprobs = candidate.logprobs_result.as_ref().map(logprobs::to_openai);
        let delta = progress.reader.read(candidate, &self.seed);
        if delta == Delta::default() && logprobs.is_none() {
            return None;
        }
        Some(ChunkChoice {
            logprobs,
            ..progress.choice(delta)
        })
    }

    /// The usage to send with this event. A report of the prompt alone is kept back while the answer
    /// runs: if the stream is cut, unknown output must not look like none.
    fn usage(&mut self, report: Option<usage::Report>) -> Option<Usage> {
        let report = report?;
        let finished = self.candidates.iter().any(|p| p.finish_reason.is_some());
        if report.counts_output || finished {
            self.withheld = None;
            return Some(self.complete(report.usage));
        }
        self.withheld = Some(report.usage);
        None
    }

    fn complete(&self, usage: Usage) -> Usage {
        let mut usage = Some(usage);
        for progress in &self.candidates {
            progress.reader.add_to(&self.model, &mut usage);
        }
        usage.unwrap_or_default()
    }

    fn chunk(&self, choices: Vec<ChunkChoice>, usage: Option<Usage>) -> ChatChunk {
        ChatChunk {
            id: self.id.clone(),
            created: 0,
            model: self.model.clone(),
            choices,
            usage,
            extra: Map::new(),
        }
    }
}

impl Progress {
    fn new(index: u32) -> Self {
        Self {
            reader: Reader::new(index),
            begun: false,
            finish_reason: None,
        }
    }

    fn choice(&mut self, mut delta: Delta) -> ChunkChoice {
        if !self.begun {
            delta.role = Some(Role::Assistant);
            self.begun = true;
        }
        ChunkChoice {
            index: self.reader.index,
            delta,
            ..ChunkChoice::default()
        }
    }

    /// The last chunk of this candidate; `None` when the answer was cut.
    fn end(&mut self, blocked: Option<&(FinishReason, Option<String>)>) -> Option<ChunkChoice> {
        let called = self.reader.calls > 0;
        let own = self.finish_reason.as_deref();
        let (reason, native) = own
            .map(|reason| finish::reason(reason, called))
            .or_else(|| blocked.cloned())?;
        Some(ChunkChoice {
            finish_reason: Some(reason),
            native_finish_reason: native,
            ..self.choice(Delta::default())
        })
    }
}
