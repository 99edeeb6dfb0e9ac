//! The steps of "Transform".

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::expression::{Scope, evaluate, evaluate_condition};
use crate::node::NodeError;
use crate::nodes::shared::lookup::{compare, lookup};
use crate::value::number_of;

/// One step.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "do", deny_unknown_fields)]
pub(super) enum Step {
    /// Makes another entry of each.
    Map {
        /// Fields of the new entry, by name; texts are expressions with `item` and `index`.
        #[serde(default)]
        #[schemars(extend("additionalProperties" = serde_json::json!({"type": "string", "x-expression": "deferred"})))]
        fields: Map<String, Value>,
        /// One expression in place of fields.
        #[serde(default)]
        #[schemars(extend("x-expression" = "deferred"))]
        value: String,
        /// Keep the entry's own fields as well.
        #[serde(default)]
        keep_others: bool,
    },
    /// Keeps entries for which a condition holds.
    Keep {
        /// An expression with `item` and `index`.
        #[schemars(extend("x-expression" = "deferred"))]
        condition: String,
    },
    /// Keeps some fields of each entry.
    Pick {
        /// Their paths.
        fields: Vec<String>,
    },
    /// Removes some fields of each entry.
    Omit {
        /// Their names.
        fields: Vec<String>,
    },
    /// Gives fields of each entry other names.
    Rename {
        /// The new name by the old one.
        fields: HashMap<String, String>,
    },
    /// Sorts by a field; entries that agree keep their order.
    Sort {
        /// Its path; empty: the entries themselves.
        #[serde(default)]
        by: String,
        /// The largest first.
        #[serde(default)]
        descending: bool,
    },
    /// Keeps the first of entries that agree.
    Dedupe {
        /// In this field; empty: as a whole.
        #[serde(default)]
        by: String,
    },
    /// One entry for each group.
    Aggregate {
        /// Fields in which the entries of a group agree; none: one group.
        #[serde(default)]
        group_by: Vec<String>,
        /// What is known of each group.
        values: Vec<Aggregate>,
    },
    /// One entry for each entry of a list inside.
    Flatten {
        /// The list's path; empty: entries that are lists themselves.
        #[serde(default)]
        field: String,
    },
    /// Keeps some entries from the beginning.
    Limit {
        /// How many.
        count: usize,
        /// After leaving out so many.
        #[serde(default)]
        skip: usize,
    },
    /// Turns the order around.
    Reverse,
}

/// What is known of a group.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Aggregate {
    /// The field's name.
    name: String,
    /// Of which field; empty: of the entries themselves.
    #[serde(default)]
    of: String,
    /// What.
    how: How,
}

/// What is known of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum How {
    Count,
    Sum,
    Average,
    Min,
    Max,
    First,
    Last,
    List,
    /// Different values.
    Unique,
}

impl Step {
    pub(super) fn apply(
        &self,
        items: Vec<Value>,
        scope: &Arc<Scope>,
        field: &str,
    ) -> Result<Vec<Value>, NodeError> {
        Ok(match self {
            Self::Map {
                fields,
                value,
                keep_others,
            } => {
                let each = |(index, item): (usize, Value)| {
                    map(item, index, fields, value, *keep_others, scope, field)
                };
                items
                    .into_iter()
                    .enumerate()
                    .map(each)
                    .collect::<Result<_, _>>()?
            }
            Self::Keep { condition } => {
                let mut kept = Vec::new();
                for (index, item) in items.into_iter().enumerate() {
                    let scope = scope.with_item(item.clone(), index);
                    let holds = evaluate_condition(condition, &scope);
                    let path = format!("{field}.condition");
                    if holds.map_err(|error| error.in_field(&path))? {
                        kept.push(item);
                    }
                }
                kept
            }
            Self::Pick { fields } => items.iter().map(|item| pick(item, fields)).collect(),
            Self::Omit { fields } => each_object(items, |object| {
                for field in fields {
                    object.shift_remove(field);
                }
            }),
            Self::Rename { fields } => each_object(items, |object| {
                let renamed = std::mem::take(object).into_iter();
                *object = renamed
                    .map(|(key, value)| (fields.get(&key).cloned().unwrap_or(key), value))
                    .collect();
            }),
            Self::Sort { by, descending } => sort(items, by, *descending),
            Self::Dedupe { by } => {
                let mut seen = HashSet::new();
                let is_new = |item: &Value| seen.insert(lookup(item, by).to_string());
                items.into_iter().filter(is_new).collect()
            }
            Self::Aggregate { group_by, values } => aggregate(&items, group_by, values),
            Self::Flatten { field } => items.iter().flat_map(|item| flatten(item, field)).collect(),
            Self::Limit { count, skip } => items.into_iter().skip(*skip).take(*count).collect(),
            Self::Reverse => items.into_iter().rev().collect(),
        })
    }
}

