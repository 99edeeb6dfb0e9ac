//! Which node comes before which: cycles, and nodes that no run comes to.

use super::structure::Index;
use super::{Code, Problem};
use crate::graph::NodeId;
use crate::node::Role;

/// Who comes before whom.
pub(super) struct Order {
    /// Of each node, the nodes beside it that are finished before it begins; a bit each.
    before: Vec<Vec<u64>>,
    idle: Vec<NodeId>,
    pub(super) has_cycle: bool,
}

impl Order {
    pub(super) fn new(index: &Index<'_>, problems: &mut Vec<Problem>) -> Self {
        let count = index.entries.len();
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut incoming = vec![0_usize; count];
        for edge in &index.graph.edges {
            let ends = (
                index.find(edge.from.node.as_str()),
                index.find(edge.to.node.as_str()),
            );
            let (Some(from), Some(to)) = ends else {
                continue;
            };
            if index.entries[from].parent == index.entries[to].parent {
                next[from].push(to);
                incoming[to] += 1;
            }
        }
        let mut order = Self {
            before: vec![vec![0; count.div_ceil(64)]; count],
            idle: Vec::new(),
            has_cycle: false,
        };
        let left = order.sort(&next, incoming.clone());
        if !left.is_empty() {
            order.has_cycle = true;
            name_cycles(index, &next, &left, problems);
        }
        order.find_idle(index, &next, &incoming, problems);
        order
    }

    /// Whether `first`, which stands beside `then`, is finished when `then` begins.
    pub(super) fn is_before(&self, first: usize, then: usize) -> bool {
        self.before[then][first / 64] >> (first % 64) & 1 == 1
    }

    /// Whether no run ever comes to the node.
    pub(super) fn is_idle(&self, id: &str) -> bool {
        self.idle
            .binary_search_by(|idle| idle.as_str().cmp(id))
            .is_ok()
    }

    /// Goes through the nodes in order (Kahn); gives those that wait for each other, or behind such.
    fn sort(&mut self, next: &[Vec<usize>], mut open: Vec<usize>) -> Vec<usize> {
        let mut ready: Vec<usize> = (0..open.len()).filter(|n| open[*n] == 0).collect();
        let mut done = vec![false; open.len()];
        while let Some(node) = ready.pop() {
            done[node] = true;
            let mut reached = self.before[node].clone();
            reached[node / 64] |= 1 << (node % 64);
            for &then in &next[node] {
                for (mine, theirs) in self.before[then].iter_mut().zip(&reached) {
                    *mine |= theirs;
                }
                open[then] -= 1;
                if open[then] == 0 {
                    ready.push(then);
                }
            }
        }
        (0..done.len()).filter(|n| !done[*n]).collect()
    }

    fn find_idle(
        &mut self,
        index: &Index<'_>,
        next: &[Vec<usize>],
        incoming: &[usize],
        problems: &mut Vec<Problem>,
    ) {
        let begins = |number: usize| {
            let entry = &index.entries[number];
            match entry.role() {
                Role::Trigger => true,
                // What nothing leads to begins a container's inside.
                Role::Step | Role::Container => entry.parent.is_some() && incoming[number] == 0,
            }
        };
        let mut open: Vec<usize> = (0..index.entries.len()).filter(|n| begins(*n)).collect();
        let mut reached = vec![false; index.entries.len()];
        while let Some(number) = open.pop() {
            if std::mem::replace(&mut reached[number], true) {
                continue;
            }
            open.extend(&next[number]);
        }
        for number in 0..reached.len() {
            // Inside of a container that no run comes to, nothing runs.
            let mut at = Some(number);
            let mut is_reached = true;
            while let Some(n) = at {
                is_reached &= reached[n];
                at = index.entries[n].parent;
            }
            if is_reached {
                continue;
            }
            let id = &index.entries[number].node.id;
            self.idle.push(id.clone());
            let message = format!("no run comes to `{id}`: draw an edge to it");
            problems.push(Problem::new(Code::Unreachable, message).warning().at(id));
        }
        self.idle.sort();
    }
}

/// Names each cycle once, by its nodes in order.
fn name_cycles(
    index: &Index<'_>,
    next: &[Vec<usize>],
    left: &[usize],
    problems: &mut Vec<Problem>,
) {
    let mut is_left = vec![false; next.len()];
    for &node in left {
        is_left[node] = true;
    }
    // 0: not seen, 1: on the path, 2: done.
    let mut state = vec![0_u8; next.len()];
    for &begin in left {
        if state[begin] != 0 {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(begin, 0)];
        state[begin] = 1;
        while let Some((node, position)) = path.last_mut() {
            let Some(&then) = next[*node].get(*position) else {
                state[*node] = 2;
                path.pop();
                continue;
            };
            *position += 1;
            if !is_left[then] {
                continue;
            }
            match state[then] {
                0 => {
                    state[then] = 1;
                    path.push((then, 0));
                }
                1 => {
                    let from = path.iter().position(|(n, _)| *n == then).unwrap_or(0);
                    let cycle: Vec<usize> = path[from..].iter().map(|(n, _)| *n).collect();
                    problems.push(cycle_problem(index, &cycle));
                }
                _ => {}
            }
        }
    }
}

fn cycle_problem(index: &Index<'_>, cycle: &[usize]) -> Problem {
    let ids: Vec<NodeId> = cycle
        .iter()
        .map(|n| index.entries[*n].node.id.clone())
        .collect();
    let mut names: Vec<&str> = ids.iter().map(NodeId::as_str).take(20).collect();
    if ids.len() > names.len() {
        names.push("…");
    }
    names.extend(ids.first().map(NodeId::as_str));
    let message = format!(
        "these nodes wait for each other: {}; to repeat something, put it into a \"Loop\"",
        names.join(" → ")
    );
    let mut problem = Problem::new(Code::Cycle, message);
    problem.node = ids.first().cloned();
    problem.related = ids;
    problem
}
