//! Expressions in a node's settings: which texts may hold them, and their values.

use serde_json::{Map, Value};

use super::{Scope, evaluate, has_expression};
use crate::graph::DataType;
use crate::node::{NodeError, RawSettings};
use crate::value::convert;

/// What a text field's schema says about expressions (`x-expression`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// The text may hold `{{ … }}`, evaluated before the node runs.
    #[default]
    Eager,
    /// The text is an expression that node or engine evaluates itself.
    Deferred,
    /// The text is taken as it is.
    Never,
}

/// A text in settings, as [`walk_texts`] meets it.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// Where: `cases[1].value`.
    pub path: &'a str,
    /// What its schema says about expressions.
    pub mode: Mode,
    /// All schemas that it may follow.
    pub schemas: &'a [&'a Value],
}

/// Settings ready to run with.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// For the node.
    pub settings: RawSettings,
    /// The same with secrets as `***`, to be kept with the run.
    pub masked: RawSettings,
}

/// Evaluates all expressions in settings. What an expression gives is converted to the type that the
/// field's schema names.
///
/// # Errors
/// The first field that fails, with line and column.
pub fn evaluate_settings(
    schema: &Value,
    settings: &RawSettings,
    scope: &Scope,
) -> Result<Evaluated, NodeError> {
    let mut masked = settings.clone();
    let settings = change(schema, settings.clone(), &mut |place, text| {
        if place.mode != Mode::Eager || !has_expression(text) {
            return Ok(None);
        }
        let given = evaluate(text, scope).map_err(|error| error.in_field(place.path))?;
        let value = fit(given.value, place.schemas, place.path)?;
        let shown = fit(given.masked, place.schemas, place.path).unwrap_or_else(|_| "***".into());
        set(&mut masked, place.path, shown);
        Ok(Some(value))
    })?;
    Ok(Evaluated { settings, masked })
}

/// Looks at each text in settings.
pub fn walk_texts(schema: &Value, settings: &RawSettings, visit: &mut dyn FnMut(&Place<'_>, &str)) {
    let looked = change(schema, settings.clone(), &mut |place, text| {
        visit(place, text);
        Ok(None)
    });
    debug_assert!(looked.is_ok(), "looking does not fail");
}

/// The settings with other texts where `change` gives one.
pub(crate) fn rewrite_texts(
    schema: &Value,
    settings: &RawSettings,
    rewrite: &mut dyn FnMut(&Place<'_>, &str) -> Option<String>,
) -> RawSettings {
    let changed = change(schema, settings.clone(), &mut |place, text| {
        Ok(rewrite(place, text).map(Value::String))
    });
    changed.unwrap_or_else(|_| settings.clone())
}

type Change<'c> = dyn FnMut(&Place<'_>, &str) -> Result<Option<Value>, NodeError> + 'c;

fn change(
    schema: &Value,
    settings: RawSettings,
    each: &mut Change<'_>,
) -> Result<RawSettings, NodeError> {
    let walker = Walker { root: schema };
    let schemas = walker.expand(schema);
    match walker.value(Value::Object(settings), &schemas, &mut String::new(), each)? {
        Value::Object(settings) => Ok(settings),
        _ => Ok(Map::new()),
    }
}

/// Settings nested deeper than this are left as they are; serde_json reads no more than 128 levels.
const MAX_DEPTH: usize = 64;

struct Walker<'s> {
    root: &'s Value,
}

impl<'s> Walker<'s> {
    /// All plain schemas behind references and alternatives.
    fn expand(&self, schema: &'s Value) -> Vec<&'s Value> {
        let mut found = Vec::new();
        let mut open = vec![schema];
        // Schemas are finite trees but for references: a bound stands against a circle of those.
        while let Some(schema) = open.pop() {
            if found.len() > 64 {
                break;
            }
            found.push(schema);
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                let target = reference
                    .strip_prefix('#')
                    .and_then(|p| self.root.pointer(p));
                open.extend(target);
            }
            for word in ["anyOf", "oneOf", "allOf"] {
                let alternatives = schema.get(word).and_then(Value::as_array);
                open.extend(alternatives.into_iter().flatten());
            }
        }
        found
    }

