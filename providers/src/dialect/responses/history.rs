//! Stored conversations as pure functions; the storage itself is the gateway's.
//!
//! How the gateway uses it: load the response named by `previous_response_id`, [`expand`] the request
//! with its stored items, call the model, and store [`input_items`] of the expanded request beside the
//! [`output_items`] of the answer. An answer's final object comes from [`final_response`], or from a
//! [`Collector`] where upstream streams are not to be trusted.
//!
//! Source: OpenAI's guide on conversation state and its OpenAPI document (`ItemResource`), read
//! 2026-11-22.

use std::collections::{BTreeMap, HashSet};

use memchr::memmem;
use serde_json::{Map, Value, json};

use super::reasoning;
use crate::dialect::sealed::PREFIX;
use crate::error::{Error, ErrorKind};
use crate::notes::Notes;

/// Puts the previous turn in front of the new input.
///
/// The new input becomes an item list, `previous_response_id` is taken out. Instructions of the
/// previous turn are not carried over, as OpenAI documents. Calls that the previous answer left
/// unfinished (cut by a token limit) are left out: nothing can answer them.
pub fn expand(
    mut request: Map<String, Value>,
    stored_input: Vec<Value>,
    stored_output: Vec<Value>,
) -> Map<String, Value> {
    let new = listed(request.get_mut("input").map(Value::take));
    let mut items = stored_input;
    items.extend(stored_output.into_iter().filter(|item| !is_cut_call(item)));
    items.extend(new);
    request.insert("input".to_owned(), Value::Array(items));
    request.shift_remove("previous_response_id");
    request
}

fn is_cut_call(item: &Value) -> bool {
    let is_call = matches!(
        item["type"].as_str(),
        Some("function_call" | "custom_tool_call")
    );
    is_call && item["status"] == "incomplete"
}

/// Takes out of an expanded request what the vendor behind a pass-through cannot know: the ids of
/// items that it did not store, and reasoning that another vendor signed and we sealed. Reasoning of
/// the vendor's own, `encrypted_content` included, stays.
pub fn for_vendor(mut request: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Array(items)) = request.get_mut("input") {
        items.retain(|item| !item.as_object().is_some_and(reasoning::is_ours));
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            let needs_no_id = matches!(
                item.get("type").and_then(Value::as_str),
                None | Some(
                    "message"
                        | "function_call"
                        | "function_call_output"
                        | "custom_tool_call"
                        | "custom_tool_call_output"
                )
            );
            // A bare `id` is an item reference, whose id is all it has.
            if needs_no_id && item.len() > 1 {
                item.shift_remove("id");
            }
        }
    }
    request
}

/// As [`for_vendor`], for the bytes of a request that the client itself continues, with the items of an
/// answer that another vendor gave through us: OpenAI cannot read our seals and refuses them. `None`
/// when there are none; the bytes are then the client's own.
///
/// # Errors
/// `InvalidRequest` when the body is not a JSON object.
pub fn without_seals(body: &[u8], notes: &mut Notes) -> Result<Option<Vec<u8>>, Error> {
    if memmem::find(body, PREFIX.as_bytes()).is_none() {
        return Ok(None);
    }
    let request: Map<String, Value> = serde_json::from_slice(body).map_err(|e| {
        let message = format!("the request body is not a JSON object: {e}");
        Error::new(ErrorKind::InvalidRequest, message)
    })?;
    let items = request.get("input").and_then(Value::as_array);
    let mut objects = items.into_iter().flatten().filter_map(Value::as_object);
    if !objects.any(reasoning::is_ours) {
        return Ok(None);
    }
    notes.dropped("input.reasoning");
    let request = Value::Object(for_vendor(request));
    Ok(Some(request.to_string().into_bytes()))
}

/// The request's input as `GET /v1/responses/{id}/input_items` lists it: full item forms, each with an
/// id. Minted ids depend on the item's position only, and never repeat one that is there.
pub fn input_items(request: &Map<String, Value>) -> Vec<Value> {
    let mut items = listed(request.get("input").cloned());
    let mut taken: HashSet<String> = items.iter().filter_map(id_of).collect();
    for (index, item) in items.iter_mut().enumerate() {
        let Value::Object(fields) = item else {
            continue;
        };
        complete(fields);
        if fields.get("id").is_some_and(Value::is_string) {
            continue;
        }
        let prefix = id_prefix(
            fields
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        );
        let mut id = format!("{prefix}_in_{index}");
        let mut again = 0;
        while !taken.insert(id.clone()) {
            again += 1;
            id = format!("{prefix}_in_{index}_{again}");
        }
        fields.insert("id".to_owned(), Value::String(id));
    }
    items
}

