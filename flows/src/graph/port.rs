//! Where edges begin and end.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::DataType;

/// The control input that every node but a trigger has.
pub const IN: &str = "in";
/// The control output that nodes without branches of their own have.
pub const OUT: &str = "out";
/// The control output that appears with `on_error: branch`; it is live when the node has failed.
pub const ERROR: &str = "error";

/// A place on a node where edges begin or end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Port {
    /// Key, unique among the node's inputs or outputs.
    pub name: String,
    /// What it gives or takes.
    #[serde(rename = "type")]
    pub kind: DataType,
    /// For people.
    pub title: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// An input that must get a value, from an edge or from the setting of the same name.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// An input that takes several edges; its value is then the list of the live ones' values, in the
    /// order of the edges' ids.
    #[serde(default, skip_serializing_if = "is_false")]
    pub many: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for this form"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Port {
    /// An optional port for one edge.
    pub fn new(name: impl Into<String>, kind: DataType, title: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind,
            title: title.into(),
            description: String::new(),
            required: false,
            many: false,
        }
    }

    /// A port that only passes the turn on.
    pub fn control(name: impl Into<String>, title: impl Into<String>) -> Self {
        Self::new(name, DataType::Control, title)
    }

    /// The same port, needing a value.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same port, taking several edges.
    #[must_use]
    pub fn many(mut self) -> Self {
        self.many = true;
        self
    }

    /// The same port with a description.
    #[must_use]
    pub fn about(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }
}

/// All ports of a node. Data ports and control ports share one list a side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ports {
    /// Where edges end.
    pub inputs: Vec<Port>,
    /// Where edges begin.
    pub outputs: Vec<Port>,
    /// Of a container: where edges into its inside begin (`item`, `index`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inner_outputs: Vec<Port>,
    /// Of a container: where edges out of its inside end (`result`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inner_inputs: Vec<Port>,
}

impl Ports {
    /// Ports of an ordinary node: `inputs` behind the control port `in`, `outputs` behind `out`.
    pub fn step(
        inputs: impl IntoIterator<Item = Port>,
        outputs: impl IntoIterator<Item = Port>,
    ) -> Self {
        let mut ports = Self {
            inputs: vec![Port::control(IN, "In")],
            outputs: vec![Port::control(OUT, "Out")],
            ..Self::default()
        };
        ports.inputs.extend(inputs);
        ports.outputs.extend(outputs);
        ports
    }

    /// Ports of a trigger: no inputs, `outputs` behind `out`.
    pub fn trigger(outputs: impl IntoIterator<Item = Port>) -> Self {
        Self {
            inputs: Vec::new(),
            ..Self::step([], outputs)
        }
    }

    /// Ports of a node whose branches are its own outputs: no `out`.
    pub fn branches(
        inputs: impl IntoIterator<Item = Port>,
        outputs: impl IntoIterator<Item = Port>,
    ) -> Self {
        Self {
            outputs: outputs.into_iter().collect(),
            ..Self::step(inputs, [])
        }
    }

    /// The same ports with those of a container's inside.
    #[must_use]
    pub fn with_inside(
        mut self,
        inner_outputs: impl IntoIterator<Item = Port>,
        inner_inputs: impl IntoIterator<Item = Port>,
    ) -> Self {
        self.inner_outputs.extend(inner_outputs);
        self.inner_inputs.extend(inner_inputs);
        self
    }

    /// The input of this name.
    pub fn input(&self, name: &str) -> Option<&Port> {
        find(&self.inputs, name)
    }

    /// The output of this name.
    pub fn output(&self, name: &str) -> Option<&Port> {
        find(&self.outputs, name)
    }

    /// The output into the inside of this name.
    pub fn inner_output(&self, name: &str) -> Option<&Port> {
        find(&self.inner_outputs, name)
    }

    /// The input from the inside of this name.
    pub fn inner_input(&self, name: &str) -> Option<&Port> {
        find(&self.inner_inputs, name)
    }
}

fn find<'a>(ports: &'a [Port], name: &str) -> Option<&'a Port> {
    ports.iter().find(|port| port.name == name)
}
