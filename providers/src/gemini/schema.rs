//! JSON Schema to the part of it that Gemini follows in structured answers.
//!
//! `responseJsonSchema` documents the keywords it follows; a `$ref` may have no siblings, and cycles
//! are unrolled to a small depth. So references without cycles are put in place, cyclic ones stay
//! references, and keywords outside the list are left out. Source:
//! <https://ai.google.dev/api/generate-content#FIELDS.response_json_schema>, read 2026-11-22.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const FOLLOWED: &[&str] = &[
    "$anchor",
    "$id",
    "additionalProperties",
    "anyOf",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maximum",
    "minItems",
    "minimum",
    "oneOf",
    "prefixItems",
    "properties",
    "propertyOrdering",
    "required",
    "title",
    "type",
];

/// Deeper than this, and beyond this many schemas, references stay references: a small document whose
/// references double at each level must not grow without bound.
const MAX_DEPTH: usize = 64;
const MAX_SCHEMAS: usize = 4096;

/// The schema to send for `schema`; equal to it when nothing had to change.
pub(super) fn for_answers(schema: &Value) -> Value {
    let mut walk = Walk {
        root: schema,
        open: Vec::new(),
        depth: 0,
        cleaned: 0,
        kept: BTreeSet::new(),
    };
    let mut out = walk.clean(schema);
    walk.keep_definitions(&mut out);
    out
}

