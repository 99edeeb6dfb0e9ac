//! "Why is this empty?": follows a path as far as it goes and says what ends it.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::path::{Path, Step};
use super::scope::{NodeStatus, Scope};
use crate::graph::NodeId;

/// Why something an expression names gives nothing.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Reason {
    /// What is named.
    pub path: Path,
    /// For the flow's author.
    pub message: String,
    /// The node to look at.
    pub node: Option<NodeId>,
    /// Whether there is nothing at all, so that the expression fails; else what is there is empty.
    pub is_missing: bool,
}

/// A value at the end of a path, or why there is none.
pub(super) enum Found<'a> {
    Value(&'a Value),
    /// The path leads to something that is no plain JSON (`nodes`, `nodes.x`, `secrets.x`).
    Opaque,
    Missing(Reason),
}

/// Follows `path` through `scope`.
pub(super) fn follow<'a>(path: &Path, scope: &'a Scope) -> Found<'a> {
    match path.root.as_str() {
        "nodes" => follow_node(path, scope),
        "vars" => {
            let Some(name) = path.key(0) else {
                return Found::Opaque;
            };
            match scope.vars.get(name) {
                Some(value) => walk(path, 1, value.json(), None),
                None => {
                    let names = scope.vars.keys().map(String::as_str);
                    let near = did_you_mean(name, names);
                    missing(path, format!("there is no variable `{name}`{near}"), None)
                }
            }
        }
        "item" | "index" if scope.item.is_none() => {
            let message = format!("`{}` is there inside of loops only", path.root);
            missing(path, message, None)
        }
        root => match scope.root(root) {
            Some(value) => walk(path, 0, value, None),
            None => Found::Opaque,
        },
    }
}

fn follow_node<'a>(path: &Path, scope: &'a Scope) -> Found<'a> {
    let Some(id) = path.key(0) else {
        return Found::Opaque;
    };
    let node = Some(NodeId::new(id));
    let Some(record) = scope.node(id) else {
        let near = did_you_mean(id, scope.node_ids().into_iter());
        return missing(path, format!("the node `{id}` has not run{near}"), node);
    };
    if path.key(1) != Some("output") {
        return Found::Opaque;
    }
    let output = record.output.json();
    if record.status == NodeStatus::Done {
        return walk(path, 2, output, node);
    }
    match walk(path, 2, output, node.clone()) {
        Found::Missing(_) => {
            let message = match (record.status, &record.error, &record.why) {
                (NodeStatus::Failed, Some(error), _) => format!("the node `{id}` failed: {error}"),
                (_, _, Some(why)) => format!("the node `{id}` was passed over: {why}"),
                _ => format!("the node `{id}` was passed over"),
            };
            missing(path, message, node)
        }
        found => found,
    }
}

fn walk<'a>(path: &Path, from: usize, value: &'a Value, node: Option<NodeId>) -> Found<'a> {
    let mut at = value;
    for (position, step) in path.steps.iter().enumerate().skip(from) {
        let so_far = Path {
            steps: path.steps[..position].to_vec(),
            ..path.clone()
        };
        let next = match (step, at) {
            (Step::Key(key), Value::Object(object)) => object.get(key),
            (Step::Index(index), Value::Array(items)) => {
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let place = if *index < 0 { length + index } else { *index };
                usize::try_from(place)
                    .ok()
                    .and_then(|place| items.get(place))
            }
            _ => None,
        };
        let Some(next) = next else {
            return missing(path, why_not(step, at, &so_far), node);
        };
        at = next;
    }
    Found::Value(at)
}

fn why_not(step: &Step, value: &Value, so_far: &Path) -> String {
    match (step, value) {
        (_, Value::Null) => format!("`{so_far}` is null"),
        (Step::Key(key), Value::Object(object)) if object.is_empty() => {
            format!("`{so_far}` has no `{key}`: it is an empty object")
        }
        (Step::Key(key), Value::Object(object)) => {
            let names: Vec<&str> = object.keys().map(String::as_str).take(12).collect();
            let near = did_you_mean(key, object.keys().map(String::as_str));
            let has = if near.is_empty() {
                format!("; it has {}", names.join(", "))
            } else {
                near
            };
            format!("`{so_far}` has no `{key}`{has}")
        }
        (Step::Index(_), Value::Array(items)) if items.is_empty() => {
            format!("`{so_far}` is an empty list")
        }
        (Step::Index(index), Value::Array(items)) => {
            format!("`{so_far}` has no entry {index}: it has {}", items.len())
        }
        (Step::Key(key), Value::Array(_)) => {
            format!("`{so_far}` is a list: name an entry, as in `{so_far}[0].{key}`")
        }
        (Step::Key(key), other) => {
            let kind = crate::value::type_of(other);
            format!("`{so_far}` is a {kind} and has no `{key}`")
        }
        (Step::Index(_), other) => {
            let kind = crate::value::type_of(other);
            format!("`{so_far}` is a {kind}, not a list")
        }
    }
}

fn missing<'a>(path: &Path, message: String, node: Option<NodeId>) -> Found<'a> {
    Found::Missing(Reason {
        path: path.clone(),
        message,
        node,
        is_missing: true,
    })
}

/// Says what is there but empty.
pub(super) fn emptiness(path: &Path, value: &Value) -> Option<Reason> {
    let what = match value {
        Value::Null => "null",
        Value::String(text) if text.trim().is_empty() => "an empty text",
        Value::Array(items) if items.is_empty() => "an empty list",
        Value::Object(object) if object.is_empty() => "an empty object",
        _ => return None,
    };
    let node = (path.root == "nodes").then(|| path.key(0)).flatten();
    Some(Reason {
        path: path.clone(),
        message: format!("`{path}` is {what}"),
        node: node.map(NodeId::new),
        is_missing: false,
    })
}

/// `; did you mean …` with the nearest of the names, if one is near.
pub(crate) fn did_you_mean<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    let near = names
        .take(1_000)
        .map(|name| (strsim::jaro_winkler(wanted, name), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    near.map_or_else(String::new, |(_, name)| format!("; did you mean `{name}`?"))
}
