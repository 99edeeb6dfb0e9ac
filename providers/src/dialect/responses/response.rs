//! A complete canonical answer to a complete response object.

use super::echo::{Body, Skeleton};
use super::items::{
    Item, OutputText, Piece, Status, Summary, annotations, lacks_message, logprobs, outcome,
    sealed_block, sealed_call, seed,
};
use super::usage;
use crate::chat::{ChatResponse, Choice, FinishReason, Message, ThinkingBlock, ToolCall};
use crate::dialect::EncodeContext;

/// Encodes the first choice; this dialect has no others.
pub(super) fn encode(response: &ChatResponse, context: &EncodeContext) -> Vec<u8> {
    let mut skeleton = Skeleton::new(context);
    skeleton.created_at(response.created);
    let choice = response.choices.iter().min_by_key(|choice| choice.index);
    let finish = choice.map_or(FinishReason::Stop, |choice| choice.finish_reason);
    let (status, incomplete) = outcome(finish);

    let mut output = Output {
        seed: seed(&context.request_id),
        items: Vec::new(),
    };
    if let Some(choice) = choice {
        output.reasoning(&choice.message);
        output.message(choice);
        for call in choice.message.tool_calls.iter().flatten() {
            output.call(call, finish);
        }
    }
    if lacks_message(&output.items, finish) {
        output.push_message(vec![Piece::OutputText(OutputText::default())]);
    }
    if let Some(last) = output.items.last_mut() {
        last.set_status(status);
    }

    let mut out = Vec::new();
    let body = Body {
        status,
        output: &output.items,
        usage: response.usage.as_ref().map(usage::write),
        error: None,
        incomplete,
        service_tier: response.extra.get("service_tier"),
    };
    skeleton.write(body, &mut out);
    out
}

struct Output {
    seed: String,
    items: Vec<Item>,
}

impl Output {
    fn push(&mut self, mut item: Item) {
        item.set_status(Status::Completed);
        self.items.push(item);
    }

    /// One item a block, so that each goes back sealed as it came.
    fn reasoning(&mut self, message: &Message) {
        let blocks = message.thinking_blocks.as_deref().unwrap_or_default();
        let readable = message.reasoning_content.as_deref().unwrap_or_default();
        let is_readable = |block: &ThinkingBlock| matches!(block, ThinkingBlock::Thinking { thinking, .. } if !thinking.is_empty());
        if !blocks.iter().any(is_readable) && !readable.is_empty() {
            self.push_reasoning(readable, None);
        }
        for block in blocks {
            let text = match block {
                ThinkingBlock::Thinking { thinking, .. } => thinking,
                ThinkingBlock::RedactedThinking { .. } => "",
            };
            self.push_reasoning(text, sealed_block(block));
        }
    }

    fn push_reasoning(&mut self, text: &str, seal: Option<String>) {
        let mut item = Item::reasoning(&self.seed, self.items.len());
        if let Item::Reasoning(reasoning) = &mut item {
            if !text.is_empty() {
                reasoning.summary.push(Summary {
                    text: text.to_owned(),
                });
            }
            reasoning.encrypted_content = seal;
        }
        self.push(item);
    }

    fn message(&mut self, choice: &Choice) {
        let message = &choice.message;
        let text = message.plain_text();
        let mut content = Vec::new();
        if !text.is_empty() {
            content.push(Piece::OutputText(OutputText {
                text,
                annotations: annotations(&message.extra),
                logprobs: logprobs(choice.logprobs.as_ref()),
            }));
        }
        if let Some(refusal) = message.refusal.clone().filter(|text| !text.is_empty()) {
            content.push(Piece::Refusal { refusal });
        }
        if !content.is_empty() {
            self.push_message(content);
        }
    }

    fn push_message(&mut self, content: Vec<Piece>) {
        let mut item = Item::message(&self.seed, self.items.len());
        if let Item::Message(message) = &mut item {
            message.content = content;
        }
        self.push(item);
    }

    fn call(&mut self, call: &ToolCall, finish: FinishReason) {
        if let Some(seal) = sealed_call(&call.id, &call.extra) {
            self.push_reasoning("", Some(seal));
        }
        let function = call.function.clone().unwrap_or_default();
        let mut item =
            Item::function_call(&self.seed, self.items.len(), call.id.clone(), function.name);
        if let Item::FunctionCall(call) = &mut item {
            call.arguments = function.arguments;
            if call.arguments.is_empty() && outcome(finish).0 == Status::Completed {
                call.arguments.push_str("{}");
            }
        }
        self.push(item);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_answer_without_choices_is_still_a_response() {
        let bytes = encode(&ChatResponse::default(), &EncodeContext::default());
        let value: Value = serde_json::from_slice(&bytes).expect("is JSON");
        assert_eq!(value["output"][0]["content"][0]["text"], json!(""));
        assert_eq!(value["usage"], Value::Null);
    }
}
