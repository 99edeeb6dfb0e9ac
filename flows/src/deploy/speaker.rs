//! Which node's growing text is the answer of a flow, so that it can be passed on while it grows.

use serde_json::Value;

use crate::graph::{Graph, NodeId};

/// The output that models' nodes stream.
pub(super) const PORT: &str = "text";

/// The one node whose `text` is returned as it is: by an edge or by an expression alone. `None` when
/// the answer is made of more, or of something else; it comes as a whole then.
pub(super) fn speaker(graph: &Graph) -> Option<NodeId> {
    let active = || graph.nodes.iter().filter(|node| !node.disabled);
    let mut returns = active().filter(|node| node.kind == "output.return");
    let (Some(last), None) = (returns.next(), returns.next()) else {
        return None;
    };
    let by_edge = graph
        .edges
        .iter()
        .find(|edge| edge.to.node == last.id && edge.to.port == "value" && edge.from.port == PORT);
    let id = match by_edge {
        Some(edge) => edge.from.node.clone(),
        None => named(last.settings.get("value")?)?,
    };
    let node = active().find(|node| node.id == id)?;
    // In a loop it speaks many times.
    node.parent.is_none().then_some(id)
}

/// The node of `{{ nodes.<id>.output.text }}`.
fn named(value: &Value) -> Option<NodeId> {
    let inner = value
        .as_str()?
        .trim()
        .strip_prefix("{{")?
        .strip_suffix("}}")?;
    let id = inner
        .trim()
        .strip_prefix("nodes.")?
        .strip_suffix(".output.text")?;
    Some(NodeId::from(id))
}

/// What a flow returned, as an answer in a conversation: a text as it is; of an object its only field, or
/// the one that is called as answers are; anything else as JSON.
pub(super) fn answer_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let named = ["answer", "text", "message", "content", "output", "value"];
            let named = named.iter().find_map(|name| fields.get(*name)?.as_str());
            match (named, fields.len()) {
                (Some(text), _) => text.to_owned(),
                (None, 1) => fields.values().next().map(answer_of).unwrap_or_default(),
                _ => value.to_string(),
            }
        }
        other => other.to_string(),
    }
}
