//! Flows: graphs of nodes that users draw, their expressions, validation, projects and versions.
//!
//! # Invariants
//!
//! * A flow that validates can be run: the same [`validate`] serves the editor, saving and publishing.
//! * Every model call of a node goes through [`gateway::Gateway`] with the run's principal.
//! * Secrets are resolved only while a node runs, and masked in everything that is kept ([`mask`]).
//! * Published versions are immutable; a draft changes only for who has seen its latest state.

pub mod expression;
pub mod graph;
pub mod ids;
pub mod mask;
pub mod node;
pub mod nodes;
pub mod run;
pub mod validate;
pub mod value;
