//! Output items and their ids, shaped by types so that none lacks a field the document demands.

use serde::Serialize;
use serde_json::{Value, json};

use crate::chat::{FinishReason, ThinkingBlock};
use crate::dialect::sealed::Sealed;

/// The id of the response to our request `request_id`: `resp_` and its letters and digits.
pub fn response_id(request_id: &str) -> String {
    format!("resp_{}", seed(request_id))
}

/// What all ids of one answer have in common.
pub(super) fn seed(request_id: &str) -> String {
    let bare = request_id.strip_prefix("req_").unwrap_or(request_id);
    let seed: String = bare.chars().filter(char::is_ascii_alphanumeric).collect();
    if seed.is_empty() {
        "0".to_owned()
    } else {
        seed
    }
}

/// State of an item, and of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    InProgress,
    Completed,
    Incomplete,
    Failed,
}

/// An item of `output`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item {
    Message(Message),
    FunctionCall(FunctionCall),
    Reasoning(Reasoning),
    FileSearchCall(FileSearchCall),
}

/// A search in files that was made before the answer.
#[derive(Debug, Serialize)]
pub(super) struct FileSearchCall {
    pub(super) id: String,
    pub(super) status: Status,
    pub(super) queries: Value,
    /// `null` when the client did not want to see them.
    pub(super) results: Value,
}

#[derive(Debug, Serialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) status: Status,
    pub(super) role: &'static str,
    pub(super) content: Vec<Piece>,
}

#[derive(Debug, Serialize)]
pub(super) struct FunctionCall {
    pub(super) id: String,
    pub(super) status: Status,
    pub(super) call_id: String,
    pub(super) name: String,
    pub(super) arguments: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Reasoning {
    pub(super) id: String,
    pub(super) status: Status,
    pub(super) summary: Vec<Summary>,
    pub(super) encrypted_content: Option<String>,
}

/// A part of a message.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Piece {
    OutputText(OutputText),
    Refusal { refusal: String },
}

#[derive(Debug, Default, Serialize)]
pub(super) struct OutputText {
    pub(super) text: String,
    pub(super) annotations: Vec<Value>,
    pub(super) logprobs: Vec<Value>,
}

/// A part of a reasoning item's summary.
#[derive(Debug, Default, Serialize)]
#[serde(tag = "type", rename = "summary_text")]
pub(super) struct Summary {
    pub(super) text: String,
}

impl Item {
    pub(super) fn message(seed: &str, index: usize) -> Self {
        Self::Message(Message {
            id: format!("msg_{seed}_{index}"),
            status: Status::InProgress,
            role: "assistant",
            content: Vec::new(),
        })
    }

    pub(super) fn function_call(seed: &str, index: usize, call_id: String, name: String) -> Self {
        let call_id = if call_id.is_empty() {
            format!("call_{seed}_{index}")
        } else {
            call_id
        };
        Self::FunctionCall(FunctionCall {
            id: format!("fc_{seed}_{index}"),
            status: Status::InProgress,
            call_id,
            name,
            arguments: String::new(),
        })
    }

    pub(super) fn reasoning(seed: &str, index: usize) -> Self {
        Self::Reasoning(Reasoning {
            id: format!("rs_{seed}_{index}"),
            status: Status::InProgress,
            summary: Vec::new(),
            encrypted_content: None,
        })
    }

    pub(super) fn file_search_call(seed: &str, index: usize) -> Self {
        Self::FileSearchCall(FileSearchCall {
            id: format!("fs_{seed}_{index}"),
            status: Status::InProgress,
            queries: json!([]),
            results: Value::Null,
        })
    }

    pub(super) fn set_status(&mut self, to: Status) {
        match self {
            Self::Message(Message { status, .. })
            | Self::FunctionCall(FunctionCall { status, .. })
            | Self::Reasoning(Reasoning { status, .. })
            | Self::FileSearchCall(FileSearchCall { status, .. }) => *status = to,
        }
    }

    pub(super) fn status(&self) -> Status {
        match self {
            Self::Message(Message { status, .. })
            | Self::FunctionCall(FunctionCall { status, .. })
            | Self::Reasoning(Reasoning { status, .. })
            | Self::FileSearchCall(FileSearchCall { status, .. }) => *status,
        }
    }
}

