//! How a graph looks. Kept apart from what it does, so that moving a node does not show in a diff of
//! its behaviour.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::NodeId;

/// Where something stands on the canvas, in its own pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// From the left; inside a container, from its left edge.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Width, where it was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<f64>,
    /// Height, where it was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<f64>,
    /// Drawn folded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub collapsed: bool,
}

impl Place {
    /// Long fractions, which dragging gives, do not stay the same through JSON.
    pub(super) fn round(&mut self) {
        let round = |length: f64| (length * 100.0).round() / 100.0;
        self.x = round(self.x);
        self.y = round(self.y);
        self.width = self.width.map(round);
        self.height = self.height.map(round);
    }
}

/// A frame around nodes, for people; it changes nothing in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Key, unique among groups.
    pub id: String,
    /// What is in it.
    pub title: String,
    /// The nodes inside.
    #[serde(default)]
    pub nodes: Vec<NodeId>,
    /// A colour's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

/// A sticky note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StickyNote {
    /// Key, unique among notes.
    pub id: String,
    /// Markdown.
    pub text: String,
    /// A colour's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

/// Positions of everything that is drawn, by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Layout {
    /// Of nodes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<NodeId, Place>,
    /// Of groups.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Place>,
    /// Of sticky notes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, Place>,
}

impl Layout {
    /// Whether nothing has a place.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.groups.is_empty() && self.notes.is_empty()
    }
}
