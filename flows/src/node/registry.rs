//! All node types by name.

use std::collections::BTreeMap;
use std::fmt;

use super::AnyNode;
use crate::graph::Graph;
use crate::nodes;

/// All node types by name.
#[derive(Clone)]
pub struct Registry {
    nodes: BTreeMap<&'static str, &'static dyn AnyNode>,
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
            nodes: nodes.iter().map(|node| (node.about().id, *node)).collect(),
        }
    }

    /// The type of this name.
    pub fn get(&self, kind: &str) -> Option<&'static dyn AnyNode> {
        self.nodes.get(kind).copied()
    }

    /// All types, by name.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn AnyNode> {
        self.nodes.values().copied()
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
