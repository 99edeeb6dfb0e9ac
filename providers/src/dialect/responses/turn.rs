//! The assistant's turn under construction: the items of one answer become one message.

use super::parts::{Decoded, content_of};
use crate::chat::{KnownPart, Message, Part, Role, ThinkingBlock, ToolCall};
use serde_json::{Map, Value};

/// Items of the assistant that belong to one chat message.
///
/// Chat formats want a call's result right behind the message that made the call, so once a turn has
/// calls everything of the assistant joins it until a result or another speaker ends it.
#[derive(Debug, Default)]
pub(super) struct Turn {
    parts: Vec<Part>,
    refusal: Option<String>,
    calls: Vec<ToolCall>,
    reasoning: String,
    blocks: Vec<ThinkingBlock>,
    extra: Map<String, Value>,
}

impl Turn {
    /// Whether another message item would start a new turn.
    pub(super) fn is_said(&self) -> bool {
        self.calls.is_empty() && (!self.parts.is_empty() || self.refusal.is_some())
    }

    /// Adds a message item.
    pub(super) fn say(&mut self, said: Decoded, extra: Map<String, Value>) {
        self.parts
            .extend(said.parts.into_iter().filter(has_substance));
        if let Some(refusal) = said.refusal {
            self.refusal.get_or_insert_default().push_str(&refusal);
        }
        self.extra.extend(extra);
    }

    /// Adds a call.
    pub(super) fn call(&mut self, call: ToolCall) {
        self.calls.push(call);
    }

    /// Adds a reasoning item: its readable text, and its sealed block.
    pub(super) fn reason(&mut self, readable: &str, block: Option<ThinkingBlock>) {
        if !self.reasoning.is_empty() && !readable.is_empty() {
            self.reasoning.push_str("\n\n");
        }
        self.reasoning.push_str(readable);
        self.blocks.extend(block);
    }

    /// The message, or `None` when the turn only reasoned (or said nothing at all).
    pub(super) fn into_message(self) -> Result<Message, OnlyReasoning> {
        let content = content_of(self.parts);
        if content.is_none() && self.refusal.is_none() && self.calls.is_empty() {
            let reasoned = !self.reasoning.is_empty() || !self.blocks.is_empty();
            return Err(OnlyReasoning(reasoned));
        }
        Ok(Message {
            content,
            refusal: self.refusal,
            tool_calls: (!self.calls.is_empty()).then_some(self.calls),
            reasoning_content: (!self.reasoning.is_empty()).then_some(self.reasoning),
            thinking_blocks: (!self.blocks.is_empty()).then_some(self.blocks),
            extra: self.extra,
            ..Message::empty(Role::Assistant)
        })
    }
}

/// A turn without anything to say; true when there was reasoning to lose.
#[derive(Debug)]
pub(super) struct OnlyReasoning(pub(super) bool);

/// Empty text is what an answer without text looks like in this dialect; vendors refuse it.
fn has_substance(part: &Part) -> bool {
    !matches!(part, Part::Known(KnownPart::Text { text, .. }) if text.is_empty())
}
