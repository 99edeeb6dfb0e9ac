//! Judges a flow before it runs. One function for the editor, for saving and for publishing.
//!
//! It never fails and its work is bounded by the graph's size, whatever the graph holds.

mod edges;
mod names;
mod order;
mod schema;
mod settings;
mod structure;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::graph::{EdgeId, Graph, NodeId};
use crate::node::Registry;
pub(crate) use names::widget;

/// Whether a flow can be published in spite of a problem.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can; somebody should look.
    Warning,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        /// What is wrong, as a stable word.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
        )]
        pub enum Code {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $name,)+
        }

        impl Code {
            /// All codes with their words and meanings, for `docs/flows.md`.
            pub const ALL: &[(Self, &'static str, &'static str)] =
                &[$((Self::$name, $word, concat!($($doc),+)),)+];
        }
    };
}

codes! {
    /// The graph has too many nodes or edges, or nests too deeply.
    TooLarge = "too_large",
    /// The JSON form is of a later version of the program.
    NewerSchema = "newer_schema",
    /// An id or name is not `a-z`, then `a-z 0-9 _`.
    InvalidId = "invalid_id",
    /// Two things have the same id or name.
    DuplicateId = "duplicate_id",
    /// There is no node that a run could begin at.
    NoTrigger = "no_trigger",
    /// The node's type does not exist in this program.
    UnknownNodeType = "unknown_node_type",
    /// The node was written for a later version of its type.
    NewerNodeVersion = "newer_node_version",
    /// The node was written for an earlier version and cannot be carried over.
    OldNodeVersion = "old_node_version",
    /// The node's parent does not exist, is no container, or stands inside of the node.
    InvalidParent = "invalid_parent",
    /// A retry, timeout or error policy is out of bounds.
    InvalidPolicy = "invalid_policy",
    /// An edge begins or ends at a node that does not exist.
    UnknownNode = "unknown_node",
    /// A port does not exist.
    UnknownPort = "unknown_port",
    /// What the output gives cannot go into the input.
    TypeMismatch = "type_mismatch",
    /// A data edge ends at a control port, or the other way around.
    EdgeKind = "edge_kind",
    /// Several edges end at an input that takes one.
    PortTaken = "port_taken",
    /// An edge leads across the border of a container.
    CrossesContainer = "crosses_container",
    /// A required input has neither edge nor value.
    MissingInput = "missing_input",
    /// Nodes wait for each other.
    Cycle = "cycle",
    /// No run ever comes to the node.
    Unreachable = "unreachable",
    /// A setting has a wrong value.
    InvalidSetting = "invalid_setting",
    /// A required setting is missing.
    MissingSetting = "missing_setting",
    /// The node type has no such setting.
    UnknownSetting = "unknown_setting",
    /// An expression cannot be read.
    ExpressionSyntax = "expression_syntax",
    /// An expression names something that does not exist.
    UnknownName = "unknown_name",
    /// An expression names a node that has not run by then.
    NotBefore = "not_before",
    /// An expression names a variable that neither flow nor project has.
    UnknownVariable = "unknown_variable",
    /// An expression names a secret that the project does not have.
    UnknownSecret = "unknown_secret",
    /// A credential does not exist or is switched off.
    MissingCredential = "missing_credential",
    /// A collection does not exist.
    MissingCollection = "missing_collection",
    /// A called flow does not exist.
    MissingWorkflow = "missing_workflow",
    /// A called flow was never published, or not in this version.
    UnpublishedWorkflow = "unpublished_workflow",
    /// A flow calls itself.
    CallsItself = "calls_itself",
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// What.
    pub code: Code,
    /// Whether the flow can be published in spite of it.
    pub severity: Severity,
    /// For the flow's author: what is wrong and what to do.
    pub message: String,
    /// The node it is at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// The edge it is at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<EdgeId>,
    /// The port it is at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The setting it is in: `cases[1].value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Line in the setting's text, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// Other nodes it is about; of a cycle all, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<NodeId>,
}

impl Problem {
    fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            node: None,
            edge: None,
            port: None,
            field: None,
            line: None,
            column: None,
            related: Vec::new(),
        }
    }

    fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    fn at(mut self, node: &NodeId) -> Self {
        self.node = Some(node.clone());
        self
    }

    fn on(mut self, edge: &EdgeId) -> Self {
        self.edge = Some(edge.clone());
        self
    }

    fn port(mut self, port: &str) -> Self {
        self.port = Some(port.to_owned());
        self
    }

    fn field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    fn place(mut self, line: u32, column: u32) -> Self {
        self.line = Some(line);
        self.column = Some(column);
        self
    }
}

/// Everything that is wrong with a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// Whether it can be published: there is no error.
    pub is_valid: bool,
    /// Errors first, then by node.
    pub problems: Vec<Problem>,
}

/// What a flow's surroundings offer; names only.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The flow's own slug.
    pub slug: Option<String>,
    /// Variables of the project.
    pub variables: BTreeSet<String>,
    /// Secrets of the project.
    pub secrets: BTreeSet<String>,
    /// Active credentials of the organization, `provider/name`.
    pub credentials: BTreeSet<String>,
    /// Collections of the organization; `None`: not known, and not judged.
    pub collections: Option<BTreeSet<String>>,
    /// Flows of the organization by slug, with their published versions.
    pub workflows: BTreeMap<String, BTreeSet<u32>>,
}

/// Judges a flow.
pub fn validate(graph: &Graph, registry: &Registry, environment: &Environment) -> Report {
    let mut problems = Vec::new();
    structure::check(graph, registry, &mut problems);
    if problems.iter().any(|p| p.code == Code::TooLarge) {
        // Nothing more is said of a graph that is too large to be looked at.
        return Report {
            is_valid: false,
            problems,
        };
    }
    let index = structure::Index::new(graph, registry);
    edges::check(&index, &mut problems);
    let order = order::Order::new(&index, &mut problems);
    settings::check(&index, &mut problems);
    names::check(&index, &order, environment, &mut problems);
    // What never runs cannot fail.
    for problem in &mut problems {
        let idle = |id: &NodeId| order.is_idle(id.as_str()) || index.is_disabled(id.as_str());
        if problem.node.as_ref().is_some_and(idle) && problem.code != Code::DuplicateId {
            problem.severity = Severity::Warning;
        }
    }
    problems.sort_by(|a, b| {
        (a.severity, &a.node, &a.edge, a.code, &a.field)
            .cmp(&(b.severity, &b.node, &b.edge, b.code, &b.field))
    });
    Report {
        is_valid: problems.iter().all(|p| p.severity != Severity::Error),
        problems,
    }
}

/// What of `value` does not fit a JSON Schema, for people; texts with expressions are not judged.
pub(crate) fn breaches(schema: &serde_json::Value, value: &serde_json::Value) -> Vec<String> {
    let found = schema::check(schema, value).into_iter();
    found
        .map(|breach| match breach.path.as_str() {
            "" => breach.message,
            path => format!("`{path}`: {}", breach.message),
        })
        .collect()
}

#[cfg(test)]
mod tests;
