//! What several node types use.

pub(super) mod auth;
pub(super) mod code;
pub(super) mod condition;
pub(super) mod fetch;
pub(super) mod lookup;
pub(super) mod mcp;
pub(super) mod zone;

use serde_json::Value;

use crate::value::PortValues;

/// The value at an input, `null` when nothing arrived.
pub(super) fn take(input: &mut PortValues, port: &str) -> Value {
    input.remove(port).unwrap_or_default()
}

/// The list at an input: nothing is an empty list, a single value a list of one.
pub(super) fn take_list(input: &mut PortValues, port: &str) -> Vec<Value> {
    match take(input, port) {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        other => vec![other],
    }
}
