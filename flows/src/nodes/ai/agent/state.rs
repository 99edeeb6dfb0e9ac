//! How far an agent has come; kept while it waits for a flow.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::node::{Level, NodeContext, NodeError, NodeErrorKind};
use crate::value::text_of;

/// Characters of a tool's result that the model sees.
const RESULT_CHARS: usize = 40_000;
/// Bytes of a state that is kept during a wait.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// How far an agent has come.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// The conversation.
    pub(super) messages: Vec<Value>,
    /// Calls that the model wants and that are not done, the next one first.
    pub(super) pending: Vec<Value>,
    /// What was done.
    pub(super) steps: Vec<Value>,
    /// Times that the model was asked.
    pub(super) iterations: u32,
    /// What that cost.
    pub(super) nano_usd: i64,
}

impl State {
    pub(super) fn new(messages: Vec<Value>) -> Self {
        Self {
            messages,
            ..Self::default()
        }
    }

    pub(super) fn read(state: Value) -> Result<Self, NodeError> {
        serde_json::from_value(state).map_err(|error| {
            let message = format!("what the agent left cannot be read: {error}");
            NodeError::new(NodeErrorKind::Internal, message)
        })
    }

    pub(super) fn write(&self) -> Result<Value, NodeError> {
        let state = json!(self);
        if state.to_string().len() > MAX_BYTES {
            let message =
                "the agent's conversation is too long to be kept while it waits for a flow";
            return Err(NodeError::new(NodeErrorKind::Limit, message).permanent());
        }
        Ok(state)
    }

    /// The next call: the tool's name and its arguments, or what is wrong with them.
    pub(super) fn next_call(&self) -> Option<(String, Result<Value, String>)> {
        let function = &self.pending.first()?["function"];
        let name = function["name"].as_str().unwrap_or_default().to_owned();
        let arguments = match &function["arguments"] {
            Value::String(text) if text.trim().is_empty() => Ok(json!({})),
            Value::String(text) => serde_json::from_str(text)
                .map_err(|error| format!("the arguments are no JSON: {error}")),
            Value::Null => Ok(json!({})),
            other => Ok(other.clone()),
        };
        let arguments = arguments.and_then(|arguments: Value| match arguments {
            Value::Object(_) => Ok(arguments),
            _ => Err("the arguments must be a JSON object".to_owned()),
        });
        Some((name, arguments))
    }

    /// Notes what became of the next call.
    pub(super) fn called(&mut self, context: &NodeContext, result: Result<Value, String>) {
        if self.pending.is_empty() {
            return;
        }
        let call = self.pending.remove(0);
        let name = call["function"]["name"].clone();
        let arguments = call["function"]["arguments"].clone();
        let (content, mut step) = match result {
            Ok(value) => (text_of(&value), json!({"result": value})),
            Err(why) => (format!("Error: {why}"), json!({"error": why})),
        };
        let content: String = content.chars().take(RESULT_CHARS).collect();
        let read = arguments.as_str().map(serde_json::from_str::<Value>);
        step["tool"] = name;
        step["arguments"] = read.and_then(Result::ok).unwrap_or(arguments);
        step["iteration"] = self.iterations.into();
        let level = if step.get("error").is_some() {
            Level::Warn
        } else {
            Level::Info
        };
        let line = format!("tool {}", step["tool"].as_str().unwrap_or_default());
        context.recorder.log(level, &line, step.clone());
        context.recorder.stream("steps", step.clone());
        self.steps.push(step);
        self.messages
            .push(json!({"role": "tool", "tool_call_id": call["id"], "content": content}));
    }
}