fn map(
    item: Value,
    index: usize,
    fields: &Map<String, Value>,
    whole: &str,
    keep_others: bool,
    scope: &Arc<Scope>,
    at: &str,
) -> Result<Value, NodeError> {
    let scope = scope.with_item(item.clone(), index);
    let given = |text: &str, path: &str| {
        evaluate(text, &scope)
            .map(|given| given.value)
            .map_err(|error| error.in_field(path))
    };
    if !whole.is_empty() {
        return given(whole, &format!("{at}.value"));
    }
    let mut object = match item {
        Value::Object(object) if keep_others => object,
        _ => Map::new(),
    };
    for (name, value) in fields {
        let value = match value {
            Value::String(text) => given(text, &format!("{at}.fields.{name}"))?,
            other => other.clone(),
        };
        object.insert(name.clone(), value);
    }
    Ok(Value::Object(object))
}

fn pick(item: &Value, fields: &[String]) -> Value {
    let picked = fields
        .iter()
        .map(|path| (path.clone(), lookup(item, path).clone()));
    Value::Object(picked.collect())
}

fn each_object(items: Vec<Value>, change: impl Fn(&mut Map<String, Value>)) -> Vec<Value> {
    let mut items = items;
    for item in &mut items {
        if let Value::Object(object) = item {
            change(object);
        }
    }
    items
}

fn sort(mut items: Vec<Value>, by: &str, descending: bool) -> Vec<Value> {
    items.sort_by(|a, b| {
        let order = compare(lookup(a, by), lookup(b, by));
        if descending { order.reverse() } else { order }
    });
    items
}

fn flatten(item: &Value, field: &str) -> Vec<Value> {
    match lookup(item, field) {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        other => vec![other.clone()],
    }
}

fn aggregate(items: &[Value], group_by: &[String], values: &[Aggregate]) -> Vec<Value> {
    let mut groups: Vec<Vec<&Value>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for item in items {
        let key: Vec<&Value> = group_by.iter().map(|path| lookup(item, path)).collect();
        let key = serde_json::to_string(&key).unwrap_or_default();
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(item);
    }
    if group_by.is_empty() && groups.is_empty() {
        groups.push(Vec::new());
    }
    groups
        .iter()
        .map(|group| summary(group, group_by, values))
        .collect()
}

fn summary(group: &[&Value], group_by: &[String], values: &[Aggregate]) -> Value {
    let mut object = Map::new();
    for path in group_by {
        let value = group.first().map(|item| lookup(item, path).clone());
        object.insert(path.clone(), value.unwrap_or_default());
    }
    for wanted in values {
        let of: Vec<&Value> = group.iter().map(|item| lookup(item, &wanted.of)).collect();
        object.insert(wanted.name.clone(), wanted.how.of(&of));
    }
    Value::Object(object)
}

impl How {
    fn of(self, values: &[&Value]) -> Value {
        let there = || values.iter().copied().filter(|value| !value.is_null());
        match self {
            Self::Count => there().count().into(),
            Self::Sum => sum(values),
            Self::Average => {
                let numbers: Vec<f64> = there().filter_map(number_of).collect();
                let average = numbers.iter().sum::<f64>() / numbers.len() as f64;
                Number::from_f64(average).map_or(Value::Null, Value::Number)
            }
            Self::Min => there()
                .min_by(|a, b| compare(a, b))
                .cloned()
                .unwrap_or_default(),
            Self::Max => there()
                .max_by(|a, b| compare(a, b))
                .cloned()
                .unwrap_or_default(),
            Self::First => there().next().cloned().unwrap_or_default(),
            Self::Last => there().next_back().cloned().unwrap_or_default(),
            Self::List => values.iter().copied().cloned().collect(),
            Self::Unique => {
                let mut seen = HashSet::new();
                there()
                    .filter(|value| seen.insert(value.to_string()))
                    .cloned()
                    .collect()
            }
        }
    }
}

/// Whole numbers stay whole as long as they fit.
fn sum(values: &[&Value]) -> Value {
    let whole: Option<i64> = values
        .iter()
        .filter(|value| !value.is_null())
        .try_fold(0_i64, |sum, value| sum.checked_add(value.as_i64()?));
    if let Some(whole) = whole {
        return whole.into();
    }
    let sum: f64 = values.iter().filter_map(|value| number_of(value)).sum();
    Number::from_f64(sum).map_or(Value::Null, Value::Number)
}
