//! The conversation: canonical messages to `system` and alternating turns.
//!
//! Anthropic knows two roles and one `system`. Consecutive turns of a role are one turn, tool results
//! stand first in the user's turn, signed thinking stands first in the assistant's.

use serde_json::{Value, json};

use super::content;
use crate::chat::{Message, Role, ThinkingBlock, ToolCall};
use crate::error::Error;
use crate::notes::Notes;
use crate::portable;

/// A conversation in Anthropic's form.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// Blocks of `system`.
    pub(super) system: Vec<Value>,
    turns: Vec<Turn>,
    /// Names of the tools that were called, in order of first use.
    pub(super) called: Vec<String>,
}

#[derive(Debug)]
struct Turn {
    role: &'static str,
    results: Vec<Value>,
    blocks: Vec<Value>,
}

/// Maps all messages.
///
/// # Errors
/// `InvalidRequest` when nothing is left to send or a tool turn names no call, `NotSupported` for
/// content Anthropic does not take.
pub(super) fn encode(messages: &[Message], notes: &mut Notes) -> Result<Conversation, Error> {
    let mut conversation = Conversation::default();
    for message in messages {
        conversation.add(message, notes)?;
    }
    conversation.close(notes)?;
    Ok(conversation)
}

impl Conversation {
    /// The `messages` array.
    pub(super) fn into_messages(self) -> (Vec<Value>, Vec<Value>) {
        let turns = self.turns.into_iter().map(|turn| {
            let mut blocks = turn.results;
            blocks.extend(turn.blocks);
            json!({"role": turn.role, "content": content::compact(blocks)})
        });
        (self.system, turns.collect())
    }

    fn add(&mut self, message: &Message, notes: &mut Notes) -> Result<(), Error> {
        note_extras(message, notes);
        let cache = message.extra.get("cache_control");
        match message.role {
            Role::System | Role::Developer => {
                if !self.turns.is_empty() {
                    notes.changed("messages.system");
                }
                let mut blocks = body(message, notes)?;
                if blocks.iter().any(|block| block["type"] != "text") {
                    return Err(Error::not_supported(
                        "messages",
                        "anthropic takes only text in system messages",
                    ));
                }
                mark(&mut blocks, cache);
                self.system.append(&mut blocks);
            }
            Role::User => {
                let mut blocks = body(message, notes)?;
                mark(&mut blocks, cache);
                self.turn("user").blocks.append(&mut blocks);
            }
            Role::Assistant => {
                let mut blocks = self.assistant(message, notes)?;
                mark(&mut blocks, cache);
                self.turn("assistant").blocks.append(&mut blocks);
            }
            Role::Tool | Role::Function => {
                let result = tool_result(message, notes)?;
                self.turn("user").results.push(result);
            }
        }
        Ok(())
    }

    /// The last turn, when it is `role`'s, else a new one.
    fn turn(&mut self, role: &'static str) -> &mut Turn {
        if self.turns.last().is_none_or(|turn| turn.role != role) {
            self.turns.push(Turn {
                role,
                results: Vec::new(),
                blocks: Vec::new(),
            });
        }
        let last = self.turns.len() - 1;
        &mut self.turns[last]
    }

    fn assistant(&mut self, message: &Message, notes: &mut Notes) -> Result<Vec<Value>, Error> {
        let mut blocks = thinking(message, notes);
        blocks.extend(body(message, notes)?);
        blocks.extend(message.refusal.as_deref().and_then(content::text_block));
        for call in message.tool_calls.iter().flatten() {
            let (name, block) = tool_use(call, notes)?;
            if !self.called.contains(&name) {
                self.called.push(name);
            }
            blocks.push(block);
        }
        Ok(blocks)
    }

    /// Drops empty turns and repairs what Anthropic refuses at the ends of a conversation.
    fn close(&mut self, notes: &mut Notes) -> Result<(), Error> {
        self.turns
            .retain(|turn| !turn.results.is_empty() || !turn.blocks.is_empty());
        let mut merged: Vec<Turn> = Vec::with_capacity(self.turns.len());
        for turn in self.turns.drain(..) {
            match merged.last_mut().filter(|last| last.role == turn.role) {
                Some(last) => {
                    last.results.extend(turn.results);
                    last.blocks.extend(turn.blocks);
                }
                None => merged.push(turn),
            }
        }
        self.turns = merged;
        if self.turns.is_empty() {
            return self.ask_with_system(notes);
        }
        if let Some(last) = self.turns.last_mut().filter(|t| t.role == "assistant") {
            trim_prefill(last, notes);
        }
        Ok(())
    }

    /// OpenAI answers a system message alone; Anthropic needs a turn, so it becomes the question.
    fn ask_with_system(&mut self, notes: &mut Notes) -> Result<(), Error> {
        let Some(question) = self.system.pop() else {
            return Err(Error::invalid("messages", "the conversation is empty"));
        };
        notes.changed("messages.system");
        self.turn("user").blocks.push(question);
        Ok(())
    }
}

