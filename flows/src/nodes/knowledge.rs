//! Nodes that read and write collections of documents, through the RAG hub.

pub(super) mod add;
pub(super) mod ask;
mod hub;
pub(super) mod load;
pub(super) mod search;
pub(super) mod split;
