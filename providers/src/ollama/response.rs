//! Answers and stream lines of `/api/chat` to canonical ones. A line has the shape of an answer.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::chat::{ChatChunk, ChatResponse, Choice, ChunkChoice, Delta, FinishReason, Role};
use crate::error::Error;
use crate::native;
use crate::provider::ChatDecoder;
use crate::sse::Event;
use crate::usage::Usage;

use super::errors;

#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    model: String,
    #[serde(default)]
    message: Turn,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    done_reason: Option<String>,
    #[serde(default)]
    prompt_eval_count: Option<u64>,
    #[serde(default)]
    eval_count: Option<u64>,
    #[serde(default)]
    logprobs: Option<Vec<Token>>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Turn {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<Call>>,
}

#[derive(Debug, Deserialize)]
struct Call {
    #[serde(default)]
    id: Option<String>,
    function: Function,
}

#[derive(Debug, Deserialize)]
struct Function {
    name: String,
    #[serde(default)]
    arguments: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Token {
    token: String,
    logprob: f64,
    #[serde(default)]
    top_logprobs: Vec<Token>,
}

pub(super) fn decode(body: &[u8]) -> Result<ChatResponse, Error> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Error::malformed("the ollama answer is not UTF-8"))?;
    let mut reader = Decoder::default();
    let mut chunks = Vec::new();
    reader.line(text, &mut chunks)?;
    if !reader.done {
        return Err(Error::malformed("the ollama answer is not done"));
    }
    let mut answer = ChatResponse::default();
    for chunk in chunks {
        answer.model = chunk.model;
        answer.usage = chunk.usage.or(answer.usage);
        answer.choices.extend(chunk.choices.into_iter().map(choice));
    }
    Ok(answer)
}

/// One line carries the whole answer, so its chunk is the answer.
fn choice(chunk: ChunkChoice) -> Choice {
    Choice {
        index: 0,
        message: native::message(chunk.delta),
        finish_reason: chunk.finish_reason.unwrap_or(FinishReason::Stop),
        native_finish_reason: chunk.native_finish_reason,
        stop_sequence: None,
        logprobs: chunk.logprobs,
    }
}

/// Decodes one stream of lines.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    begun: bool,
    done: bool,
    calls: u32,
}

impl ChatDecoder for Decoder {
    fn push(&mut self, event: &Event<'_>, out: &mut Vec<ChatChunk>) -> Result<(), Error> {
        self.line(event.data, out)
    }

    fn finish(&mut self, _out: &mut Vec<ChatChunk>) -> Result<(), Error> {
        if self.done {
            return Ok(());
        }
        Err(Error::malformed("the ollama stream ended before `done`"))
    }
}

impl Decoder {
    fn line(&mut self, text: &str, out: &mut Vec<ChatChunk>) -> Result<(), Error> {
        let line: Line = serde_json::from_str(text)
            .map_err(|e| Error::malformed(format!("cannot decode an ollama line: {e}")))?;
        if let Some(error) = &line.error {
            return Err(errors::in_band(error));
        }
        let usage = if line.done { usage(text, &line) } else { None };
        let logprobs = line.logprobs.as_deref().map(logprobs);
        let mut delta = Delta {
            content: non_empty(line.message.content),
            reasoning_content: non_empty(line.message.thinking),
            ..Delta::default()
        };
        for call in line.message.tool_calls.into_iter().flatten() {
            // Lines carry a time to the nanosecond, so their text identifies the answer.
            let id = non_empty(call.id).unwrap_or_else(|| native::call_id(text, 0, self.calls));
            let arguments = call.function.arguments.unwrap_or(json!({})).to_string();
            let name = call.function.name;
            let calls = delta.tool_calls.get_or_insert_default();
            calls.push(native::whole_call(
                self.calls,
                id,
                name,
                arguments,
                Map::new(),
            ));
            self.calls += 1;
        }
        if delta == Delta::default() && logprobs.is_none() && !line.done {
            return Ok(());
        }
        if !self.begun {
            delta.role = Some(Role::Assistant);
            self.begun = true;
        }
        let mut choice = ChunkChoice {
            delta,
            logprobs,
            ..ChunkChoice::default()
        };
        if line.done {
            self.done = true;
            let (reason, native) = finish_reason(line.done_reason, self.calls > 0);
            choice.finish_reason = Some(reason);
            choice.native_finish_reason = native;
        }
        out.push(ChatChunk {
            model: line.model,
            choices: vec![choice],
            usage,
            ..ChatChunk::default()
        });
        Ok(())
    }
}

fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn finish_reason(native: Option<String>, called: bool) -> (FinishReason, Option<String>) {
    let stop = if called {
        FinishReason::ToolCalls
    } else {
        FinishReason::Stop
    };
    match native.as_deref() {
        None | Some("stop") => (stop, None),
        Some("length") => (FinishReason::Length, None),
        // `load` and `unload` answer a request without messages.
        Some(_) => (FinishReason::Stop, native),
    }
}

/// Ollama leaves counts of zero out. An answer without `eval_count` is an empty one; without
/// `prompt_eval_count` the prompt came from the cache uncounted, so its size is unknown.
fn usage(text: &str, line: &Line) -> Option<Usage> {
    let loaded = matches!(line.done_reason.as_deref(), Some("load" | "unload"));
    let input = match line.prompt_eval_count {
        None if loaded => 0,
        count => count?,
    };
    Some(Usage {
        raw: raw_usage(text),
        ..Usage::tokens(input, line.eval_count.unwrap_or(0))
    })
}

/// Counts and durations as Ollama sent them.
fn raw_usage(text: &str) -> Option<String> {
    let line: Map<String, Value> = serde_json::from_str(text).ok()?;
    let kept: Map<String, Value> = line
        .into_iter()
        .filter(|(name, _)| name.ends_with("_count") || name.ends_with("_duration"))
        .collect();
    serde_json::to_string(&kept).ok()
}

fn logprobs(tokens: &[Token]) -> Value {
    let content: Vec<Value> = tokens
        .iter()
        .map(|token| {
            let top = token.top_logprobs.iter();
            let top: Vec<_> = top
                .map(|t| native::token_logprob(&t.token, t.logprob))
                .collect();
            let mut entry = native::token_logprob(&token.token, token.logprob);
            entry.insert("top_logprobs".to_owned(), json!(top));
            Value::Object(entry)
        })
        .collect();
    json!({"content": content, "refusal": null})
}