/// Anthropic refuses a last assistant turn that ends in white space.
fn trim_prefill(turn: &mut Turn, notes: &mut Notes) {
    let Some(Value::Object(block)) = turn.blocks.last_mut() else {
        return;
    };
    let Some(Value::String(text)) = block.get_mut("text") else {
        return;
    };
    let kept = text.trim_end().len();
    if kept > 0 && kept < text.len() {
        text.truncate(kept);
        notes.changed("messages.content");
    }
}

fn body(message: &Message, notes: &mut Notes) -> Result<Vec<Value>, Error> {
    match &message.content {
        Some(content) => content::blocks(content, notes),
        None => Ok(Vec::new()),
    }
}

/// Puts a message's own `cache_control` on its last block.
fn mark(blocks: &mut [Value], cache: Option<&Value>) {
    if let (Some(last), Some(cache)) = (blocks.last_mut(), cache) {
        last["cache_control"] = cache.clone();
    }
}

fn note_extras(message: &Message, notes: &mut Notes) {
    if message.name.is_some() && message.role != Role::Function {
        notes.dropped("messages.name");
    }
    for name in message.extra.keys() {
        // `annotations` and `citations` are what earlier answers carried for the client to show.
        let known = matches!(
            name.as_str(),
            "cache_control" | "is_error" | "annotations" | "citations"
        );
        if !known {
            notes.dropped(format!("messages.{name}"));
        }
    }
}

/// Signed thinking, unchanged. Unsigned thinking would be refused.
fn thinking(message: &Message, notes: &mut Notes) -> Vec<Value> {
    let mut blocks = Vec::new();
    for block in message.thinking_blocks.iter().flatten() {
        match block {
            ThinkingBlock::Thinking {
                thinking,
                signature: Some(signature),
            } if !signature.is_empty() => blocks.push(json!({
                "type": "thinking", "thinking": thinking, "signature": signature,
            })),
            ThinkingBlock::Thinking { .. } => notes.dropped("messages.thinking_blocks"),
            ThinkingBlock::RedactedThinking { data } => {
                blocks.push(json!({"type": "redacted_thinking", "data": data}));
            }
        }
    }
    if blocks.is_empty() && message.reasoning_content.is_some() {
        notes.dropped("messages.reasoning_content");
    }
    blocks
}

fn tool_use(call: &ToolCall, notes: &mut Notes) -> Result<(String, Value), Error> {
    let Some(function) = &call.function else {
        return Err(Error::not_supported(
            "messages.tool_calls",
            format!("anthropic has no `{}` tool calls", call.kind),
        ));
    };
    let mut block = json!({
        "type": "tool_use",
        "id": safe_id(&call.id, notes),
        "name": function.name,
        "input": arguments(&function.arguments, notes),
    });
    const KNOWN: &[&str] = &["cache_control", "caller"];
    for name in KNOWN {
        if let Some(value) = call.extra.get(*name) {
            block[*name] = value.clone();
        }
    }
    portable::note_call(call, KNOWN, notes);
    Ok((function.name.clone(), block))
}

/// Arguments as the object Anthropic wants. A call that was cut short by its token cap leaves broken
/// JSON in the history; it is kept as text, or the conversation could never go on.
fn arguments(text: &str, notes: &mut Notes) -> Value {
    if text.trim().is_empty() {
        return json!({});
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value @ Value::Object(_)) => value,
        _ => {
            notes.changed("messages.tool_calls.arguments");
            json!({"raw_arguments": text})
        }
    }
}

fn tool_result(message: &Message, notes: &mut Notes) -> Result<Value, Error> {
    let Some(id) = &message.tool_call_id else {
        return Err(Error::invalid(
            "messages.tool_call_id",
            "a tool message must name the call it answers",
        ));
    };
    let mut block = json!({"type": "tool_result", "tool_use_id": safe_id(id, notes)});
    let inner = body(message, notes)?;
    if !inner.is_empty() {
        block["content"] = content::compact(inner);
    }
    for name in ["is_error", "cache_control"] {
        if let Some(value) = message.extra.get(name) {
            block[name] = value.clone();
        }
    }
    Ok(block)
}

/// Anthropic takes letters, digits, `_` and `-` in ids; some vendors put more into theirs.
fn safe_id(id: &str, notes: &mut Notes) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !id.is_empty() && id.chars().all(is_safe) {
        return id.to_owned();
    }
    notes.changed("messages.tool_calls.id");
    if id.is_empty() {
        return "call".to_owned();
    }
    id.chars()
        .map(|c| if is_safe(c) { c } else { '_' })
        .collect()
}
