//! Scopes as Qdrant's filters. Every one carries organization and collection.

use serde_json::{Value, json};

use crate::index::{Place, Scope};
use crate::search::{AttributeValue, Filter};

/// Organization and collection.
pub(super) fn place(at: Place) -> Vec<Value> {
    vec![
        json!({"key": "org_id", "match": {"value": at.org.to_string()}}),
        json!({"key": "collection_id", "match": {"value": at.collection.to_string()}}),
    ]
}

pub(super) fn scope(scope: &Scope) -> Value {
    let mut must = place(scope.place);
    if !scope.documents.is_empty() {
        let ids: Vec<String> = scope.documents.iter().map(ToString::to_string).collect();
        must.push(json!({"key": "document_id", "match": {"any": ids}}));
    }
    for tag in &scope.tags {
        must.push(json!({"key": "tags", "match": {"value": tag}}));
    }
    if let Some(filter) = &scope.filter {
        must.push(condition(filter));
    }
    json!({ "must": must })
}

fn condition(filter: &Filter) -> Value {
    let not = |condition: Value| json!({"must_not": [condition]});
    match filter {
        Filter::Eq(c) => equals(&c.key, &c.value),
        Filter::Ne(c) => not(equals(&c.key, &c.value)),
        Filter::Gt(c) => range(&c.key, "gt", &c.value),
        Filter::Gte(c) => range(&c.key, "gte", &c.value),
        Filter::Lt(c) => range(&c.key, "lt", &c.value),
        Filter::Lte(c) => range(&c.key, "lte", &c.value),
        Filter::In(m) => any(m.value.iter().map(|value| equals(&m.key, value)).collect()),
        Filter::Nin(m) => not(any(m.value.iter().map(|v| equals(&m.key, v)).collect())),
        Filter::And(all) => json!({"must": all.filters.iter().map(condition).collect::<Vec<_>>()}),
        Filter::Or(or) => any(or.filters.iter().map(condition).collect()),
    }
}

/// One of these. An empty `should` would mean anything, so nothing is said in another way.
fn any(conditions: Vec<Value>) -> Value {
    if conditions.is_empty() {
        return json!({"has_id": []});
    }
    json!({ "should": conditions })
}

/// Texts and truth values stand in `a.t`, numbers in `a.n`: Qdrant matches numbers by range only.
fn equals(key: &str, value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Number(n) => {
            json!({"key": field("n", key), "range": {"gte": n, "lte": n}})
        }
        AttributeValue::Text(text) => json!({"key": field("t", key), "match": {"value": text}}),
        AttributeValue::Bool(truth) => json!({"key": field("b", key), "match": {"value": truth}}),
    }
}

fn range(key: &str, operator: &str, value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Number(n) => json!({"key": field("n", key), "range": {operator: n}}),
        // Qdrant has no order of texts: nothing passes, and the caller refuses it before.
        AttributeValue::Text(_) | AttributeValue::Bool(_) => json!({"has_id": []}),
    }
}

/// The attribute's key, quoted: it may hold dots.
fn field(kind: &str, key: &str) -> String {
    format!("a.{kind}.\"{}\"", key.replace('"', ""))
}

/// Attributes as they are stored for these conditions.
pub(super) fn payload(attributes: &crate::search::Attributes) -> Value {
    let mut stored = json!({"t": {}, "n": {}, "b": {}});
    for (key, value) in attributes {
        let key = key.replace('"', "");
        match value {
            AttributeValue::Text(text) => stored["t"][key] = json!(text),
            AttributeValue::Number(n) => stored["n"][key] = json!(n),
            AttributeValue::Bool(truth) => stored["b"][key] = json!(truth),
        }
    }
    stored
}

/// Whether the filter asks for an order of texts, which Qdrant does not have.
pub(super) fn orders_texts(filter: &Filter) -> bool {
    match filter {
        Filter::Gt(c) | Filter::Gte(c) | Filter::Lt(c) | Filter::Lte(c) => {
            matches!(c.value, AttributeValue::Text(_))
        }
        Filter::And(inner) | Filter::Or(inner) => inner.filters.iter().any(orders_texts),
        Filter::Eq(_) | Filter::Ne(_) | Filter::In(_) | Filter::Nin(_) => false,
    }
}
