//! OpenAI's chat answers as they arrive, read leniently: what imitators send as `null`, leave out or
//! name differently is accepted here and nowhere else.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::chat::{Content, FinishReason, Message, Part, Role, ThinkingBlock, ToolCall};
use crate::dialect::chat::finish::{Finish, read_finish};
use crate::dialect::chat::usage;
use crate::error::Error;
use crate::usage::Usage;

/// A whole answer or one streamed chunk: they differ in `message` and `delta` only.
#[derive(Debug, Deserialize)]
pub(crate) struct WireAnswer<'a> {
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) created: Option<Value>,
    #[serde(default)]
    pub(crate) model: Option<String>,
    /// vLLM sends `null` beside usage.
    #[serde(default)]
    pub(crate) choices: Option<Vec<WireChoice>>,
    #[serde(default, borrow)]
    pub(crate) usage: Option<&'a RawValue>,
    /// Groq's place for streamed usage.
    #[serde(default)]
    x_groq: Option<GroqExtra<'a>>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    object: Option<Value>,
    /// Padding against traffic analysis; means nothing to anyone behind us.
    #[serde(default, rename = "obfuscation")]
    _obfuscation: Option<Value>,
    #[serde(flatten)]
    pub(crate) extra: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct GroqExtra<'a> {
    #[serde(default, borrow)]
    usage: Option<&'a RawValue>,
    /// Why a stream was stopped early.
    #[serde(default)]
    error: Option<Value>,
}

impl WireAnswer<'_> {
    /// vLLM's and SGLang's errors are told by `object` alone.
    pub(crate) fn is_error(&self) -> bool {
        self.object.as_ref().and_then(Value::as_str) == Some("error")
    }

    /// The error that a 2xx body or an event carries.
    pub(crate) fn failure(&self) -> Option<Error> {
        let groq = self.x_groq.as_ref().and_then(|x| x.error.as_ref());
        let own = self.error.as_ref().and_then(super::error::inline);
        own.or_else(|| super::error::inline(groq?))
    }

    pub(crate) fn created(&self) -> i64 {
        let created = self.created.as_ref();
        // Some servers send a float or a string.
        created
            .and_then(|v| v.as_i64().or_else(|| v.as_f64().map(|f| f as i64)))
            .unwrap_or(0)
    }

    pub(crate) fn usage(&self) -> Option<Usage> {
        let groq = self.x_groq.as_ref().and_then(|x| x.usage);
        let usage = self.usage.and_then(|raw| usage::read(raw.get()));
        let usage = usage.or_else(|| usage::read(groq?.get()))?;
        let tier = self.extra.get("service_tier").and_then(Value::as_str);
        Some(Usage {
            service_tier: tier.map(str::to_owned),
            ..usage
        })
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireChoice {
    #[serde(default)]
    pub(crate) index: Option<u32>,
    #[serde(default)]
    message: Option<WireTurn>,
    #[serde(default)]
    delta: Option<WireTurn>,
    #[serde(default)]
    pub(crate) finish_reason: Option<String>,
    #[serde(default)]
    pub(crate) native_finish_reason: Option<String>,
    /// vLLM and SGLang: the stop sequence met, or a token's number.
    #[serde(default)]
    stop_reason: Option<Value>,
    /// Ours, for gateways in a row.
    #[serde(default)]
    stop_sequence: Option<String>,
    #[serde(default)]
    pub(crate) logprobs: Option<Value>,
    /// OpenRouter's place for an upstream's failure.
    #[serde(default)]
    pub(crate) error: Option<Value>,
}

/// Why a choice ended: our word, the vendor's own where it differs, the stop sequence.
pub(crate) struct Ending {
    pub(crate) reason: FinishReason,
    pub(crate) native: Option<String>,
    pub(crate) stop_sequence: Option<String>,
}

impl WireChoice {
    /// The delta of a chunk, or the message of a whole answer (some servers send both in a stream;
    /// the message then repeats everything).
    pub(crate) fn take_turn(&mut self) -> WireTurn {
        let delta = self.delta.take();
        delta.or_else(|| self.message.take()).unwrap_or_default()
    }

    /// `None` while the choice goes on.
    pub(crate) fn ending(&mut self) -> Result<Option<Ending>, Error> {
        if let Some(error) = self.error.as_ref().and_then(super::error::inline) {
            return Err(error);
        }
        let Some(word) = self.finish_reason.take() else {
            return Ok(None);
        };
        let native = self.native_finish_reason.take();
        let (reason, native) = match read_finish(&word) {
            Finish::Known(reason) => (reason, native.filter(|native| *native != word)),
            Finish::Other(reason) => (reason, native.or(Some(word))),
            Finish::Failed(error) => return Err(error),
        };
        let stop_sequence = match self.stop_reason.take() {
            Some(Value::String(text)) if reason == FinishReason::Stop => Some(text),
            _ => self.stop_sequence.take(),
        };
        Ok(Some(Ending {
            reason,
            native,
            stop_sequence,
        }))
    }
}

/// A `message` or a `delta`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct WireTurn {
    /// Always the assistant; taken out of `extra`.
    #[serde(default, rename = "role")]
    _role: Option<Value>,
    #[serde(default)]
    pub(crate) content: Option<WireContent>,
    #[serde(default)]
    pub(crate) refusal: Option<String>,
    #[serde(default)]
    reasoning_content: Option<String>,
    /// OpenRouter's, Groq's, Cerebras' and newer vLLM's name for it.
    #[serde(default)]
    reasoning: Option<Value>,
    #[serde(default)]
    thinking_blocks: Option<Value>,
    #[serde(default)]
    pub(crate) tool_calls: Option<Vec<WireToolCall>>,
    #[serde(flatten)]
    pub(crate) extra: Map<String, Value>,
}

