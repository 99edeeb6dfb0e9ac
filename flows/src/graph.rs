//! A flow as a value: nodes, edges, variables, and how it looks.
//!
//! The JSON form is stable: [`Graph::normalize`] sorts nodes and edges by id and drops what is default,
//! so the same flow is always the same text, and a diff of two texts shows what changed.

mod edge;
mod id;
mod layout;
mod node;
mod policy;
mod port;
mod ready;
mod types;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub use edge::{Edge, EdgeKind, End};
pub use id::{EdgeId, MAX_KEY, NodeId, is_key};
pub use layout::{Group, Layout, Place, StickyNote};
pub use node::Node;
pub use policy::{MAX_RETRIES, MAX_TIMEOUT_MS, MAX_WAIT_MS, OnError, Policy, Retry};
pub use port::{ERROR, IN, OUT, Port, Ports};
pub use ready::{Arrival, EdgeState, Readiness, readiness};
pub use types::{Conversion, DataType};

/// Nodes a graph has at most.
pub const MAX_NODES: usize = 1_000;
/// Edges a graph has at most.
pub const MAX_EDGES: usize = 5_000;
/// Bytes of a graph as JSON, at most.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Containers inside containers, at most.
pub const MAX_NESTING: usize = 10;
/// The version of this JSON form.
pub const SCHEMA: u32 = 1;

/// A flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Graph {
    /// Version of this JSON form, 1.
    pub schema: u32,
    /// What is done.
    pub nodes: Vec<Node>,
    /// In which order, and with whose values.
    pub edges: Vec<Edge>,
    /// The flow's own variables, `vars.<name>`; they shadow those of the project.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
    /// Frames around nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Sticky notes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<StickyNote>,
    /// Where everything stands on the canvas.
    #[serde(skip_serializing_if = "Layout::is_empty")]
    pub layout: Layout,
}

impl Default for Graph {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            nodes: Vec::new(),
            edges: Vec::new(),
            variables: Vec::new(),
            groups: Vec::new(),
            notes: Vec::new(),
            layout: Layout::default(),
        }
    }
}

/// A value that expressions name `vars.<name>`. A run may change it by the node "set variable"; the
/// change lasts as long as the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Key.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type", default = "any")]
    pub kind: DataType,
    /// The value at the beginning of each run.
    #[serde(default)]
    pub value: Value,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

fn any() -> DataType {
    DataType::Any
}

impl Graph {
    /// The node with this id.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == *id)
    }

    /// Brings the graph into its one form: everything sorted by id, places of things that are gone
    /// dropped, the others rounded to hundredths of a pixel.
    pub fn normalize(&mut self) {
        self.nodes.sort_by(|a, b| a.id.cmp(&b.id));
        self.edges.sort_by(|a, b| a.id.cmp(&b.id));
        self.variables.sort_by(|a, b| a.name.cmp(&b.name));
        self.groups.sort_by(|a, b| a.id.cmp(&b.id));
        self.notes.sort_by(|a, b| a.id.cmp(&b.id));
        for group in &mut self.groups {
            group.nodes.sort();
            group.nodes.dedup();
        }
        let Self {
            nodes,
            groups,
            notes,
            layout,
            ..
        } = self;
        let drawn: std::collections::BTreeSet<&NodeId> = nodes.iter().map(|n| &n.id).collect();
        layout.nodes.retain(|id, _| drawn.contains(id));
        layout
            .groups
            .retain(|id, _| groups.iter().any(|g| g.id == *id));
        layout
            .notes
            .retain(|id, _| notes.iter().any(|n| n.id == *id));
        let places = layout.nodes.values_mut();
        let places = places.chain(layout.groups.values_mut());
        for place in places.chain(layout.notes.values_mut()) {
            place.round();
        }
    }

    /// The graph without its looks, for telling whether two graphs do the same.
    #[must_use]
    pub fn behaviour(&self) -> Self {
        let mut graph = self.clone();
        graph.normalize();
        graph.layout = Layout::default();
        graph.groups.clear();
        graph.notes.clear();
        graph
    }
}
