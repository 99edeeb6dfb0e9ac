//! Ids, types, parents, policies; and the index that the other checks use.

use std::collections::{BTreeMap, BTreeSet};

use super::{Code, Problem};
use crate::expression::did_you_mean;
use crate::graph::{
    ERROR, Graph, MAX_EDGES, MAX_NESTING, MAX_NODES, MAX_RETRIES, MAX_TIMEOUT_MS, MAX_WAIT_MS,
    Node, OnError, Port, Ports, SCHEMA, is_key,
};
use crate::node::{AnyNode, Registry, Role};

/// A node with what its type says of it.
pub(super) struct Entry<'g> {
    pub(super) node: &'g Node,
    pub(super) kind: Option<&'static dyn AnyNode>,
    pub(super) schema: Option<&'g serde_json::Value>,
    pub(super) ports: Ports,
    /// The container it stands in, if that exists and is one.
    pub(super) parent: Option<usize>,
}

impl Entry<'_> {
    pub(super) fn role(&self) -> Role {
        self.kind.map_or(Role::Step, |kind| kind.about().role)
    }
}

/// The graph by number and by name. Of nodes with the same id the first counts.
pub(super) struct Index<'g> {
    pub(super) graph: &'g Graph,
    pub(super) entries: Vec<Entry<'g>>,
    by_id: BTreeMap<&'g str, usize>,
}

impl<'g> Index<'g> {
    pub(super) fn new(graph: &'g Graph, registry: &'g Registry) -> Self {
        let mut by_id = BTreeMap::new();
        for (number, node) in graph.nodes.iter().enumerate() {
            by_id.entry(node.id.as_str()).or_insert(number);
        }
        let mut entries: Vec<Entry<'g>> = graph
            .nodes
            .iter()
            .map(|node| {
                let kind = registry.get(&node.kind);
                Entry {
                    node,
                    kind,
                    schema: registry.schema(&node.kind),
                    ports: kind.map_or_else(Ports::default, |kind| ports_of(kind, node)),
                    parent: None,
                }
            })
            .collect();
        for number in 0..entries.len() {
            let parent = entries[number].node.parent.as_ref();
            let parent = parent.and_then(|id| by_id.get(id.as_str()).copied());
            entries[number].parent =
                parent.filter(|p| *p != number && matches!(entries[*p].role(), Role::Container));
        }
        let mut index = Self {
            graph,
            entries,
            by_id,
        };
        index.break_circles();
        index
    }

    /// Containers inside each other have no outermost: such nodes are taken as standing in the flow.
    fn break_circles(&mut self) {
        for number in 0..self.entries.len() {
            let (mut at, mut steps) = (self.entries[number].parent, 0);
            while let Some(parent) = at {
                steps += 1;
                if parent == number || steps > MAX_NESTING {
                    self.entries[number].parent = None;
                    break;
                }
                at = self.entries[parent].parent;
            }
        }
    }

    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(super) fn is_disabled(&self, id: &str) -> bool {
        let mut at = self.find(id);
        while let Some(number) = at {
            if self.entries[number].node.disabled {
                return true;
            }
            at = self.entries[number].parent;
        }
        false
    }

    pub(super) fn near(&self, id: &str) -> String {
        did_you_mean(id, self.by_id.keys().copied())
    }

    /// The node that stands beside `of` and is `from` or holds it.
    pub(super) fn beside(&self, from: usize, of: Option<usize>) -> Option<usize> {
        let mut at = Some(from);
        while let Some(number) = at {
            if self.entries[number].parent == of {
                return Some(number);
            }
            at = self.entries[number].parent;
        }
        None
    }

    /// Whether `inner` stands inside of `container`, at any depth.
    pub(super) fn is_inside(&self, inner: usize, container: usize) -> bool {
        let mut at = self.entries[inner].parent;
        while let Some(number) = at {
            if number == container {
                return true;
            }
            at = self.entries[number].parent;
        }
        false
    }
}

/// The ports of a node, its error branch among them.
pub(crate) fn ports_of(kind: &dyn AnyNode, node: &Node) -> Ports {
    let mut ports = kind.ports(&node.settings);
    if node.policy.on_error == OnError::Branch {
        ports.outputs.push(Port::control(ERROR, "Error"));
    }
    ports
}

pub(super) fn check(graph: &Graph, registry: &Registry, problems: &mut Vec<Problem>) {
    for (what, has, most) in [
        ("nodes", graph.nodes.len(), MAX_NODES),
        ("edges", graph.edges.len(), MAX_EDGES),
    ] {
        if has > most {
            let message = format!(
                "the flow has {has} {what}; it may have {most}: move a part of it into a sub-flow"
            );
            problems.push(Problem::new(Code::TooLarge, message));
        }
    }
    if graph.schema > SCHEMA {
        let message = format!(
            "the flow has form {} of the JSON; this program knows {SCHEMA}: install a newer one",
            graph.schema
        );
        problems.push(Problem::new(Code::NewerSchema, message));
    }
    check_ids(graph, problems);
    check_variables(graph, problems);
    for node in &graph.nodes {
        check_kind(node, registry, problems);
        check_parent(node, graph, registry, problems);
        check_policy(node, problems);
    }
    let is_trigger = |node: &Node| {
        let kind = registry.get(&node.kind);
        !node.disabled && kind.is_some_and(|kind| kind.about().role == Role::Trigger)
    };
    if !graph.nodes.iter().any(is_trigger) {
        let message = "the flow has no beginning: add a trigger such as \"Manual\"";
        problems.push(Problem::new(Code::NoTrigger, message));
    }
}