fn id_of(item: &Value) -> Option<String> {
    item.get("id")?.as_str().map(str::to_owned)
}

/// OpenAI refuses ids whose prefix does not fit the item's type.
fn id_prefix(kind: &str) -> &'static str {
    match kind {
        "message" => "msg",
        "function_call" => "fc",
        "function_call_output" => "fco",
        "custom_tool_call" => "ctc",
        "custom_tool_call_output" => "ctco",
        "reasoning" => "rs",
        _ => "item",
    }
}

/// `input` as a list of items.
fn listed(input: Option<Value>) -> Vec<Value> {
    match input {
        Some(Value::Array(items)) => items,
        Some(Value::String(text)) => vec![json!({
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": text}],
        })],
        _ => Vec::new(),
    }
}

/// Fills in what easy forms leave out.
fn complete(item: &mut Map<String, Value>) {
    if !item.contains_key("type") && item.contains_key("role") {
        item.insert("type".to_owned(), json!("message"));
    }
    match item.get("type").and_then(Value::as_str) {
        Some("message") => complete_message(item),
        Some("function_call" | "function_call_output") => {
            item.entry("status").or_insert_with(|| json!("completed"));
        }
        _ => {}
    }
}

fn complete_message(message: &mut Map<String, Value>) {
    let is_assistant = message.get("role").is_some_and(|role| role == "assistant");
    if let Some(Value::String(text)) = message.get_mut("content") {
        let text = std::mem::take(text);
        let part = if is_assistant {
            json!({"type": "output_text", "text": text})
        } else {
            json!({"type": "input_text", "text": text})
        };
        message.insert("content".to_owned(), json!([part]));
    }
    message
        .entry("status")
        .or_insert_with(|| json!("completed"));
    let parts = message.get_mut("content").and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten().filter_map(Value::as_object_mut) {
        if part.get("type").is_some_and(|kind| kind == "output_text") {
            part.entry("annotations").or_insert_with(|| json!([]));
            part.entry("logprobs").or_insert_with(|| json!([]));
        }
    }
}

/// The output items of a response object; empty when it has none.
pub fn output_items(response: &Value) -> Vec<Value> {
    response["output"].as_array().cloned().unwrap_or_default()
}

/// The response object of a stream's terminal event (`response.completed`, `response.incomplete` or
/// `response.failed`; its `status` says which), or `None` for any other event. `event_data` is one
/// event's `data`. Cheap for events that are not terminal.
pub fn final_response(event_data: &str) -> Option<Value> {
    const TERMINAL: [&str; 3] = [
        "\"response.completed\"",
        "\"response.incomplete\"",
        "\"response.failed\"",
    ];
    let names_one = |kind: &&str| memmem::find(event_data.as_bytes(), kind.as_bytes()).is_some();
    TERMINAL.iter().find(|kind| names_one(kind))?;
    let mut event: Value = serde_json::from_str(event_data).ok()?;
    let is_terminal = matches!(
        event["type"].as_str(),
        Some("response.completed" | "response.incomplete" | "response.failed")
    );
    let response = event.get_mut("response").map(Value::take);
    response.filter(|response| is_terminal && response.is_object())
}

/// Collects the final response object of a stream, and repairs it: some servers end with an empty
/// `output` although they sent items before.
#[derive(Debug, Default)]
pub struct Collector {
    items: BTreeMap<u64, Value>,
    response: Option<Value>,
}

impl Collector {
    /// Looks at one event's `data`.
    pub fn observe(&mut self, event_data: &str) {
        if memmem::find(event_data.as_bytes(), b"\"response.output_item.done\"").is_some() {
            self.item(event_data);
        } else if let Some(response) = final_response(event_data) {
            self.response = Some(response);
        }
    }

    fn item(&mut self, event_data: &str) {
        let Ok(mut event) = serde_json::from_str::<Value>(event_data) else {
            return;
        };
        if let (Some(index), Some(item)) = (
            event["output_index"].as_u64(),
            event.get_mut("item").map(Value::take),
        ) {
            self.items.insert(index, item);
        }
    }

    /// The final response; `None` when the stream ended without one.
    pub fn into_response(self) -> Option<Value> {
        let mut response = self.response?;
        let is_empty = response["output"].as_array().is_none_or(Vec::is_empty);
        if is_empty && !self.items.is_empty() {
            response["output"] = self.items.into_values().collect();
        }
        Some(response)
    }
}
