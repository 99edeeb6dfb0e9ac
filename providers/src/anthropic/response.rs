//! A complete answer of `POST /v1/messages` to a canonical one.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::error;
use super::wire::{ANSWER_TOOL, UsageTally, finish_reason, native_reason};
use crate::chat::{
    ChatResponse, Choice, Content, FinishReason, FunctionCall, Message, Role, ThinkingBlock,
    ToolCall,
};
use crate::error::Error;

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    model: String,
    content: Option<Vec<Block>>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
    stop_details: Option<Value>,
    container: Option<Value>,
    usage: Option<Map<String, Value>>,
    error: Option<WireError>,
}

/// The `error` object of an answer or an event.
#[derive(Deserialize)]
pub(super) struct WireError {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
}

impl WireError {
    pub(super) fn into_error(self) -> Error {
        error::from_wire(&self.kind, &self.message, None)
    }
}

/// A content block, of any type.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    text: String,
    thinking: String,
    signature: Option<String>,
    data: String,
    id: String,
    name: String,
    input: Option<Box<RawValue>>,
    citations: Option<Vec<Value>>,
}

/// Decodes the body. See [`crate::Provider::decode_chat`].
pub(super) fn decode(body: &[u8]) -> Result<ChatResponse, Error> {
    let body: Body = serde_json::from_slice(body)
        .map_err(|e| Error::malformed(format!("cannot decode anthropic answer: {e}")))?;
    if body.kind == "error" || body.error.is_some() {
        return Err(body.error.map_or_else(
            || Error::malformed("anthropic answered with an error without details"),
            WireError::into_error,
        ));
    }
    let Some(blocks) = body.content else {
        return Err(Error::malformed("anthropic answer has no `content`"));
    };
    let mut answer = Answer::default();
    for block in blocks {
        answer.add(block);
    }
    let called = !answer.calls.is_empty();
    let stop = body.stop_reason.as_deref().unwrap_or("end_turn");
    let finish = answered_by_tool(finish_reason(stop), answer.structured.is_some(), called);
    let mut tally = UsageTally::default();
    tally.absorb(body.usage.unwrap_or_default());
    let mut extra = Map::new();
    for (name, value) in [
        ("stop_details", body.stop_details),
        ("container", body.container),
    ] {
        if let Some(value) = value {
            extra.insert(name.to_owned(), value);
        }
    }
    Ok(ChatResponse {
        id: body.id,
        created: 0,
        model: body.model,
        choices: vec![Choice {
            index: 0,
            message: answer.into_message(),
            finish_reason: finish,
            native_finish_reason: native_reason(stop),
            stop_sequence: body.stop_sequence,
            logprobs: None,
        }],
        usage: tally.usage(),
        extra,
    })
}

/// An answer given through [`ANSWER_TOOL`] alone ended by itself as far as the client is concerned.
pub(super) fn answered_by_tool(
    finish: FinishReason,
    structured: bool,
    called: bool,
) -> FinishReason {
    if structured && !called && finish == FinishReason::ToolCalls {
        return FinishReason::Stop;
    }
    finish
}

#[derive(Default)]
struct Answer {
    text: String,
    /// Arguments of [`ANSWER_TOOL`]: they are the content, any text beside them is talk.
    structured: Option<String>,
    reasoning: String,
    thinking: Vec<ThinkingBlock>,
    calls: Vec<ToolCall>,
    annotations: Vec<Value>,
}

impl Answer {
    fn add(&mut self, block: Block) {
        match block.kind.as_str() {
            "text" => {
                let start = self.text.chars().count();
                self.text.push_str(&block.text);
                let end = self.text.chars().count();
                let citations = block.citations.unwrap_or_default();
                self.annotations
                    .extend(citations.iter().filter_map(|c| annotation(c, start, end)));
            }
            "thinking" => {
                self.reasoning.push_str(&block.thinking);
                self.thinking.push(ThinkingBlock::Thinking {
                    thinking: block.thinking,
                    signature: block.signature.filter(|s| !s.is_empty()),
                });
            }
            "redacted_thinking" => self
                .thinking
                .push(ThinkingBlock::RedactedThinking { data: block.data }),
            "tool_use" => {
                let input = block
                    .input
                    .map_or("{}".to_owned(), |raw| raw.get().to_owned());
                if block.name == ANSWER_TOOL {
                    self.structured = Some(input);
                    return;
                }
                self.calls.push(ToolCall {
                    id: block.id,
                    kind: "function".to_owned(),
                    function: Some(FunctionCall {
                        name: block.name,
                        arguments: input,
                    }),
                    extra: Map::new(),
                });
            }
            // Calls and results of the vendor's own tools: run already, nothing for the client to do.
            _ => {}
        }
    }

    fn into_message(self) -> Message {
        let mut message = Message::empty(Role::Assistant);
        let text = self.structured.unwrap_or(self.text);
        message.content = (!text.is_empty()).then_some(Content::Text(text));
        message.tool_calls = (!self.calls.is_empty()).then_some(self.calls);
        message.reasoning_content = (!self.reasoning.is_empty()).then_some(self.reasoning);
        message.thinking_blocks = (!self.thinking.is_empty()).then_some(self.thinking);
        if !self.annotations.is_empty() {
            let annotations = Value::Array(self.annotations);
            message.extra.insert("annotations".to_owned(), annotations);
        }
        message
    }
}

/// A web citation as OpenAI's `url_citation`, over the characters `start..end` of the answer. Citations
/// of the client's own documents have no counterpart.
pub(super) fn annotation(citation: &Value, start: usize, end: usize) -> Option<Value> {
    let url = citation.get("url")?.as_str()?;
    Some(json!({
        "type": "url_citation",
        "url_citation": {
            "url": url,
            "title": citation["title"].as_str().unwrap_or_default(),
            "start_index": start,
            "end_index": end,
        },
    }))
}
