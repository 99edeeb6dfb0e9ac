//! What connects two nodes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{EdgeId, NodeId};

/// Whether an edge carries a value or only the turn.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// The value of an output goes into an input.
    #[default]
    Data,
    /// It ends at a control port: the node waits for it and gets nothing.
    Control,
}

/// One end of an edge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// The node.
    pub node: NodeId,
    /// Its port.
    pub port: String,
}

impl End {
    /// This port of this node.
    pub fn new(node: impl Into<NodeId>, port: impl Into<String>) -> Self {
        Self {
            node: node.into(),
            port: port.into(),
        }
    }
}

/// What connects an output to an input.
///
/// Both nodes have the same parent; or `from` is the parent of `to` (an inner output such as `item`),
/// or `to` is the parent of `from` (an inner input such as `result`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// Key.
    pub id: EdgeId,
    /// Where it begins.
    pub from: End,
    /// Where it ends.
    pub to: End,
    /// What it carries.
    #[serde(default)]
    pub kind: EdgeKind,
}
