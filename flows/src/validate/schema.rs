//! Settings against their JSON Schema, where a text may hold an expression in place of any value.
//!
//! Knows the words that schemars writes for our settings: `type`, `properties`, `required`,
//! `additionalProperties`, `items`, `enum`, `const`, `anyOf`, `oneOf`, `allOf`, `$ref`, and bounds.

use serde_json::Value;

use super::Code;
use crate::expression::has_expression;

/// What is wrong at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Breach {
    pub(super) code: Code,
    pub(super) path: String,
    pub(super) message: String,
    /// It is another alternative's tag that stands there.
    is_tag: bool,
}

/// Checks `value`; problems are capped, since one wrong type may be wrong a thousand times.
pub(super) fn check(root: &Value, value: &Value) -> Vec<Breach> {
    let mut checker = Checker {
        root,
        found: Vec::new(),
    };
    checker.value(root, value, &mut String::new(), 0);
    checker.found
}

const MAX_DEPTH: usize = 64;
const MAX_FOUND: usize = 50;

struct Checker<'s> {
    root: &'s Value,
    found: Vec<Breach>,
}

fn is_expression(schema: &Value, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    has_expression(text) && schema.get("x-expression").and_then(Value::as_str) != Some("never")
}

impl<'s> Checker<'s> {
    fn refuse(&mut self, code: Code, path: &str, message: impl Into<String>) {
        if self.found.len() < MAX_FOUND {
            self.found.push(Breach {
                code,
                path: path.to_owned(),
                message: message.into(),
                is_tag: false,
            });
        }
    }

