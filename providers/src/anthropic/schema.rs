//! The dialect of JSON Schema that structured output takes.
//!
//! Source: <https://platform.claude.com/docs/en/build-with-claude/structured-outputs> ("JSON Schema
//! limitations"), read 2026-11-22: each object must forbid additional properties, and limits on numbers,
//! lengths and counts are refused.

use serde_json::{Map, Value, json};

const REFUSED: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// Rewrites `schema` in place. True when something was changed.
pub(super) fn adapt(schema: &mut Value) -> bool {
    match schema {
        Value::Object(object) => adapt_object(object),
        Value::Array(items) => items.iter_mut().fold(false, |any, item| adapt(item) | any),
        _ => false,
    }
}

fn adapt_object(schema: &mut Map<String, Value>) -> bool {
    let mut changed = false;
    for name in REFUSED {
        // A property of that name is an object or a boolean, a limit is a number (or `uniqueItems`).
        let is_limit = |v: &Value| v.is_number() || (*name == "uniqueItems" && v.is_boolean());
        if schema.get(*name).is_some_and(is_limit) {
            schema.shift_remove(*name);
            changed = true;
        }
    }
    if schema.get("minItems").and_then(Value::as_u64) > Some(1) {
        schema.insert("minItems".to_owned(), json!(1));
        changed = true;
    }
    let is_object = schema.get("type").is_some_and(|kind| kind == "object")
        || schema.get("properties").is_some_and(Value::is_object);
    if is_object && schema.get("additionalProperties") != Some(&json!(false)) {
        schema.insert("additionalProperties".to_owned(), json!(false));
        changed = true;
    }
    for (name, value) in schema.iter_mut() {
        changed |= match name.as_str() {
            "properties" | "$defs" | "definitions" => adapt_each(value),
            "enum" | "const" | "default" | "examples" => false,
            _ => adapt(value),
        };
    }
    changed
}

/// Names to schemas: the names are the client's, whatever they are.
fn adapt_each(named: &mut Value) -> bool {
    let Some(named) = named.as_object_mut() else {
        return false;
    };
    named
        .iter_mut()
        .fold(false, |any, (_, schema)| adapt(schema) | any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_go_and_objects_close_but_names_and_values_stay() {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "maximum": {"type": "integer", "maximum": 9, "default": {"maximum": 1}},
                "tags": {"type": "array", "minItems": 3, "maxItems": 5,
                         "items": {"$ref": "#/$defs/tag"}},
            },
            "$defs": {"tag": {"type": "object", "properties": {"n": {"type": "string"}}}},
        });
        assert!(adapt(&mut schema));
        let expected = json!({
            "type": "object",
            "properties": {
                "maximum": {"type": "integer", "default": {"maximum": 1}},
                "tags": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/tag"}},
            },
            "$defs": {"tag": {"type": "object", "properties": {"n": {"type": "string"}},
                              "additionalProperties": false}},
            "additionalProperties": false,
        });
        assert_eq!(schema, expected);
        assert!(!adapt(&mut schema), "a second pass changes nothing");
    }
}
