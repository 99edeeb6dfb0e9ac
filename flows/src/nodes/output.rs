//! What a flow gives back.

pub(super) mod return_value;
