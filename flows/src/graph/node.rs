//! One step of a flow.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{NodeId, Policy};

/// One step of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Key, as in `nodes.<id>.output`.
    pub id: NodeId,
    /// A type of the registry, such as `logic.if`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Version of the type that `settings` were written for.
    #[serde(default = "one")]
    pub version: u32,
    /// For people; the type's title when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Fields of the type's schema; texts may hold expressions.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
    /// The container it stands in; none: the flow itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<NodeId>,
    /// Switched off: it is passed over as [`Readiness`](super::Readiness) says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// What people wrote beside it, in Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Retries, timeout, and what follows a failure.
    #[serde(default, skip_serializing_if = "is_default")]
    pub policy: Policy,
}

fn one() -> u32 {
    1
}

fn is_default(policy: &Policy) -> bool {
    *policy == Policy::default()
}

impl Node {
    /// A node with default settings.
    pub fn new(id: impl Into<NodeId>, kind: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind: kind.into(),
            version: one(),
            name: String::new(),
            settings: Map::new(),
            parent: None,
            disabled: false,
            notes: String::new(),
            policy: Policy::default(),
        }
    }
}
