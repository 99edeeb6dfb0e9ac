//! Metering: what each attempt consumed, journalled, stored and reported.

pub mod bodies;
pub mod journal;
pub mod leftovers;
pub mod open_rows;
pub(crate) mod rating;
pub mod record;
mod refusal;
pub mod report;
pub(crate) mod sql;
pub mod writer;

pub use bodies::Bodies;
pub use record::{Status, UsageRecord, UsageSource};
pub use writer::Writer;

#[cfg(test)]
pub(crate) mod tests;
