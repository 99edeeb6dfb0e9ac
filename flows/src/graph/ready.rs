//! When a node runs: the one rule for live and dead branches, used by the engine, the merge node and
//! the documentation.

use super::EdgeKind;

/// What is known of an edge in a run.
///
/// An edge is settled as soon as its source is: live when the source is done and this port is live,
/// dead when the source was passed over or chose another branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EdgeState {
    /// The source is not done.
    Open,
    /// The value, or the turn, has come.
    Live,
    /// Nothing will come.
    Dead,
}

/// One edge that ends at a node, as [`readiness`] sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// What it carries.
    pub kind: EdgeKind,
    /// The input it ends at.
    pub port: &'a str,
    /// Whether that input must get a value and has no setting to take it from.
    pub required: bool,
    /// What is known of it.
    pub state: EdgeState,
}

/// What the engine does with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Readiness {
    /// Some edge is open.
    Wait,
    /// It is its turn.
    Run,
    /// It is passed over, and so all edges that begin at it are dead.
    Skip,
}

/// Decides from all edges that end at a node. Without edges it is the node's turn (a trigger, or the
/// beginning of a container's inside).
///
/// 1. While an edge is open, the node waits: it runs once, with all that comes.
/// 2. If it has control edges, one of them must be live; otherwise one of its data edges must be.
/// 3. Each required input with edges needs a live one.
/// 4. Dead edges to other inputs give nothing; they do not hold the node back.
pub fn readiness(arrivals: &[Arrival<'_>]) -> Readiness {
    if arrivals.is_empty() {
        return Readiness::Run;
    }
    if arrivals.iter().any(|a| a.state == EdgeState::Open) {
        return Readiness::Wait;
    }
    let has_control = arrivals.iter().any(|a| a.kind == EdgeKind::Control);
    let is_turn = arrivals
        .iter()
        .filter(|a| !has_control || a.kind == EdgeKind::Control)
        .any(|a| a.state == EdgeState::Live);
    let lacks = |wanted: &Arrival<'_>| {
        wanted.required
            && !arrivals
                .iter()
                .any(|a| a.port == wanted.port && a.state == EdgeState::Live)
    };
    if is_turn && !arrivals.iter().any(lacks) {
        return Readiness::Run;
    }
    Readiness::Skip
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(port: &str, required: bool, state: EdgeState) -> Arrival<'_> {
        Arrival {
            kind: EdgeKind::Data,
            port,
            required,
            state,
        }
    }

    fn control(state: EdgeState) -> Arrival<'static> {
        Arrival {
            kind: EdgeKind::Control,
            port: super::super::IN,
            required: false,
            state,
        }
    }

    #[test]
    fn the_table_of_live_and_dead_branches_holds() {
        use EdgeState::{Dead, Live, Open};
        use Readiness::{Run, Skip, Wait};
        for (arrivals, wanted) in [
            (vec![], Run),
            (vec![control(Open)], Wait),
            (vec![control(Live), data("a", false, Open)], Wait),
            (vec![control(Dead), control(Live)], Run),
            (vec![control(Dead), control(Dead)], Skip),
            (vec![control(Dead), data("a", true, Live)], Skip),
            (vec![control(Live), data("a", true, Dead)], Skip),
            (vec![control(Live), data("a", false, Dead)], Run),
            (vec![data("a", false, Dead), data("b", false, Live)], Run),
            (vec![data("a", false, Dead), data("b", false, Dead)], Skip),
            (vec![data("a", true, Dead), data("a", true, Live)], Run),
            (vec![data("a", true, Dead), data("b", false, Live)], Skip),
        ] {
            assert_eq!(readiness(&arrivals), wanted, "{arrivals:?}");
        }
    }
}