/// Text, or Mistral's parts (`text` and `thinking`).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum WireContent {
    Text(String),
    Parts(Vec<Value>),
}

impl WireTurn {
    /// Text and reasoning, wherever they stand. Parts that are neither are given back.
    pub(crate) fn take_text(&mut self) -> (Option<String>, Option<String>, Vec<Value>) {
        let named = self.reasoning.take();
        let mut reasoning = self.reasoning_content.take().filter(|r| !r.is_empty());
        if reasoning.is_none() {
            reasoning = named.and_then(|v| v.as_str().map(str::to_owned));
        }
        let reasoning = reasoning.filter(|r| !r.is_empty());
        match self.content.take() {
            None => (None, reasoning, Vec::new()),
            Some(WireContent::Text(text)) => (Some(text), reasoning, Vec::new()),
            Some(WireContent::Parts(parts)) => split_parts(parts, reasoning),
        }
    }

    pub(crate) fn take_thinking_blocks(&mut self) -> Option<Vec<ThinkingBlock>> {
        serde_json::from_value(self.thinking_blocks.take()?).ok()
    }

    /// A whole turn.
    pub(crate) fn into_message(mut self, answer_id: &str, choice: u32) -> Message {
        let (text, reasoning, parts) = self.take_text();
        let content = if parts.is_empty() {
            text.map(Content::Text)
        } else {
            let mut all: Vec<Part> = text.map(Part::text).into_iter().collect();
            all.extend(parts.into_iter().map(Part::Other));
            Some(Content::Parts(all))
        };
        let thinking_blocks = self.take_thinking_blocks();
        let calls = self.tool_calls.take().unwrap_or_default();
        let calls: Vec<_> = calls
            .into_iter()
            .enumerate()
            .map(|(i, call)| call.into_call(answer_id, choice, i))
            .collect();
        Message {
            content,
            refusal: self.refusal,
            reasoning_content: reasoning,
            thinking_blocks,
            tool_calls: (!calls.is_empty()).then_some(calls),
            extra: self.extra,
            ..Message::empty(Role::Assistant)
        }
    }
}

fn split_parts(
    parts: Vec<Value>,
    reasoning: Option<String>,
) -> (Option<String>, Option<String>, Vec<Value>) {
    let mut text = String::new();
    let mut thought = reasoning.unwrap_or_default();
    let mut rest = Vec::new();
    for part in parts {
        match (part["type"].as_str(), &part) {
            (Some("text"), _) => text.push_str(part["text"].as_str().unwrap_or_default()),
            (Some("thinking"), _) => {
                let inner = part["thinking"].as_array().map(Vec::as_slice);
                let pieces = inner.unwrap_or_default().iter();
                thought.extend(pieces.filter_map(|piece| piece["text"].as_str()));
                thought.push_str(part["thinking"].as_str().unwrap_or_default());
            }
            (None, Value::String(piece)) => text.push_str(piece),
            _ => rest.push(part),
        }
    }
    let full = |s: String| (!s.is_empty()).then_some(s);
    (full(text), full(thought), rest)
}

/// A tool call, whole or a piece.
#[derive(Debug, Deserialize)]
pub(crate) struct WireToolCall {
    #[serde(default)]
    pub(crate) index: Option<u32>,
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) function: Option<WireFunction>,
    #[serde(flatten)]
    pub(crate) extra: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireFunction {
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// JSON text; some servers send the object itself.
    #[serde(default)]
    arguments: Option<Value>,
}

impl WireFunction {
    pub(crate) fn take_arguments(&mut self) -> Option<String> {
        match self.arguments.take()? {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }
}

/// The id of a call that the vendor left out: made from the answer's own id and the call's position.
pub(crate) fn minted_call_id(answer_id: &str, choice: u32, position: usize) -> String {
    format!("call_{answer_id}_{choice}_{position}")
}

impl WireToolCall {
    fn into_call(self, answer_id: &str, choice: u32, position: usize) -> ToolCall {
        let id = self.id.filter(|id| !id.is_empty());
        let function = self.function.map(|mut f| crate::chat::FunctionCall {
            arguments: f.take_arguments().unwrap_or_default(),
            name: f.name.unwrap_or_default(),
        });
        ToolCall {
            id: id.unwrap_or_else(|| minted_call_id(answer_id, choice, position)),
            kind: self
                .kind
                .filter(|kind| !kind.is_empty())
                .unwrap_or_else(|| "function".to_owned()),
            function,
            extra: self.extra,
        }
    }
}
