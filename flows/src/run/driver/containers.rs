//! Loops, `while` and `try`: levels inside of nodes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Driver, RunEnd, Task};
use crate::expression::evaluate_condition;
use crate::node::{Contained, ItemError, IterationResult, NodeError, NodeErrorKind, OnMax, Plan};
use crate::run::attempt::Ask;
use crate::run::frame::{Container, Frame, Place, State};
use crate::run::shared::size_of_object;
use crate::value::PortValues;

enum Turn {
    /// Begin the next iteration with this item.
    Begin(Value),
    /// Nothing to begin at the moment.
    Wait,
    /// No further iteration begins.
    Over,
    Fail(NodeError),
}

impl Driver {
    pub(super) fn open_container(&mut self, place: Place, plan: Plan) {
        self.containers.insert(place, Container::new(plan));
        self.go_on(place);
    }

    /// Begins as many iterations as may run, or ends the container.
    pub(super) fn go_on(&mut self, place: Place) {
        if let Some(container) = self.containers.get_mut(&place) {
            container.is_pausing = false;
        }
        loop {
            match self.turn(place) {
                Turn::Begin(item) => self.open_iteration(place, item),
                Turn::Wait => return,
                Turn::Fail(error) => {
                    self.containers.remove(&place);
                    self.fail(place, error, None);
                    return;
                }
                Turn::Over => {
                    let Some(container) = self.containers.remove(&place) else {
                        return;
                    };
                    let contained = Contained {
                        iterations: container.results.into_iter().flatten().collect(),
                        reached_max: container.reached_max,
                    };
                    self.begin(place, Ask::Finish(contained));
                    return;
                }
            }
        }
    }

    fn turn(&mut self, place: Place) -> Turn {
        let (vars, compiled) = (self.variables.clone(), Arc::clone(&self.compiled));
        let frame = self.frames.get(&place.0);
        let Some((container, frame)) = self.containers.get_mut(&place).zip(frame) else {
            return Turn::Wait;
        };
        let idle = container.active == 0;
        let over = if idle { Turn::Over } else { Turn::Wait };
        match &container.plan {
            Plan::ForEach {
                items, parallel, ..
            } => {
                let next = usize::try_from(container.next).unwrap_or(usize::MAX);
                let Some(item) = items.get(next) else {
                    return over;
                };
                if container.active >= (*parallel).max(1) {
                    return Turn::Wait;
                }
                Turn::Begin(item.clone())
            }
            Plan::Try if container.next == 0 => Turn::Begin(Value::Null),
            Plan::Try => over,
            Plan::While {
                condition,
                at_least_once,
                max,
                on_max,
                ..
            } => {
                if !idle || container.is_pausing {
                    return Turn::Wait;
                }
                if !(container.next == 0 && *at_least_once) {
                    let mut scope = Arc::new(frame.scope.clone()).inside(
                        compiled.nodes[place.1].spec.id.clone(),
                        Value::Null,
                        container.next,
                        container.last.clone(),
                    );
                    scope.vars = vars;
                    match evaluate_condition(condition, &scope) {
                        Ok(true) => {}
                        Ok(false) => return Turn::Over,
                        Err(error) => return Turn::Fail(error.in_field("condition")),
                    }
                }
                if container.next < *max {
                    return Turn::Begin(Value::Null);
                }
                container.reached_max = true;
                match on_max {
                    OnMax::Stop => Turn::Over,
                    OnMax::Fail => {
                        let message = format!(
                            "the condition still holds after {max} rounds; raise the maximum or \
                             correct the condition"
                        );
                        Turn::Fail(NodeError::new(NodeErrorKind::Limit, message).permanent())
                    }
                }
            }
        }
    }

