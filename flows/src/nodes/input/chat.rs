//! Begins a run with a message of a conversation.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeResult, Output, RawSettings, Role,
};
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct Chat;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What the page says before the first message, in Markdown.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never", "x-widget" = "markdown"))]
    #[expect(dead_code, reason = "the page reads it, not the node")]
    greeting: String,
    /// Questions that can be asked with one click.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    #[expect(dead_code, reason = "the page reads it, not the node")]
    suggestions: Vec<String>,
    /// Files may be sent along.
    #[serde(default)]
    #[expect(dead_code, reason = "the page reads it, not the node")]
    allow_files: bool,
    /// Messages of the conversation that are handed on, the newest.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 200))]
    history: usize,
}

fn twenty() -> usize {
    20
}

impl Node for Chat {
    type Settings = Settings;

    const ABOUT: About = About {
        role: Role::Trigger,
        icon: "message-circle",
        keywords: &["conversation", "bot", "assistant", "widget"],
        docs: "A run begins with each message: on the chat page, in the embedded widget, or by \
               `/v1/chat/completions` with the model `flow/<slug>`.\n\n`message` is the newest text, \
               `messages` the conversation with it as the last entry, ready for a model.",
        ..About::step(
            "input.chat",
            Category::Input,
            "Chat message",
            "Begins a run with a message of a conversation.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::trigger([
            Port::new("message", DataType::String, "Message"),
            Port::new(
                "messages",
                DataType::array(DataType::Message),
                "Conversation",
            ),
            Port::new("files", DataType::array(DataType::File), "Files"),
            Port::new("conversation_id", DataType::String, "Conversation id"),
        ])
    }

    async fn run(_: &NodeContext, settings: Settings, mut given: PortValues) -> NodeResult {
        let input = given.remove("input").unwrap_or_default();
        let mut messages = match input.get("messages") {
            Some(Value::Array(messages)) => messages.clone(),
            _ => Vec::new(),
        };
        let text = match input.get("message") {
            Some(message) if !message.is_null() => {
                let text = text_of(message);
                messages.push(json!({"role": "user", "content": text}));
                text
            }
            _ => messages.last().map(last_text).unwrap_or_default(),
        };
        if messages.is_empty() {
            return Err(NodeError::input(
                "the input has neither `message` nor `messages`",
            ));
        }
        let surplus = messages.len().saturating_sub(settings.history);
        messages.drain(..surplus);
        let part = |name: &str| input.get(name).cloned();
        Ok(Output::one("message", text)
            .and("messages", messages)
            .and("files", part("files").unwrap_or_else(|| json!([])))
            .and(
                "conversation_id",
                part("conversation_id").unwrap_or_default(),
            )
            .into())
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "The second message of a conversation",
            json!({"history": 2}),
            json!({"input": {"message": "And tea?", "messages": [
                {"role": "user", "content": "Do you have coffee?"},
                {"role": "assistant", "content": "Yes."},
            ]}}),
            json!({
                "message": "And tea?",
                "messages": [
                    {"role": "assistant", "content": "Yes."},
                    {"role": "user", "content": "And tea?"},
                ],
                "files": [],
                "conversation_id": null,
            }),
        )]
    }
}

/// The text of a message; of content parts, those that are text.
fn last_text(message: &Value) -> String {
    match message.get("content") {
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        Some(content) => text_of(content),
        None => String::new(),
    }
}