    fn value(&mut self, schema: &'s Value, value: &Value, path: &mut String, depth: usize) {
        if depth > MAX_DEPTH || is_expression(schema, value) {
            return;
        }
        if let Some(target) = self.target(schema) {
            self.value(target, value, path, depth + 1);
        }
        for part in list(schema, "allOf") {
            self.value(part, value, path, depth + 1);
        }
        self.alternatives(schema, value, path, depth);
        if !self.type_fits(schema, value, path) {
            return;
        }
        self.words(schema, value, path);
        self.bounds(schema, value, path);
        match value {
            Value::Object(object) => self.object(schema, object, path, depth),
            Value::Array(items) => {
                let Some(inner) = schema.get("items") else {
                    return;
                };
                let length = path.len();
                for (position, item) in items.iter().enumerate() {
                    path.push_str(&format!("[{position}]"));
                    self.value(inner, item, path, depth + 1);
                    path.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn target(&self, schema: &'s Value) -> Option<&'s Value> {
        let reference = schema.get("$ref")?.as_str()?;
        self.root.pointer(reference.strip_prefix('#')?)
    }

    /// One of the alternatives must fit. The breaches of the nearest one are shown: of that whose tag
    /// fits, else of that with the fewest.
    fn alternatives(&mut self, schema: &'s Value, value: &Value, path: &mut String, depth: usize) {
        for word in ["anyOf", "oneOf"] {
            let mut nearest: Option<Vec<Breach>> = None;
            for part in list(schema, word) {
                let mut checker = Checker {
                    root: self.root,
                    found: Vec::new(),
                };
                checker.value(part, value, path, depth + 1);
                let weight = |found: &[Breach]| {
                    let of_type = found.iter().filter(|b| b.path == *path).count();
                    let tags = found.iter().filter(|b| b.is_tag).count();
                    (of_type, tags, found.len())
                };
                let is_nearer = nearest
                    .as_ref()
                    .is_none_or(|best| weight(&checker.found) < weight(best));
                if is_nearer {
                    nearest = Some(checker.found);
                }
            }
            let room = MAX_FOUND.saturating_sub(self.found.len());
            self.found.extend(nearest.into_iter().flatten().take(room));
        }
    }

    fn type_fits(&mut self, schema: &Value, value: &Value, path: &str) -> bool {
        let wanted: Vec<&str> = match schema.get("type") {
            Some(Value::String(word)) => vec![word],
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        let fits = wanted.iter().any(|word| match *word {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "integer" => value.as_f64().is_some_and(|n| n.fract() == 0.0),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => true,
        });
        if !fits {
            let has = match value {
                Value::Null => "nothing",
                Value::Bool(_) => "a boolean",
                Value::Number(_) => "a number",
                Value::String(_) => "a text",
                Value::Array(_) => "a list",
                Value::Object(_) => "an object",
            };
            let wanted: Vec<&&str> = wanted.iter().filter(|word| **word != "null").collect();
            let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
            let message = format!("this must be {}, not {has}", wanted.join(" or "));
            self.refuse(Code::InvalidSetting, path, message);
        }
        fits
    }

    fn words(&mut self, schema: &Value, value: &Value, path: &str) {
        let allowed: Vec<&Value> = match (schema.get("const"), schema.get("enum")) {
            (Some(one), _) => vec![one],
            (_, Some(Value::Array(many))) => many.iter().collect(),
            _ => return,
        };
        if !allowed.contains(&value) {
            let words: Vec<String> = allowed.iter().take(20).map(ToString::to_string).collect();
            let message = format!("this must be {}", words.join(", "));
            self.refuse(Code::InvalidSetting, path, message);
            if let Some(breach) = self.found.last_mut() {
                breach.is_tag = schema.get("const").is_some();
            }
        }
    }

    fn bounds(&mut self, schema: &Value, value: &Value, path: &str) {
        let length = match value {
            Value::String(text) => Some(("Length", text.chars().count(), "characters")),
            Value::Array(items) => Some(("Items", items.len(), "entries")),
            _ => None,
        };
        if let Some((word, has, what)) = length {
            let bound = |prefix: &str| schema.get(format!("{prefix}{word}"))?.as_u64();
            if let Some(least) = bound("min").filter(|least| (has as u64) < *least) {
                let message = if least == 1 {
                    "this must not be empty".to_owned()
                } else {
                    format!("this needs at least {least} {what}")
                };
                self.refuse(Code::InvalidSetting, path, message);
            }
            if let Some(most) = bound("max").filter(|most| has as u64 > *most) {
                self.refuse(
                    Code::InvalidSetting,
                    path,
                    format!("this has at most {most} {what}"),
                );
            }
        }
        let Some(number) = value.as_f64() else {
            return;
        };
        let bound = |word: &str| schema.get(word).and_then(Value::as_f64);
        if let Some(least) = bound("minimum").filter(|least| number < *least) {
            self.refuse(
                Code::InvalidSetting,
                path,
                format!("this must be {least} or more"),
            );
        }
        if let Some(most) = bound("maximum").filter(|most| number > *most) {
            self.refuse(
                Code::InvalidSetting,
                path,
                format!("this must be {most} or less"),
            );
        }
    }

    fn object(
        &mut self,
        schema: &'s Value,
        object: &serde_json::Map<String, Value>,
        path: &mut String,
        depth: usize,
    ) {
        let length = path.len();
        let join = |path: &mut String, key: &str| {
            if length > 0 {
                path.push('.');
            }
            path.push_str(key);
        };
        for key in list(schema, "required").filter_map(Value::as_str) {
            if !object.contains_key(key) {
                join(path, key);
                self.refuse(Code::MissingSetting, path, "this is needed");
                path.truncate(length);
            }
        }
        let properties = schema.get("properties");
        for (key, value) in object {
            let known = properties.and_then(|properties| properties.get(key));
            join(path, key);
            match (known, schema.get("additionalProperties")) {
                (Some(inner), _) => self.value(inner, value, path, depth + 1),
                (None, Some(Value::Bool(false))) => {
                    let names = properties.and_then(Value::as_object);
                    let names = names.into_iter().flatten().map(|(name, _)| name.as_str());
                    let near = crate::expression::did_you_mean(key, names);
                    let message = format!("there is no such setting{near}");
                    self.refuse(Code::UnknownSetting, path, message);
                }
                (None, Some(inner)) if inner.is_object() => {
                    self.value(inner, value, path, depth + 1);
                }
                (None, _) => {}
            }
            path.truncate(length);
        }
    }
}

fn list<'s>(schema: &'s Value, word: &str) -> impl Iterator<Item = &'s Value> {
    schema
        .get(word)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn breaches_name_the_place_and_expressions_may_stand_anywhere() {
        let schema = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["mode"],
            "properties": {
                "mode": {"$ref": "#/$defs/Mode"},
                "count": {"type": ["integer", "null"], "minimum": 1, "maximum": 9},
                "cases": {"type": "array", "minItems": 1, "items": {
                    "type": "object", "required": ["id"], "properties": {"id": {"type": "string", "minLength": 1}}
                }},
                "auth": {"oneOf": [
                    {"type": "object", "properties": {"kind": {"const": "none"}}, "required": ["kind"]},
                    {"type": "object", "properties": {"kind": {"const": "basic"}, "user": {"type": "string"}}, "required": ["kind", "user"]},
                ]},
                "code": {"type": "string", "x-expression": "never", "maxLength": 3},
            },
            "$defs": {"Mode": {"enum": ["a", "b"]}},
        });
        for (value, wanted) in [
            (json!({"mode": "a", "count": 3}), vec![]),
            (
                json!({"mode": "{{ x }}", "count": "{{ y }}", "cases": "{{ z }}"}),
                vec![],
            ),
            (json!({}), vec![("mode", "this is needed")]),
            (
                json!({"mode": "c"}),
                vec![("mode", "this must be \"a\", \"b\"")],
            ),
            (
                json!({"mode": "a", "count": 10}),
                vec![("count", "this must be 9 or less")],
            ),
            (
                json!({"mode": "a", "count": "x"}),
                vec![("count", "this must be integer, not a text")],
            ),
            (
                json!({"mode": "a", "coumt": 1}),
                vec![("coumt", "there is no such setting; did you mean `count`?")],
            ),
            (
                json!({"mode": "a", "cases": [{"id": "q"}, {"id": ""}, {}]}),
                vec![
                    ("cases[1].id", "this must not be empty"),
                    ("cases[2].id", "this is needed"),
                ],
            ),
            (
                json!({"mode": "a", "auth": {"kind": "basic"}}),
                vec![("auth.user", "this is needed")],
            ),
            (
                json!({"mode": "a", "code": "{{ long }}"}),
                vec![("code", "this has at most 3 characters")],
            ),
        ] {
            let found = check(&schema, &value);
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|b| (b.path.as_str(), b.message.as_str()))
                .collect();
            assert_eq!(found, wanted, "{value}");
        }
    }
}
