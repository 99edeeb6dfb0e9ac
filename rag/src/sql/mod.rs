//! All SQL of this crate.

pub(crate) mod chunks;
pub(crate) mod collections;
pub(crate) mod documents;
pub(crate) mod evaluation;
pub(crate) mod files;
pub(crate) mod index;
pub(crate) mod jobs;
pub(crate) mod outbox;
pub(crate) mod sources;
pub(crate) mod vector_stores;
pub(crate) mod vectors;
