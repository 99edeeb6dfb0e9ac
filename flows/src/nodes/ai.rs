//! Nodes that ask models, all through the gateway.

pub(super) mod agent;
pub(super) mod classify;
pub(super) mod embed;
pub(super) mod evaluate;
pub(super) mod extract;
pub(super) mod guardrail;
pub(super) mod image;
pub(super) mod model;
mod pieces;
pub(super) mod speech;
mod stream;
mod structured;
pub(super) mod summarize;
pub(super) mod text;
pub(super) mod transcribe;
pub(super) mod translate;