    fn below(
        &self,
        schemas: &[&'s Value],
        pick: impl Fn(&'s Value) -> Option<&'s Value>,
    ) -> Vec<&'s Value> {
        let below = schemas.iter().filter_map(|schema| pick(schema));
        below.flat_map(|schema| self.expand(schema)).collect()
    }

    fn value(
        &self,
        value: Value,
        schemas: &[&'s Value],
        path: &mut String,
        each: &mut Change<'_>,
    ) -> Result<Value, NodeError> {
        if path.matches(['.', '[']).count() > MAX_DEPTH {
            return Ok(value);
        }
        let length = path.len();
        match value {
            Value::String(text) => {
                let place = Place {
                    path,
                    mode: mode(schemas),
                    schemas,
                };
                let changed = each(&place, &text)?;
                Ok(changed.unwrap_or(Value::String(text)))
            }
            Value::Array(items) => {
                let inner = self.below(schemas, |schema| schema.get("items"));
                let mut changed = Vec::with_capacity(items.len());
                for (position, item) in items.into_iter().enumerate() {
                    path.push_str(&format!("[{position}]"));
                    changed.push(self.value(item, &inner, path, each)?);
                    path.truncate(length);
                }
                Ok(Value::Array(changed))
            }
            Value::Object(object) => {
                let mut changed = Map::with_capacity(object.len());
                for (key, item) in object {
                    let inner = self.below(schemas, |schema| {
                        let named = schema.get("properties").and_then(|p| p.get(&key));
                        named.or_else(|| schema.get("additionalProperties"))
                    });
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(&key);
                    let item = self.value(item, &inner, path, each)?;
                    path.truncate(length);
                    changed.insert(key, item);
                }
                Ok(Value::Object(changed))
            }
            other => Ok(other),
        }
    }
}

fn mode(schemas: &[&Value]) -> Mode {
    let word = schemas
        .iter()
        .find_map(|schema| schema.get("x-expression")?.as_str());
    match word {
        Some("never") => Mode::Never,
        Some("deferred") => Mode::Deferred,
        _ => Mode::Eager,
    }
}

/// The value as the schema's type, where it names one.
fn fit(value: Value, schemas: &[&Value], path: &str) -> Result<Value, NodeError> {
    let mut wanted = Vec::new();
    for schema in schemas {
        match schema.get("type") {
            Some(Value::String(word)) => wanted.push(word.as_str()),
            Some(Value::Array(words)) => wanted.extend(words.iter().filter_map(Value::as_str)),
            _ => {}
        }
    }
    let has = match &value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_whole = value.as_f64().is_some_and(|n| n.fract() == 0.0);
    if wanted.is_empty() || wanted.contains(&has) {
        return Ok(value);
    }
    if has == "number" && wanted.contains(&"integer") && is_whole {
        // 3.0 of an expression is 3.
        let whole = value.as_i64().or_else(|| value.as_f64().map(|n| n as i64));
        return Ok(whole.map_or(value, Value::from));
    }
    let kind = match wanted.iter().find(|word| **word != "null") {
        Some(&"integer" | &"number") => DataType::Number,
        Some(&"boolean") => DataType::Boolean,
        Some(&"array") => DataType::array(DataType::Any),
        Some(&"object") => DataType::Object,
        Some(&"string") => DataType::String,
        _ => return Ok(value),
    };
    convert(value, &kind).map_err(|error| NodeError::input(error.to_string()).at(path))
}

/// Sets the value at a path that [`Walker`] wrote. Keys may hold dots and brackets, so the path is
/// followed by the longest key that fits.
fn set(settings: &mut RawSettings, path: &str, value: Value) {
    fn descend(at: &mut Value, rest: &str, value: Value) {
        if rest.is_empty() {
            *at = value;
            return;
        }
        match at {
            Value::Array(items) => {
                let Some((index, rest)) = rest.strip_prefix('[').and_then(|r| r.split_once(']'))
                else {
                    return;
                };
                if let Some(item) = index.parse().ok().and_then(|i: usize| items.get_mut(i)) {
                    descend(item, rest, value);
                }
            }
            Value::Object(object) => {
                let rest = rest.strip_prefix('.').unwrap_or(rest);
                let follows = |key: &&String| {
                    let tail = rest.strip_prefix(key.as_str());
                    tail.is_some_and(|t| t.is_empty() || t.starts_with(['.', '[']))
                };
                let key = object
                    .keys()
                    .filter(follows)
                    .max_by_key(|key| key.len())
                    .cloned();
                if let Some(key) = key {
                    let rest = rest[key.len()..].to_owned();
                    if let Some(item) = object.get_mut(&key) {
                        descend(item, &rest, value);
                    }
                }
            }
            _ => {}
        }
    }
    let mut whole = Value::Object(std::mem::take(settings));
    descend(&mut whole, path, value);
    if let Value::Object(object) = whole {
        *settings = object;
    }
}
