//! Edges: their ends, their types, and inputs that lack one.

use std::collections::BTreeMap;

use super::structure::{Entry, Index};
use super::{Code, Problem};
use crate::expression::did_you_mean;
use crate::graph::{Conversion, Edge, EdgeKind, Port};

pub(super) fn check(index: &Index<'_>, problems: &mut Vec<Problem>) {
    let mut taken: BTreeMap<(usize, bool, &str), usize> = BTreeMap::new();
    for edge in &index.graph.edges {
        let (Some(from), Some(to)) = (
            node_at(index, edge, &edge.from.node, problems),
            node_at(index, edge, &edge.to.node, problems),
        ) else {
            continue;
        };
        let Some(sides) = sides(index, edge, from, to, problems) else {
            continue;
        };
        let (Some(output), Some(input)) = (
            port_at(
                &index.entries[from],
                sides.outputs,
                edge,
                &edge.from.port,
                "output",
                problems,
            ),
            port_at(
                &index.entries[to],
                sides.inputs,
                edge,
                &edge.to.port,
                "input",
                problems,
            ),
        ) else {
            continue;
        };
        check_types(edge, output, input, problems);
        *taken
            .entry((to, sides.is_inner, edge.to.port.as_str()))
            .or_insert(0) += 1;
        if !input.many
            && !input.kind.is_control()
            && taken[&(to, sides.is_inner, edge.to.port.as_str())] == 2
        {
            let message = format!(
                "several edges end at \"{}\" of `{}`, which takes one: put a \"Merge\" before it",
                input.title, edge.to.node
            );
            problems.push(
                Problem::new(Code::PortTaken, message)
                    .at(&edge.to.node)
                    .on(&edge.id)
                    .port(&input.name),
            );
        }
    }
    for (number, entry) in index.entries.iter().enumerate() {
        for port in entry.ports.inputs.iter().filter(|port| port.required) {
            let has_edge = taken.contains_key(&(number, false, port.name.as_str()));
            if !has_edge && !has_value(entry, &port.name) {
                let message = format!(
                    "`{}` needs \"{}\": draw an edge to it or fill in the field",
                    entry.node.id, port.title
                );
                problems.push(
                    Problem::new(Code::MissingInput, message)
                        .at(&entry.node.id)
                        .port(&port.name),
                );
            }
        }
    }
}

fn has_value(entry: &Entry<'_>, name: &str) -> bool {
    entry
        .node
        .settings
        .get(name)
        .is_some_and(|value| !value.is_null() && value != "")
}

fn node_at(
    index: &Index<'_>,
    edge: &Edge,
    id: &crate::graph::NodeId,
    problems: &mut Vec<Problem>,
) -> Option<usize> {
    let found = index.find(id.as_str());
    if found.is_none() {
        let near = index.near(id.as_str());
        let message = format!(
            "the edge `{}` is at the node `{id}`, which does not exist{near}",
            edge.id
        );
        problems.push(Problem::new(Code::UnknownNode, message).on(&edge.id));
    }
    found
}

/// Among which ports an edge's ends are.
struct Sides<'i> {
    outputs: &'i [Port],
    inputs: &'i [Port],
    /// It ends at an inner input.
    is_inner: bool,
}

fn sides<'i>(
    index: &'i Index<'_>,
    edge: &Edge,
    from: usize,
    to: usize,
    problems: &mut Vec<Problem>,
) -> Option<Sides<'i>> {
    let (source, target) = (&index.entries[from], &index.entries[to]);
    if source.parent == target.parent {
        return Some(Sides {
            outputs: &source.ports.outputs,
            inputs: &target.ports.inputs,
            is_inner: false,
        });
    }
    if target.parent == Some(from) {
        return Some(Sides {
            outputs: &source.ports.inner_outputs,
            inputs: &target.ports.inputs,
            is_inner: false,
        });
    }
    if source.parent == Some(to) {
        return Some(Sides {
            outputs: &source.ports.outputs,
            inputs: &target.ports.inner_inputs,
            is_inner: true,
        });
    }
    let message = format!(
        "the edge from `{}` to `{}` leads across the border of a container: use the container's own ports, or an expression",
        edge.from.node, edge.to.node
    );
    problems.push(Problem::new(Code::CrossesContainer, message).on(&edge.id));
    None
}

fn port_at<'p>(
    entry: &Entry<'_>,
    ports: &'p [Port],
    edge: &Edge,
    name: &str,
    side: &str,
    problems: &mut Vec<Problem>,
) -> Option<&'p Port> {
    // Ports of an unknown type are not known either; the type has been named already.
    entry.kind?;
    let found = ports.iter().find(|port| port.name == name);
    if found.is_none() {
        let near = did_you_mean(name, ports.iter().map(|port| port.name.as_str()));
        let message = format!("`{}` has no {side} `{name:.80}`{near}", entry.node.id);
        problems.push(
            Problem::new(Code::UnknownPort, message)
                .at(&entry.node.id)
                .on(&edge.id)
                .port(name),
        );
    }
    found
}

fn check_types(edge: &Edge, output: &Port, input: &Port, problems: &mut Vec<Problem>) {
    // Where an input takes several, each edge carries one of its values.
    let conversion = output.kind.into_type(&input.kind);
    if conversion == Conversion::Refused {
        let message = format!(
            "\"{}\" of `{}` gives {}, and \"{}\" of `{}` takes {}",
            output.title, edge.from.node, output.kind, input.title, edge.to.node, input.kind
        );
        problems.push(
            Problem::new(Code::TypeMismatch, message)
                .at(&edge.to.node)
                .on(&edge.id)
                .port(&input.name),
        );
    }
    let wanted = if input.kind.is_control() {
        EdgeKind::Control
    } else {
        EdgeKind::Data
    };
    if edge.kind != wanted {
        let word = if input.kind.is_control() {
            "control"
        } else {
            "data"
        };
        let message = format!(
            "the edge to \"{}\" of `{}` must be of kind `{word}`",
            input.title, edge.to.node
        );
        problems.push(
            Problem::new(Code::EdgeKind, message)
                .at(&edge.to.node)
                .on(&edge.id),
        );
    }
}
