//! Answers to canonical ones. Streams use the same reader of parts, so that both paths agree.

use serde_json::{Map, Value, json};

use crate::chat::{ChatResponse, Choice, Delta, FinishReason, Message, Role};
use crate::error::Error;
use crate::native;
use crate::usage::Usage;

use super::wire::{Answer, Candidate, Part};
use super::{errors, finish, generation_of, logprobs, usage};

pub(super) fn decode(body: &[u8]) -> Result<ChatResponse, Error> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|e| Error::malformed(format!("cannot decode the gemini answer: {e}")))?;
    if let Some(error) = &answer.error {
        return Err(errors::in_band(error));
    }
    let mut usage = answer
        .usage_metadata
        .as_deref()
        .and_then(usage::read)
        .map(|report| report.usage);
    let block_reason = answer.block_reason().map(str::to_owned);
    let id = answer.response_id.unwrap_or_default();
    let model = answer.model_version.unwrap_or_default();
    // An answer without an id is identified by its text, so that ids of different answers differ.
    let seed = match id.as_str() {
        "" => String::from_utf8_lossy(body).into_owned(),
        id => id.to_owned(),
    };
    let mut choices = Vec::new();
    for candidate in answer.candidates.unwrap_or_default() {
        let mut reader = Reader::new(candidate.index.unwrap_or(0));
        choices.push(choice(&mut reader, candidate, &seed)?);
        reader.add_to(&model, &mut usage);
    }
    if choices.is_empty() {
        let reason =
            block_reason.ok_or_else(|| Error::malformed("the gemini answer has no candidates"))?;
        choices.push(finished(
            0,
            Message::empty(Role::Assistant),
            finish::blocked(&reason),
        ));
    }
    Ok(ChatResponse {
        id,
        created: 0,
        model,
        choices,
        usage,
        extra: Map::new(),
    })
}

fn choice(reader: &mut Reader, candidate: Candidate, seed: &str) -> Result<Choice, Error> {
    let logprobs = candidate.logprobs_result.as_ref().map(logprobs::to_openai);
    let reason = candidate.finish_reason.clone();
    let message = native::message(reader.read(candidate, seed));
    let end = match reason {
        Some(reason) => finish::reason(&reason, reader.calls > 0),
        // The body is complete, so an answer that only lacks the word has come to its end.
        None if reader.delivered => finish::reason("STOP", reader.calls > 0),
        None => {
            return Err(Error::malformed(
                "the gemini candidate has neither content nor a finish reason",
            ));
        }
    };
    Ok(Choice {
        logprobs,
        ..finished(reader.index, message, end)
    })
}

fn finished(index: u32, message: Message, end: (FinishReason, Option<String>)) -> Choice {
    Choice {
        index,
        message,
        finish_reason: end.0,
        native_finish_reason: end.1,
        stop_sequence: None,
        logprobs: None,
    }
}

/// Reads the parts of one candidate, over all events of a stream.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) index: u32,
    /// Tool calls seen: the next one's position.
    pub(super) calls: u32,
    /// Anything a client can use was seen.
    pub(super) delivered: bool,
    images: u64,
    /// Searches of the last grounding report, which replaces the ones before it.
    searches: u64,
}

impl Reader {
    pub(super) fn new(index: u32) -> Self {
        Self {
            index,
            calls: 0,
            delivered: false,
            images: 0,
            searches: 0,
        }
    }

    /// What the candidate's parts add to the answer.
    pub(super) fn read(&mut self, candidate: Candidate, seed: &str) -> Delta {
        let mut delta = Delta::default();
        let parts = candidate.content.and_then(|c| c.parts).unwrap_or_default();
        for part in parts {
            self.part(part, seed, &mut delta);
        }
        if let Some(grounding) = candidate.grounding_metadata {
            let queries = grounding.get("webSearchQueries").and_then(Value::as_array);
            self.searches = queries.map_or(0, |queries| queries.len() as u64);
            delta
                .extra
                .insert("grounding_metadata".to_owned(), grounding);
        }
        self.delivered |= delta != Delta::default();
        delta
    }

    fn part(&mut self, part: Part, seed: &str, delta: &mut Delta) {
        if let Some(call) = part.function_call {
            let id = call
                .id
                .filter(|id| !id.is_empty())
                .unwrap_or_else(|| native::call_id(seed, self.index, self.calls));
            let arguments = call.args.map_or_else(|| "{}".to_owned(), |a| a.to_string());
            let extra = signature(part.thought_signature);
            let calls = delta.tool_calls.get_or_insert_default();
            calls.push(native::whole_call(
                self.calls, id, call.name, arguments, extra,
            ));
            self.calls += 1;
            return;
        }
        let signature = signature(part.thought_signature);
        // Drafts of an image made while thinking are not the answer.
        if let Some(blob) = part.inline_data.filter(|_| !part.thought) {
            return self.blob(&blob.mime_type, &blob.data, signature, delta);
        }
        delta.extra.extend(signature);
        if let Some(code) = part.executable_code {
            let language = code.language.to_ascii_lowercase();
            append(&mut delta.content, &fenced(&language, &code.code));
        } else if let Some(result) = part.code_execution_result {
            append(&mut delta.content, &fenced("", &result.output));
        } else if let Some(text) = part.text.filter(|text| !text.is_empty()) {
            let slot = if part.thought {
                &mut delta.reasoning_content
            } else {
                &mut delta.content
            };
            append(slot, &text);
        }
    }

    /// Images go where OpenRouter puts them; other media is kept under its own name.
    fn blob(
        &mut self,
        media_type: &str,
        data: &str,
        signature: Map<String, Value>,
        delta: &mut Delta,
    ) {
        let (field, mut item) = if media_type.starts_with("image/") {
            self.images += 1;
            let url = format!("data:{media_type};base64,{data}");
            (
                "images",
                json!({"type": "image_url", "image_url": {"url": url}}),
            )
        } else {
            (
                "inline_data",
                json!({"mime_type": media_type, "data": data}),
            )
        };
        if let Value::Object(item) = &mut item {
            item.extend(signature);
        }
        let list = delta.extra.entry(field).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(item);
        }
    }

    /// Adds what is billed besides tokens. Up to Gemini 2.5 a grounded answer is billed once, from
    /// Gemini 3 on each search is.
    pub(super) fn add_to(&self, model: &str, usage: &mut Option<Usage>) {
        let Some(usage) = usage else { return };
        usage.images += self.images;
        usage.web_searches += match generation_of(model) {
            Some((..3, _)) => self.searches.min(1),
            _ => self.searches,
        };
    }
}

fn append(slot: &mut Option<String>, text: &str) {
    slot.get_or_insert_default().push_str(text);
}

/// Code that the model ran on Google's side, and its output, as Markdown.
fn fenced(language: &str, text: &str) -> String {
    let text = text.trim_end_matches('\n');
    format!("\n```{language}\n{text}\n```\n")
}

/// A signature in Google's own place for it in OpenAI's format.
fn signature(signature: Option<String>) -> Map<String, Value> {
    let mut out = Map::new();
    if let Some(signature) = signature {
        let google = json!({"google": {"thought_signature": signature}});
        out.insert("extra_content".to_owned(), google);
    }
    out
}
