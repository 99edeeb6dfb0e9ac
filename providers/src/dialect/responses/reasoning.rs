//! Reasoning items of the input: readable text, and what we sealed into `encrypted_content`.

use serde_json::{Map, Value};

use crate::dialect::sealed::PREFIX;

/// Whether a reasoning item carries one of our seals, which no vendor can read.
pub(super) fn is_ours(item: &Map<String, Value>) -> bool {
    item.get("encrypted_content")
        .and_then(Value::as_str)
        .is_some_and(|text| text.starts_with(PREFIX))
}

/// The readable text of a reasoning item: its summary, or its raw content when there is no summary.
pub(super) fn readable(item: &Map<String, Value>) -> String {
    let summary = texts(item.get("summary"));
    if summary.is_empty() {
        texts(item.get("content"))
    } else {
        summary
    }
}

fn texts(list: Option<&Value>) -> String {
    let parts = list.and_then(Value::as_array).into_iter().flatten();
    let texts: Vec<&str> = parts
        .filter_map(|part| part.get("text")?.as_str())
        .filter(|text| !text.is_empty())
        .collect();
    texts.join("\n\n")
}
