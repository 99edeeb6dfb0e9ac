//! A canonical answer as a complete `message`.

use serde_json::{Map, Value, json};

use super::{message_id, tool_id};
use crate::anthropic::wire::{Ending, usage_json};
use crate::chat::{ChatResponse, Choice, Message, ThinkingBlock};
use crate::dialect::EncodeContext;
use crate::dialect::sealed::Sealed;
use crate::usage::Usage;

/// See [`crate::Dialect::encode_response`]. Messages has one answer: the first choice.
pub(super) fn encode(response: &ChatResponse, context: &EncodeContext) -> Vec<u8> {
    let choice = response.choices.iter().min_by_key(|choice| choice.index);
    let content = choice.map_or_else(Vec::new, |c| content(&c.message, context));
    let usage = response.usage.clone();
    let usage = usage.unwrap_or_else(|| Usage::tokens(context.estimated_input_tokens, 0));
    let mut out = json!({
        "id": message_id(&response.id, context),
        "type": "message",
        "role": "assistant",
        "model": context.model,
        "content": content,
        "stop_reason": choice.map_or("end_turn", stop_reason),
        "stop_sequence": choice.and_then(|c| c.stop_sequence.as_deref()),
        "usage": usage_json(&usage),
    });
    for name in ["stop_details", "container"] {
        if let Some(value) = response.extra.get(name) {
            out[name] = value.clone();
        }
    }
    out.to_string().into_bytes()
}

fn stop_reason(choice: &Choice) -> &str {
    let calls = choice.message.tool_calls.as_ref();
    Ending {
        finish: Some(choice.finish_reason),
        native: choice.native_finish_reason.as_deref(),
        stop_sequence: choice.stop_sequence.as_deref(),
        called_tools: calls.is_some_and(|calls| !calls.is_empty()),
        refused: choice
            .message
            .refusal
            .as_ref()
            .is_some_and(|text| !text.is_empty()),
    }
    .stop_reason()
}

fn content(message: &Message, context: &EncodeContext) -> Vec<Value> {
    let mut blocks: Vec<Value> = Vec::new();
    let whole = message.thinking_blocks.as_deref().unwrap_or_default();
    let tells = |block: &ThinkingBlock| matches!(block, ThinkingBlock::Thinking { thinking, .. } if !thinking.is_empty());
    if let Some(reasoning) = message
        .reasoning_content
        .as_ref()
        .filter(|text| !text.is_empty() && !whole.iter().any(tells))
    {
        blocks.push(json!({"type": "thinking", "thinking": reasoning, "signature": ""}));
    }
    blocks.extend(whole.iter().map(thinking_block));
    let text = message.plain_text();
    for text in [Some(&text), message.refusal.as_ref()]
        .into_iter()
        .flatten()
    {
        if !text.is_empty() {
            blocks.push(json!({"type": "text", "text": text}));
        }
    }
    for (at, call) in message.tool_calls.iter().flatten().enumerate() {
        let Some(function) = &call.function else {
            continue;
        };
        let id = tool_id(&call.id, at, context);
        blocks.extend(seal(&id, &call.extra).as_ref().map(thinking_block));
        blocks.push(json!({
            "type": "tool_use",
            "id": id,
            "name": function.name,
            "input": input(&function.arguments),
        }));
    }
    blocks
}

/// What a vendor attached to the call `id` (Google's thought signature), for the client to bring back.
/// Clients carry redacted thinking along faithfully, because Anthropic demands it.
pub(super) fn seal(id: &str, extra: &Map<String, Value>) -> Option<ThinkingBlock> {
    let data = Sealed::call(id, extra)?.seal();
    Some(ThinkingBlock::RedactedThinking { data })
}

/// A thinking block in Anthropic's form; one that nobody signed has an empty signature.
pub(super) fn thinking_block(block: &ThinkingBlock) -> Value {
    match block {
        ThinkingBlock::Thinking {
            thinking,
            signature,
        } => json!({
            "type": "thinking",
            "thinking": thinking,
            "signature": signature.as_deref().unwrap_or_default(),
        }),
        ThinkingBlock::RedactedThinking { data } => {
            json!({"type": "redacted_thinking", "data": data})
        }
    }
}

/// Arguments as the object clients expect. Broken JSON (a call cut short by its cap) is kept as text.
fn input(arguments: &str) -> Value {
    if arguments.trim().is_empty() {
        return json!({});
    }
    match serde_json::from_str::<Value>(arguments) {
        Ok(value @ Value::Object(_)) => value,
        _ => json!({"raw_arguments": arguments}),
    }
}
