//! Levels of a run under way: the flow itself, and one for each iteration of a container.

use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::compiled::{Compiled, CompiledNode, Incoming};
use crate::expression::Scope;
use crate::graph::{Arrival, EdgeState, Readiness, readiness};
use crate::node::{Iteration, IterationResult, Live, NodeError, Output, Plan};
use crate::value::{PortValues, convert};

/// Where a node is at work: level and node.
pub(super) type Place = (u32, usize);

pub(super) enum State {
    Open,
    /// Ready, at work or waiting.
    Busy,
    Skipped,
    Settled(Arc<Output>),
}

pub(super) struct Frame {
    /// The container it is an iteration of.
    pub(super) owner: Option<Place>,
    pub(super) container: Option<usize>,
    pub(super) index: u32,
    pub(super) iteration: Iteration,
    pub(super) scope: Scope,
    pub(super) states: Vec<State>,
    /// Nodes that are not settled.
    pub(super) open: usize,
    /// Values of the container's inner outputs.
    pub(super) inner: PortValues,
    pub(super) cancel: CancellationToken,
}

pub(super) struct Container {
    pub(super) plan: Plan,
    pub(super) next: u32,
    pub(super) active: u32,
    pub(super) results: Vec<Option<IterationResult>>,
    pub(super) last: Value,
    pub(super) reached_max: bool,
    pub(super) is_pausing: bool,
}

impl Container {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            next: 0,
            active: 0,
            results: Vec::new(),
            last: Value::Null,
            reached_max: false,
            is_pausing: false,
        }
    }
}

impl Frame {
    fn edge_state(&self, compiled: &Compiled, edge: &Incoming) -> EdgeState {
        let from = &compiled.nodes[edge.from];
        if self.container == Some(edge.from) {
            return EdgeState::Live;
        }
        match &self.states[from.position] {
            State::Open | State::Busy => EdgeState::Open,
            State::Skipped => EdgeState::Dead,
            State::Settled(output) if output.is_live(&edge.from_port) => EdgeState::Live,
            State::Settled(_) => EdgeState::Dead,
        }
    }

    /// What becomes of a node of this level.
    pub(super) fn readiness(&self, compiled: &Compiled, node: &CompiledNode) -> Readiness {
        let arrivals: Vec<Arrival<'_>> = node
            .incoming
            .iter()
            .map(|edge| Arrival {
                kind: edge.kind,
                port: &edge.to_port,
                required: edge.required,
                state: self.edge_state(compiled, edge),
            })
            .collect();
        readiness(&arrivals)
    }

    fn value(&self, compiled: &Compiled, edge: &Incoming) -> Option<Value> {
        if self.edge_state(compiled, edge) != EdgeState::Live {
            return None;
        }
        if self.container == Some(edge.from) {
            return Some(self.inner.get(&edge.from_port).cloned().unwrap_or_default());
        }
        match &self.states[compiled.nodes[edge.from].position] {
            State::Settled(output) => {
                let value = output.values.get(&edge.from_port);
                Some(value.cloned().unwrap_or_default())
            }
            State::Open | State::Busy | State::Skipped => None,
        }
    }

    /// Values that edges bring to a node, by port, converted.
    pub(super) fn gather(
        &self,
        compiled: &Compiled,
        node: &CompiledNode,
    ) -> Result<PortValues, NodeError> {
        let mut input = PortValues::new();
        for port in &node.ports.inputs {
            if port.kind.is_control() {
                continue;
            }
            let edges = node.incoming.iter().filter(|e| e.to_port == port.name);
            let live: Vec<Value> = edges.filter_map(|e| self.value(compiled, e)).collect();
            let is_drawn = node.incoming.iter().any(|e| e.to_port == port.name);
            let value = if port.many {
                if !is_drawn {
                    continue;
                }
                Value::Array(live)
            } else {
                let Some(value) = live.into_iter().next_back() else {
                    continue;
                };
                convert(value, &port.kind)
                    .map_err(|error| NodeError::input(error.to_string()).at(&port.name))?
            };
            input.insert(port.name.clone(), value);
        }
        Ok(input)
    }

    /// What an iteration gave: values at the container's inner inputs.
    pub(super) fn results(&self, compiled: &Compiled, container: usize) -> PortValues {
        let owner = &compiled.nodes[container];
        let mut values = PortValues::new();
        for port in &owner.ports.inner_inputs {
            let edges = owner.results.iter().filter(|e| e.to_port == port.name);
            let live: Vec<Value> = edges.filter_map(|e| self.value(compiled, e)).collect();
            let is_drawn = owner.results.iter().any(|e| e.to_port == port.name);
            let value = if port.many {
                Value::Array(live)
            } else if is_drawn {
                live.into_iter().next_back().unwrap_or_default()
            } else {
                self.leaf(compiled, Some(container))
            };
            values.insert(port.name.clone(), value);
        }
        values
    }

    /// The output of the one node that no edge leaves; `null` when there are several.
    fn leaf(&self, compiled: &Compiled, container: Option<usize>) -> Value {
        let mut leaves = self.leaves(compiled, container);
        match (leaves.pop(), leaves.is_empty()) {
            (Some((_, output)), true) => Value::Object(output.values.clone()),
            _ => Value::Null,
        }
    }

    /// Nodes that no edge leaves and that have run.
    pub(super) fn leaves<'a>(
        &'a self,
        compiled: &'a Compiled,
        container: Option<usize>,
    ) -> Vec<(&'a CompiledNode, &'a Output)> {
        let level = compiled.level(container).iter();
        level
            .map(|&number| &compiled.nodes[number])
            .filter(|node| node.next.is_empty())
            .filter_map(|node| match &self.states[node.position] {
                State::Settled(output) if output.live != Live::Only(Vec::new()) => {
                    Some((node, &**output))
                }
                State::Settled(_) | State::Open | State::Busy | State::Skipped => None,
            })
            .collect()
    }
}
