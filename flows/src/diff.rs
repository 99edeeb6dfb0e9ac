//! What changed between two states of a flow.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::expression::{paths, walk_texts};
use crate::graph::Graph;
use crate::node::{Capability, Registry};
use crate::versions::Snapshot;

/// One value that changed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldChange {
    /// Where: `settings.cases[1].id`, `policy.retry.max`.
    pub path: String,
    /// Before; `null` when it was not there.
    #[schema(value_type = Object)]
    pub from: Value,
    /// Now; `null` when it is not there.
    #[schema(value_type = Object)]
    pub to: Value,
}

/// One thing that is there in both states, and differs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Changed {
    /// Its id or name.
    pub id: String,
    /// What differs.
    pub changes: Vec<FieldChange>,
}

/// Things by id or name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Changes {
    /// Only there now.
    pub added: Vec<String>,
    /// Only there before.
    pub removed: Vec<String>,
    /// There in both.
    pub changed: Vec<Changed>,
}

/// What changed between two states of a flow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Diff {
    /// Whether both do the same.
    pub is_same: bool,
    /// Nodes with all their settings; schedules and webhooks are settings of triggers.
    pub nodes: Changes,
    /// Edges.
    pub edges: Changes,
    /// The flow's own variables.
    pub variables: Changes,
    /// The project's variables.
    pub project_variables: Changes,
    /// Names of the project's secrets.
    pub secrets: Changes,
    /// Groups and sticky notes.
    pub notes: Changes,
    /// What it may touch now and could not before: hosts, credentials, collections, models, code.
    pub capabilities_added: Vec<Capability>,
    /// What it could touch before.
    pub capabilities_removed: Vec<Capability>,
    /// Whether something stands elsewhere on the canvas.
    pub layout_changed: bool,
}

/// Compares two states.
pub fn diff(
    old: &Graph,
    old_environment: &Snapshot,
    new: &Graph,
    new_environment: &Snapshot,
    registry: &Registry,
) -> Diff {
    let by = |graph: &Graph, part: &str, key: &str| {
        let value = serde_json::to_value(graph).unwrap_or_default();
        let parts = value
            .get(part)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let named = parts.into_iter().map(|part| {
            let name = part
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            (name, part)
        });
        named.collect::<BTreeMap<String, Value>>()
    };
    let part = |part: &str, key: &str| changes(&by(old, part, key), &by(new, part, key));
    let mut notes = part("notes", "id");
    let groups = part("groups", "id");
    notes.added.extend(groups.added);
    notes.removed.extend(groups.removed);
    notes.changed.extend(groups.changed);
    let names = |snapshot: &Snapshot| {
        let named = snapshot
            .secrets
            .iter()
            .map(|name| (name.clone(), Value::Null));
        named.collect::<BTreeMap<String, Value>>()
    };
    let (before, after) = (capabilities(old, registry), capabilities(new, registry));
    let mut found = Diff {
        is_same: false,
        nodes: part("nodes", "id"),
        edges: part("edges", "id"),
        variables: part("variables", "name"),
        project_variables: changes(&old_environment.variables, &new_environment.variables),
        secrets: changes(&names(old_environment), &names(new_environment)),
        notes,
        capabilities_added: after.difference(&before).cloned().collect(),
        capabilities_removed: before.difference(&after).cloned().collect(),
        layout_changed: old.layout != new.layout,
    };
    let parts = [
        &found.nodes,
        &found.edges,
        &found.variables,
        &found.project_variables,
        &found.secrets,
    ];
    found.is_same = parts.iter().all(|part| **part == Changes::default());
    found
}

fn changes(old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>) -> Changes {
    let mut found = Changes::default();
    for (name, value) in new {
        match old.get(name) {
            None => found.added.push(name.clone()),
            Some(before) if before != value => {
                let mut changes = Vec::new();
                compare("", before, value, &mut changes);
                found.changed.push(Changed {
                    id: name.clone(),
                    changes,
                });
            }
            Some(_) => {}
        }
    }
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    found.removed.extend(gone.cloned());
    found
}

fn compare(path: &str, old: &Value, new: &Value, found: &mut Vec<FieldChange>) {
    let join = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let side = |object: &serde_json::Map<String, Value>| {
                    object.get(key).cloned().unwrap_or_default()
                };
                compare(&join(key), &side(a), &side(b), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (position, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}[{position}]"), a, b, found);
            }
        }
        (a, b) if a == b => {}
        (a, b) => found.push(FieldChange {
            path: path.to_owned(),
            from: a.clone(),
            to: b.clone(),
        }),
    }
}

fn capabilities(graph: &Graph, registry: &Registry) -> BTreeSet<Capability> {
    let mut found: BTreeSet<Capability> = secrets_in(graph, registry).into_iter().collect();
    for node in &graph.nodes {
        if let Some(kind) = registry.get(&node.kind) {
            found.extend(kind.capabilities(&node.settings));
        }
    }
    found
}

/// The secrets that expressions of a graph read.
pub(crate) fn secrets_in(graph: &Graph, registry: &Registry) -> Vec<Capability> {
    let mut found = Vec::new();
    for node in &graph.nodes {
        let Some(schema) = registry.schema(&node.kind) else {
            continue;
        };
        walk_texts(schema, &node.settings, &mut |_, text| {
            for path in paths(text).unwrap_or_default() {
                if path.root == "secrets" {
                    let name = path.key(0).unwrap_or("*").to_owned();
                    found.push(Capability::Secret { name });
                }
            }
        });
    }
    found
}