/// How a finished answer looks from outside: its state, and why it is not whole.
pub(super) fn outcome(finish: FinishReason) -> (Status, Option<&'static str>) {
    match finish {
        FinishReason::Stop | FinishReason::ToolCalls | FinishReason::FunctionCall => {
            (Status::Completed, None)
        }
        FinishReason::Length => (Status::Incomplete, Some("max_output_tokens")),
        FinishReason::ContentFilter => (Status::Incomplete, Some("content_filter")),
    }
}

/// Whether an answer needs an empty message: clients look for one when nothing was called.
pub(super) fn lacks_message(items: &[Item], finish: FinishReason) -> bool {
    outcome(finish).0 == Status::Completed
        && items
            .iter()
            .all(|item| matches!(item, Item::Reasoning(_) | Item::FileSearchCall(_)))
}

/// The `encrypted_content` of a block, if it has to be replayed.
pub(super) fn sealed_block(block: &ThinkingBlock) -> Option<String> {
    Sealed::block(block).map(|sealed| sealed.seal())
}

/// The `encrypted_content` for what a vendor attached to the call `call_id`, if it did.
pub(super) fn sealed_call(call_id: &str, extra: &serde_json::Map<String, Value>) -> Option<String> {
    Sealed::call(call_id, extra).map(|sealed| sealed.seal())
}

/// Chat's annotations, whose fields are flat here.
pub(super) fn annotations(extra: &serde_json::Map<String, Value>) -> Vec<Value> {
    let list = extra.get("annotations").and_then(Value::as_array);
    list.into_iter().flatten().map(flat_annotation).collect()
}

fn flat_annotation(annotation: &Value) -> Value {
    let nested = annotation["type"]
        .as_str()
        .and_then(|kind| annotation.get(kind)?.as_object());
    let Some(nested) = nested else {
        return annotation.clone();
    };
    let mut flat = serde_json::Map::new();
    flat.insert("type".to_owned(), annotation["type"].clone());
    flat.extend(nested.clone());
    Value::Object(flat)
}

/// Chat's log probabilities of the text, complete as this dialect demands them.
pub(super) fn logprobs(chat: Option<&Value>) -> Vec<Value> {
    let content = chat.and_then(|chat| chat.get("content")?.as_array());
    content
        .into_iter()
        .flatten()
        .map(complete_logprob)
        .collect()
}

fn complete_logprob(token: &Value) -> Value {
    let mut token = token.clone();
    if token["bytes"].is_null() {
        token["bytes"] = json!([]);
    }
    if !token["top_logprobs"].is_array() {
        token["top_logprobs"] = json!([]);
    }
    for top in token["top_logprobs"].as_array_mut().into_iter().flatten() {
        if top.is_object() && top["bytes"].is_null() {
            top["bytes"] = json!([]);
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_built_from_the_request_id() {
        assert_eq!(response_id("req_01-ab/é"), "resp_01ab");
        assert_eq!(response_id(""), "resp_0");
    }

    #[test]
    fn annotations_become_flat() {
        let extra = json!({"annotations": [
            {"type": "url_citation", "url_citation": {"url": "https://a.b", "title": "t", "start_index": 0, "end_index": 3}},
            {"type": "file_path", "file_id": "f"},
        ]});
        let flat = annotations(extra.as_object().expect("is an object"));
        assert_eq!(
            flat,
            [
                json!({"type": "url_citation", "url": "https://a.b", "title": "t", "start_index": 0, "end_index": 3}),
                json!({"type": "file_path", "file_id": "f"}),
            ]
        );
    }

    #[test]
    fn logprobs_without_bytes_get_empty_ones() {
        let chat = json!({"content": [{"token": "a", "logprob": -0.5, "bytes": null, "top_logprobs": [{"token": "a", "logprob": -0.5}]}]});
        assert_eq!(
            logprobs(Some(&chat)),
            [
                json!({"token": "a", "logprob": -0.5, "bytes": [], "top_logprobs": [{"token": "a", "logprob": -0.5, "bytes": []}]})
            ]
        );
        assert!(logprobs(None).is_empty());
    }
}