    fn open_iteration(&mut self, place: Place, item: Value) {
        let compiled = Arc::clone(&self.compiled);
        let id = compiled.nodes[place.1].spec.id.clone();
        let outer = self.frames.get(&place.0);
        let Some((container, outer)) = self.containers.get_mut(&place).zip(outer) else {
            return;
        };
        let index = container.next;
        container.next += 1;
        container.active += 1;
        container.results.push(None);
        let last = container.last.clone();
        let mut inner = PortValues::new();
        inner.insert("item".to_owned(), item.clone());
        inner.insert("index".to_owned(), json!(index));
        inner.insert("last".to_owned(), last.clone());
        let level = compiled.level(Some(place.1));
        let frame = Frame {
            owner: Some(place),
            container: Some(place.1),
            index,
            iteration: outer.iteration.inside(id.clone(), index),
            scope: Arc::new(outer.scope.clone()).inside(id, item, index, last),
            states: level.iter().map(|_| State::Open).collect(),
            open: level.len(),
            inner,
            cancel: outer.cancel.child_token(),
        };
        let number = self.next_frame;
        self.next_frame += 1;
        self.frames.insert(number, frame);
        if level.is_empty() {
            self.close(number);
            return;
        }
        for &node in level {
            let begins = compiled.nodes[node]
                .incoming
                .iter()
                .all(|edge| edge.from == place.1);
            if begins {
                self.judge((number, node));
            }
        }
    }

    /// All nodes of a level are settled.
    pub(super) fn close(&mut self, number: u32) {
        let compiled = Arc::clone(&self.compiled);
        let Some(owner) = self.frames.get(&number).map(|frame| frame.owner) else {
            return;
        };
        let Some(owner) = owner else {
            let Some(frame) = self.frames.get(&number) else {
                return;
            };
            let mut leaves = frame.leaves(&compiled, None);
            let output = if leaves.len() == 1 {
                let (_, output) = leaves.remove(0);
                Value::Object(output.values.clone())
            } else {
                let each = leaves.into_iter().map(|(node, output)| {
                    let values = Value::Object(output.values.clone());
                    (node.spec.id.to_string(), values)
                });
                Value::Object(each.collect())
            };
            self.end = Some(RunEnd::Completed(output));
            return;
        };
        let Some(frame) = self.frames.remove(&number) else {
            return;
        };
        let values = frame.results(&compiled, owner.1);
        let result = IterationResult {
            values,
            error: None,
        };
        self.iteration_over(owner, &frame, result);
    }

    fn iteration_over(&mut self, owner: Place, frame: &Frame, result: IterationResult) {
        for state in &frame.states {
            if let State::Settled(output) = state {
                self.held = self.held.saturating_sub(size_of_object(&output.values));
            }
        }
        let Some(container) = self.containers.get_mut(&owner) else {
            return;
        };
        container.active -= 1;
        container.last = result.values.get("result").cloned().unwrap_or_default();
        let at = usize::try_from(frame.index).unwrap_or(usize::MAX);
        if let Some(slot) = container.results.get_mut(at) {
            *slot = Some(result);
        }
        if let Plan::While { pause_ms, .. } = container.plan
            && pause_ms > 0
        {
            container.is_pausing = true;
            self.tasks.push(Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                Task::Next(owner)
            }));
            return;
        }
        self.tasks
            .push(Box::pin(std::future::ready(Task::Next(owner))));
    }

    /// An iteration has failed for good: its other nodes are stopped.
    pub(super) fn iteration_failed(&mut self, owner: Place, number: u32, error: NodeError) {
        let Some(frame) = self.drop_level(number) else {
            return;
        };
        let goes_on = match self.plan_of(owner) {
            Some(Plan::ForEach { on_item_error, .. }) => *on_item_error != ItemError::Stop,
            Some(Plan::Try) => true,
            Some(Plan::While { .. }) | None => false,
        };
        if goes_on && !self.cancel.is_cancelled() {
            let result = IterationResult {
                values: PortValues::new(),
                error: Some(error),
            };
            self.iteration_over(owner, &frame, result);
            return;
        }
        self.containers.remove(&owner);
        let inside: Vec<u32> = self
            .frames
            .iter()
            .filter(|(_, frame)| frame.owner == Some(owner))
            .map(|(number, _)| *number)
            .collect();
        for number in inside {
            self.drop_level(number);
        }
        self.fail(owner, error, None);
    }

    /// Stops everything in a level and in those inside of it.
    fn drop_level(&mut self, number: u32) -> Option<Frame> {
        let frame = self.frames.remove(&number)?;
        frame.cancel.cancel();
        let inside: Vec<u32> = self
            .frames
            .iter()
            .filter(|(_, inner)| inner.owner.is_some_and(|owner| owner.0 == number))
            .map(|(number, _)| *number)
            .collect();
        for number in inside {
            self.drop_level(number);
        }
        self.containers.retain(|place, _| place.0 != number);
        self.waits.retain(|place, _| place.0 != number);
        self.calls.retain(|place, _| place.0 != number);
        Some(frame)
    }
}
