//! All node types by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::AnyNode;
use crate::graph::Graph;
use crate::nodes;

/// All node types by name.
#[derive(Clone)]
pub struct Registry {
    nodes: BTreeMap<&'static str, Type>,
}

#[derive(Clone)]
struct Type {
    node: &'static dyn AnyNode,
    schema: Arc<Value>,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new(nodes::ALL)
    }
}

impl Registry {
    /// A registry of these types.
    pub fn new(nodes: &[&'static dyn AnyNode]) -> Self {
        Self {
            nodes: nodes
                .iter()
                .map(|node| {
                    let schema = Arc::new(node.schema());
                    (
                        node.about().id,
                        Type {
                            node: *node,
                            schema,
                        },
                    )
                })
                .collect(),
        }
    }

    /// The type of this name.
    pub fn get(&self, kind: &str) -> Option<&'static dyn AnyNode> {
        self.nodes.get(kind).map(|kind| kind.node)
    }

    /// JSON Schema of the settings of this type.
    pub fn schema(&self, kind: &str) -> Option<&Value> {
        self.nodes.get(kind).map(|kind| &*kind.schema)
    }

    /// All types, by name.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn AnyNode> {
        self.nodes.values().map(|kind| kind.node)
    }

    /// Brings the settings of all nodes to the versions of this program. Gives what could not be
    /// carried over as `(node, why)`; such nodes stay as they are. Nodes of unknown types, and of newer
    /// versions than this program's, stay as they are too: validation names them.
    pub fn upgrade(&self, graph: &mut Graph) -> Vec<(crate::graph::NodeId, String)> {
        let mut left = Vec::new();
        for node in &mut graph.nodes {
            let Some(kind) = self.get(&node.kind) else {
                continue;
            };
            while node.version < kind.about().version {
                match kind.migrate(node.version, node.settings.clone()) {
                    Ok(settings) => {
                        node.settings = settings;
                        node.version += 1;
                    }
                    Err(why) => {
                        left.push((node.id.clone(), why));
                        break;
                    }
                }
            }
        }
        left
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.nodes.keys()).finish()
    }
}
