//! A graph made ready to run: nodes by number, with their types, ports and edges resolved.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::graph::{EdgeKind, Graph, Node, NodeId, Ports};
use crate::node::{AnyNode, NodeError, NodeErrorKind, Registry, Role};

/// A graph made ready to run. Made once per graph and shared by its runs.
pub struct Compiled {
    pub(super) nodes: Vec<CompiledNode>,
    pub(super) graph: Graph,
    roots: Vec<usize>,
    by_id: HashMap<NodeId, usize>,
}

pub(super) struct CompiledNode {
    pub(super) spec: Node,
    pub(super) kind: &'static dyn AnyNode,
    pub(super) schema: Arc<Value>,
    pub(super) ports: Ports,
    pub(super) parent: Option<usize>,
    /// Place among the nodes of its level.
    pub(super) position: usize,
    /// Nodes of its inside.
    pub(super) children: Vec<usize>,
    /// Edges that end at it, in the order of their ids.
    pub(super) incoming: Vec<Incoming>,
    /// Edges from its inside to its inner inputs.
    pub(super) results: Vec<Incoming>,
    /// Nodes beside it that edges lead to.
    pub(super) next: Vec<usize>,
}

pub(super) struct Incoming {
    pub(super) kind: EdgeKind,
    pub(super) from: usize,
    pub(super) from_port: String,
    pub(super) to_port: String,
    pub(super) required: bool,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled")
            .field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}

fn wrong(message: String) -> NodeError {
    NodeError::new(NodeErrorKind::Settings, message)
}

impl Compiled {
    /// Resolves types, ports and edges. Settings of older node versions are brought up to date.
    ///
    /// # Errors
    /// `Settings`, naming the node or edge, for graphs that do not validate.
    pub fn new(mut graph: Graph, registry: &Registry) -> Result<Self, NodeError> {
        registry.upgrade(&mut graph);
        graph.normalize();
        let mut nodes = Vec::with_capacity(graph.nodes.len());
        let mut by_id = HashMap::with_capacity(graph.nodes.len());
        for spec in &graph.nodes {
            let kind = registry.get(&spec.kind);
            let kind = kind.ok_or_else(|| {
                wrong(format!(
                    "`{}` has the unknown type `{}`",
                    spec.id, spec.kind
                ))
            })?;
            let schema = registry.schema(&spec.kind).cloned().unwrap_or_default();
            by_id.insert(spec.id.clone(), nodes.len());
            nodes.push(CompiledNode {
                ports: kind.ports(&spec.settings),
                kind,
                schema: Arc::new(schema),
                spec: spec.clone(),
                parent: None,
                position: 0,
                children: Vec::new(),
                incoming: Vec::new(),
                results: Vec::new(),
                next: Vec::new(),
            });
        }
        let mut compiled = Self {
            nodes,
            graph,
            roots: Vec::new(),
            by_id,
        };
        compiled.nest()?;
        compiled.connect()?;
        compiled.refuse_cycles()?;
        Ok(compiled)
    }

    fn nest(&mut self) -> Result<(), NodeError> {
        for number in 0..self.nodes.len() {
            let Some(parent) = self.nodes[number].spec.parent.clone() else {
                self.nodes[number].position = self.roots.len();
                self.roots.push(number);
                continue;
            };
            let at = self.by_id.get(&parent).copied();
            let at = at.ok_or_else(|| wrong(format!("there is no container `{parent}`")))?;
            let mut above = Some(at);
            for _ in 0..=self.nodes.len() {
                let Some(node) = above else { break };
                if node == number {
                    return Err(wrong(format!("`{parent}` stands inside of itself")));
                }
                let outer = self.nodes[node].spec.parent.as_ref();
                above = outer.and_then(|id| self.by_id.get(id).copied());
            }
            self.nodes[number].parent = Some(at);
            self.nodes[number].position = self.nodes[at].children.len();
            self.nodes[at].children.push(number);
        }
        Ok(())
    }

    fn connect(&mut self) -> Result<(), NodeError> {
        for edge in &self.graph.edges {
            let find = |id: &NodeId| {
                let found = self.by_id.get(id).copied();
                found.ok_or_else(|| wrong(format!("edge `{}` names no node `{id}`", edge.id)))
            };
            let (from, to) = (find(&edge.from.node)?, find(&edge.to.node)?);
            let into_result = self.nodes[from].parent == Some(to);
            let target = &self.nodes[to];
            let has_setting = target
                .spec
                .settings
                .get(&edge.to.port)
                .is_some_and(|value| !value.is_null());
            let port = target.ports.input(&edge.to.port);
            let incoming = Incoming {
                kind: edge.kind,
                from,
                from_port: edge.from.port.clone(),
                to_port: edge.to.port.clone(),
                required: port.is_some_and(|port| port.required) && !has_setting,
            };
            if into_result {
                self.nodes[to].results.push(incoming);
                continue;
            }
            let is_beside = self.nodes[from].parent == self.nodes[to].parent;
            if !is_beside && self.nodes[to].parent != Some(from) {
                return Err(wrong(format!("edge `{}` crosses a container", edge.id)));
            }
            self.nodes[to].incoming.push(incoming);
            if is_beside && !self.nodes[from].next.contains(&to) {
                self.nodes[from].next.push(to);
            }
        }
        Ok(())
    }

    fn refuse_cycles(&self) -> Result<(), NodeError> {
        let mut open: Vec<usize> = vec![0; self.nodes.len()];
        for node in &self.nodes {
            for &next in &node.next {
                open[next] += 1;
            }
        }
        let mut ready: Vec<usize> = (0..open.len()).filter(|n| open[*n] == 0).collect();
        let mut seen = 0;
        while let Some(node) = ready.pop() {
            seen += 1;
            for &next in &self.nodes[node].next {
                open[next] -= 1;
                if open[next] == 0 {
                    ready.push(next);
                }
            }
        }
        if seen == self.nodes.len() {
            return Ok(());
        }
        Err(wrong("the graph has a cycle".to_owned()))
    }

    /// Nodes of the flow itself, or of a container's inside.
    pub(super) fn level(&self, container: Option<usize>) -> &[usize] {
        container.map_or(&self.roots, |number| &self.nodes[number].children)
    }

    pub(super) fn find(&self, id: &NodeId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The trigger that a run of this kind begins at: the named one; else the first whose type is
    /// `input.<trigger>`; else the first of all.
    pub(super) fn trigger(&self, named: Option<&NodeId>, word: &str) -> Option<usize> {
        if let Some(id) = named {
            return self.find(id);
        }
        let triggers = || {
            self.roots.iter().copied().filter(|&number| {
                let node = &self.nodes[number];
                node.kind.about().role == Role::Trigger && !node.spec.disabled
            })
        };
        let wanted = format!("input.{word}");
        let of_kind = triggers().find(|&number| self.nodes[number].spec.kind == wanted);
        of_kind.or_else(|| triggers().next())
    }

    /// Whether some way leads from `from` to `to`, or they are the same; both of one level.
    pub(super) fn leads_to(&self, from: usize, to: usize) -> bool {
        let mut open = vec![from];
        let mut seen = vec![false; self.nodes.len()];
        while let Some(node) = open.pop() {
            if node == to {
                return true;
            }
            if !std::mem::replace(&mut seen[node], true) {
                open.extend(&self.nodes[node].next);
            }
        }
        false
    }

    /// The node of the flow itself that contains this one, or is it.
    pub(super) fn outermost(&self, mut number: usize) -> usize {
        while let Some(parent) = self.nodes[number].parent {
            number = parent;
        }
        number
    }
}
