//! Canonical answers to the JSON of chat completions: what whole answers and chunks share.

use serde::Serialize;
use serde_json::{Map, Value};

use super::finish::finish_word;
use super::usage;
use crate::chat::{ChatResponse, Choice, Content, Message, ThinkingBlock, ToolCall};
use crate::dialect::{EncodeContext, WireError};

/// Top-level fields that we write ourselves; a vendor's field of the same name is not repeated.
const OWN_FIELDS: [&str; 7] = [
    "id", "object", "created", "model", "choices", "usage", "error",
];

/// The id shown to the client: the vendor's, or one made from our request id.
pub(super) fn answer_id(id: &str, context: &EncodeContext) -> String {
    if id.is_empty() {
        return format!("chatcmpl-{}", context.request_id);
    }
    id.to_owned()
}

/// The model shown to the client: what it asked for, else the vendor's word.
pub(super) fn model_name<'a>(model: &'a str, context: &'a EncodeContext) -> &'a str {
    if context.model.is_empty() {
        model
    } else {
        &context.model
    }
}

pub(super) fn created(created: i64, context: &EncodeContext) -> i64 {
    if created == 0 {
        context.created
    } else {
        created
    }
}

/// A vendor's further top-level fields (`system_fingerprint`, `service_tier`, …).
pub(super) fn other_fields(extra: &Map<String, Value>) -> Map<String, Value> {
    let fields = extra
        .iter()
        .filter(|(name, _)| !OWN_FIELDS.contains(&name.as_str()));
    fields
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Serialises what cannot fail: our own structs with string keys.
pub(crate) fn to_json(value: &impl Serialize, out: &mut Vec<u8>) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"{}");
    }
}

/// A complete answer.
pub(super) fn response(response: &ChatResponse, context: &EncodeContext) -> Vec<u8> {
    let wire = Wire {
        id: answer_id(&response.id, context),
        object: "chat.completion",
        created: created(response.created, context),
        model: model_name(&response.model, context),
        choices: response.choices.iter().map(WireChoice::of).collect(),
        usage: response.usage.as_ref().map(usage::written),
        other: other_fields(&response.extra),
    };
    let mut out = Vec::with_capacity(1024);
    to_json(&wire, &mut out);
    out
}

/// An error as a complete body.
pub(super) fn error(error: &WireError<'_>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Body<'a> {
        error: Inner<'a>,
    }
    #[derive(Serialize)]
    struct Inner<'a> {
        message: &'a str,
        r#type: &'a str,
        param: Option<&'a str>,
        code: Option<&'a str>,
    }
    let mut out = Vec::with_capacity(256);
    let error = Inner {
        message: error.message,
        r#type: error.kind,
        param: error.param,
        code: error.code,
    };
    to_json(&Body { error }, &mut out);
    out
}

#[derive(Serialize)]
struct Wire<'a, U: Serialize> {
    id: String,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: Vec<WireChoice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<U>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

#[derive(Serialize)]
struct WireChoice<'a> {
    index: u32,
    message: WireMessage<'a>,
    logprobs: &'a Option<Value>,
    finish_reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    native_finish_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_sequence: Option<&'a str>,
}

impl<'a> WireChoice<'a> {
    fn of(choice: &'a Choice) -> Self {
        Self {
            index: choice.index,
            message: WireMessage::of(&choice.message),
            logprobs: &choice.logprobs,
            finish_reason: finish_word(choice.finish_reason),
            native_finish_reason: choice.native_finish_reason.as_deref(),
            stop_sequence: choice.stop_sequence.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct WireMessage<'a> {
    role: &'static str,
    content: Option<WireContent<'a>>,
    refusal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<&'a [ToolCall]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_blocks: Option<&'a [ThinkingBlock]>,
    #[serde(flatten)]
    other: &'a Map<String, Value>,
}

/// OpenAI's answers hold a string; parts are written only where they say more than text.
#[derive(Serialize)]
#[serde(untagged)]
enum WireContent<'a> {
    Text(&'a str),
    Joined(String),
    Parts(&'a Content),
}

impl<'a> WireMessage<'a> {
    fn of(message: &'a Message) -> Self {
        let content = message.content.as_ref().map(|content| match content {
            Content::Text(text) => WireContent::Text(text),
            Content::Parts(parts) if parts.iter().all(|part| part.as_text().is_some()) => {
                WireContent::Joined(content.plain_text())
            }
            Content::Parts(_) => WireContent::Parts(content),
        });
        let calls = message.tool_calls.as_deref();
        Self {
            role: "assistant",
            content,
            refusal: message.refusal.as_deref(),
            tool_calls: calls.filter(|calls| !calls.is_empty()),
            reasoning_content: message.reasoning_content.as_deref(),
            thinking_blocks: message.thinking_blocks.as_deref(),
            other: &message.extra,
        }
    }
}
