//! The stages of [`crate::pipeline`], in its order.

pub(crate) mod admit;
pub(crate) mod cache;
pub(crate) mod call;
pub(crate) mod meter;
