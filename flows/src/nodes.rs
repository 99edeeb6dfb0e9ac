//! The node types that come with the program: one file each, one line here.

use crate::node::AnyNode;

/// All node types.
pub const ALL: &[&dyn AnyNode] = &[];