fn check_ids(graph: &Graph, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for node in &graph.nodes {
        if !is_key(node.id.as_str()) {
            let message = format!(
                "`{:.80}` cannot be a node's id: use a-z first, then up to 63 of a-z, 0-9 and _",
                node.id.as_str()
            );
            problems.push(Problem::new(Code::InvalidId, message).at(&node.id));
        }
        if !seen.insert(node.id.as_str()) {
            let message = format!("two nodes have the id `{}`", node.id);
            problems.push(Problem::new(Code::DuplicateId, message).at(&node.id));
        }
    }
    let mut seen = BTreeSet::new();
    for edge in &graph.edges {
        if !seen.insert(edge.id.as_str()) {
            let message = format!("two edges have the id `{}`", edge.id);
            problems.push(Problem::new(Code::DuplicateId, message).on(&edge.id));
        }
    }
}

fn check_variables(graph: &Graph, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for variable in &graph.variables {
        let name = &variable.name;
        if !is_key(name) {
            let message = format!(
                "`{name:.80}` cannot be a variable's name: use a-z first, then a-z, 0-9 and _"
            );
            problems.push(Problem::new(Code::InvalidId, message).field(name));
        }
        if !seen.insert(name) {
            let message = format!("two variables have the name `{name}`");
            problems.push(Problem::new(Code::DuplicateId, message).field(name));
        }
        if let Err(error) = crate::value::convert(variable.value.clone(), &variable.kind) {
            let message = format!("the variable `{name}`: {error}");
            problems.push(Problem::new(Code::InvalidSetting, message).field(name));
        }
    }
}

fn check_kind(node: &Node, registry: &Registry, problems: &mut Vec<Problem>) {
    let Some(kind) = registry.get(&node.kind) else {
        let near = did_you_mean(&node.kind, registry.iter().map(|kind| kind.about().id));
        let message = format!("this program has no node type `{:.80}`{near}", node.kind);
        problems.push(Problem::new(Code::UnknownNodeType, message).at(&node.id));
        return;
    };
    let about = kind.about();
    if node.version > about.version {
        let message = format!(
            "`{}` was made with version {} of \"{}\"; this program has {}: install a newer one",
            node.id, node.version, about.title, about.version
        );
        problems.push(Problem::new(Code::NewerNodeVersion, message).at(&node.id));
    }
    if node.version < about.version {
        let message = format!(
            "`{}` was made with version {} of \"{}\" and could not be carried over to {}",
            node.id, node.version, about.title, about.version
        );
        problems.push(Problem::new(Code::OldNodeVersion, message).at(&node.id));
    }
}

fn check_parent(node: &Node, graph: &Graph, registry: &Registry, problems: &mut Vec<Problem>) {
    let Some(parent) = &node.parent else {
        return;
    };
    let wrong = |message: String| Problem::new(Code::InvalidParent, message).at(&node.id);
    let Some(container) = graph.node(parent.as_str()) else {
        problems.push(wrong(format!(
            "`{}` stands in `{parent}`, which does not exist",
            node.id
        )));
        return;
    };
    let kind = registry.get(&container.kind);
    if kind.is_some_and(|kind| kind.about().role != Role::Container) {
        let message = format!("`{}` stands in `{parent}`, which has no inside", node.id);
        problems.push(wrong(message));
    }
    let is_trigger = registry
        .get(&node.kind)
        .is_some_and(|k| k.about().role == Role::Trigger);
    if is_trigger {
        problems.push(wrong(format!(
            "the trigger `{}` must not stand in a container",
            node.id
        )));
    }
    let (mut at, mut depth) = (Some(parent.clone()), 0);
    while let Some(id) = at {
        depth += 1;
        if id == node.id {
            problems.push(wrong(format!("`{}` stands inside of itself", node.id)));
            return;
        }
        if depth > MAX_NESTING {
            let message = format!(
                "`{}` stands more than {MAX_NESTING} containers deep",
                node.id
            );
            problems.push(wrong(message));
            return;
        }
        at = graph
            .node(id.as_str())
            .and_then(|container| container.parent.clone());
    }
}

fn check_policy(node: &Node, problems: &mut Vec<Problem>) {
    let retry = &node.policy.retry;
    let mut wrong = |field: &str, message: String| {
        problems.push(
            Problem::new(Code::InvalidPolicy, message)
                .at(&node.id)
                .field(field),
        );
    };
    if retry.max > MAX_RETRIES {
        wrong("policy.retry.max", format!("at most {MAX_RETRIES} retries"));
    }
    if retry.wait_ms > MAX_WAIT_MS || retry.max_wait_ms > MAX_WAIT_MS {
        wrong(
            "policy.retry.wait_ms",
            format!("a wait is at most {MAX_WAIT_MS} ms"),
        );
    }
    if !(1.0..=10.0).contains(&retry.factor) {
        wrong("policy.retry.factor", "the factor is 1 to 10".to_owned());
    }
    if node
        .policy
        .timeout_ms
        .is_some_and(|ms| ms == 0 || ms > MAX_TIMEOUT_MS)
    {
        wrong(
            "policy.timeout_ms",
            format!("the time is 1 to {MAX_TIMEOUT_MS} ms"),
        );
    }
}