struct Walk<'a> {
    root: &'a Value,
    /// References being put in place, outermost first: meeting one of them again is a cycle.
    open: Vec<&'a str>,
    depth: usize,
    cleaned: usize,
    /// Names under `$defs` that cyclic references still need.
    kept: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn clean(&mut self, schema: &'a Value) -> Value {
        let Value::Object(map) = schema else {
            return schema.clone();
        };
        self.cleaned += 1;
        self.depth += 1;
        let out = match map.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.resolve(reference, map),
            None => {
                let mut out = Map::new();
                for (keyword, value) in map {
                    self.keyword(keyword, value, &mut out);
                }
                Value::Object(out)
            }
        };
        self.depth -= 1;
        out
    }

    fn keyword(&mut self, keyword: &str, value: &'a Value, out: &mut Map<String, Value>) {
        let value = match (keyword, value) {
            ("properties", Value::Object(properties)) => properties
                .iter()
                .map(|(name, schema)| (name.clone(), self.clean(schema)))
                .collect(),
            ("anyOf" | "oneOf" | "prefixItems", Value::Array(schemas)) => {
                schemas.iter().map(|schema| self.clean(schema)).collect()
            }
            ("items" | "additionalProperties", schema) => self.clean(schema),
            ("const", value) => {
                out.insert("enum".to_owned(), json!([value]));
                return;
            }
            ("allOf", Value::Array(schemas)) => return self.merge(schemas, out),
            (known, value) if FOLLOWED.contains(&known) => value.clone(),
            _ => return,
        };
        out.insert(keyword.to_owned(), value);
    }

    /// Gemini has no `allOf`: properties and `required` add up, other keywords of the first count.
    fn merge(&mut self, schemas: &'a [Value], out: &mut Map<String, Value>) {
        for schema in schemas {
            let Value::Object(part) = self.clean(schema) else {
                continue;
            };
            for (keyword, value) in part {
                match (out.get_mut(&keyword), value) {
                    (Some(Value::Object(have)), Value::Object(more)) => have.extend(more),
                    (Some(Value::Array(have)), Value::Array(more)) if keyword == "required" => {
                        have.extend(more);
                    }
                    (Some(_), _) => {}
                    (None, value) => {
                        out.insert(keyword, value);
                    }
                }
            }
        }
    }

    fn resolve(&mut self, reference: &'a str, map: &'a Map<String, Value>) -> Value {
        let Some(target) = self.target(reference) else {
            // An address outside of the document: nothing is known of it, so anything fits.
            return json!({});
        };
        let too_large = self.depth > MAX_DEPTH || self.cleaned > MAX_SCHEMAS;
        if too_large || self.open.contains(&reference) {
            return self.keep(reference);
        }
        self.open.push(reference);
        let mut out = self.clean(target);
        self.open.pop();
        if let Value::Object(out) = &mut out {
            for (keyword, value) in map {
                self.keyword(keyword, value, out);
            }
        }
        out
    }

    fn target(&self, reference: &str) -> Option<&'a Value> {
        self.root.pointer(reference.strip_prefix('#')?)
    }

    fn keep(&mut self, reference: &str) -> Value {
        match reference.rsplit_once('/') {
            Some(("#/$defs" | "#/definitions", name)) => {
                self.kept.insert(name.to_owned());
                json!({"$ref": format!("#/$defs/{name}")})
            }
            _ => json!({"$ref": reference}),
        }
    }

    /// Adds the definitions that cyclic references point at. Cleaning one may keep others.
    fn keep_definitions(&mut self, out: &mut Value) {
        let mut done = Map::new();
        while let Some(name) = self.kept.iter().find(|n| !done.contains_key(*n)).cloned() {
            let found = ["$defs", "definitions"]
                .iter()
                .find_map(|group| self.root.get(*group)?.get(&name));
            let Some(schema) = found else {
                done.insert(name, json!({}));
                continue;
            };
            let clean = self.clean(schema);
            done.insert(name, clean);
        }
        if let (Value::Object(out), false) = (out, done.is_empty()) {
            out.insert("$defs".to_owned(), Value::Object(done));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schema: Value, expected: Value) {
        assert_eq!(for_answers(&schema), expected);
    }

    #[test]
    fn followed_keywords_pass_unchanged() {
        let schema = json!({
            "type": "object",
            "properties": {"type": {"type": ["string", "null"], "description": "d"},
                "n": {"type": "integer", "minimum": 1},
                "l": {"type": "array", "items": {"anyOf": [{"type": "string"}]}, "minItems": 1}},
            "required": ["type"], "additionalProperties": false
        });
        check(schema.clone(), schema);
    }

    #[test]
    fn references_are_put_in_place_with_their_siblings() {
        check(
            json!({"type": "object",
                "properties": {"a": {"$ref": "#/$defs/A", "description": "mine"}},
                "$defs": {"A": {"type": "string", "description": "its"}}}),
            json!({"type": "object",
                "properties": {"a": {"type": "string", "description": "mine"}}}),
        );
    }

    #[test]
    fn cycles_stay_references_without_siblings() {
        let list = json!({"type": "object", "properties": {
            "next": {"$ref": "#/$defs/List"}, "v": {"type": "integer", "multipleOf": 2}}});
        let sent = for_answers(&json!({"$ref": "#/$defs/List", "$defs": {"List": list}}));
        let next = &sent["properties"]["next"];
        assert_eq!(next, &json!({"$ref": "#/$defs/List"}));
        assert!(
            sent["$defs"]["List"]["properties"]["v"]
                .get("multipleOf")
                .is_none()
        );
    }

    #[test]
    fn other_keywords_are_left_out_or_rewritten() {
        check(
            json!({"$schema": "s", "type": "object", "properties": {
                "a": {"const": "x"}, "pattern": {"type": "string", "pattern": "^a", "default": ""},
                "b": {"allOf": [{"type": "object", "properties": {"p": {"type": "string"}},
                        "required": ["p"]},
                    {"properties": {"q": {"type": "number"}}, "required": ["q"]}]}}}),
            json!({"type": "object", "properties": {
                "a": {"enum": ["x"]}, "pattern": {"type": "string"},
                "b": {"type": "object", "properties": {"p": {"type": "string"},
                    "q": {"type": "number"}}, "required": ["p", "q"]}}}),
        );
    }

    #[test]
    fn dangling_and_foreign_references_fit_anything() {
        check(
            json!({"properties": {"a": {"$ref": "#/$defs/No"}, "b": {"$ref": "http://x/y"}}}),
            json!({"properties": {"a": {}, "b": {}}}),
        );
    }

    #[test]
    fn references_that_double_at_each_level_do_not_explode() {
        let mut defs = Map::new();
        for i in 0..40 {
            let next = json!({"$ref": format!("#/$defs/d{}", i + 1)});
            defs.insert(
                format!("d{i}"),
                json!({"properties": {"a": next, "b": next}}),
            );
        }
        defs.insert("d40".to_owned(), json!({"type": "string"}));
        let sent = for_answers(&json!({"$ref": "#/$defs/d0", "$defs": defs}));
        assert!(sent.to_string().len() < 1_000_000);
        assert!(sent["$defs"].is_object());
    }
}
